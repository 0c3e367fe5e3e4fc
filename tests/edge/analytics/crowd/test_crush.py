"""The alarm of a crush that is coming: what raises it, what everyday life does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from edge.analytics.crowd.alarm import AlarmNews
from edge.analytics.crowd.crush import STATE_S, CrushAlarm, State, walking_speed
from protocol.config import DensityAlarm
from protocol.events import Phase

SETTINGS = DensityAlarm(warn_at=1.5, leave_at=1.0, critical=5.5, horizon_s=90.0, min_duration_s=25.0)
AREA_M2 = 40.0
Density = Callable[[float], float]


def played(density: Density, speed: Density, minutes: float = 10.0, sigma: float = 0.1) -> Sequence[tuple[float, AlarmNews]]:
    alarm, told = CrushAlarm("gate", AREA_M2, SETTINGS), []
    for step in range(round(60 * minutes / STATE_S)):
        now = step * STATE_S
        state = State(density(now), sigma, (speed(now), 0.02))
        if (news := alarm.update(state, now)) is not None:
            told.append((now, news))
    return told


def crush(t: float) -> float:
    """A minute of calm, then one person per square metre and minute more, for five minutes."""
    return 0.5 + min(5.0, max(0.0, (t - 60) / 60))


def filling(t: float) -> float:
    """Twice as fast as :func:`crush`, and over before it is one."""
    return min(2.6, 0.5 + max(0.0, (t - 60) / 30))


def shuffling(t: float) -> float:
    return 0.3 * walking_speed(crush(t))


def free(density: Density) -> Density:
    return lambda t: walking_speed(density(t))


def test_a_crush_is_told_a_minute_and_more_before_it_comes() -> None:
    told = played(crush, shuffling)
    assert told[0][1].phase is Phase.NEW
    assert 60 + 60 * 1.5 <= told[0][0] <= 60 + 60 * 5 - 60


@pytest.mark.parametrize(
    ("density", "speed"),
    [
        pytest.param(lambda _: 4.0, lambda _: 0.05, id="a concert: close, still, and as it was"),
        pytest.param(lambda t: 0.5 + t / 300, lambda _: 0.1, id="it fills slowly, all stand"),
        pytest.param(filling, free(filling), id="dense and denser, but people walk as the density lets them"),
        pytest.param(lambda t: 0.3 if t < 120 else 1.8, lambda _: 0.2, id="a train empties: a step below what warns"),
        pytest.param(lambda t: 3.0 if 200 < t < 210 else 0.5, lambda _: 0.1, id="one instant"),
        pytest.param(
            lambda t: 0.5 if t < 120 else min(1.9, 0.5 + (t - 120) / 40), lambda _: 0.2, id="it fills within a minute and stays"
        ),
    ],
)
def test_everyday_life_raises_nothing(density: Density, speed: Density) -> None:
    assert not [news for _, news in played(density, speed) if news.phase is Phase.NEW]


def test_the_same_is_told_where_people_are_held_up() -> None:
    assert [news for _, news in played(filling, lambda _: 0.2) if news.phase is Phase.NEW]


def test_one_incident_from_its_beginning_to_its_end() -> None:
    def density(t: float) -> float:
        return crush(t) if t < 300 else max(0.5, crush(300) - (t - 300) / 30)

    phases = [news.phase for _, news in played(density, lambda t: 0.3 * walking_speed(density(t)), 12.0)]
    assert phases[0] is Phase.NEW
    assert phases[-1] is Phase.END
    assert phases.count(Phase.NEW) == phases.count(Phase.END) == 1
    assert Phase.UPDATE in phases


@pytest.mark.parametrize(("share", "told"), [(0.6, True), (0.7, False)])
def test_a_density_that_the_camera_can_hardly_tell_is_not_asked_about(share: float, told: bool) -> None:
    alarm = CrushAlarm("gate", AREA_M2, SETTINGS)
    states = [State(crush(t), share * crush(t), (shuffling(t), 0.02)) for t in range(0, 300, 5)]
    assert any(alarm.update(state, 5.0 * i) is not None for i, state in enumerate(states)) is told


def test_turbulence_stands_for_people_who_are_held_up() -> None:
    alarm = CrushAlarm("gate", AREA_M2, SETTINGS)
    states = [State(crush(t), 0.1, (walking_speed(crush(t)), 0.02), (0.05, 0.01)) for t in range(0, 300, 5)]
    assert any(alarm.update(state, 5.0 * i) is not None for i, state in enumerate(states))


def test_the_alert_says_why() -> None:
    alarm = CrushAlarm("gate", AREA_M2, SETTINGS)
    for t in range(0, 300, 5):
        state = State(crush(t), 0.1, (shuffling(t), 0.02), (0.003, 0.001), 55.0)
        if (news := alarm.update(state, float(t))) is not None:
            break
    assert news is not None
    observed, assessed = alarm.tell(state, news)
    assert observed.people.value == pytest.approx(state.density * AREA_M2, abs=0.01)
    assert observed.density is not None
    assert observed.density.low < observed.density.value < observed.density.high
    assert observed.trusted_to == 55.0
    cues = {cue.name: cue.value for cue in assessed.cues}
    assert assessed.what == "crush"
    assert 0.5 <= assessed.probability <= 1.0
    assert cues["trend"] == pytest.approx(1.0, abs=0.05)
    assert cues["speed"] < cues["speed-unhindered"]
    assert cues["density-expected"] >= cues["critical-density"]
    assert {"density", "horizon"} <= cues.keys()
    assert cues["pressure-to-turbulence"] == pytest.approx(0.15)
