"""An acknowledgement lets go of exactly what it names, once and for all (FAULTS.md, rows 30 and 32)."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from edge.outbox.entry import Limits
from edge.outbox.losses import common, holes, spans
from protocol.acks import Ack, SeqSet
from protocol.errors import TooLargeError
from protocol.events import EventType
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, COUNT, HEALTH, health
from tests.edge.outbox.reading import crash_image, events, held, opened, put, reports

MANY = [ALERT, COUNT, COUNT, HEALTH] * 10


@pytest.mark.parametrize(
    ("seq", "ranges", "gone"),
    [
        (0, (), ()),
        (7, (), range(1, 8)),
        (40, (), range(1, 41)),
        (0, ((5, 5),), (5,)),
        (3, ((5, 6), (9, 12), (40, 40)), (1, 2, 3, 5, 6, 9, 10, 11, 12, 40)),
        (3, ((2, 8),), range(1, 9)),
    ],
)
def test_exactly_what_was_acknowledged_goes(seq: int, ranges: tuple[tuple[int, int], ...], gone: tuple[int, ...]) -> None:
    outbox = opened()
    put(outbox, *MANY)
    assert outbox.acknowledge(Ack(outbox.boot, seq, ranges)) == len(gone)
    assert held(outbox, outbox.boot) == [n for n in range(1, 41) if n not in gone]
    assert outbox.acknowledge(Ack(outbox.boot, seq, ranges)) == 0, "again changes nothing"
    assert outbox.status().pending == 40 - len(gone)


def test_lost_late_and_reordered_acknowledgements_only_ever_add() -> None:
    """Row 34, on the way back."""
    for seed in range(20):
        rng = random.Random(f"acks/{seed}")
        outbox, known, sent = opened(), SeqSet(), list[Ack]()
        put(outbox, *MANY)
        for _ in range(25):
            known.add(rng.randrange(1, 41))
            sent.append(known.to_ack(outbox.boot))
        arriving = rng.sample(sent, 12)
        for ack in (*arriving, *rng.choices(arriving, k=5)):
            outbox.acknowledge(ack)
        named = SeqSet()
        for ack in arriving:
            named.merge(ack)
        assert held(outbox, outbox.boot) == [n for n in range(1, 41) if n not in named]


@pytest.mark.parametrize("ack", [Ack("zzzzzzzzzzzz", 3), Ack("", 3)])
def test_another_boot_s_acknowledgement_is_ignored(ack: Ack) -> None:
    outbox = opened()
    put(outbox, ALERT, COUNT)
    assert outbox.acknowledge(ack) == 0
    assert held(outbox, outbox.boot) == [1, 2]


@pytest.mark.parametrize("ranges", [(), ((1, 4),), ((4, 9_000_000_000_000_000),)])
def test_what_was_never_handed_out_cannot_be_acknowledged(ranges: tuple[tuple[int, int], ...]) -> None:
    outbox = opened()
    put(outbox, ALERT, COUNT, COUNT)
    assert outbox.acknowledge(Ack(outbox.boot, 0 if ranges else 4, ranges)) == 0
    assert put(outbox, ALERT) == [4]
    assert held(outbox, outbox.boot) == [1, 2, 3, 4]


def test_a_new_start_is_a_new_boot_and_numbers_begin_again(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    first = opened(path)
    put(first, ALERT, COUNT)
    first.close()
    second = opened(path)
    assert second.boot != first.boot
    assert put(second, ALERT) == [1]
    assert [(e.boot, e.seq, e.type) for e in events(second)] == [
        (first.boot, 1, ALERT),
        (second.boot, 1, ALERT),
        (first.boot, 2, COUNT),
    ]
    assert second.faults() == ()
    second.close()


def test_after_an_orderly_end_nothing_is_lost_and_nothing_acknowledged_returns(tmp_path: Path) -> None:
    """Row 32."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)
    put(outbox, *MANY)
    outbox.acknowledge(Ack(outbox.boot, 9, ((20, 30),)))
    outbox.close()
    again = opened(path)
    assert held(again, outbox.boot) == [*range(10, 20), *range(31, 41)]
    assert reports(again) == []
    again.close()


def test_nothing_acknowledged_returns_after_the_next_commit(tmp_path: Path) -> None:
    """Row 32: what was acknowledged goes along with the next write; a power cut after it brings none of it back."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)
    put(outbox, *[ALERT] * 20)
    outbox.acknowledge(Ack(outbox.boot, 12, ((15, 16),)))
    put(outbox, ALERT)
    again = opened(crash_image(path, tmp_path / "cut"))
    assert held(again, outbox.boot) == [13, 14, 17, 18, 19, 20, 21]
    assert reports(again) == []
    again.close()
    outbox.close()


def test_what_is_acknowledged_is_written_down_in_the_end_without_any_other_write(tmp_path: Path) -> None:
    path, clock = tmp_path / "outbox.sqlite", HandClock()
    outbox = opened(path, clock=clock)
    put(outbox, *[ALERT] * 5)
    outbox.acknowledge(Ack(outbox.boot, 5))
    for _ in range(301):
        clock.advance(1.0)
        outbox.tick()
    again = opened(crash_image(path, tmp_path / "cut"))
    assert held(again, outbox.boot) == []
    again.close()
    outbox.close()


def test_numbers_lost_in_a_power_cut_are_reported_once(tmp_path: Path) -> None:
    """Row 32: statistics of the last window that were numbered before a committed alert; a hole keeps nobody waiting."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)
    put(outbox, COUNT, COUNT, ALERT, COUNT, ALERT, COUNT)
    image = crash_image(path, tmp_path / "cut")
    second = opened(image)
    (report,) = reports(second)
    observed = report.body.observed
    assert (observed.boot, observed.reason, observed.ranges) == (outbox.boot, "power-cut", ((1, 2), (4, 4)))
    second.close()
    third = opened(image)
    assert [(r.boot, r.seq) for r in reports(third)] == [(second.boot, 1)], "the same report, not another one"
    third.close()
    outbox.close()


def test_a_manager_that_knows_more_of_an_earlier_boot_than_the_box_itself_empties_the_outbox(tmp_path: Path) -> None:
    """Row 32: statistics that were sent and never written; the manager's watermark is beyond what the box remembers."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)
    put(outbox, COUNT, ALERT, COUNT, COUNT)
    second = opened(crash_image(path, tmp_path / "cut"))
    assert held(second, outbox.boot) == [2]
    assert second.acknowledge(Ack(outbox.boot, 4)) == 1
    assert held(second, outbox.boot) == []
    second.close()
    outbox.close()


def test_an_earlier_boot_is_forgotten_when_all_of_it_is_settled(tmp_path: Path) -> None:
    """Row 56: a box that is switched off every morning keeps no list of mornings."""
    path = tmp_path / "outbox.sqlite"
    for _ in range(6):
        outbox = opened(path)
        put(outbox, ALERT, COUNT)
        for boot in {event.boot for event in events(outbox)}:
            outbox.acknowledge(Ack(boot, 2))
        outbox.close()
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT name FROM boot").fetchall() == [(outbox.boot,)]
        assert reader.execute("SELECT COUNT(*) FROM event").fetchone() == (0,)
    reader.close()


def test_an_event_over_the_cap_uses_no_number() -> None:
    outbox = opened()
    with pytest.raises(TooLargeError, match="4096"):
        outbox.append(EventType.DEVICE_HEALTH, health("x" * 5_000))
    assert put(outbox, ALERT) == [1]


def test_messages_beyond_those_kept_in_memory_are_read_from_disk(tmp_path: Path) -> None:
    limits = Limits(in_memory=5)
    outbox = opened(tmp_path / "outbox.sqlite", limits)
    wanted = [outbox.append(HEALTH, health(f"reason {number}")).body for number in range(40)]
    assert sum(entry.message is None for entry, _ in outbox.pending(100)) == 40
    assert [event.body for event in events(outbox)] == wanted
    outbox.close()


def test_ranges_agree_with_sets() -> None:
    for seed in range(200):
        rng = random.Random(f"ranges/{seed}")
        some, others = ({rng.randrange(1, 30) for _ in range(rng.randrange(25))} for _ in range(2))
        one, other = SeqSet(), SeqSet()
        for numbers, kept in ((some, one), (others, other)):
            for number in numbers:
                kept.add(number)
        assert _numbers(spans(one)) == sorted(some)
        assert _numbers(common(spans(one), spans(other))) == sorted(some & others)
        assert _numbers([*holes(some, 30)]) == [n for n in range(1, 31) if n not in some]


def _numbers(ranges: list[tuple[int, int]]) -> list[int]:
    return [number for first, last in ranges for number in range(first, last + 1)]
