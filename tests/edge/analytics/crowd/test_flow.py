"""Flow: who comes from one side and gets to the other, with a sign. Who stands on the line crosses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.crowd.flow import BAND_HEIGHTS, LineCounter

HEIGHT = 100.0
BAND = BAND_HEIGHTS * HEIGHT
START, END = (200.0, 0.0), (200.0, 400.0)
"""Downwards on the screen: forward, from left to right along it, is from large x to small x."""


def counter() -> LineCounter:
    return LineCounter(START, END)


def step(line: LineCounter, *people: tuple[int, float, float], height: float = HEIGHT, existence: float = 1.0) -> None:
    line.update(
        [number for number, _, _ in people],
        np.array([(x, y) for _, x, y in people], np.float64).reshape(-1, 2),
        np.full(len(people), height, np.float32),
        np.full(len(people), existence, np.float32),
    )


def path(offsets: Iterable[float], y: float = 200.0) -> LineCounter:
    """One person at these distances to the left on the screen, which is right of the line."""
    line = counter()
    for offset in offsets:
        step(line, (1, START[0] - offset, y))
    return line


def crossed(line: LineCounter) -> tuple[int, int]:
    return line.crossings.forward, line.crossings.backward


@pytest.mark.parametrize(
    ("offsets", "forward", "backward"),
    [
        ([-50, -20, 20, 50], 1, 0),
        ([50, 20, -20, -50], 0, 1),
        ([-50, 50, -50, 50], 2, 1),
        ([-50, -20, -5, 5, -5, 5, 0, -3, 11, -11], 0, 0),  # comes to the line and stands on it
        ([-50, -5, 5, -5, 5, 50], 1, 0),  # stands on it, then goes on
        ([-50, -5, 5, -5, 5, -50], 0, 0),  # stands on it, then turns back
        ([5, 50], 0, 0),  # was first seen on the line: nobody knows from where
        ([-50, -50, -50], 0, 0),
        ([-50, 50] + [50 - i for i in range(39)] + [11, 50], 1, 0),  # comes back to the line, does not cross it
    ],
)
def test_one_person(offsets: list[float], forward: int, backward: int) -> None:
    assert crossed(path(offsets)) == (forward, backward)


def test_the_band_is_of_the_size_of_the_person() -> None:
    far, near = counter(), counter()
    for x in (230.0, 170.0):
        step(far, (1, x, 200), height=100)
        step(near, (1, x, 200), height=400)
    assert crossed(far) == (1, 0)
    assert crossed(near) == (0, 0), "for somebody four times as tall it is a step from foot to foot"


@pytest.mark.parametrize(("y", "forward"), [(-30, 0), (-15, 1), (200, 1), (415, 1), (430, 0)])
def test_round_the_end_of_the_line_is_not_over_it(y: float, forward: int) -> None:
    assert crossed(path([-50, 50], y=y)) == (forward, 0)


def test_two_at_once_in_opposite_ways() -> None:
    line = counter()
    step(line, (1, 150, 100), (2, 250, 300))
    step(line, (1, 250, 100), (2, 150, 300))
    assert crossed(line) == (1, 1)


def test_a_number_that_ended_and_another_that_began_cross_nothing() -> None:
    line = counter()
    step(line, (1, 150, 200))
    step(line, (2, 250, 200))
    assert crossed(line) == (0, 0)
    step(line)
    step(line, (2, 150, 200))
    assert crossed(line) == (0, 0), "forgotten when its track has ended"


def test_a_window_begins_at_zero_and_forgets_nobody() -> None:
    line = path([-50, 50])
    assert line.take().forward == 1
    assert crossed(line) == (0, 0)
    step(line, (1, 250, 200))
    assert crossed(line) == (0, 1)


def test_what_may_not_have_been_there_is_remembered() -> None:
    line = counter()
    step(line, (1, 250, 200), existence=0.7)
    step(line, (1, 150, 200), existence=0.7)
    assert line.crossings.unsure == pytest.approx(0.3)


@given(st.lists(st.floats(-80, 80), min_size=2, max_size=30))
def test_the_balance_is_where_somebody_ended_up(offsets: list[float]) -> None:
    forward, backward = crossed(path(offsets))
    sides = [1 if offset > BAND else -1 for offset in offsets if abs(offset) > BAND + 1e-3]
    unclear = any(abs(abs(offset) - BAND) <= 1e-3 for offset in offsets)
    if not unclear:
        assert forward - backward == ((sides[-1] - sides[0]) // 2 if sides else 0)
        assert forward + backward == sum(a != b for a, b in pairwise(sides))


@given(st.lists(st.floats(-BAND + 1e-3, BAND - 1e-3), max_size=50))
def test_no_jitter_within_the_band_crosses(jitter: list[float]) -> None:
    assert crossed(path([-50, *jitter, -50])) == (0, 0)
