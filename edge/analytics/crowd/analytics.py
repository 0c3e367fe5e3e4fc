"""Crowd analytics of one source: from tracks to observations. Pure.

Rules: windows and durations are monotonic; a picture at which nobody looked is counted as missed and changes no count; feet
that the picture's edge cuts off stand on its last pixel, so that a zone that reaches the edge holds them; every number carries
its interval, and the number of people beyond which it is not trusted; a zone has density, speed and pressure where the ground
of its source is known, and counts only elsewhere; when the source ends, windows are told as far as they got and running
incidents end.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import numpy as np

from edge.analytics.crowd.alarm import Alarm, AlarmNews
from edge.analytics.crowd.crush import CrushAlarm, State
from edge.analytics.crowd.flow import LineCounter
from edge.analytics.crowd.geometry import Points, foot_points, inside, polygon_area
from edge.analytics.crowd.hiding import COUNT_TRUSTED, Overlap, trusted_to
from edge.analytics.crowd.physics import Plane, ZonePhysics
from edge.analytics.crowd.uncertainty import at_least, count_variance, estimate
from edge.analytics.ground.errors import HorizonError
from edge.clock import Instant
from edge.observation import Observation
from edge.tracking.tracks import Tracks
from protocol.config import Report, Source
from protocol.config import Zone as ZoneConfig
from protocol.events import Assessed, CrowdAlert, CrowdCount, CrowdFlow, Cue, EventType, TrackBox

_MOST_BOXES = 40
_STRETCHED_S = 1.0
"""A window is at least so long before it is stretched: one for every picture has no length."""
_UNSURE_EACH = 0.1
"""Variance for each crossing: a track that broke or two that swapped at the line."""


@dataclass
class _Zone:
    config: ZoneConfig
    polygon: list[tuple[float, float]]
    alarm: Alarm | None
    physics: ZonePhysics | None
    crush: CrushAlarm | None
    overlap: Overlap
    state: State | None = None
    counts: list[int] = field(default_factory=list)
    variances: list[float] = field(default_factory=list)
    last: tuple[int, float] = (0, 1.0)

    @property
    def trusted_to(self) -> float | None:
        """People beyond whom a count is not trusted; ``None`` while nobody was seen."""
        each = self.overlap.each
        return round(trusted_to(each, COUNT_TRUSTED), 1) if each else None


class CrowdAnalytics:
    """Zones and lines of one source.

    Args:
        source: its zones and lines, as fractions of the picture.
        report: how often to speak.
        width: of the picture, pixels.
        height: of the picture, pixels.
        plane: the ground of the source; ``None`` = not known.
    """

    def __init__(self, source: Source, report: Report, width: int, height: int, plane: Plane | None = None) -> None:
        self._source, self._report = source, report
        self._last_pixel = np.array([width - 1, height - 1], np.float64)
        self._zones = [_zone(zone, [(x * width, y * height) for x, y in zone.polygon], plane) for zone in source.zones]
        self._lines = [
            (line.id, LineCounter((line.start[0] * width, line.start[1] * height), (line.end[0] * width, line.end[1] * height)))
            for line in source.lines
        ]
        self.stretch = 1.0
        """How much longer windows are than configured, where bytes are short."""
        self._began_s: float | None = None
        self._pictures = 0
        self._missed = 0

    def update(self, tracks: Tracks, at: Instant, frame: int) -> list[Observation]:
        """Take one picture that was looked at.

        Args:
            tracks: after this picture.
            at: its capture time.
            frame: its number.
        """
        self._begin(at)
        counted = tracks.counted
        boxes, existence = tracks.boxes[counted], tracks.existence[counted]
        feet = np.clip(foot_points(boxes), 0.0, self._last_pixel)
        ids = [int(i) for i in tracks.ids[counted]]
        self._pictures += 1
        observations: list[Observation] = []
        for zone in self._zones:
            here = inside(feet, zone.polygon) if len(feet) else np.zeros(0, np.bool_)
            number, variance = int(here.sum()), count_variance(existence[here])
            zone.counts.append(number)
            zone.variances.append(variance)
            zone.last = number, variance
            zone.overlap.update(feet[here], (boxes[here, 2:] - boxes[here, :2]).astype(np.float64))
            if zone.alarm is not None and (news := zone.alarm.update(number, at.monotonic_s)) is not None:
                observations.append(self._alert(zone, news, at, frame))
            if zone.physics is not None:
                there = [track for track, within in zip(ids, here, strict=True) if within]
                state = zone.physics.update(there, feet[here], boxes[here], existence[here], at.monotonic_s)
                if state is not None:
                    observations += self._crush(zone, state, at, frame)
        for _, counter in self._lines:
            counter.update(ids, feet, boxes[:, 3] - boxes[:, 1], existence)
        return observations + self._due(at, frame, tracks, feet)

    def missed(self, at: Instant) -> list[Observation]:
        """One picture was not looked at."""
        self._begin(at)
        self._missed += 1
        return self._due(at, None, None, None)

    def close(self, at: Instant) -> list[Observation]:
        """The source has ended or is lost."""
        observations = self._tell(at, None, None, None) if self._pictures or self._missed else []
        for zone in self._zones:
            if zone.alarm is not None and (news := zone.alarm.close(at.monotonic_s)) is not None:
                observations.append(self._alert(zone, news, at, None))
            if zone.crush is not None and zone.state is not None and (news := zone.crush.close(at.monotonic_s)) is not None:
                observations.append(self._coming(zone, zone.state, news, at, None))
        return observations

    def _begin(self, at: Instant) -> None:
        if self._began_s is None or at.monotonic_s < self._began_s:
            self._began_s = at.monotonic_s

    def _due(self, at: Instant, frame: int | None, tracks: Tracks | None, feet: Points | None) -> list[Observation]:
        assert self._began_s is not None
        if at.monotonic_s - self._began_s < self._window_s():
            return []
        return self._tell(at, frame, tracks, feet)

    def _window_s(self) -> float:
        configured_s = self._report.count_interval_s
        return configured_s if self.stretch <= 1.0 else max(configured_s, _STRETCHED_S) * self.stretch

    def _tell(self, at: Instant, frame: int | None, tracks: Tracks | None, feet: Points | None) -> list[Observation]:
        began = at.monotonic_s if self._began_s is None else self._began_s
        window_s = round(max(0.0, at.monotonic_s - began), 3)
        observations: list[Observation] = []
        for zone in self._zones:
            if zone.counts:
                count = self._count(zone, window_s, tracks, feet)
                observations.append(Observation(EventType.CROWD_COUNT, at, count, self._source.id, frame))
                density = zone.physics and zone.physics.take(zone.config.id, window_s, len(zone.counts), self._missed)
                if density:
                    observations.append(Observation(EventType.CROWD_DENSITY, at, density, self._source.id, frame))
            zone.counts, zone.variances = [], []
        for name, counter in self._lines:
            done = counter.take()
            unsure = done.unsure + _UNSURE_EACH * (done.forward + done.backward)
            flow = CrowdFlow(
                name,
                estimate(done.forward, unsure + 0.05),
                estimate(done.backward, unsure + 0.05),
                window_s,
                self._pictures,
                self._missed,
            )
            observations.append(Observation(EventType.CROWD_FLOW, at, flow, self._source.id, frame))
        self._began_s = at.monotonic_s
        self._pictures = self._missed = 0
        return observations

    def _count(self, zone: _Zone, window_s: float, tracks: Tracks | None, feet: Points | None) -> CrowdCount:
        mean = float(np.mean(zone.counts))
        # Neighbouring pictures err alike: the mean of a window is no surer than one of its pictures.
        variance = float(np.mean(zone.variances))
        return CrowdCount(
            zone.config.id,
            estimate(mean, variance),
            window_s,
            len(zone.counts),
            min(zone.counts),
            max(zone.counts),
            self._missed,
            self._boxes(zone, tracks, feet),
            zone.trusted_to,
        )

    def _boxes(self, zone: _Zone, tracks: Tracks | None, feet: Points | None) -> tuple[TrackBox, ...]:
        if not self._report.evaluation or tracks is None or feet is None or not len(feet):
            return ()
        counted = tracks.counted
        here = inside(feet, zone.polygon)
        rows = zip(tracks.ids[counted][here], tracks.boxes[counted][here], strict=True)
        return tuple(
            TrackBox(int(i), round(float(b[0])), round(float(b[1])), round(float(b[2] - b[0])), round(float(b[3] - b[1])))
            for i, b in list(rows)[:_MOST_BOXES]
        )

    def _alert(self, zone: _Zone, news: AlarmNews, at: Instant, frame: int | None) -> Observation:
        settings = zone.config.alarm
        assert settings is not None
        number, variance = zone.last
        observed = CrowdAlert(
            zone.config.id,
            estimate(number, variance),
            float(news.peak),
            settings.enter_at,
            settings.leave_at,
            round(news.duration_s, 2),
            trusted_to=zone.trusted_to,
        )
        assessed = Assessed(
            "crowding",
            round(at_least(number, variance, settings.enter_at), 3),
            (
                Cue("people-in-zone", float(number), "people"),
                Cue("threshold", float(settings.enter_at), "people"),
                Cue("duration", round(news.duration_s, 1), "s"),
                Cue("peak", float(news.peak), "people"),
            ),
        )
        key = f"{self._source.id}/{zone.config.id}/crowding"
        return Observation(EventType.CROWD_ALERT, at, observed, self._source.id, frame, key, news.phase, assessed)

    def _crush(self, zone: _Zone, state: State, at: Instant, frame: int | None) -> list[Observation]:
        zone.state = state
        if zone.crush is None or (news := zone.crush.update(state, at.monotonic_s)) is None:
            return []
        return [self._coming(zone, state, news, at, frame)]

    def _coming(self, zone: _Zone, state: State, news: AlarmNews, at: Instant, frame: int | None) -> Observation:
        assert zone.crush is not None
        observed, assessed = zone.crush.tell(state, news)
        key = f"{self._source.id}/{zone.config.id}/crush"
        return Observation(EventType.CROWD_ALERT, at, observed, self._source.id, frame, key, news.phase, assessed)


def _zone(config: ZoneConfig, polygon: list[tuple[float, float]], plane: Plane | None) -> _Zone:
    physics, crush = None, None
    if plane is not None:
        with contextlib.suppress(HorizonError):  # of that zone no square metres are known: people are only counted
            physics = ZonePhysics(np.array(polygon), plane)
    if physics is not None and config.density_alarm is not None:
        crush = CrushAlarm(config.id, physics.area_m2, config.density_alarm)
    return _Zone(config, polygon, Alarm(config.alarm) if config.alarm else None, physics, crush, Overlap(polygon_area(polygon)))
