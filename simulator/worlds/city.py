"""An invented town of about one kilometre: a river, a ring, radial streets, places, blocks of houses, a park.

Rules: everything follows from the seed, so that a scenario replays on the same streets; nothing is a real place; what is drawn
is GeoJSON with a property ``kind`` in building, street, square, water, green. The shape is a medieval core: radial streets meet
at the market, three rings join them, and a slow bend is laid over all of it, so that no street is straight and no two blocks
are alike.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.worlds.ground import XY, Origin, centre, to_line

RINGS_M = (95.0, 205.0, 320.0, 440.0)
"""Radii: around the market, two inner streets, the boulevard where the walls were."""

SECTORS = (7, 7, 14, 14)
"""Radial streets that leave each ring outwards."""

BOULEVARD_M = 14.0
STREET_M = 8.0
LANE_M = 5.0
RIVER_M = 34.0
PAVEMENT_M = 2.0

NAMES = {
    "market": "Grote Markt",
    "fish": "Vismarkt",
    "church": "Kerkplein",
    "station": "Stationsplein",
    "park": "Stadspark",
    "river": "Leda",
}
RADIALS = ("Noorderstraat", "Lombardstraat", "Steenweg", "Zuidlaan", "Molenstraat", "Lindenlaan", "Vestingstraat")
RING_NAMES = ("", "Binnenring", "Kanunnikstraat", "Boulevard")


@dataclass(frozen=True)
class Place:
    """A square where people gather; metres."""

    name: str
    label: str
    outline: tuple[XY, ...]

    @property
    def middle(self) -> XY:
        """Mean of its corners."""
        return centre(self.outline)


@dataclass(frozen=True)
class City:
    """The plan; metres, and features in degrees."""

    origin: Origin
    places: dict[str, Place]
    streets: dict[str, tuple[XY, ...]]
    features: tuple[dict[str, Any], ...]

    def geojson(self) -> dict[str, Any]:
        """The plan as a GeoJSON FeatureCollection (RFC 7946)."""
        return {"type": "FeatureCollection", "features": list(self.features)}


def make_city(seed: int = 1, origin: Origin | None = None) -> City:
    """Make the town of a seed."""
    return _Builder(random.Random(f"city/{seed}"), origin or Origin()).build()


class _Builder:
    """Collects features while the town grows."""

    def __init__(self, rng: random.Random, origin: Origin) -> None:
        self._rng = rng
        self._origin = origin
        self._waves = [
            (rng.uniform(0.004, 0.009), rng.uniform(0.004, 0.009), rng.uniform(0, math.tau), rng.uniform(9.0, 15.0))
            for _ in range(4)
        ]
        self._turn = rng.uniform(0, math.tau)
        self._streets: dict[str, tuple[XY, ...]] = {}
        self._features: list[dict[str, Any]] = []
        self._river = self._course()

    def build(self) -> City:
        self._polygon("water", NAMES["river"], _band(self._river, RIVER_M / 2))
        places = self._places()
        park = (3, 9)
        for ring in range(1, len(RINGS_M)):
            self._ring(ring)
        for k in range(SECTORS[0]):
            self._radial(k)
        for ring in range(1, len(RINGS_M)):
            for sector in range(SECTORS[ring]):
                if (ring, sector) in {park, (park[0], park[1] + 1)}:
                    continue
                self._block(ring, sector, places)
        self._outskirts(places)
        self._park(*park)
        self._quays()
        return City(self._origin, places, self._streets, tuple(self._features))

    def _bend(self, point: XY) -> XY:
        x, y = 1.12 * point[0], 0.9 * point[1]
        dx = sum(size * math.sin(kx * x + ky * y + phase) for kx, ky, phase, size in self._waves[:2])
        dy = sum(size * math.sin(ky * x - kx * y + phase) for kx, ky, phase, size in self._waves[2:])
        return x + dx, y + dy

    def _polar(self, radius: float, turn: float) -> XY:
        """Point at a radius (metres) and a share of a whole turn, bent."""
        angle = self._turn + turn * math.tau
        return self._bend((radius * math.sin(angle), radius * math.cos(angle)))

    def _course(self) -> tuple[XY, ...]:
        """The river passes south-west of the core, with two slow bends."""
        points = []
        for i in range(41):
            t = -820 + 41 * i
            off = -262 + 42 * math.sin(t / 210.0) + 18 * math.sin(t / 95.0 + 1.0)
            points.append(((t + off) / math.sqrt(2), (off - t) / math.sqrt(2)))
        return tuple(points)

    def _places(self) -> dict[str, Place]:
        places = {}
        market = [self._polar(RINGS_M[0] * (0.62 + 0.12 * self._rng.random()), k / SECTORS[0]) for k in range(SECTORS[0])]
        for name, ring, turn, size in (
            ("fish", 2, 1.5 / 7, 0.24),
            ("church", 2, 4.55 / 7, 0.22),
            ("station", 3, 6.5 / 7, 0.30),
        ):
            radius = (RINGS_M[ring - 1] + RINGS_M[ring]) / 2
            half = size * (RINGS_M[ring] - RINGS_M[ring - 1])
            wide = 1.5 * half / (math.tau * radius)
            corners = ((-wide, -half), (wide, -half), (wide, half), (-wide, half))
            places[name] = Place(name, NAMES[name], tuple(self._polar(radius + r, turn + t) for t, r in corners))
        places["market"] = Place("market", NAMES["market"], tuple(market))
        for place in places.values():
            self._polygon("square", place.label, place.outline)
        middle = places["church"].middle
        nave = (
            (-6, -14),
            (6, -14),
            (6, -6),
            (12, -6),
            (12, 2),
            (6, 2),
            (6, 13),
            (0, 18),
            (-6, 13),
            (-6, 2),
            (-12, 2),
            (-12, -6),
            (-6, -6),
        )
        self._polygon("building", "", [(middle[0] + 0.8 * x, middle[1] + 0.8 * y) for x, y in nave])
        return places

    def _ring(self, ring: int) -> None:
        steps = 96
        points = [self._polar(RINGS_M[ring], k / steps) for k in range(steps + 1)]
        width = BOULEVARD_M if ring == len(RINGS_M) - 1 else STREET_M
        self._street(RING_NAMES[ring], points, width, bridges=ring == len(RINGS_M) - 1)

    def _radial(self, k: int) -> None:
        turn = k / SECTORS[0]
        outer = RINGS_M[-1] + 190
        start = RINGS_M[0] * 0.6
        points = [self._polar(start + (outer - start) * i / 30, turn) for i in range(31)]
        self._street(RADIALS[k], points, STREET_M if k % 3 else BOULEVARD_M - 3, bridges=True)
        lane = (k + 0.5) / SECTORS[0]
        inner = RINGS_M[1]
        self._street("", [self._polar(inner + (outer - 90 - inner) * i / 24, lane) for i in range(25)], LANE_M, bridges=False)

    def _street(self, name: str, points: Sequence[XY], width: float, *, bridges: bool) -> None:
        """A street, left out where there is water and no bridge."""
        if name:
            self._streets[name] = tuple(points)
        pieces: list[list[XY]] = [[]]
        for point in points:
            if not bridges and to_line(point, self._river) < RIVER_M / 2 + 6:
                pieces.append([])
            else:
                pieces[-1].append(point)
        for piece in pieces:
            if len(piece) > 1:
                coordinates = [list(self._origin.to_degrees(p)) for p in piece]
                properties = {"kind": "street", "width": width}
                geometry = {"type": "LineString", "coordinates": coordinates}
                self._features.append({"type": "Feature", "properties": properties, "geometry": geometry})

    def _block(self, ring: int, sector: int, places: dict[str, Place]) -> None:
        """Houses along the edges of one block, a court inside."""
        count = SECTORS[ring]
        first, last = sector / count, (sector + 1) / count
        outer = RINGS_M[ring] - _half(ring)
        inner = RINGS_M[ring - 1] + _half(ring - 1) if ring > 1 else RINGS_M[0]
        self._houses(inner, outer, first, last, places)
        self._courts(inner, outer, first, last, places)

    def _courts(self, inner: float, outer: float, first: float, last: float, places: dict[str, Place]) -> None:
        """What stands behind the houses: workshops, a school, and here and there a garden."""
        low, high = inner + 24, outer - 24
        if high - low < 12:
            return
        middle = (low + high) / 2
        edge = 26 / (math.tau * middle)
        at = first + edge
        while at + 10 / (math.tau * middle) < last - edge:
            upto = min(last - edge, at + self._rng.uniform(14, 34) / (math.tau * middle))
            below = self._rng.uniform(low, low + 0.35 * (high - low))
            above = self._rng.uniform(high - 0.35 * (high - low), high)
            corners = [self._polar(r, t) for t, r in ((at, below), (upto, below), (upto, above), (at, above))]
            if self._rng.random() < 0.3 and not any(_near(centre(corners), corners, p.outline) for p in places.values()):
                if min(to_line(corner, self._river) for corner in corners) > RIVER_M / 2 + 9:
                    self._polygon("green", "", corners)
            else:
                self._house(corners, places, 0.15)
            at = upto + self._rng.uniform(4, 9) / (math.tau * middle)

    def _outskirts(self, places: dict[str, Place]) -> None:
        """Half built-up land beyond the boulevard."""
        inner = RINGS_M[-1] + BOULEVARD_M / 2
        for k in range(2 * SECTORS[0]):
            first, last = k / (2 * SECTORS[0]), (k + 1) / (2 * SECTORS[0])
            if self._rng.random() < 0.8:
                self._houses(inner, inner + self._rng.uniform(55, 90), first, last, places, sparse=0.35)

    def _houses(  # noqa: PLR0913 - a sector of a ring has four sides
        self, inner: float, outer: float, first: float, last: float, places: dict[str, Place], *, sparse: float = 0.06
    ) -> None:
        edge = (STREET_M / 2 + PAVEMENT_M) / math.tau
        depth = min(14.0, (outer - inner) / 2 - 5)
        for radius, towards in ((inner + PAVEMENT_M, 1), (outer - PAVEMENT_M, -1)):
            at = first + edge / radius
            end = last - edge / radius
            while at < end:
                width = self._rng.uniform(9, 19) / (math.tau * radius)
                upto = min(end, at + width) if end - at - width > 0.4 * width else end
                deep = depth * self._rng.uniform(0.75, 1.1) * towards
                lot = ((at, 0.0), (upto, 0.0), (upto, deep), (at, deep))
                self._house([self._polar(radius + r, t) for t, r in lot], places, sparse)
                at = upto
        low, high = inner + PAVEMENT_M + 1.15 * depth + 1, outer - PAVEMENT_M - 1.15 * depth - 1
        for turn, towards in ((first, 1), (last, -1)):
            at = low
            while high - at > 6:
                upto = min(high, at + self._rng.uniform(9, 17))
                if high - upto < 5:
                    upto = high
                deep = depth * self._rng.uniform(0.7, 1.0) * towards
                side = tuple(
                    (turn + (edge * towards + across / math.tau) / radius, radius)
                    for radius, across in ((at, 0.0), (upto, 0.0), (upto, deep), (at, deep))
                )
                self._house([self._polar(radius, t) for t, radius in side], places, sparse)
                at = upto

    def _house(self, corners: list[XY], places: dict[str, Place], sparse: float) -> None:
        if self._rng.random() < sparse:
            return
        middle = centre(corners)
        wet = min(to_line(corner, self._river) for corner in corners) < RIVER_M / 2 + 9
        if wet or any(_near(middle, corners, place.outline) for place in places.values()):
            return
        self._polygon("building", "", corners)

    def _park(self, ring: int, sector: int) -> None:
        """Two blocks of green."""
        count = SECTORS[ring]
        inner, outer = RINGS_M[ring - 1] + _half(ring - 1) + 2, RINGS_M[ring] - _half(ring) - 2
        first, last = (sector + 0.03) / count, (sector + 1.97) / count
        steps = 12
        outline = [self._polar(inner, first + (last - first) * i / steps) for i in range(steps + 1)]
        outline += [self._polar(outer, last - (last - first) * i / steps) for i in range(steps + 1)]
        dry = [point for point in outline if to_line(point, self._river) > RIVER_M / 2 + 4]
        self._polygon("green", NAMES["park"], dry)

    def _quays(self) -> None:
        """A strip of green on the outer bank."""
        outer = [p for p in self._river if -560 < p[0] < 560]
        shifted = _offset(outer, -(RIVER_M / 2 + 4))
        wide = _offset(outer, -(RIVER_M / 2 + 17))
        self._polygon("green", "", [*shifted[8:-8], *reversed(wide[8:-8])])

    def _polygon(self, kind: str, name: str, points: Sequence[XY]) -> None:
        ring = [list(self._origin.to_degrees(p)) for p in points]
        properties = {"kind": kind, "name": name} if name else {"kind": kind}
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        self._features.append({"type": "Feature", "properties": properties, "geometry": geometry})


def _half(ring: int) -> float:
    return (BOULEVARD_M if ring == len(RINGS_M) - 1 else STREET_M) / 2


def _near(middle: XY, corners: Sequence[XY], outline: Sequence[XY]) -> bool:
    """Whether a house stands on a place, or too close to its edge to leave a street."""
    closed = [*outline, outline[0]]
    return _inside(middle, outline) or any(_inside(c, outline) or to_line(c, closed) < 5 for c in corners)


def _inside(point: XY, outline: Sequence[XY]) -> bool:
    """Even-odd rule (Shimrat, 1962)."""
    x, y = point
    crossings = 0
    for (x1, y1), (x2, y2) in _edges(outline):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossings += 1
    return crossings % 2 == 1


def _edges(outline: Sequence[XY]) -> Iterator[tuple[XY, XY]]:
    return zip(outline, [*outline[1:], outline[0]], strict=True)


def _offset(line: Sequence[XY], metres: float) -> list[XY]:
    """A polyline moved to its left by so many metres."""
    moved = []
    for i, (x, y) in enumerate(line):
        before, after = line[max(0, i - 1)], line[min(len(line) - 1, i + 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = math.hypot(dx, dy)
        moved.append((x - metres * dy / length, y + metres * dx / length))
    return moved


def _band(line: Sequence[XY], half: float) -> list[XY]:
    return [*_offset(line, half), *reversed(_offset(line, -half))]
