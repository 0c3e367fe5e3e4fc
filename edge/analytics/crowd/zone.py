"""One zone that is watched: what is known of it from picture to picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from edge.analytics.crowd.alarm import Alarm, AlarmNews
from edge.analytics.crowd.crush import CrushAlarm, State
from edge.analytics.crowd.geometry import polygon_area
from edge.analytics.crowd.hiding import COUNT_TRUSTED, Overlap, trusted_to
from edge.analytics.crowd.physics import Plane, ZonePhysics
from edge.analytics.crowd.uncertainty import at_least, estimate
from edge.analytics.ground.errors import HorizonError
from protocol.config import Zone
from protocol.events import Assessed, CrowdAlert, Cue


@dataclass
class Window:
    """Counts of the pictures of one window, as sums: it may last a day."""

    pictures: int = 0
    people: int = 0
    variance: float = 0.0
    fewest: int = 0
    most: int = 0

    def add(self, number: int, variance: float) -> None:
        """Take the count of one picture and its variance."""
        self.fewest = min(self.fewest, number) if self.pictures else number
        self.most = max(self.most, number)
        self.pictures += 1
        self.people += number
        self.variance += variance


@dataclass
class WatchedZone:
    """State of one zone."""

    config: Zone
    polygon: list[tuple[float, float]]
    """Pixels."""
    alarm: Alarm | None
    overlap: Overlap
    physics: ZonePhysics | None = None
    """``None`` where no square metres of it are known."""
    crush: CrushAlarm | None = None
    state: State | None = None
    beyond: bool = False
    """Whether it reaches to where the ground of its source is not known."""
    window: Window = field(default_factory=Window)
    last: tuple[int, float] = (0, 1.0)

    @staticmethod
    def of(config: Zone, polygon: list[tuple[float, float]]) -> WatchedZone:
        """A zone in which people are only counted."""
        return WatchedZone(config, polygon, Alarm(config.alarm) if config.alarm else None, Overlap(polygon_area(polygon)))

    def measure(self, plane: Plane) -> None:
        """Begin to measure on the ground of its source, without what was measured before."""
        try:
            self.physics = ZonePhysics(np.array(self.polygon), plane)
        except HorizonError:  # people are only counted
            self.beyond = True
            return
        alarm = self.config.density_alarm
        self.crush = None if alarm is None else CrushAlarm(self.config.id, self.physics.area_m2, alarm)

    def tell(self, news: AlarmNews, *, moved: bool) -> tuple[CrowdAlert, Assessed]:
        """What is told of a zone that is too full, and what speaks for it."""
        settings = self.config.alarm
        assert settings is not None
        number, variance = self.last
        observed = CrowdAlert(
            self.config.id,
            estimate(number, variance),
            float(news.peak),
            settings.enter_at,
            settings.leave_at,
            round(news.duration_s, 2),
            trusted_to=self.trusted_to,
            moved=moved,
        )
        cues = (
            Cue("people-in-zone", float(number), "people"),
            Cue("threshold", float(settings.enter_at), "people"),
            Cue("duration", round(news.duration_s, 1), "s"),
            Cue("peak", float(news.peak), "people"),
        )
        return observed, Assessed("crowding", round(at_least(number, variance, settings.enter_at), 3), cues)

    @property
    def trusted_to(self) -> float | None:
        """People beyond whom a count is not trusted; ``None`` while nobody was seen."""
        each = self.overlap.each
        return round(trusted_to(each, COUNT_TRUSTED), 1) if each else None
