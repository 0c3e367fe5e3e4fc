"""Health changes are told once, soon, and not as a flood."""

from __future__ import annotations

from edge.agent.health import MAX_REASONS, MIN_INTERVAL_S, HealthBoard
from protocol.codec import encode_event
from protocol.events import Clock, ClockSource, DeviceHealth, Event, EventBody, EventType, Reason
from protocol.identifiers import new_boot, uuid7
from protocol.state import Status
from simulator.faults.clocks import EPOCH

STUCK = Reason("accelerator-stuck", "accelerator cpu", "no answer in 2 s")
GONE = Reason("source-gone", "source cam")


def test_the_first_change_is_told_at_once_and_only_once() -> None:
    board = HealthBoard()
    assert board.changes(0.0) is None
    board.raise_(STUCK)
    change = board.changes(0.0)
    assert change is not None
    assert (change.status, change.raised, change.cleared) == ("degraded", (STUCK,), ())
    assert board.changes(100.0) is None


def test_a_flapping_part_makes_no_flood() -> None:
    board = HealthBoard()
    told = 0
    for tick in range(1000):
        now = tick * 0.01
        board.raise_(STUCK) if tick % 2 else board.clear(STUCK.code, STUCK.subject)
        told += board.changes(now) is not None
    assert 1 <= told <= 10 / MIN_INTERVAL_S + 1


def test_what_came_and_went_between_is_not_told() -> None:
    board = HealthBoard()
    board.raise_(STUCK)
    board.changes(0.0)
    board.raise_(GONE)
    board.clear(GONE.code, GONE.subject)
    assert board.changes(10.0) is None


def test_recovery_names_what_is_over() -> None:
    board = HealthBoard()
    board.raise_(STUCK)
    board.raise_(GONE)
    board.changes(0.0)
    board.replace(STUCK.subject, ())
    change = board.changes(10.0)
    assert change is not None
    assert (change.status, change.raised, change.cleared) == ("degraded", (), (STUCK,))
    board.clear(GONE.code, GONE.subject)
    assert board.status is Status.ONLINE


def test_more_reasons_than_the_wire_carries() -> None:
    board = HealthBoard()
    for i in range(40):
        board.raise_(Reason("source-gone", f"source c{i}"))
    change = board.changes(0.0)
    assert change is not None
    assert len(change.raised) == MAX_REASONS
    assert len(board.reasons) == MAX_REASONS


def test_what_does_not_fit_an_event_is_told_with_the_next() -> None:
    """Sixteen cameras behind one switch: each reason is long, and none may be lost."""
    board = HealthBoard()
    reasons = [Reason("source-missing", f"source camera-{i}", "ü" * 120) for i in range(16)]
    for reason in reasons:
        board.raise_(reason)
    raised: list[Reason] = []
    now_s = 0.0
    while (change := board.changes(now_s)) is not None:
        encode_event(event(change))
        raised += change.raised
        now_s += 2 * MIN_INTERVAL_S
    assert raised == reasons
    for reason in reasons:
        board.clear(reason.code, reason.subject)
        board.raise_(Reason("source-frozen", reason.subject, "x" * 120))
    changes = []
    while (change := board.changes(now_s)) is not None:
        encode_event(event(change))
        changes.append(change)
        now_s += 2 * MIN_INTERVAL_S
    assert [len([r for c in changes for r in c.raised]), len([r for c in changes for r in c.cleared])] == [16, 16]


def event(change: DeviceHealth) -> Event:
    clock = Clock(ClockSource.FREE, synchronised=False)
    body = EventBody(captured_at=EPOCH, clock=clock, observed=change)
    return Event("f" * 32, "d" * 32, uuid7(0), EventType.DEVICE_HEALTH, EPOCH, new_boot(), 2**53 - 1, body)
