"""The bound, against what is known of simple layouts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fleet.fusion.gunshot.air import Weather
from fleet.fusion.gunshot.crlb import bound, bound_m, over_disc

EXACT = Weather(celsius_sigma=1e-6, wind_sigma=1e-6)


def _ring(n: int, radius: float = 300.0) -> np.ndarray:
    turn = 2 * math.pi * np.arange(n) / n
    return radius * np.stack([np.sin(turn), np.cos(turn)], axis=1)


@pytest.mark.parametrize("n", [3, 4, 8])
def test_in_the_middle_of_a_ring_it_is_the_textbooks(n: int) -> None:
    """Information about x is n/2 (c sigma)^-2, and nothing of it is spent on the time, which no direction shares."""
    found = bound_m(_ring(n), np.zeros(2), np.full(n, 1e-3), EXACT)
    assert float(found) == pytest.approx(2 / math.sqrt(n) * EXACT.speed * 1e-3, rel=1e-3)


def test_unknown_air_costs_and_more_boxes_help() -> None:
    source, sigma = np.array([120.0, 40.0]), np.full(6, 1e-3)
    known, unknown = (float(bound_m(_ring(6), source, sigma, w)) for w in (EXACT, Weather()))
    assert unknown > 1.2 * known
    assert float(bound_m(_ring(8), source, np.full(8, 1e-3), Weather())) < unknown


def test_it_is_worse_outside_and_worst_away_from_the_boxes() -> None:
    covariance = bound(_ring(5), np.array([1000.0, 0.0]), np.full(5, 1e-3), EXACT)
    assert covariance[0, 0] > 20 * covariance[1, 1], "how far is told worse than where to"
    middle, disc = over_disc(_ring(5), 600.0, np.full(5, 1e-3), EXACT)
    assert middle < disc
