"""Samples mapped to a clock: jitter, drift, steps, and a deviation that holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.gunshot.clockmap import MOST_PAIRS, ClockMap

RATE = 16_000
START = 1.79e9


def fed(pairs: int, ppm: float, jitter_s: float, seed: int, late: float = 0.0) -> ClockMap:
    random = np.random.default_rng(seed)
    mapped = ClockMap(RATE)
    for second in range(pairs):
        delay = random.exponential(0.02) if random.random() < late else 0.0
        mapped.add(second * RATE, START + second * (1 + ppm * 1e-6) + random.normal(0, jitter_s) + delay)
    return mapped


def test_the_drift_is_solved_for() -> None:
    for ppm in (-80.0, 0.0, 45.0):
        assert fed(150, ppm, 1e-3, 4).drift_ppm == pytest.approx(ppm, abs=6)


def test_the_deviation_holds_whatever_the_number_of_pairs() -> None:
    within = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        ppm, pairs = random.normal(0, 40), int(random.integers(1, 40))
        at = (pairs - 1) * RATE + 3_000
        moment = fed(pairs, ppm, 1e-3, seed).at(at)
        assert moment is not None
        within.append(abs(moment.utc_s - START - at / RATE * (1 + ppm * 1e-6)) < moment.sigma_s)
    assert 0.58 <= np.mean(within) <= 0.92


def test_pairs_that_come_late_hardly_matter() -> None:
    moment = fed(120, 10, 5e-4, 1, late=0.15).at(119 * RATE)
    assert moment is not None
    assert abs(moment.utc_s - START - 119 * (1 + 10e-6)) < 1e-3


@pytest.mark.parametrize("step_s", [-2.0, -0.05, 0.05, 3600.0])
def test_a_step_of_the_clock_is_noticed_and_followed(step_s: float) -> None:
    mapped = fed(60, 20, 1e-3, 2)
    assert mapped.steps == 0
    random = np.random.default_rng(3)
    noticed = [
        mapped.add(second * RATE, START + step_s + second * (1 + 20e-6) + random.normal(0, 1e-3)) for second in range(60, 75)
    ]
    assert sum(noticed) == mapped.steps == 1
    moment = mapped.at(74 * RATE)
    assert moment is not None
    assert abs(moment.utc_s - START - step_s - 74 * (1 + 20e-6)) < 3e-3


def test_pairs_that_are_no_numbers_or_go_back_are_left_out() -> None:
    mapped = fed(10, 0, 1e-4, 5)
    before = mapped.at(9 * RATE)
    for index, utc_s in ((10 * RATE, float("nan")), (10 * RATE, float("inf")), (RATE, START), (10 * RATE, 1e300)):
        assert not mapped.add(index, utc_s)
    assert mapped.at(9 * RATE) == before


def test_before_the_first_pair_nothing_is_known() -> None:
    assert ClockMap(RATE).at(100) is None


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.floats(allow_nan=True)), max_size=30))
def test_no_pairs_break_it(pairs: list[tuple[int, float]]) -> None:
    mapped = ClockMap(RATE)
    for index, utc_s in pairs:
        mapped.add(index, utc_s)
    moment = mapped.at(1e6)
    assert moment is None or (np.isfinite(moment.utc_s) and moment.sigma_s > 0)
    assert len(mapped._pairs) <= MOST_PAIRS
