"""What goes when the outbox is full, and that the manager is told (FAULTS.md, row 33)."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

from edge.outbox.entry import Entry, Limits
from edge.outbox.outbox import Outbox
from edge.outbox.queue import Queue
from protocol.acks import Ack, SeqSet
from protocol.events import PRIORITY, EventType, Priority
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, COUNT, HEALTH
from tests.edge.outbox.reading import events, opened, put, reports

FEW = Limits(count=10)


def memory(limits: Limits = FEW, clock: HandClock | None = None, path: Path | None = None) -> Outbox:
    return opened(path, limits, clock)


def kinds(outbox: Outbox) -> list[EventType]:
    return [event.type for event in events(outbox)]


def test_alerts_go_first_then_reports_then_statistics_each_oldest_first() -> None:
    outbox = memory(Limits())
    put(outbox, COUNT, HEALTH, COUNT, ALERT, HEALTH, ALERT)
    assert [event.seq for event in events(outbox)] == [4, 6, 2, 5, 1, 3]
    assert [entry.seq for entry, _ in outbox.pending(2, skip={(outbox.boot, 4)})] == [6, 2]


def test_statistics_go_before_reports_before_alerts_oldest_first() -> None:
    """Row 33: lowest priority first; alerts outlive counts."""
    outbox = memory()
    counts = put(outbox, *[COUNT] * 6)
    healths = put(outbox, *[HEALTH] * 4)
    alerts = put(outbox, *[ALERT] * 4)
    assert sorted(event.seq for event in events(outbox)) == [*counts[4:], *healths, *alerts]
    alerts += put(outbox, *[ALERT] * 4)
    assert sorted(event.seq for event in events(outbox)) == [*healths[2:], *alerts]
    put(outbox, COUNT)
    assert COUNT not in kinds(outbox), "a newcomer does not push out what matters more"
    alerts += put(outbox, *[ALERT] * 4)
    assert [event.seq for event in events(outbox)] == alerts[2:]
    assert outbox.status().evicted == 6 + 1 + 4 + 2


def test_bytes_are_a_limit_like_the_number() -> None:
    outbox = memory(Limits(bytes=4_000))
    put(outbox, *[COUNT] * 40)
    assert sum(entry.size for entry, _ in outbox.pending(100)) <= 4_000
    assert len(events(outbox)) >= 4


def test_the_count_is_reported_as_an_event_with_every_number_and_type() -> None:
    """Row 33: counted by name, and the count is itself an event."""
    clock = HandClock()
    outbox = memory(clock=clock)
    put(outbox, *[COUNT] * 13, *[HEALTH] * 9)
    outbox.tick()
    (report,) = reports(outbox)
    observed = report.body.observed
    assert (observed.boot, observed.reason) == (outbox.boot, "full")
    assert observed.by_type == {"crowd.count": 12}
    assert observed.ranges == ((1, 12),)
    assert len(events(outbox)) == FEW.count + 1, "the report stands beside the limit and pushes nothing out"


def test_the_report_itself_is_never_evicted_and_stays_one_until_it_is_acknowledged() -> None:
    """Row 33: otherwise its hole would keep the manager waiting for ever."""
    clock = HandClock()
    outbox = memory(clock=clock)
    for _ in range(400):
        put(outbox, ALERT, COUNT)
        clock.advance(7.0)
        outbox.tick()
    assert len(reports(outbox)) == 1
    assert kinds(outbox).count(ALERT) == FEW.count
    told = SeqSet()
    while waiting := reports(outbox):
        for report in waiting:
            for first, last in report.body.observed.ranges:
                assert told.add(first, last), "told twice"
            told.add(report.seq)
            outbox.acknowledge(Ack(outbox.boot, 0, ((report.seq, report.seq),)))
        clock.advance(11.0)
        outbox.tick()
    held = {event.seq for event in events(outbox)}
    assert {seq for first, last in told.missing_below(outbox.last_seq) for seq in range(first, last + 1)} == held


def test_a_number_that_was_sent_evicted_and_then_acknowledged_is_not_reported() -> None:
    clock = HandClock()
    outbox = memory(Limits(count=3), clock)
    put(outbox, COUNT, COUNT, COUNT, COUNT, COUNT)
    outbox.acknowledge(Ack(outbox.boot, 1))
    outbox.tick()
    (report,) = reports(outbox)
    assert report.body.observed.ranges == ((2, 2),)
    assert report.body.observed.by_type == {}, "not known any more"


def test_eviction_from_an_earlier_boot_that_is_settled_meanwhile_harms_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "outbox.sqlite", HandClock()
    before = memory(path=path)
    put(before, COUNT, COUNT, COUNT)
    before.close()
    outbox = memory(Limits(count=2), clock, path)
    outbox.acknowledge(Ack(before.boot, 3))
    outbox.flush()
    clock.advance(60.0)
    outbox.tick()
    assert reports(outbox) == []
    outbox.close()


def test_many_holes_fit_into_events() -> None:
    """Row 33: every other number gone is five hundred ranges; each report keeps below the cap of the wire."""
    outbox = memory(Limits(count=500))
    put(outbox, *[COUNT, ALERT] * 500)
    outbox.flush()
    told = SeqSet()
    for report in reports(outbox):
        assert report.body.observed.by_type in ({}, {"crowd.count": 500})
        for first, last in report.body.observed.ranges:
            told.add(first, last)
    assert len(told.ranges) + 1 == 500
    assert [seq for seq in range(1, 1001) if seq not in told] == [event.seq for event in events(outbox) if event.type is ALERT]


def test_evicted_from_memory_is_evicted_from_disk(tmp_path: Path) -> None:
    """Row 57: the file does not outgrow the limit, whatever comes in while nobody listens."""
    limits = Limits(count=50)
    outbox = memory(limits, path=tmp_path / "outbox.sqlite")
    sizes = []
    for _ in range(12):
        put(outbox, *[ALERT] * 250)
        sizes.append(outbox.status().stored_bytes)
    assert sizes[-1] <= sizes[4] * 1.05
    outbox.close()
    again = memory(limits, path=tmp_path / "outbox.sqlite")
    assert kinds(again).count(ALERT) == 50
    again.close()


def test_the_queue_agrees_with_a_plain_model() -> None:
    """Random additions and removals: what is thrown away is the lowest priority, then the oldest, and no more than needed."""
    for seed in range(30):
        rng = random.Random(f"queue/{seed}")
        limits = Limits(bytes=rng.randrange(500, 5_000), count=rng.randrange(1, 30))
        queue, plain = Queue(limits), list[Entry]()
        for number in range(1, 300):
            if plain and rng.random() < 0.2:
                victim = rng.choice(plain)
                plain.remove(victim)
                assert queue.pop(victim.key) is victim
                continue
            kind = rng.choice((COUNT, COUNT, HEALTH, ALERT))
            entry = Entry("a", number, kind, PRIORITY[kind], rng.randrange(50, 900), 0.0, None)
            queue.add(entry)
            plain.append(entry)
            gone = []
            while sum(e.size for e in plain) > limits.bytes or len(plain) > limits.count:
                gone.append(min(plain, key=lambda e: (e.priority, e.seq)))
                plain.remove(gone[-1])
            assert queue.overflow() == gone
            order = sorted(plain, key=lambda e: (-e.priority, e.seq))
            assert [*queue] == order
            assert queue.pending(5, skip={e.key for e in order[:2]}) == order[2:7]


def test_a_full_outbox_takes_no_more_memory(tmp_path: Path) -> None:
    """Row 56: two thousand events later it is as large as before."""
    outbox = memory(Limits(count=200, in_memory=50), path=tmp_path / "outbox.sqlite")
    sizes = []
    tracemalloc.start()
    try:
        for _ in range(4):
            for _ in range(300):
                put(outbox, COUNT, ALERT)
            outbox.flush()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[-1] < sizes[0] * 1.5 + 100_000
    outbox.close()


def test_priorities_are_those_of_the_contract() -> None:
    assert PRIORITY[ALERT] is Priority.ALERT
    assert PRIORITY[COUNT] is Priority.STATISTIC
    assert PRIORITY[HEALTH] is PRIORITY[EventType.OUTBOX_EVICTED] is Priority.REPORT
