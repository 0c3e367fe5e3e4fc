"""A number says how far it can be trusted."""

from __future__ import annotations

import itertools
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.crowd.uncertainty import UNSEEN_BASE, UNSEEN_EACH, Z_90, at_least, count_variance, estimate

CHANCES = st.lists(st.floats(0.3, 1.0), max_size=8)


def floats(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)


@given(CHANCES)
def test_the_known_part_is_the_variance_of_who_is_there(chances: list[float]) -> None:
    existence = floats(chances).astype(np.float64)
    mean = square = 0.0
    for there in itertools.product([0, 1], repeat=len(existence)):
        weight = float(np.prod(np.where(there, existence, 1 - existence)))
        mean += weight * sum(there)
        square += weight * sum(there) ** 2
    expected = square - mean**2 + UNSEEN_BASE + UNSEEN_EACH * len(existence)
    assert count_variance(floats(chances)) == pytest.approx(expected, abs=1e-4)


def test_an_empty_place_is_not_certainly_empty() -> None:
    people = estimate(0, count_variance(floats([])))
    assert people.low == 0
    assert 0.5 < people.high < 2


def test_many_are_less_sure_than_few_and_unsure_ones_than_sure_ones() -> None:
    assert count_variance(floats([0.97] * 20)) > count_variance(floats([0.97] * 3))
    assert count_variance(floats([0.6] * 5)) > count_variance(floats([0.97] * 5))


@given(value=st.floats(0, 500), variance=st.floats(0.01, 100))
def test_the_interval_holds_nine_of_ten(value: float, variance: float) -> None:
    found = estimate(value, variance)
    assert found.level == 0.9
    assert 0 <= found.low <= found.value <= found.high
    normal = NormalDist(value, variance**0.5)
    assert normal.cdf(found.high) == pytest.approx(0.95, abs=0.02)
    if found.low > 0:
        assert normal.cdf(found.low) == pytest.approx(0.05, abs=0.02)


def test_the_half_width() -> None:
    assert pytest.approx(NormalDist().inv_cdf(0.95), abs=1e-4) == Z_90


@given(value=st.floats(0, 100), variance=st.floats(0.05, 50), threshold=st.floats(0.5, 100))
def test_the_probability_of_a_threshold(value: float, variance: float, threshold: float) -> None:
    found = at_least(value, variance, threshold)
    assert found == pytest.approx(1 - NormalDist(value, variance**0.5).cdf(threshold - 0.5), abs=1e-9)
    assert found <= at_least(value + 1, variance, threshold)
    assert found >= at_least(value, variance, threshold + 1)
