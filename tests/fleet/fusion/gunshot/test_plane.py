"""The city's plane: true to a survey, and there and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fusion.gunshot.plane import Plane


def test_a_minute_of_latitude_and_of_longitude_in_vienna_are_as_long_as_the_ellipsoid_says() -> None:
    plane = Plane(48.2, 16.37)
    assert plane.metres(48.2 + 1 / 60, 16.37)[1] == pytest.approx(1853.3, abs=0.3), "111,196 m a degree at 48.2 degrees"
    assert plane.metres(48.2, 16.37 + 1 / 60)[0] == pytest.approx(1238.9, abs=0.5)


@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(-20_000, 20_000), st.floats(-20_000, 20_000))
def test_there_and_back(lat: float, lon: float, east: float, north: float) -> None:
    plane = Plane(lat, lon)
    assert plane.metres(*plane.degrees(east, north)) == pytest.approx((east, north), abs=1e-3)


@pytest.mark.parametrize("where", [(0.0, 0.0), (math.nan, 16.4), (48.2, math.inf), (48.2, -163.0), (91.0, 16.4)])
def test_what_is_not_in_the_city_is_refused(where: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not in the city"):
        Plane(48.2, 16.37).metres(*where)


@pytest.mark.parametrize("origin", [(90.0, 0.0), (math.nan, 0.0), (0.0, 181.0)])
def test_an_origin_that_no_plane_touches_is_refused(origin: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no city's plane"):
        Plane(*origin)
