"""Points in metres and in degrees.

Frame of reference: metres east (x) and north (y) of the city's origin. A plane tangent to the ellipsoid serves: a kilometre
from the origin it is wrong by a decimetre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

XY = tuple[float, float]

_EQUATOR_M, _SQUARED_ECCENTRICITY = 6_378_137.0, 6.694_379_990e-3
"""Of the ellipsoid of WGS 84."""


@dataclass(frozen=True)
class Origin:
    """Where (0, 0) lies, degrees WGS 84."""

    lat: float = 50.8467
    lon: float = 4.3525

    def to_degrees(self, point: XY) -> tuple[float, float]:
        """Longitude and latitude (the order of GeoJSON), seven decimals: a centimetre."""
        latitude = math.radians(self.lat)
        flat = 1 - _SQUARED_ECCENTRICITY * math.sin(latitude) ** 2
        across = _EQUATOR_M / math.sqrt(flat)  # radii of curvature, along the parallel and along the meridian
        along_meridian = across * (1 - _SQUARED_ECCENTRICITY) / flat
        lon = self.lon + math.degrees(point[0] / (across * math.cos(latitude)))
        return round(lon, 7), round(self.lat + math.degrees(point[1] / along_meridian), 7)


def distance(a: XY, b: XY) -> float:
    """Metres between two points."""
    return math.hypot(a[0] - b[0], a[1] - b[1])


def heading(start: XY, end: XY) -> float:
    """Direction from one point to another, degrees clockwise from north, in [0, 360)."""
    return round(math.degrees(math.atan2(end[0] - start[0], end[1] - start[1])) % 360.0, 1) % 360.0


def centre(points: Sequence[XY]) -> XY:
    """Mean of the vertices."""
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def to_line(point: XY, line: Sequence[XY]) -> float:
    """Metres from a point to a polyline."""
    return min(_to_segment(point, a, b) for a, b in pairwise(line))


def along(line: Sequence[XY], metres: float) -> XY:
    """The point that far along a polyline, going back and forth between its ends."""
    lengths = [distance(a, b) for a, b in pairwise(line)]
    total = sum(lengths)
    at = metres % (2 * total)
    at = 2 * total - at if at > total else at
    for (a, b), length in zip(pairwise(line), lengths, strict=True):
        if at <= length and length > 0:
            share = at / length
            return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        at -= length
    return line[-1]


def _to_segment(p: XY, a: XY, b: XY) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    share = 0.0 if square == 0 else max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square))
    return math.hypot(p[0] - a[0] - share * dx, p[1] - a[1] - share * dy)
