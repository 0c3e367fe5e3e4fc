"""Zones and lines as drawn on a picture.

Frame of reference: fractions of the picture, x to the right, y downwards, origin at the top left, both in [0, 1]. A camera that
changes its resolution keeps its zones, and a zone outside the picture is recognised before a picture is there.

Rules: a zone is a simple polygon of 3 to 64 vertices with an area; a line is two different points. Checks are pure and run
where the zone is drawn (manager) and where it is used (agent), with the same message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from protocol.errors import GeometryError

Fraction = Annotated[float, Meta(title="Fraction", description="Fraction of the picture's width or height, 0 to 1")]
Point = tuple[Fraction, Fraction]

MAX_VERTICES = 64
MIN_AREA = 1e-5
"""Smallest zone: four pixels of a 768x576 picture; below it is a slip of the hand."""


def check_polygon(points: Sequence[tuple[float, float]], what: str) -> None:
    """Check that ``points`` is a simple polygon inside the picture.

    Raises:
        GeometryError: naming ``what``, the vertex (counted from 1) or the crossing edges, and the remedy.
    """
    if not 3 <= len(points) <= MAX_VERTICES:  # noqa: PLR2004 - a polygon
        msg = f"{what}: {len(points)} vertices; a zone needs 3 to {MAX_VERTICES}"
        raise GeometryError(msg)
    check_inside(points, what)
    n = len(points)
    for i in range(n):
        if points[i] == points[(i + 1) % n]:
            msg = f"{what}: vertices {i + 1} and {(i + 1) % n + 1} are the same point {points[i]}; remove one"
            raise GeometryError(msg)
    for i in range(n):
        for j in range(i + 1, n):
            adjacent = j == i + 1 or (i == 0 and j == n - 1)
            if not adjacent and segments_touch(points[i], points[(i + 1) % n], points[j], points[(j + 1) % n]):
                msg = (
                    f"{what}: the edge from vertex {i + 1} crosses the edge from vertex {j + 1}; "
                    "put the vertices in order around the zone"
                )
                raise GeometryError(msg)
    if abs(polygon_area(points)) < MIN_AREA:
        msg = f"{what}: the polygon has no area; draw it larger"
        raise GeometryError(msg)


def check_line(start: tuple[float, float], end: tuple[float, float], what: str) -> None:
    """Check that a counting line lies inside the picture and has a length.

    Raises:
        GeometryError: naming ``what`` and the remedy.
    """
    check_inside((start, end), what)
    if (start[0] - end[0]) ** 2 + (start[1] - end[1]) ** 2 < MIN_AREA:
        msg = f"{what}: start and end are the same point {start}; draw it longer"
        raise GeometryError(msg)


def polygon_area(points: Sequence[tuple[float, float]]) -> float:
    """Signed area by the shoelace formula, in picture fractions squared; positive when clockwise on the screen."""
    n = len(points)
    return 0.5 * sum(points[i][0] * points[(i + 1) % n][1] - points[(i + 1) % n][0] * points[i][1] for i in range(n))


def segments_touch(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Whether the closed segments ab and cd share a point (orientation test, Cormen et al., section 33.1)."""
    d1, d2 = _side(c, d, a), _side(c, d, b)
    d3, d4 = _side(a, b, c), _side(a, b, d)
    if ((d1 > 0 > d2) or (d1 < 0 < d2)) and ((d3 > 0 > d4) or (d3 < 0 < d4)):
        return True
    return (
        (d1 == 0 and _within(c, d, a))
        or (d2 == 0 and _within(c, d, b))
        or (d3 == 0 and _within(a, b, c))
        or (d4 == 0 and _within(a, b, d))
    )


def _side(a: tuple[float, float], b: tuple[float, float], p: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _within(a: tuple[float, float], b: tuple[float, float], p: tuple[float, float]) -> bool:
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])


def check_inside(points: Sequence[tuple[float, float]], what: str) -> None:
    """Check that all points lie in the picture.

    Raises:
        GeometryError: naming ``what``, the point (counted from 1) and the remedy.
    """
    for i, (x, y) in enumerate(points, start=1):
        if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):  # also refuses NaN
            msg = (
                f"{what}: point {i} ({x:g}, {y:g}) lies outside the picture; "
                "coordinates are fractions of its width and height, 0 to 1"
            )
            raise GeometryError(msg)
