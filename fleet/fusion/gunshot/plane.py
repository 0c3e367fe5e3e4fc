"""A city's plane: metres east and north of an origin, and back to latitude and longitude. Pure.

Rules: the plane touches the WGS 84 ellipsoid at the origin (local tangent plane, east-north-up); height is left out. 20 km from
the origin a kilometre is 5 mm too short, so that one plane serves a city.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection
from dataclasses import dataclass

EQUATOR_M = 6_378_137.0
FLATTENING = 1 / 298.257_223_563
"""WGS 84, National Imagery and Mapping Agency TR8350.2."""
_SQUARED = FLATTENING * (2 - FLATTENING)
_ROUNDS = 6
_HALF_TURN = 180
_FARTHEST_DEG = 5.0
"""Beyond it a plane is no picture of the Earth."""

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Plane:
    """Touches the Earth at ``lat``, ``lon``, degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (abs(self.lat) < 90 - _FARTHEST_DEG and abs(self.lon) <= _HALF_TURN):
            msg = f"no city's plane can touch the Earth at {self.lat}, {self.lon}"
            raise ValueError(msg)

    def metres(self, lat: float, lon: float) -> tuple[float, float]:
        """East and north of the origin, metres.

        Raises:
            ValueError: the point is not on the Earth or not near the plane.
        """
        away = (lon - self.lon + 180) % 360 - 180
        if not (abs(lat - self.lat) <= _FARTHEST_DEG and abs(away) <= _FARTHEST_DEG):
            msg = f"{lat}, {lon} is not in the city around {self.lat}, {self.lon}"
            raise ValueError(msg)
        here, there = _centred(self.lat, self.lon), _centred(lat, lon)
        dx, dy, dz = (b - a for a, b in zip(here, there, strict=True))
        phi, lam = math.radians(self.lat), math.radians(self.lon)
        east = -math.sin(lam) * dx + math.cos(lam) * dy
        north = math.cos(phi) * dz - math.sin(phi) * (math.cos(lam) * dx + math.sin(lam) * dy)
        return east, north

    def degrees(self, east: float, north: float) -> tuple[float, float]:
        """Latitude and longitude of a point of the plane."""
        lat, lon = self.lat, self.lon
        curvature = math.sqrt(1 - _SQUARED * math.sin(math.radians(self.lat)) ** 2)
        per_lat = math.radians(EQUATOR_M * (1 - _SQUARED) / curvature**3)
        for _ in range(_ROUNDS):  # each round leaves about a thousandth of what was wrong
            x, y = self.metres(lat, lon)
            per_lon = math.radians(EQUATOR_M / curvature) * math.cos(math.radians(lat))
            lat, lon = lat + (north - y) / per_lat, lon + (east - x) / per_lon
        return lat, (lon + 180) % 360 - 180


def middle(places: Collection[tuple[float, float]]) -> Plane | None:
    """The plane in the middle of places (latitude, longitude): medians, so that a box that says nonsense does not move it.

    ``None`` where there is none: no places, or at a pole.
    """
    if not places:
        return None
    first = next(iter(places))[1]
    lat = statistics.median(lat for lat, _ in places)
    lon = first + statistics.median((lon - first + 180) % 360 - 180 for _, lon in places)
    try:
        return Plane(lat, (lon + 180) % 360 - 180)
    except ValueError:
        return None


def _centred(lat: float, lon: float) -> Vector:
    """A point of the ellipsoid seen from the middle of the Earth, metres."""
    phi, lam = math.radians(lat), math.radians(lon)
    normal = EQUATOR_M / math.sqrt(1 - _SQUARED * math.sin(phi) ** 2)
    return (
        normal * math.cos(phi) * math.cos(lam),
        normal * math.cos(phi) * math.sin(lam),
        normal * (1 - _SQUARED) * math.sin(phi),
    )
