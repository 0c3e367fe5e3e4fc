"""What people read: numbers with their intervals."""

from __future__ import annotations

import pytest

from fleet.control_room.wording import COMING, COUNTING, Limits, line_of, model_limits, number, spread, title_of, with_spread
from protocol.basis import Estimate
from protocol.events import DeviceHealth, EventType, OtaReport, OutboxEvicted, Phase, Reason, UpdateStep
from protocol.examples import EVENTS
from protocol.identifiers import uuid7
from tests.fleet.control_room.events import BOOT, MODEL, T0, alert, count, flow, make


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.04, "0"), (3.25, "3.2"), (9.0, "9"), (9.96, "10"), (12.4, "12"), (12.6, "13"), (1234, "1234")],
)
def test_a_count_is_whole_from_ten(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(12, 9, 15), "± 3"),
        (Estimate(12.2, 9.1, 15.4), "± 4"),  # never rounded down
        (Estimate(27, 22.4, 31.2), "± 5"),  # nearly even: the larger
        (Estimate(12, 11, 16), "-1 +4"),
        (Estimate(0, 0, 1), "+1"),
        (Estimate(3.1, 2.0, 4.2), "± 1.1"),
        (Estimate(5, 5, 5), "± 0"),
    ],
)
def test_an_interval_is_said_as_half_widths(estimate: Estimate, text: str) -> None:
    assert spread(estimate) == text


def test_a_number_never_stands_alone() -> None:
    assert with_spread(Estimate(12, 9, 15)) == "12 ± 3"
    assert line_of(count("lamp-1", 1, T0, 12), "Square") == "12 ± 3 people, Square"
    assert line_of(flow("lamp-1", 1, T0, 4, 2), "Gate") == "→ 4 ± 1, ← 2 ± 1, Gate"
    assert line_of(flow("lamp-1", 1, T0, 4, 2, moved=True), "Gate") == "→ 4 ± 1, ← 2 ± 1, Gate, camera moved"
    assert (
        line_of(alert("lamp-1", 1, T0, uuid7(T0), Phase.NEW, 20, 20, 3.0), "Square") == "new: 20 ± 4 people, limit 18, Square"
    )


def test_a_density_is_said_with_its_level_and_an_alarm_of_it_with_its_reason() -> None:
    assert line_of(EVENTS[EventType.CROWD_DENSITY], "Steps") == "1.3 ± 0.2 people/m², level E, densest 2.1, Steps"
    coming = alert("lamp-1", 1, T0, uuid7(T0), Phase.NEW, 60, 60, 25.0, density=Estimate(1.9, 1.5, 2.3))
    assert line_of(coming, "Steps") == "new: 1.9 ± 0.4 people/m² and rising, people held up, Steps"
    assert title_of(coming) == COMING
    assert title_of(alert("lamp-1", 1, T0, uuid7(T0), Phase.NEW, 20, 20, 3.0)) == "Zone too full"


def test_shots_are_said_with_their_doubt_and_without_a_weapon() -> None:
    assert line_of(EVENTS[EventType.GUNSHOT_DETECTED], "") == "shots: 3 +1, single, 31 dB over the street, from 212° ± 3°"


def test_health_and_losses_are_said_in_words() -> None:
    observed = DeviceHealth("degraded", (Reason("frozen", "source cam", "no change for 40 s"),), (Reason("hot", "board"),))
    assert (
        line_of(make("lamp-1", 1, T0, EventType.DEVICE_HEALTH, observed), "") == "degraded; no change for 40 s; over: hot board"
    )
    evicted = OutboxEvicted(BOOT, "full", ((3, 7), (9, 9)))
    assert line_of(make("lamp-1", 2, T0, EventType.OUTBOX_EVICTED, evicted), "") == "6 events given up on the box (full)"


def test_how_an_update_goes_is_said_in_words() -> None:
    report = OtaReport("reader", 4, 3, UpdateStep.ROLLED_BACK, 7, "5f" * 16, Reason("too-slow", "model", "3 times the time"))
    said = line_of(make("lamp-1", 1, T0, EventType.OTA_REPORT, report), "")
    assert said == "reader release 4: rolled-back (3 times the time)"
    bare = OtaReport("reader", 4, 4, UpdateStep.SUCCEEDED, 7, "5f" * 16)
    assert line_of(make("lamp-1", 2, T0, EventType.OTA_REPORT, bare), "") == "reader release 4: succeeded"


def test_a_model_without_a_card_is_described_by_what_holds_of_all() -> None:
    own = Limits("count on squares.", "see at night.")
    known = {(MODEL.name, MODEL.version): own}
    assert model_limits(MODEL, known) is own
    assert model_limits(MODEL, {}) is COUNTING
    assert model_limits(None, known) is COUNTING
