"""People behind people: how many are reckoned in, and beyond how many nobody trusts the number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.crowd.hiding import COUNT_TRUSTED, DENSITY_TRUSTED, FULLEST, Overlap, error, loss, reckon, trusted_to
from models.bundle.detections import MOST


@pytest.mark.parametrize("crowding", [0.01, 0.1, 0.3, 0.6, 0.9, 1.5, 1.9])
def test_those_who_are_seen_stand_for_all_who_are_there(crowding: float) -> None:
    """Of so many people ``exp(-loss)`` are seen: the reckoning leads back to all."""
    n = 50
    seen = np.full((n, n), float(crowding * np.exp(-loss(np.array(crowding)))) / n)
    assert reckon(seen, np.ones(n)) == pytest.approx(crowding, rel=0.05)


@given(st.integers(0, 20), st.floats(0, 1e6), st.integers(0, 2**32 - 1))
def test_nobody_is_reckoned_into_more_than_can_be_told(n: int, covers: float, seed: int) -> None:
    seen = np.random.default_rng(seed).uniform(0, 1, (n, n))
    found = reckon(seen, np.full(n, covers))
    assert ((found >= 0.0) & (found <= FULLEST)).all()


def test_more_people_are_seen_as_more_up_to_the_fullest_only() -> None:
    crowding = np.arange(0.01, 4.0, 0.01)
    seen = crowding * np.exp(-loss(crowding))
    assert crowding[seen.argmax()] == pytest.approx(FULLEST, abs=0.02)


def test_trust_ends_at_a_tenth() -> None:
    assert 1 - np.exp(-loss(np.array(COUNT_TRUSTED))) == pytest.approx(0.1, abs=0.002)
    assert error(np.array(DENSITY_TRUSTED)) == pytest.approx(0.1, abs=0.002)
    assert max(COUNT_TRUSTED, DENSITY_TRUSTED) < FULLEST / 2


def test_nothing_is_trusted_beyond_what_a_model_tells_of_a_picture() -> None:
    assert trusted_to(0.01, COUNT_TRUSTED) == pytest.approx(100 * COUNT_TRUSTED)
    assert trusted_to(1e-9, COUNT_TRUSTED) == MOST


def _stand(overlap: Overlap, n: int, pictures: int, width: float) -> None:
    random = np.random.default_rng(n)
    for _ in range(pictures):
        overlap.update(random.uniform(0, (width, 1000), (n, 2)), np.full((n, 2), 40.0))


def test_before_there_are_pairs_the_size_of_the_zone_counts() -> None:
    overlap = Overlap(1000.0 * 1000.0)
    assert overlap.each is None
    _stand(overlap, 1, 10, 1000.0)
    assert overlap.each == pytest.approx(1600.0 / 1e6)


def test_who_stands_closer_than_the_zone_is_wide_is_trusted_less() -> None:
    """All of them in a fifth of it: five times the crowding for each."""
    overlap = Overlap(1000.0 * 1000.0)
    _stand(overlap, 30, 200, 200.0)
    assert overlap.each == pytest.approx(5 * 1600.0 / 1e6, rel=0.15)
