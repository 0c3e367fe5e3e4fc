"""Hits and clones in the invented town: said by its boxes, kept and joined as the manager does."""

from __future__ import annotations

from sqlalchemy import select

from fleet.fusion.anpr.keeping import Keeping
from fleet.fusion.anpr.suspects import Suspects
from fleet.fusion.made import CLONE
from fleet.policy.policy import read_policy
from fleet.store.tables import event
from protocol.events import (
    Alternate,
    AnprHit,
    AnprRead,
    Assessed,
    Colour,
    Cue,
    Direction,
    EventType,
    Passage,
    Phase,
    Pseudonym,
    VehicleKind,
)
from protocol.identifiers import uuid7
from protocol.pseudonyms import pseudonym
from tests.fleet.control_room.box import Box
from tests.fleet.control_room.town import Town, now_ms

PLATE, OTHER = "1XYZ088", "1XYZ08B"
KEY = bytes(range(32))


def hit(
    town: Town,
    box: Box,
    at: int | None = None,
    *,
    phase: Phase = Phase.NEW,
    incident: str = "",
    pictures: int = 9,
    plate: str = PLATE,
) -> str:
    """A hit through an alternate; returns its incident."""
    at = now_ms() if at is None else at
    incident = incident or uuid7(at)
    passage = Passage(
        pictures, 0.8, 104.5, Direction.TOWARDS, 0.97, "inner", 0.9, VehicleKind.CAR, 0.96, Colour.RED, 0.81
    )  # fmt: skip
    readings = (Alternate(OTHER, 0.52), Alternate(plate, 0.46))
    seen = AnprHit("stolen", 118, plate, 0.46, "alternate", readings, passage)
    cues = (Cue("posterior", 0.46), Cue("readings", float(pictures), "pictures"), Cue("plate-width", 104.5, "px"))
    town.say(box, EventType.ANPR_HIT, seen, at, incident=incident, phase=phase, assessed=Assessed("listed-plate", 0.46, cues))
    return incident


def read(town: Town, box: Box, plate: str, at: int) -> None:
    """A read under a pseudonym."""
    passage = Passage(9, 0.8, 120.0, kind=VehicleKind.CAR, kind_probability=0.95, colour=Colour.RED, colour_probability=0.9)
    one = Pseudonym("travel-times", "travel-times-31", pseudonym(KEY, plate))
    town.say(box, EventType.ANPR_READ, AnprRead(one, 0.98, passage), at)


def clone(town: Town, first: Box, second: Box) -> str:
    """Four times at two boxes within two seconds; returns the incident that the manager makes of it."""
    now = now_ms()
    for hours in range(1, 5):
        read(town, first, "1ABC234", now - hours * 3_600_000)
        read(town, second, "1ABC234", now - hours * 3_600_000 + 2000)
    keep(town)
    Suspects(town.engine, read_policy()).look(now)
    with town.engine.connect() as connection:
        return str(connection.execute(select(event.c.incident).where(event.c.type == CLONE)).scalars().first())


def keep(town: Town, purpose: str = "stolen-vehicles") -> None:
    """Store what was said, and work it; ``purpose`` is that of every list."""
    town.flush()
    keeper = Keeping(town.engine, lambda *_: purpose)
    while keeper.take():
        pass
