"""Where boxes hang: thirty lampposts and vehicles of the invented town, and what each of them looks at.

Rules: names and labels are the same for every seed, positions follow the town's plan; a vehicle drives back and forth on its
street, so where it is depends on the time alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.events import Where
from simulator.worlds.city import City, Place
from simulator.worlds.ground import XY, Origin, along, distance, heading

MAST_M = 5.5
VEHICLE_MAST_M = 3.2
GROUND_M = 63.0
"""Height of the town above the ellipsoid."""


@dataclass(frozen=True)
class Site:
    """One box's place."""

    device: str
    label: str
    zone: str
    """Name of the zone it counts in."""
    zone_label: str
    line: str
    """Name of the line it counts over; empty = none."""
    size: float
    """How many people its zone holds at a busy hour."""
    at: XY
    heading: float
    frame: str = "fixed"
    path: tuple[XY, ...] = ()
    """Of a vehicle."""
    speed: float = 0.0
    """Metres per second."""

    def where(self, origin: Origin, t: float) -> Where:
        """Position at a time.

        Args:
            origin: of the town.
            t: seconds of the scenario.
        """
        if self.frame == "fixed":
            lon, lat = origin.to_degrees(self.at)
            return Where(lat, lon, GROUND_M + MAST_M, self.heading, 1.5, "fixed")
        here, next_ = along(self.path, self.speed * t), along(self.path, self.speed * t + 1.0)
        lon, lat = origin.to_degrees(here)
        return Where(lat, lon, GROUND_M + VEHICLE_MAST_M, heading(here, next_), 4.0, "vehicle")


_AT_PLACES = (
    ("market", 5, 22.0),
    ("fish", 3, 14.0),
    ("church", 3, 8.0),
    ("station", 4, 18.0),
)
_ON_STREETS = (
    ("Noorderstraat", 2, 6.0),
    ("Lombardstraat", 2, 7.0),
    ("Steenweg", 2, 9.0),
    ("Zuidlaan", 2, 6.0),
    ("Molenstraat", 2, 5.0),
    ("Boulevard", 2, 4.0),
)
_VEHICLES = (
    ("tram-1", "Tram 1", "Boulevard", 7.0),
    ("tram-2", "Tram 2", "Lombardstraat", 6.0),
    ("sweeper-3", "Sweeper 3", "Binnenring", 2.0),
)
CAMERAS = (("square-west", "Markt west"), ("square-east", "Markt oost"))
"""Two real boxes of the demo; they watch the recording of a square."""
GATE = ("steenweg-gate", "Steenweg, poort")
"""A third one; it watches the recording of a street, and reads plates."""
EARS = (
    ("lindenlaan-ear-1", "Lindenlaan, binnen", "Lindenlaan", 6),
    ("lindenlaan-ear-2", "Lindenlaan, buiten", "Lindenlaan", 18),
    ("vesting-ear-1", "Vestingstraat", "Vestingstraat", 9),
    ("boulevard-ear-1", "Boulevard, noord", "Boulevard", 78),
    ("noorder-ear-1", "Noorderstraat", "Noorderstraat", 10),
    ("molen-ear-1", "Molenstraat", "Molenstraat", 9),
)
"""Six real boxes in the north of the town that listen, 200 m or so from one to the next: name, label, street, and at which
point of it they hang."""


def make_sites(city: City) -> tuple[Site, ...]:
    """The thirty places of virtual boxes."""
    sites: list[Site] = []
    for name, count, size in _AT_PLACES:
        place = city.places[name]
        for i in range(count):
            corner = place.outline[i * len(place.outline) // count]
            sites.append(_at_corner(place, i + 1, corner, size))
    for street, count, size in _ON_STREETS:
        line = city.streets[street]
        for i in range(count):
            k = len(line) * (2 * i + 3) // (2 * count + 4)
            at, ahead = line[k], line[min(k + 1, len(line) - 1)]
            name = f"{street.lower()[:12]}-{i + 1}"
            sites.append(Site(name, f"{street} {i + 1}", "pavement", "Stoep", "kerb", size, at, heading(at, ahead)))
    for name, label, street, speed in _VEHICLES:
        path = city.streets[street]
        sites.append(
            Site(name, label, "ahead", "Voor het voertuig", "", 3.0, path[0], 0.0, frame="vehicle", path=path, speed=speed)
        )
    return tuple(sites)


def camera_sites(city: City) -> tuple[Site, ...]:
    """The places of the two real boxes, on the market."""
    place = city.places["market"]
    corners = sorted(place.outline)
    west, east = corners[0], corners[-1]
    return tuple(
        Site(device, label, "square", place.label, "gate", 8.0, _towards(at, place.middle, 8.0), heading(at, place.middle))
        for (device, label), at in zip(CAMERAS, (west, east), strict=True)
    )


def gate_site(city: City) -> Site:
    """The place of the real box that reads plates: where a street enters the town, looking outwards."""
    device, label = GATE
    line = city.streets["Steenweg"]
    at, ahead = line[len(line) * 3 // 4 : len(line) * 3 // 4 + 2]
    return Site(device, label, "", "", "", 0.0, at, heading(at, ahead))


def ear_sites(city: City) -> tuple[Site, ...]:
    """The places of the real boxes that listen."""
    return tuple(
        Site(device, label, "", "", "", 0.0, city.streets[street][point], 0.0) for device, label, street, point in EARS
    )


def _at_corner(place: Place, number: int, corner: XY, size: float) -> Site:
    at = _towards(corner, place.middle, 3.0)
    device, label = f"{place.name}-{number}", f"{place.label} {number}"
    return Site(device, label, "place", place.label, "entrance", size, at, heading(at, place.middle))


def _towards(start: XY, end: XY, metres: float) -> XY:
    share = min(0.5, metres / max(1e-9, distance(start, end)))
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
