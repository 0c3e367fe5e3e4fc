"""From tracks to what is told: counts per zone, flow over lines, one incident per crowding."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import TypeVar

import numpy as np
import pytest

from edge.analytics.crowd.analytics import CrowdAnalytics
from edge.clock import Instant
from edge.guard.builder import EventBuilder, Origin
from edge.observation import Observation
from edge.tracking.tracks import Tracks, TrackState
from protocol.basis import Struct
from protocol.config import DensityAlarm, Line, Report, Source, Zone, ZoneAlarm
from protocol.events import Clock, ClockSource, CrowdAlert, CrowdCount, CrowdDensity, CrowdFlow, EventType, Phase
from simulator.faults.clocks import EPOCH
from tests.edge.analytics.crowd.plane import FromAbove

WIDTH, HEIGHT = 768, 576
LEFT = Zone("left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
RIGHT = Zone("right", ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
WHOLE = Zone("whole", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
MIDDLE = Line("middle", (0.5, 0.0), (0.5, 1.0))

S = TypeVar("S", bound=Struct)


def at(second: float) -> Instant:
    return Instant(1000.0 + second, EPOCH + dt.timedelta(seconds=second))


def people(*feet: tuple[float, float], state: TrackState = TrackState.CONFIRMED, first: int = 1) -> Tracks:
    if not feet:
        return Tracks.none()
    boxes = np.array([(x - 16, y - 80, x + 16, y) for x, y in feet], np.float32)
    ids = np.arange(first, first + len(feet))
    speeds = np.zeros((len(feet), 2), np.float32)
    return Tracks(ids, boxes, np.full(len(feet), 0.97, np.float32), np.full(len(feet), state, np.int8), speeds)


def analytics(*zones: Zone, lines: tuple[Line, ...] = (), interval_s: float = 0.0, evaluation: bool = False) -> CrowdAnalytics:
    source = Source("square", "square.mp4", zones=zones, lines=lines)
    return CrowdAnalytics(source, Report(count_interval_s=interval_s, evaluation=evaluation), WIDTH, HEIGHT)


def told(observations: list[Observation], kind: type[S]) -> list[S]:
    return [observation.observed for observation in observations if isinstance(observation.observed, kind)]


def counts(observations: list[Observation]) -> dict[str, float]:
    return {count.zone: count.people.value for count in told(observations, CrowdCount)}


def test_a_window_takes_as_much_memory_after_an_hour_as_after_a_second() -> None:
    square = analytics(WHOLE, lines=(MIDDLE,), interval_s=86_400)
    sizes = []
    for second in range(3600):
        assert square.update(people((100, 300)), at(second), second + 1) == []
        sizes.append(len(pickle.dumps(square)) if second in {1, 3599} else 0)
    assert sizes[-1] < sizes[1] + 20


def test_each_zone_counts_the_feet_in_it() -> None:
    found = analytics(LEFT, RIGHT, WHOLE).update(people((100, 300), (200, 500), (600, 300)), at(0), 1)
    assert counts(found) == {"left": 2, "right": 1, "whole": 3}
    assert all(o.type is EventType.CROWD_COUNT and o.frame == 1 and o.source == "square" for o in found)


def test_a_body_that_reaches_into_a_zone_with_its_feet_outside_is_not_in_it() -> None:
    upper = Zone("upper", ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)))
    assert counts(analytics(upper).update(people((100, 289)), at(0), 1)) == {"upper": 0}


@pytest.mark.parametrize("foot", [(400, 576), (400, 590), (-3, 300), (768, 300), (768, 576), (0, 0.5)])
def test_who_is_cut_off_by_the_edge_is_in_the_zone_that_reaches_it(foot: tuple[float, float]) -> None:
    assert counts(analytics(WHOLE).update(people(foot), at(0), 1)) == {"whole": 1}


def test_tentative_tracks_do_not_count_and_coasting_ones_do() -> None:
    of = analytics(WHOLE)
    assert counts(of.update(people((100, 300), state=TrackState.TENTATIVE), at(0), 1)) == {"whole": 0}
    assert counts(of.update(people((100, 300), state=TrackState.COASTING), at(1), 2)) == {"whole": 1}


def test_a_window_is_told_when_it_is_over() -> None:
    of = analytics(WHOLE, interval_s=10)
    feet = [(100.0, 300.0), (200.0, 300.0), (300.0, 300.0)]
    for second in range(10):
        assert of.update(people(*feet[: 1 + second % 3]), at(second), second + 1) == []
    of.missed(at(9.5))
    (count,) = told(of.update(people(*feet), at(10), 11), CrowdCount)
    seen = [1 + second % 3 for second in range(10)] + [3]
    assert count.people.value == pytest.approx(sum(seen) / 11, abs=0.01)
    assert (count.window_s, count.pictures, count.minimum, count.maximum, count.missed) == (10.0, 11, 1, 3, 1)
    assert count.people.low < count.people.value < count.people.high
    assert of.update(people(), at(19.9), 12) == [], "the next window begins where this one ended"
    (count,) = told(of.update(people(), at(20), 13), CrowdCount)
    assert (count.people.value, count.pictures, count.missed) == (0, 2, 0)


def test_pictures_at_which_nobody_looked_change_no_count() -> None:
    of = analytics(WHOLE, lines=(MIDDLE,), interval_s=10)
    of.update(people((100, 300), (200, 300)), at(0), 1)
    for tenth in range(1, 100):
        assert of.missed(at(tenth / 10)) == []
    found = of.missed(at(10))
    (count,) = told(found, CrowdCount)
    assert (count.people.value, count.minimum, count.pictures, count.missed) == (2, 2, 1, 100)
    found = [observation for second in range(11, 21) for observation in of.missed(at(second))]
    assert told(found, CrowdCount) == [], "a window without a look has no count"
    (flow,) = told(found, CrowdFlow)
    assert (flow.pictures, flow.missed) == (0, 10)


def test_what_was_seen_before_the_end_is_told() -> None:
    of = analytics(WHOLE, interval_s=30)
    assert of.close(at(0)) == []
    of.update(people((100, 300)), at(0), 1)
    of.update(people((100, 300)), at(4), 2)
    (count,) = told(of.close(at(5)), CrowdCount)
    assert (count.people.value, count.window_s, count.pictures) == (1, 5.0, 2)


def test_flow_has_a_direction() -> None:
    of = analytics(lines=(MIDDLE,), interval_s=2)
    of.update(people((500, 300), (530, 400), (100, 500)), at(0), 1)
    of.update(people((384, 300), (384, 400), (384, 500)), at(1), 2)
    (flow,) = told(of.update(people((200, 300), (250, 400), (600, 500)), at(2), 3), CrowdFlow)
    assert (flow.line, flow.forward.value, flow.backward.value) == ("middle", 2, 1)
    assert flow.forward.low < 2 < flow.forward.high
    (flow,) = told(of.update(people((200, 300), (250, 400), (600, 500)), at(4), 4), CrowdFlow)
    assert (flow.forward.value, flow.backward.value) == (0, 0)


def test_boxes_leave_in_evaluation_only_and_only_those_of_the_zone() -> None:
    tracks = people((100, 300), (600, 300))
    (count,) = told(analytics(LEFT).update(tracks, at(0), 1), CrowdCount)
    assert count.tracks == ()
    (count,) = told(analytics(LEFT, evaluation=True).update(tracks, at(0), 1), CrowdCount)
    assert [(b.track, b.left, b.top, b.width, b.height) for b in count.tracks] == [(1, 84, 220, 32, 80)]


def test_more_boxes_than_an_event_holds() -> None:
    crowd = people(*((10.0 + 7 * i, 300.0) for i in range(100)))
    (count,) = told(analytics(WHOLE, evaluation=True).update(crowd, at(0), 1), CrowdCount)
    assert count.people.value == 100
    assert len(count.tracks) == 40


def test_a_crowding_is_one_incident_with_its_reasons() -> None:
    alarm = ZoneAlarm(enter_at=3, leave_at=1, min_duration_s=2, update_interval_s=5)
    of = analytics(Zone("gate", LEFT.polygon, alarm=alarm), RIGHT, interval_s=1000)
    builder = EventBuilder(evaluation=False)
    clock = Clock(ClockSource.NTP, synchronised=True)
    feet = [(100.0 + 40 * i, 300.0) for i in range(4)]
    number = [0, 3, 4, 3, 2, 2, 3, 3, 3, 3, 1, 1, 1, 0, 3, 3, 3]
    bodies = [
        (second, builder.build(observation, clock, Origin()))
        for second, many in enumerate(number)
        for observation in of.update(people(*feet[:many]), at(second), second + 1)
    ]
    bodies += [
        (len(number), builder.build(o, clock, Origin())) for o in of.close(at(len(number))) if o.type is EventType.CROWD_ALERT
    ]
    assert [(second, body.phase) for second, body in bodies] == [
        (3, Phase.NEW),
        (8, Phase.UPDATE),
        (12, Phase.END),
        (16, Phase.NEW),
        (17, Phase.END),
    ]
    first, second = bodies[0][1].incident, bodies[3][1].incident
    assert [body.incident for _, body in bodies] == [first, first, first, second, second]
    assert first != second
    assert builder.open_incidents == 0
    new = bodies[0][1]
    assert isinstance(new.observed, CrowdAlert)
    assert (new.observed.zone, new.observed.people.value, new.observed.peak, new.observed.duration_s) == ("gate", 3, 4, 2)
    assert new.assessed is not None
    assert 0.5 < new.assessed.probability < 1
    assert {cue.name: cue.value for cue in new.assessed.cues}["threshold"] == 3
    assert new.sensor is not None
    assert new.sensor.frame == 4


def test_a_count_states_beyond_how_many_people_it_is_not_trusted() -> None:
    counting = analytics(WHOLE)
    assert told(counting.update(people(), at(0), 1), CrowdCount)[0].trusted_to is None
    few = told(counting.update(people((100, 300), (200, 500)), at(1), 2), CrowdCount)[0].trusted_to
    assert few is not None
    crowd = people(*((300 + 12 * i, 400 + 5 * i) for i in range(30)))
    for second in range(2, 60):
        (count,) = told(counting.update(crowd, at(second), second + 1), CrowdCount)
    assert count.trusted_to is not None
    assert count.trusted_to < few


def test_without_a_ground_a_zone_has_counts_only() -> None:
    assert not told(analytics(WHOLE).update(people((100, 300)), at(0), 1), CrowdDensity)


def test_with_a_ground_each_window_has_a_density_after_its_count() -> None:
    watching = CrowdAnalytics(Source("square", "a.mp4", zones=(WHOLE,)), Report(count_interval_s=0), WIDTH, HEIGHT, FromAbove())
    found = watching.update(people((100, 300), (300, 300)), at(0), 1)
    assert [o.type for o in found] == [EventType.CROWD_COUNT, EventType.CROWD_DENSITY]
    (density,) = told(found, CrowdDensity)
    assert density.density.value == pytest.approx(2 / (WIDTH * HEIGHT / 400), rel=0.1)


SIDE = 6 * 20
CORNERS = ((0.0, 0.0), (SIDE / WIDTH, 0.0), (SIDE / WIDTH, SIDE / HEIGHT), (0.0, SIDE / HEIGHT))
GATE = Source("square", "a.mp4", zones=(Zone("gate", CORNERS, density_alarm=DensityAlarm()),), lines=(MIDDLE,))
PLACES = np.random.default_rng(1).uniform(1, SIDE - 1, (400, 2))


def gathering(step: int) -> Tracks:
    """Who stands there after so many half seconds."""
    n = min(len(PLACES), 10 + step * 3 // 4)
    feet = PLACES[:n]
    boxes = np.stack([feet[:, 0] - 2, feet[:, 1] - 4, feet[:, 0] + 2, feet[:, 1]], axis=1).astype(np.float32)
    states, speeds = np.full(n, TrackState.CONFIRMED, np.int8), np.zeros((n, 2), np.float32)
    return Tracks(np.arange(1, n + 1), boxes, np.full(n, 0.97, np.float32), states, speeds)


def test_a_crush_that_is_coming_is_told_as_an_incident_of_its_own() -> None:
    """Ever more people who stand, on six by six metres: three more in two seconds."""
    watching = CrowdAnalytics(GATE, Report(60), WIDTH, HEIGHT, FromAbove())
    found = [observation for step in range(240) for observation in watching.update(gathering(step), at(step / 2), step + 1)]
    found += watching.close(at(121))
    alerts = [o for o in found if o.type is EventType.CROWD_ALERT]
    assert [o.phase for o in alerts if o.phase is not Phase.UPDATE] == [Phase.NEW, Phase.END]
    assert {o.incident_key for o in alerts} == {"square/gate/crush"}
    assert alerts[0].assessed is not None
    assert alerts[0].assessed.what == "crush"
    builder = EventBuilder(evaluation=False)
    bodies = [builder.build(o, Clock(ClockSource.NTP, synchronised=True), Origin()) for o in found]
    assert len({body.incident for body in bodies if body.incident}) == 1
