"""Where a foot stands: in which zone, and on which side of a line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.crowd.geometry import foot_points, inside, line_offsets

SQUARE = ((10.0, 10.0), (90.0, 10.0), (90.0, 90.0), (10.0, 90.0))
HOOK = ((0.0, 0.0), (60.0, 0.0), (60.0, 20.0), (20.0, 20.0), (20.0, 60.0), (0.0, 60.0))
"""Concave: its notch is not in it."""

GRID = st.integers(0, 100).map(float)


def where(x: float, y: float, polygon: tuple[tuple[float, float], ...]) -> bool:
    return bool(inside(np.array([[x, y]]), polygon)[0])


def test_the_foot_is_in_the_middle_of_the_lower_edge() -> None:
    assert foot_points(np.array([[10, 20, 30, 80]], np.float32)).tolist() == [[20, 80]]


@pytest.mark.parametrize(
    ("polygon", "x", "y", "expected"),
    [
        (SQUARE, 50, 50, True),
        (SQUARE, 5, 50, False),
        (SQUARE, 95, 50, False),
        (SQUARE, 50, 5, False),
        (SQUARE, 50, 95, False),
        (HOOK, 10, 50, True),
        (HOOK, 50, 10, True),
        (HOOK, 40, 40, False),
        (HOOK, -5, 20, False),
    ],
)
def test_inside(polygon: tuple[tuple[float, float], ...], x: float, y: float, *, expected: bool) -> None:
    assert where(x, y, polygon) is expected
    assert where(x, y, polygon[::-1]) is expected, "whichever way round it was drawn"


@given(x=GRID, y=GRID, split=st.integers(1, 99))
def test_who_stands_between_two_zones_is_in_one_of_them(x: float, y: float, split: int) -> None:
    left = ((-1.0, -1.0), (split, -1.0), (split, 101.0), (-1.0, 101.0))
    right = ((split, -1.0), (101.0, -1.0), (101.0, 101.0), (split, 101.0))
    above = tuple((b, a) for a, b in left)
    below = tuple((b, a) for a, b in right)
    assert where(x, y, left) != where(x, y, right)
    assert where(x, y, above) != where(x, y, below)


@given(x=st.floats(-50, 150), y=st.floats(-50, 150), a=GRID, b=GRID, c=GRID)
def test_a_triangle_holds_what_lies_on_the_same_side_of_its_edges(x: float, y: float, a: float, b: float, c: float) -> None:
    corners = [(0.0, a), (100.0, b), (c, 200.0)]
    sides = []
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        across, _ = line_offsets(np.array([[x, y]]), start, end)
        sides.append(float(across[0]))
    if min(abs(side) for side in sides) > 1e-6:
        assert where(x, y, tuple(corners)) is (min(sides) > 0 or max(sides) < 0)


@pytest.mark.parametrize(
    ("start", "end", "point", "across", "along"),
    [
        ((0, 0), (100, 0), (50, 30), 30, 0.5),  # to the right on the screen: right of it is below
        ((0, 0), (100, 0), (50, -30), -30, 0.5),
        ((100, 0), (0, 0), (25, 30), -30, 0.75),
        ((50, 0), (50, 100), (20, 100), 30, 1.0),  # downwards: right of it is to the left on the screen
        ((0, 0), (30, 40), (60, 80), 0, 2.0),
    ],
)
def test_offsets(start: tuple[int, int], end: tuple[int, int], point: tuple[int, int], across: float, along: float) -> None:
    found = line_offsets(np.array([point], np.float64), start, end)
    assert found[0][0] == pytest.approx(across)
    assert found[1][0] == pytest.approx(along)
