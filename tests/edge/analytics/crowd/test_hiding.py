"""People behind people: how many are reckoned in, and beyond how many nobody trusts the number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.crowd.hiding import COVERED, LARGEST_LOAD, LOAD_OF_COUNT, SHARE, trusted_to, weights
from models.bundle.detections import MOST


def test_the_share_of_a_box_is_the_area_from_which_somebody_covers_enough_of_it() -> None:
    random = np.random.default_rng(1)
    u, v = random.uniform(-1, 1, 400_000), random.uniform(0, 1, 400_000)
    assert 2 * float(np.mean((1 - np.abs(u)) * (1 - v) > COVERED)) == pytest.approx(SHARE, rel=0.02)


@pytest.mark.parametrize("load", [0.01, 0.1, 0.3, 0.6, 0.9])
def test_those_who_are_seen_stand_for_all_who_are_there(load: float) -> None:
    """``n`` people of whom ``exp(-load)`` are seen: the reckoning leads back to ``n``."""
    density, n = 1.0, 50
    seen = np.full((n, n), density * math.exp(-load) / n)
    assert weights(seen, np.full(n, load / density)) == pytest.approx(math.exp(load), rel=0.03)


@given(st.integers(0, 20), st.floats(0, 1e6), st.integers(0, 2**32 - 1))
def test_nobody_stands_for_less_than_one_or_more_than_can_be_reckoned(n: int, hides: float, seed: int) -> None:
    seen = np.random.default_rng(seed).uniform(0, 1, (n, n))
    found = weights(seen, np.full(n, hides))
    assert ((found >= 1.0) & (found <= math.exp(LARGEST_LOAD) + 1e-9)).all()


def test_trust_ends_where_a_tenth_is_hidden_and_at_what_a_model_tells_of_a_picture() -> None:
    people = trusted_to(100.0, 0.5, LOAD_OF_COUNT)
    assert 1 - math.exp(-people * 0.5 / 100.0) == pytest.approx(0.1)
    assert trusted_to(1e9, 0.5, LOAD_OF_COUNT) == MOST
