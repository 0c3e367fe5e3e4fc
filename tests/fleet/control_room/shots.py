"""Shots in the invented town, as the manager tells them of its boxes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import msgspec

from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.told import BoxHeard, DiscOnMap, EllipseOnMap, PlaceOnMap, RegionOnMap, ShotsTold
from fleet.fusion.made import SHOTS, MadeBody, store
from fleet.store.database import writing
from protocol.basis import Estimate
from protocol.events import Assessed, Cue, Phase
from protocol.gunshot import Confuser, FireMode, Shock
from protocol.identifiers import uuid7
from tests.fleet.control_room.town import Town, now_ms

SOUND_M_S = 341.0
NEAR = ("market-1", "market-2", "station-2", "fish-1", "church-1", "church-2")
"""Boxes of the town, with others between them."""


@dataclasses.dataclass(frozen=True)
class Shot:
    """Where and when shots were fired: metres east and north of a box."""

    town: Town
    east: float = 60.0
    north: float = 40.0
    by: str = "market-1"
    at: int = 0
    """ms; 0 = now."""

    @property
    def fired(self) -> int:
        """ms."""
        return self.at or now_ms()

    @property
    def place(self) -> tuple[float, float]:
        """Degrees."""
        where = self.town.boxes[self.by].where(self.fired)
        return Plane(where.lat, where.lon).degrees(self.east, self.north)

    def heard(self, names: Iterable[str], **changed: Any) -> tuple[BoxHeard, ...]:
        """By these boxes, nearest first, the last of them around a corner if there are more than four."""
        lat, lon = self.place
        found = []
        for index, name in enumerate(names):
            where = self.town.boxes[name].where(self.fired)
            away = math.hypot(*Plane(lat, lon).metres(where.lat, where.lon))
            box = BoxHeard(
                device=name,
                source="microphone",
                event=uuid7(self.fired),
                at=round(self.fired * 1000 + 1e6 * away / SOUND_M_S),
                synchronised=True,
                sigma_ms=1.5,
                lat=where.lat,
                lon=where.lon,
                shots=3,
                mode=FireMode.BURST,
                posterior=0.96 - 0.02 * index,
                snr_db=max(6.0, 42 - away / 15),
                clipped=0.0,
                trust=0.9,
                cadence_rpm=Estimate(620.0, 590.0, 650.0),
                shock=Shock.NONE,
                residual_ms=0.8 - 0.6 * index,
            )
            found.append((away, msgspec.structs.replace(box, **changed)))
        boxes = [box for _, box in sorted(found, key=lambda one: one[0])]
        if len(boxes) > 4:
            boxes[-1] = msgspec.structs.replace(boxes[-1], residual_ms=61.0, rejected="late", trust=0.55)
        return tuple(boxes)

    def ellipse(self, major: float = 12.0, minor: float = 5.0, orientation: float = 30.0) -> EllipseOnMap:
        """Around its place; semi-axes in metres."""
        return EllipseOnMap(*self.place, major, minor, orientation, 0.9)

    def told(self, names: Iterable[str] = NEAR, region: RegionOnMap | None = None, **changed: Any) -> ShotsTold:
        """By boxes."""
        boxes = self.heard(names)
        there = region or self.ellipse()
        places = (PlaceOnMap(*self.place, 1.0),) if isinstance(there, EllipseOnMap) else ()
        told = ShotsTold(
            fired_at=self.fired * 1000,
            region=there,
            shots=Estimate(3.0, 3.0, 4.0),
            mode=FireMode.BURST,
            boxes=boxes,
            places=places,
            cadence_rpm=Estimate(620.0, 590.0, 650.0),
            fit=1.2 if places else None,
            speed=SOUND_M_S if places else None,
            wind_east=1.5 if places else None,
            wind_north=0.0 if places else None,
            confuser=Confuser("fireworks", 0.08),
        )
        return msgspec.structs.replace(told, **changed)

    def disc(self, name: str = "market-1") -> ShotsTold:
        """One box heard it."""
        where = self.town.boxes[name].where(self.fired)
        return self.told((name,), DiscOnMap(where.lat, where.lon, 1500.0))


def body_of(told: ShotsTold, incident: str, phase: Phase = Phase.NEW, probability: float = 0.94) -> MadeBody[ShotsTold]:
    """Body of its event."""
    cues = (Cue("boxes", float(len(told.boxes))), Cue("snr-best", 37.0, "dB"))
    return MadeBody(told, Assessed("gunshot", probability, cues), incident, phase)


def tell(town: Town, told: ShotsTold, incident: str = "", phase: Phase = Phase.NEW) -> str:
    """Store what the manager makes of it; returns the incident."""
    incident = incident or uuid7(now_ms())
    with writing(town.engine) as connection:
        store(connection, SHOTS, body_of(told, incident, phase), now_ms())
    return incident
