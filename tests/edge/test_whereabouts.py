"""Row 58: satellites lost, a jump, a spoofed place. What is told carries how far it may be off."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.whereabouts import JUMP_S, LOST_S, Whereabouts, distance_m
from hardware.nmea import RADIUS_95, Fix
from protocol.events import Where
from tests.hardware.sentences import east_of

CAR = Where(0.0, 0.0, heading=90.0, frame="vehicle")
LAT, LON = 52.5, 13.4
SIGMA_M = 3.0


def drive(
    seconds: float, speed_m_s: float = 15.0, seed: int = 1, accuracy_m: float | None = SIGMA_M * RADIUS_95
) -> Whereabouts:
    """Eastwards, a fix a second, each off by its deviation."""
    whereabouts, random = Whereabouts(95.0), np.random.default_rng(seed)
    for second in range(round(seconds) + 1):
        whereabouts.take([(100.0 + second, fix(speed_m_s * second, speed_m_s, random.normal(0, SIGMA_M, 2), accuracy_m))])
    return whereabouts


def fix(
    along_m: float, speed_m_s: float, error_m: tuple[float, float] | np.ndarray = (0, 0), accuracy_m: float | None = 5.0
) -> Fix:
    lat, lon = east_of(LAT, LON, along_m + error_m[0])
    return Fix(lat + math.degrees(error_m[1] / 6_371_000.0), lon, speed_m_s, 90.0, accuracy_m, 70.0)


def off_m(where: Where | None, along_m: float) -> float:
    assert where is not None
    return distance_m(Fix(where.lat, where.lon, 0.0), Fix(*east_of(LAT, LON, along_m), 0.0))


def place(whereabouts: Whereabouts, at_s: float) -> Where:
    found = whereabouts.place(CAR, at_s)
    assert found is not None
    assert found.accuracy is not None
    assert found.frame == "vehicle"
    return found


def test_a_place_is_that_of_its_moment_and_its_radius_holds_it() -> None:
    held = []
    for seed in range(40):
        whereabouts = drive(10, seed=seed)
        for at_s in (103.3, 107.5, 110.4):
            found = place(whereabouts, at_s)
            held.append(off_m(found, 15 * (at_s - 100)) <= (found.accuracy or 0))
            assert (found.accuracy or 0) < 20
    assert np.mean(held) >= 0.95


@pytest.mark.parametrize("lost_s", [2.0, 5.0, 10.0, 30.0])
def test_the_older_the_last_fix_the_larger_the_radius_and_a_car_that_brakes_is_in_it(lost_s: float) -> None:
    whereabouts = drive(10)
    braked_s = min(lost_s, 15 / 4.0)
    found = place(whereabouts, 110 + lost_s)
    for on_m in (15 * lost_s, 15 * braked_s - 4.0 * braked_s**2 / 2):
        assert off_m(found, 15 * 10 + on_m) <= (found.accuracy or 0)
    radii = [place(whereabouts, 110 + seconds).accuracy or 0 for seconds in np.linspace(0, lost_s, 5)]
    assert radii == sorted(radii)
    codes = [reason.code for reason in whereabouts.reasons(110 + lost_s, "")]
    assert codes == (["position-lost"] if lost_s >= LOST_S else [])


def test_what_nobody_ever_told_is_no_place() -> None:
    whereabouts = Whereabouts(95.0)
    assert whereabouts.place(CAR, 100.0) is None
    assert whereabouts.reasons(99.0, "") == (), "a receiver takes its time"
    assert [reason.code for reason in whereabouts.reasons(100.0, "")] == ["position-lost"]
    assert [reason.code for reason in whereabouts.reasons(100.0, "no such device")] == ["gnss-missing"]


@pytest.mark.parametrize("jump_m", [150.0, 3_000.0, 8_000_000.0])
def test_a_jump_is_said_and_for_a_minute_the_radius_reaches_from_one_place_to_the_other(jump_m: float) -> None:
    whereabouts = drive(10)
    whereabouts.take([(111.0 + second, fix(15 * (11 + second) + jump_m, 15)) for second in range(3)])
    (reason,) = whereabouts.reasons(113.0, "")
    assert reason.code == "position-jumped"
    found = place(whereabouts, 113.0)
    assert off_m(found, 15 * 13) <= (found.accuracy or 0) + 30, "where it was before is not given up"
    whereabouts.take([(113.0 + second, fix(15 * (13 + second) + jump_m, 15)) for second in range(1, round(JUMP_S) + 1)])
    assert whereabouts.reasons(113.0 + JUMP_S, "") == ()
    assert (place(whereabouts, 113.0 + JUMP_S).accuracy or 0) < 20
    assert whereabouts.jumps == 1


@pytest.mark.parametrize("seed", range(5))
def test_driving_stopping_and_a_tunnel_are_no_jump(seed: int) -> None:
    whereabouts = drive(300, seed=seed)
    assert whereabouts.jumps == 0
    whereabouts.take([(460.0, fix(15 * 300 + 18 * 60, 18))])
    whereabouts.take([(461.0 + second, fix(15 * 300 + 18 * 60 + 18, 0)) for second in range(20)])
    assert whereabouts.jumps == 0


def test_headings_are_those_of_the_course_and_there_is_none_without() -> None:
    assert place(drive(10), 110.0).heading == 180.0
    assert place(drive(10, speed_m_s=0.5), 110.0).heading is None
    assert place(drive(10), 100.0 + 10 + 2 * LOST_S).heading is None


def test_a_receiver_that_does_not_say_how_good_it_is_is_not_taken_for_exact() -> None:
    assert (place(drive(10, accuracy_m=None), 110.0).accuracy or 0) >= 12.0


FIXES = st.tuples(st.floats(0, 1e6), st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 500), st.floats(0, 359))


@given(st.lists(FIXES, max_size=12), st.floats(0, 2e6))
def test_whatever_comes_a_place_can_be_told(fixes: list[tuple[float, float, float, float, float]], at_s: float) -> None:
    whereabouts = Whereabouts(95.0)
    for when_s, lat, lon, speed, course in sorted(fixes):
        whereabouts.take([(when_s, Fix(lat, lon, speed, course, None))])
    found = whereabouts.place(CAR, at_s)
    assert (found is None) == (not fixes)
    if found is not None:
        assert -90 <= found.lat <= 90
        assert -180 <= found.lon <= 180
        assert found.accuracy is not None
        assert 0 <= found.accuracy <= 1e7
