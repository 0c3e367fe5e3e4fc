"""The assignment is the cheapest there is, against every other."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.tracking.assignment import assign

COSTS = st.integers(1, 5).flatmap(
    lambda columns: st.lists(st.lists(st.integers(-9, 9), min_size=columns, max_size=columns), min_size=1, max_size=5)
)


def cheapest(cost: np.ndarray) -> float:
    if cost.shape[0] > cost.shape[1]:
        return cheapest(cost.T)
    rows = range(cost.shape[0])
    return min(float(sum(cost[row, chosen[row]] for row in rows)) for chosen in permutations(range(cost.shape[1]), len(rows)))


@given(COSTS)
def test_no_other_is_cheaper(costs: list[list[int]]) -> None:
    cost = np.array(costs, np.float64)
    pairs = assign(cost)
    assert len(pairs) == min(cost.shape)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert pairs == sorted(pairs)
    assert sum(cost[pair] for pair in pairs) == cheapest(cost)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_pair(shape: tuple[int, int]) -> None:
    assert assign(np.zeros(shape)) == []


def test_two_hundred_with_two_hundred() -> None:
    random = np.random.default_rng(1)
    hidden = random.permutation(200)
    cost = random.uniform(1, 2, (200, 200))
    cost[np.arange(200), hidden] = 0.5
    assert [column for _, column in assign(cost)] == hidden.tolist()
