"""A plate that was let go is in no byte of the outbox's files: not in free pages, the log, or pages that were merged."""

from __future__ import annotations

import random
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from benchmarks.plates_sought import Sought, files
from edge.outbox.entry import PERSONAL, Entry, Limits
from edge.outbox.leaving import ERASE_S, Leaving
from edge.outbox.outbox import Outbox
from edge.outbox.packing import pack
from edge.outbox.store import Store, StoreError
from protocol import examples
from protocol.acks import Ack
from protocol.codec import Message
from protocol.events import OBSERVED, EventBody, EventType, Priority
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, HEALTH
from tests.edge.outbox.reading import crash_image, held, opened, put

HIT, READ = EventType.ANPR_HIT, EventType.ANPR_READ
PLATES = [f"{n % 9 + 1}XYZ{n * 7:03}" for n in range(60)]
SOUGHT = Sought(PLATES)
LARGE = 600
"""Reports beside: more than a file that is written anew to erase what was deleted."""

WINDOW, HEAD = 12, 32
"""Bytes in a row that are no chance; bytes at the beginning that many messages have in common."""


def hit(plate: str) -> EventBody[Any]:
    """A hit that names no other plate."""
    body = examples.EVENTS[HIT].body
    alternates = (structs.replace(body.observed.alternates[0], plate=plate),)
    return structs.replace(body, observed=structs.replace(body.observed, plate=plate, alternates=alternates))


def say_hits(outbox: Outbox) -> list[int]:
    return [outbox.append(HIT, hit(plate)).seq for plate in PLATES]


def found(folder: Path) -> set[str]:
    """Plates that stand in some byte of the files, also packed."""
    return {one.plate for _, data in files(folder) for one in SOUGHT.search(data)}


def let_pass(outbox: Outbox, clock: HandClock, seconds: float) -> None:
    for _ in range(int(seconds)):
        clock.advance(1.0)
        outbox.tick()


@pytest.mark.parametrize("beside", [0, 3, LARGE])
@pytest.mark.parametrize("between", [0, 30, ERASE_S + 2])
def test_hits_that_were_acknowledged_are_gone_after_five_minutes(tmp_path: Path, beside: int, between: float) -> None:
    """Whatever is held beside them, and whether the log was folded into the file before."""
    clock = HandClock()
    outbox = opened(tmp_path / "outbox.sqlite", clock=clock)
    put(outbox, *[HEALTH] * (beside // 2))
    numbers = say_hits(outbox)
    put(outbox, *[HEALTH] * (beside // 2))
    let_pass(outbox, clock, between)
    assert found(tmp_path) == set(PLATES), "the search finds them while they wait"
    outbox.acknowledge(Ack(outbox.boot, 0, ((numbers[0], numbers[-1]),)))
    let_pass(outbox, clock, ERASE_S + 1)
    assert found(tmp_path) == set()
    assert len(held(outbox, outbox.boot)) == 2 * (beside // 2)
    outbox.close()


def test_those_that_wait_are_still_there(tmp_path: Path) -> None:
    clock = HandClock()
    outbox = opened(tmp_path / "outbox.sqlite", clock=clock)
    numbers = say_hits(outbox)
    outbox.acknowledge(Ack(outbox.boot, numbers[29]))
    let_pass(outbox, clock, ERASE_S + 1)
    assert found(tmp_path) == set(PLATES[30:])
    assert held(outbox, outbox.boot) == numbers[30:]
    outbox.close()


def test_hits_that_were_evicted_are_gone_too(tmp_path: Path) -> None:
    clock = HandClock()
    outbox = opened(tmp_path / "outbox.sqlite", Limits(count=100), clock)
    let_pass(outbox, clock, ERASE_S + 1)
    say_hits(outbox)
    put(outbox, *[ALERT] * 100)
    let_pass(outbox, clock, ERASE_S + 1)
    assert found(tmp_path) == set()
    outbox.close()


def test_what_has_no_row_is_erased_too() -> None:
    """A commit that failed in the middle has left bytes of it in the log."""
    leaving = Leaving()
    leaving.add(read(random.Random("row"), 1), 10.0)
    assert leaving.rows == []
    assert not leaving.due(10.0 + ERASE_S - 1)
    assert leaving.due(10.0 + ERASE_S)


def test_after_a_power_cut_the_next_start_erases_what_the_last_one_left(tmp_path: Path) -> None:
    path, clock = tmp_path / "outbox.sqlite", HandClock()
    outbox = opened(path, clock=clock)
    say_hits(outbox)
    outbox.acknowledge(Ack(outbox.boot, outbox.last_seq))
    put(outbox, ALERT)  # takes the deletion along
    image = crash_image(path, tmp_path / "cut")
    outbox.close()
    assert found(image.parent) == set(PLATES), "in the log"
    again = opened(image, clock=clock)
    let_pass(again, clock, ERASE_S + 1)
    assert found(image.parent) == set()
    assert held(again, outbox.boot) == [61]
    again.close()


@pytest.mark.parametrize("beside", [0, LARGE])
def test_an_orderly_end_leaves_nothing_of_them(tmp_path: Path, beside: int) -> None:
    outbox = opened(tmp_path / "outbox.sqlite")
    numbers = say_hits(outbox)
    put(outbox, *[HEALTH] * beside)
    outbox.acknowledge(Ack(outbox.boot, numbers[-1]))
    outbox.close()
    assert found(tmp_path) == set()


def test_a_disk_that_cannot_erase_is_named_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    outbox = opened(tmp_path / "outbox.sqlite", clock=clock)
    say_hits(outbox)
    outbox.acknowledge(Ack(outbox.boot, outbox.last_seq))

    def refuse(_store: Store) -> bool:
        msg = "what was deleted cannot be erased: disk I/O error"
        raise StoreError(msg)

    with monkeypatch.context() as broken:
        broken.setattr(Store, "erase", refuse)
        let_pass(outbox, clock, ERASE_S + 1)
        assert [reason.code for reason in outbox.faults()] == ["outbox-disk"]
    let_pass(outbox, clock, 10)
    assert outbox.faults() == ()
    assert found(tmp_path) == set()
    outbox.close()


def test_what_tells_of_nobody_costs_no_card_an_emptied_log(tmp_path: Path) -> None:
    path, clock = tmp_path / "outbox.sqlite", HandClock()
    outbox = opened(path, clock=clock)
    let_pass(outbox, clock, ERASE_S + 1)
    put(outbox, ALERT, HEALTH)
    outbox.acknowledge(Ack(outbox.boot, outbox.last_seq))
    let_pass(outbox, clock, 3 * ERASE_S)
    assert Path(f"{path}-wal").stat().st_size > 0
    outbox.close()


def test_no_copy_is_left_where_pages_were_merged(tmp_path: Path) -> None:
    """In any order of letting go: SQLite leaves copies of rows in the gaps of pages that gave them to their neighbours."""
    for seed in range(12):
        path = tmp_path / f"{seed}.sqlite"
        rng = random.Random(f"erasure/{seed}")
        store, waiting, gone, seq = Store(path), list[Entry](), list[bytes](), 0
        for step in range(30):
            fresh = [read(rng, seq + n) for n in range(1, rng.randrange(1, 40))]
            seq += len(fresh)
            rng.shuffle(waiting)
            cut = rng.randrange(len(waiting) + 1)
            leaving, waiting = waiting[:cut], waiting[cut:] + fresh
            store.commit(fresh, [entry.row or 0 for entry in leaving], [], [])
            gone += [pack(entry.message)[HEAD:] for entry in leaving if entry.message is not None]
            if step % 5 == 4:
                store.erase()
                data = path.read_bytes() + Path(f"{path}-wal").read_bytes()
                there = set(windows(data, 1))
                assert [blob for blob in gone if there & set(windows(blob, WINDOW))] == [], f"seed {seed}, step {step}"
        store.close()


def read(rng: random.Random, seq: int) -> Entry:
    """As large as the message of a read; no two have anything in common."""
    message = Message("t", rng.randbytes(rng.randrange(190, 220)), ())
    return Entry("abcdefghijkl", seq, READ, Priority.STATISTIC, 700, 0.0, message)


def windows(data: bytes, step: int) -> Iterator[bytes]:
    return (data[at : at + WINDOW] for at in range(0, len(data) - WINDOW, step))


def test_every_event_that_may_carry_a_plate_or_what_stands_for_one_is_known() -> None:
    told = {kind for kind, observed in OBSERVED.items() if {"plate", "pseudonym"} & set(names(observed))}
    assert told == PERSONAL


def names(kind: Any) -> Iterator[str]:
    """Of all fields of a type, however deep."""
    for part in typing.get_args(kind):
        yield from names(part)
    if hasattr(kind, "__struct_fields__"):
        for name, within in typing.get_type_hints(kind).items():
            yield name
            yield from names(within)
