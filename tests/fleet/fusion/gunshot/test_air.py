"""Times of travel through moving air."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fusion.gunshot.air import ABOVE_M, Weather, travel

METRES = st.floats(-1500, 1500)
WIND = st.floats(-15, 15)


def test_sound_goes_at_343_metres_a_second_at_twenty_degrees_and_six_tenths_more_for_each() -> None:
    assert Weather(20.0).speed == pytest.approx(343.2)
    assert Weather(21.0).speed - Weather(20.0).speed == pytest.approx(0.585, abs=0.01)
    assert Weather(20.0, celsius_sigma=1.0).speed_sigma == pytest.approx(0.585, abs=0.01)


@pytest.mark.parametrize(("wind", "speed"), [(5.0, 345.0), (-5.0, 335.0)])
def test_wind_carries_sound_along(wind: float, speed: float) -> None:
    seconds, _ = travel(np.zeros(2), np.array([[1000.0, 0.0]]), np.array(340.0), np.array([wind, 0.0]))
    assert seconds[0] == pytest.approx(1000 / speed, rel=1e-4)


@given(METRES, METRES, METRES, METRES, st.floats(310, 360), WIND, WIND)
def test_the_front_started_where_it_must_and_its_derivatives_are_those_of_differences(
    x: float, y: float, a: float, b: float, c: float, u: float, v: float
) -> None:
    at, node = np.array([x, y, c, u, v]), np.array([[a, b]])

    def seconds(p: np.ndarray) -> float:
        return float(travel(p[:2], node, np.array(p[2]), p[3:])[0][0])

    t = seconds(at)
    carried = node[0] - at[:2] - at[3:] * t
    assert np.hypot(np.hypot(*carried), ABOVE_M) == pytest.approx(c * t, rel=1e-9), "the circle has drifted with the wind"
    _, slope = travel(at[:2], node, np.array(c), at[3:])
    for i in range(5):
        step = np.eye(5)[i] * 1e-3
        assert slope[0, i] == pytest.approx((seconds(at + step) - seconds(at - step)) / 2e-3, rel=1e-4, abs=1e-9)
