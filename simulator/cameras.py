"""The real boxes of the demo that look at recordings.

Two look at a square and count people; one looks at a street and reads plates.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from protocol.config import Anpr, Gate, Lane, Line, Source, Zone, ZoneAlarm
from simulator.boxes import RealBox
from simulator.lists.wanted import LIST, PSEUDONYMS
from simulator.worlds.city import City
from simulator.worlds.sites import Site, camera_sites, gate_site

SCENE_FPS = 7.0
"""The square was recorded at 7 pictures a second."""
STREET_FPS = 6.0
"""The street was drawn at 10 pictures a second, and is played slower: all boxes of the demo may share two cores."""

_ZONES = {
    "square-west": Zone(
        "crossing",
        ((0.02, 0.20), (0.98, 0.20), (0.98, 0.98), (0.02, 0.98)),
        "Markt, westkant",
        ZoneAlarm(enter_at=6.0, leave_at=4.5, min_duration_s=1.0, update_interval_s=10.0),
    ),
    "square-east": Zone("terrace", ((0.40, 0.15), (0.98, 0.15), (0.98, 0.75), (0.40, 0.75)), "Markt, oostkant"),
}
_LINES = {
    "square-west": Line("gate", (0.50, 0.15), (0.50, 0.98), "Markt west, doorgang"),
    "square-east": Line("arcade", (0.30, 0.20), (0.75, 0.95), "Markt oost, doorgang"),
}
_MIDDLE = ((0.91, 0.0), (0.81, 0.13), (0.45, 0.61), (0.14, 1.0))
"""The line that parts the lanes of the street."""
_LANES = (Lane("inbound", (*_MIDDLE, (0.0, 1.0), (0.0, 0.0))), Lane("outbound", (*_MIDDLE, (1.0, 1.0), (1.0, 0.0))))


def make_cameras(city: City, folder: Path, manager: str, codes: dict[str, str], root: bytes | None = None) -> list[RealBox]:
    """Prepare the two boxes on the market."""
    return [
        RealBox(site.device, (_square(site, city),), folder / site.device, manager, codes[site.device], root)
        for site in camera_sites(city)
    ]


def make_gate(city: City, folder: Path, manager: str, codes: dict[str, str]) -> RealBox:
    """Prepare the box that reads plates; it takes no updates."""
    site = gate_site(city)
    return RealBox(site.device, (_street(site, city),), folder / site.device, manager, codes[site.device])


def _square(site: Site, city: City) -> Source:
    return Source(
        "square",
        _recording("square.mp4"),
        fps=SCENE_FPS,
        repeat=True,
        zones=(_ZONES[site.device],),
        lines=(_LINES[site.device],),
        where=site.where(city.origin, 0.0),
    )


def _street(site: Site, city: City) -> Source:
    return Source(
        "street",
        _recording("traffic.mp4"),
        fps=STREET_FPS,
        repeat=True,
        gate=Gate(enabled=False),  # one look at the whole: as many plates are read as with three in parts of it
        anpr=Anpr(lists=(LIST,), others="pseudonym", purpose=PSEUDONYMS, lanes=_LANES),
        where=site.where(city.origin, 0.0),
    )


def _recording(name: str) -> str:
    return str(resources.files("simulator") / "media" / name)
