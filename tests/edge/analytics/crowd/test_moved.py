"""While the camera looks elsewhere nothing is told in metres, and what is counted says so; then everything begins anew."""

from __future__ import annotations

import pytest

from edge.analytics.crowd.analytics import CrowdAnalytics
from edge.analytics.crowd.trend import WINDOW_S
from edge.guard.builder import EventBuilder, Origin
from edge.observation import Observation
from protocol.config import DensityAlarm, Report, Source, Zone, ZoneAlarm
from protocol.events import Clock, ClockSource, CrowdAlert, CrowdCount, CrowdDensity, CrowdFlow, EventType, Phase
from protocol.limits import TEXT_CHARACTERS
from tests.edge.analytics.crowd.plane import Far, FromAbove
from tests.edge.analytics.crowd.test_analytics import GATE, HEIGHT, LEFT, WHOLE, WIDTH, at, gathering, people, told

WINDOW = 10


def play(seconds: int, away: range, source: Source = GATE, window_s: float = WINDOW) -> list[tuple[float, Observation]]:
    """A crush gathers before a camera that looks elsewhere for some seconds; what is told, and when."""
    watching = CrowdAnalytics(source, Report(window_s), WIDTH, HEIGHT, FromAbove())
    found = []
    for step in range(2 * seconds):
        now = step / 2
        said = watching.place(at(now), moved=int(now) in away)
        said += watching.update(gathering(step), at(now), step + 1)
        found += [(now, observation) for observation in said]
    return found + [(float(seconds), observation) for observation in watching.close(at(seconds))]


def crushes(found: list[tuple[float, Observation]]) -> list[tuple[float, Phase | None, CrowdAlert]]:
    return [
        (now, o.phase, o.observed) for now, o in found if isinstance(o.observed, CrowdAlert) and o.phase is not Phase.UPDATE
    ]


def test_a_camera_in_place_rings() -> None:
    (began, phase, alert), *_ = crushes(play(120, range(0)))
    assert (phase, alert.moved) == (Phase.NEW, False)
    assert 40 < began < 80


def test_no_crush_is_told_by_a_camera_that_looks_elsewhere() -> None:
    assert crushes(play(120, range(20, 120))) == []


def test_what_runs_ends_and_says_why() -> None:
    found = play(120, range(90, 120))
    (_, _, _), (ended, phase, alert) = crushes(found)
    assert (ended, phase, alert.moved) == (90, Phase.END, True)
    builder = EventBuilder(evaluation=False)
    for _, observation in found:
        builder.build(observation, Clock(ClockSource.NTP, synchronised=True), Origin())
    assert builder.open_incidents == 0


def test_when_the_camera_is_back_its_trend_begins_anew() -> None:
    back = 30
    found = play(110, range(20, back))
    (began, phase, alert), *_ = crushes(found)
    assert (phase, alert.moved) == (Phase.NEW, False)
    assert began >= back + WINDOW_S / 2, "a trend needs half a window"
    trends = [(now, o.observed.trend) for now, o in found if isinstance(o.observed, CrowdDensity)]
    assert [trend for now, trend in trends if now < back + WINDOW_S / 2] == [None] * 4
    assert trends[-1][1] is not None


def test_no_density_is_told_of_a_window_in_which_the_camera_looked_elsewhere() -> None:
    found = play(60, range(23, 45))
    assert [now for now, o in found if o.type is EventType.CROWD_DENSITY] == [10, 20, 55, 60]
    counted = {now: o.observed.moved for now, o in found if isinstance(o.observed, CrowdCount)}
    assert counted == {10: False, 20: False, 30: True, 40: True, 45: True, 55: False, 60: False}, "the last of them ends early"
    assert counted == {now: o.observed.moved for now, o in found if isinstance(o.observed, CrowdFlow)}


def test_pictures_at_which_nobody_looked_say_it_too() -> None:
    watching = CrowdAnalytics(GATE, Report(WINDOW), WIDTH, HEIGHT, FromAbove())
    watching.update(gathering(0), at(0), 1)
    watching.place(at(1), moved=True)
    found = watching.missed(at(10))
    assert [count.moved for count in told(found, CrowdCount)] == [True]
    assert told(found, CrowdDensity) == []


def test_people_are_counted_all_the_same_and_an_alarm_says_that_it_is_to_be_doubted() -> None:
    """A lost alert is worse."""
    alarm = ZoneAlarm(enter_at=2, leave_at=1, min_duration_s=1, update_interval_s=60)
    watching = CrowdAnalytics(
        Source("square", "a.mp4", zones=(Zone("gate", LEFT.polygon, alarm=alarm),)), Report(60), WIDTH, HEIGHT
    )
    assert watching.place(at(0), moved=True) == []
    found = [o for second in range(3) for o in watching.update(people((100, 300), (150, 300)), at(second), second + 1)]
    (alert,) = told(found, CrowdAlert)
    assert (alert.people.value, alert.moved) == (2, True)


def test_a_camera_that_opens_elsewhere_and_is_back_before_any_picture_tells_no_window() -> None:
    watching = CrowdAnalytics(GATE, Report(WINDOW), WIDTH, HEIGHT, FromAbove())
    assert watching.place(at(0), moved=True) == []
    assert watching.place(at(1), moved=False) == []


@pytest.mark.parametrize("names", [("hall",), ("hall", "yard"), ("h" * 32,), tuple(f"zone-{i}" for i in range(20))])
def test_zones_that_reach_the_horizon_are_named_with_what_to_do(names: tuple[str, ...]) -> None:
    zones = tuple(Zone(name, WHOLE.polygon, density_alarm=DensityAlarm()) for name in names)
    watching = CrowdAnalytics(Source("square", "a.mp4", zones=zones), Report(0), WIDTH, HEIGHT, Far())
    (reason,) = watching.reasons
    assert reason.code == "ground-horizon"
    assert reason.detail.startswith(f"zone {names[0]}")
    assert reason.detail.endswith("draw it lower, or measure there")
    assert len(reason.detail) <= TEXT_CHARACTERS
    found = watching.update(gathering(0), at(0), 1)
    assert (len(told(found, CrowdCount)), told(found, CrowdDensity)) == (len(names), [])


def test_nothing_stands_against_zones_on_the_ground() -> None:
    assert CrowdAnalytics(GATE, Report(0), WIDTH, HEIGHT, FromAbove()).reasons == ()
