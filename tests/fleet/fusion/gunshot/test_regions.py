"""Ellipses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fusion.gunshot.regions import ellipse


@pytest.mark.parametrize("turn", [0.0, 30.0, 90.0, 150.0])
def test_the_longer_axis_points_where_the_spread_is(turn: float) -> None:
    along = np.array([math.sin(math.radians(turn)), math.cos(math.radians(turn))])
    across = np.array([along[1], -along[0]])
    drawn = ellipse(5, 7, 9 * np.outer(along, along) + np.outer(across, across), 1e9)
    assert drawn.orientation_deg == pytest.approx(turn, abs=1e-6)
    assert (drawn.major_m, drawn.minor_m) == pytest.approx((3 * 2.146, 2.146), abs=1e-3)


@given(st.floats(0, 180), st.floats(1, 50))
def test_it_holds_nine_tenths_of_a_normal_distribution(turn: float, stretch: float) -> None:
    rng = np.random.default_rng(4)
    spin = math.radians(turn)
    axes = np.array([[math.sin(spin), math.cos(spin)], [math.cos(spin), -math.sin(spin)]])
    covariance = axes.T @ np.diag([stretch**2, 1.0]) @ axes
    points = rng.multivariate_normal([10, -20], covariance, 800)
    drawn = ellipse(10, -20, covariance, 1e9)
    assert np.mean([drawn.holds(x, y) for x, y in points]) == pytest.approx(0.9, abs=0.04)


def test_fewer_residuals_make_it_larger() -> None:
    assert ellipse(0, 0, np.eye(2), 5).major_m > 1.15 * ellipse(0, 0, np.eye(2), 100).major_m
