"""The invented town's boxes: where each stands, what it runs, and how many people are there when."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from protocol.config import Config, Line, Report, Source, Zone, ZoneAlarm
from protocol.events import Clock, Reason, Where
from protocol.identifiers import new_boot
from protocol.state import Status
from simulator.worlds.city import make_city
from simulator.worlds.sites import Site, make_sites
from tests.fleet.control_room.events import SYNCHRONISED

CITY = make_city()
SITES = make_sites(CITY)
WINDOW_S = 5.0


@dataclass
class Box:
    """One box of the town."""

    site: Site
    rng: random.Random
    boot: str = field(default_factory=new_boot)
    seq: int = 0
    status: Status = Status.ONLINE
    reasons: tuple[Reason, ...] = ()
    clock: Clock = SYNCHRONISED
    silent: bool = False
    incident: str = ""
    raised: int = 0
    peak: float = 0.0
    telemetry_s: float = 10.0

    @property
    def name(self) -> str:
        """Its device name."""
        return self.site.device

    @property
    def limit(self) -> float:
        """Where its alarm rings."""
        return round(1.3 * self.site.size + 3)

    def people(self, at: int) -> float:
        """How many are there at a time (ms)."""
        phase = 6.28 * random.Random(self.name).random()
        wave = 0.62 + 0.3 * math.sin(at / 240_000 + phase) + 0.06 * math.sin(at / 21_000 + 3 * phase)
        crowd = self.limit * 0.55 if self.incident else 0.0
        return max(0.0, self.site.size * wave + crowd + self.rng.gauss(0, 0.35))

    def where(self, at: int) -> Where:
        """Its place at a time (ms)."""
        return self.site.where(CITY.origin, at / 1000 % 100_000)

    def config(self) -> Config:
        """What it runs."""
        zone = Zone(
            self.site.zone,
            ((0.12, 0.42), (0.88, 0.40), (0.98, 0.97), (0.03, 0.97)),
            self.site.zone_label,
            ZoneAlarm(self.limit, round(self.limit * 0.75)),
        )
        lines = (Line(self.site.line, (0.25, 0.66), (0.8, 0.60), "Doorgang"),) if self.site.line else ()
        source = Source(
            "cam", "square.mp4", zones=(zone,), lines=lines, where=self.where(0), reference=f"CAM-{self.name.upper()}"
        )
        return Config((source,), Report(count_interval_s=WINDOW_S, telemetry_interval_s=self.telemetry_s))
