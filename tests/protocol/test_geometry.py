"""Polygons and lines as properties: what holds for every zone that a hand can draw."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import GeometryError
from protocol.geometry import MAX_VERTICES, MIN_AREA, check_line, check_polygon, polygon_area, segments_touch

Point = tuple[float, float]
grid = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda p: (p[0] / 8, p[1] / 8))
"""Points that often coincide and line up; exact in binary."""

anywhere = st.tuples(st.floats(0, 1), st.floats(0, 1))
segments = st.tuples(grid, grid, grid, grid)


def accepted(points: list[Point]) -> bool:
    try:
        check_polygon(points, "zone")
    except GeometryError:
        return False
    return True


@st.composite
def stars(draw: st.DrawFn) -> list[Point]:
    """Simple polygons: vertices around a centre by angle, none half a turn from the next."""
    n = draw(st.integers(4, 20))
    angles = [2 * math.pi * (i + draw(st.floats(0, 0.7))) / n for i in range(n)]
    radii = [draw(st.floats(0.1, 0.45)) for _ in range(n)]
    return [(0.5 + r * math.cos(a), 0.5 + r * math.sin(a)) for a, r in zip(angles, radii, strict=True)]


# segments


def touching_by_integers(a: Point, b: Point, c: Point, d: Point) -> bool:
    """The same by another way: solve for the meeting point with exact integers, and look along the line when parallel."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = ((round(8 * x), round(8 * y)) for x, y in (a, b, c, d))
    rx, ry, sx, sy = bx - ax, by - ay, dx - cx, dy - cy
    cross = rx * sy - ry * sx
    if cross != 0:
        t, u = (cx - ax) * sy - (cy - ay) * sx, (cx - ax) * ry - (cy - ay) * rx
        low, high = sorted((0, cross))
        return low <= t <= high and low <= u <= high
    corners = [(ax, ay), (bx, by), (cx, cy), (dx, dy)]
    if any((q[0] - p[0]) * (r[1] - p[1]) != (q[1] - p[1]) * (r[0] - p[0]) for p, q, r in itertools.combinations(corners, 3)):
        return False
    boxes = ((ax, bx, cx, dx), (ay, by, cy, dy))
    return all(max(min(a_, b_), min(c_, d_)) <= min(max(a_, b_), max(c_, d_)) for a_, b_, c_, d_ in boxes)


@settings(max_examples=300)
@given(segments)
def test_segments_touch_when_exact_arithmetic_says_so(four: tuple[Point, Point, Point, Point]) -> None:
    assert segments_touch(*four) == touching_by_integers(*four)


@given(segments)
def test_touching_knows_no_order(four: tuple[Point, Point, Point, Point]) -> None:
    a, b, c, d = four
    expected = segments_touch(a, b, c, d)
    assert segments_touch(b, a, c, d) == segments_touch(c, d, a, b) == segments_touch(d, c, b, a) == expected


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "expected"),
    [
        ((0, 0), (1, 1), (0, 1), (1, 0), True),
        ((0, 0), (1, 0), (0.5, 0), (0.5, 1), True),
        ((0, 0), (1, 0), (1, 0), (1, 1), True),
        ((0, 0), (1, 0), (0.25, 0), (0.75, 0), True),
        ((0, 0), (0.5, 0), (0.5, 0), (1, 0), True),
        ((0, 0), (0.4, 0), (0.5, 0), (1, 0), False),
        ((0, 0), (1, 0), (0, 0.1), (1, 0.1), False),
        ((0, 0), (1, 0), (0.5, 0.001), (0.5, 1), False),
        ((0.5, 0.5), (0.5, 0.5), (0, 0), (1, 1), True),
        ((0.5, 0.4), (0.5, 0.4), (0, 0), (1, 1), False),
    ],
)
def test_segments_by_hand(a: Point, b: Point, c: Point, d: Point, expected: bool) -> None:
    assert segments_touch(a, b, c, d) is expected


# areas


@pytest.mark.parametrize(
    ("points", "area"),
    [
        ([(0, 0), (1, 0), (1, 1), (0, 1)], 1.0),
        ([(0, 1), (1, 1), (1, 0), (0, 0)], -1.0),
        ([(0, 0), (1, 0), (0, 1)], 0.5),
        ([(0, 0), (0.5, 0.5), (1, 1)], 0.0),
        ([(0, 0), (1, 0), (1, 0.5), (0.5, 0.5), (0.5, 1), (0, 1)], 0.75),
    ],
)
def test_area_is_positive_clockwise_on_the_screen(points: list[Point], area: float) -> None:
    assert polygon_area(points) == area


@given(stars())
def test_area_is_what_throwing_darts_finds(points: list[Point]) -> None:
    rng = random.Random(len(points))
    darts = [(rng.random(), rng.random()) for _ in range(1500)]
    hit = sum(_inside(points, dart) for dart in darts) / len(darts)
    assert abs(abs(polygon_area(points)) - hit) < 0.08


def _inside(points: list[Point], at: Point) -> bool:
    """Even-odd rule: how often a ray to the right crosses the outline."""
    crossed = False
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        if (ay > at[1]) != (by > at[1]) and at[0] < ax + (at[1] - ay) * (bx - ax) / (by - ay):
            crossed = not crossed
    return crossed


# polygons


@given(stars())
def test_a_star_is_a_zone_however_it_is_drawn(points: list[Point]) -> None:
    """From whichever vertex, and either way round."""
    assert accepted(points)
    for start in range(len(points)):
        turned = [*points[start:], *points[:start]]
        assert accepted(turned)
        assert accepted(turned[::-1])


@settings(max_examples=300)
@given(st.lists(grid, min_size=3, max_size=6))
def test_what_is_accepted_is_a_simple_polygon(points: list[Point]) -> None:
    if not accepted(points):
        return
    n = len(points)
    edges = list(zip(points, [*points[1:], points[0]], strict=True))
    assert abs(polygon_area(points)) >= MIN_AREA
    assert len(set(points)) == n
    for (i, first), (j, second) in itertools.combinations(enumerate(edges), 2):
        if j - i in {1, n - 1}:
            (tail, joint), (_, head) = (first, second) if j - i == 1 else (second, first)
            back = [(p[0] - joint[0], p[1] - joint[1]) for p in (tail, head)]
            parallel = back[0][0] * back[1][1] == back[0][1] * back[1][0]
            assert not (parallel and back[0][0] * back[1][0] + back[0][1] * back[1][1] > 0), "one edge runs back over the other"
        else:
            assert not touching_by_integers(*first, *second)


@pytest.mark.parametrize("n", [4, 5, 6])
def test_the_check_does_accept_polygons_of_such_points(n: int) -> None:
    """Or the property above would hold of nothing."""
    rng = random.Random(n)
    drawn = [[(rng.randrange(9) / 8, rng.randrange(9) / 8) for _ in range(n)] for _ in range(300)]
    assert 10 < sum(accepted(points) for points in drawn) < 290


OUTSIDE = (-0.1, 1.1, -1e-9, 1 + 1e-9, math.inf, -math.inf, math.nan)


@given(stars(), st.sampled_from(OUTSIDE), st.integers(0, 19), st.integers(0, 1))
def test_one_point_outside_is_enough(points: list[Point], outside: float, at: int, axis: int) -> None:
    at %= len(points)
    points[at] = (outside, points[at][1]) if axis == 0 else (points[at][0], outside)
    with pytest.raises(GeometryError, match=rf"^the steps: point {at + 1} .* lies outside the picture"):
        check_polygon(points, "the steps")


@given(st.lists(anywhere, max_size=80))
def test_nothing_but_a_geometry_error_escapes(points: list[Point]) -> None:
    try:
        check_polygon(points, "zone")
    except GeometryError as error:
        told = str(error)
    else:
        told = "zone: "
        assert 3 <= len(points) <= MAX_VERTICES
    assert told.startswith("zone: ")
    assert len(told) < 300


def test_the_largest_zone_is_checked_while_a_person_waits() -> None:
    ring = [(0.5 + 0.4 * math.cos(2 * math.pi * k / 64), 0.5 + 0.4 * math.sin(2 * math.pi * k / 64)) for k in range(64)]
    assert accepted(ring)
    assert not accepted([*ring, (0.5, 0.5)])


# lines


@given(anywhere, anywhere)
def test_a_line_has_a_length_either_way(start: Point, end: Point) -> None:
    long_enough = (start[0] - end[0]) ** 2 + (start[1] - end[1]) ** 2 >= MIN_AREA
    for a, b in ((start, end), (end, start)):
        if long_enough:
            check_line(a, b, "line")
        else:
            with pytest.raises(GeometryError, match="draw it longer"):
                check_line(a, b, "line")
