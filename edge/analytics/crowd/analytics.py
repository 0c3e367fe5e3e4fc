"""Crowd analytics of one source: from tracks to observations. Pure.

Rules: windows and durations are monotonic; a picture at which nobody looked is counted as missed and changes no count; feet
that the picture's edge cuts off stand on its last pixel, so that a zone that reaches the edge holds them; every number carries
its interval, and the number of people beyond which it is not trusted; a zone has density, speed and pressure where the ground
of its source is known, and counts only elsewhere; when the source ends, windows are told as far as they got and running
incidents end.

While the camera looks elsewhere than it did, nothing is measured on the ground: no density is told, not of the window either
in which that began, for it began some time before it was found out; an alarm of a crush that runs ends, none is raised. Zones
and lines are drawn in the picture: people go on being counted in them, since a lost alert is worse than one that has to be
doubted, and each number says that the camera had moved. What is measured when it is back begins anew.
"""

from __future__ import annotations

from textwrap import shorten

import msgspec
import numpy as np

from edge.analytics.crowd.alarm import AlarmNews
from edge.analytics.crowd.crush import State
from edge.analytics.crowd.flow import LineCounter
from edge.analytics.crowd.geometry import Points, foot_points, inside
from edge.analytics.crowd.physics import Plane
from edge.analytics.crowd.uncertainty import count_variance, estimate
from edge.analytics.crowd.zone import WatchedZone, Window
from edge.analytics.ground.errors import HorizonError
from edge.clock import Instant
from edge.observation import Observation
from edge.tracking.tracks import Tracks
from protocol.config import Report, Source
from protocol.events import CrowdCount, CrowdFlow, EventType, Reason, TrackBox

_MOST_BOXES = 40
_STRETCHED_S = 1.0
"""A window is at least so long before it is stretched: one for every picture has no length."""
_BEYOND = "reaches the horizon, or too far from the points: draw it lower, or measure there"
_NAMES = 32
"""Characters for the names of zones, so that what is to be done fits a reason: one at least."""
_UNSURE_EACH = 0.1
"""Variance for each crossing: a track that broke or two that swapped at the line."""


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
        self._source, self._report, self._plane = source, report, plane
        self._last_pixel = np.array([width - 1, height - 1], np.float64)
        self._zones = [WatchedZone.of(zone, [(x * width, y * height) for x, y in zone.polygon]) for zone in source.zones]
        self._lines = [
            (line.id, LineCounter((line.start[0] * width, line.start[1] * height), (line.end[0] * width, line.end[1] * height)))
            for line in source.lines
        ]
        self.stretch = 1.0
        """How much longer windows are than configured, where bytes are short."""
        self._began_s: float | None = None
        self._pictures = 0
        self._missed = 0
        self._moved = False
        self._doubted = False
        """Whether the camera had moved at some time of the running window."""
        self._measure()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands against measuring here: zones that reach to where the ground is not known."""
        beyond = ", ".join(zone.config.id for zone in self._zones if zone.beyond)
        if not beyond:
            return ()
        text = f"zone {shorten(beyond, _NAMES, placeholder=' ...')} {_BEYOND}"
        return (Reason(HorizonError.code, "", text),)

    def place(self, at: Instant, *, moved: bool) -> list[Observation]:
        """Take where the camera looks, before the picture of which that is said.

        Args:
            at: capture time of that picture.
            moved: whether it looks elsewhere than when it was calibrated, and zones were drawn.
        """
        if moved == self._moved:
            return []
        self._moved = moved
        if moved:
            self._doubted = True
            return self._end_crushes(at)
        told = self._rest(at)
        self._doubted = False
        self._measure()
        return told

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
            zone.window.add(number, variance)
            zone.last = number, variance
            zone.overlap.update(feet[here], (boxes[here, 2:] - boxes[here, :2]).astype(np.float64))
            if zone.alarm is not None and (news := zone.alarm.update(number, at.monotonic_s)) is not None:
                observations.append(self._alert(zone, news, at, frame))
            if zone.physics is not None and not self._moved:
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
        observations = self._rest(at)
        for zone in self._zones:
            if zone.alarm is not None and (news := zone.alarm.close(at.monotonic_s)) is not None:
                observations.append(self._alert(zone, news, at, None))
        return observations + self._end_crushes(at)

    def _measure(self) -> None:
        if self._plane is not None:
            for zone in self._zones:
                zone.measure(self._plane)

    def _end_crushes(self, at: Instant) -> list[Observation]:
        return [
            self._coming(zone, zone.state, news, at, None)
            for zone in self._zones
            if zone.crush is not None and zone.state is not None and (news := zone.crush.close(at.monotonic_s)) is not None
        ]

    def _rest(self, at: Instant) -> list[Observation]:
        """Tell the running window as far as it got."""
        return self._tell(at, None, None, None) if self._pictures or self._missed else []

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
            if zone.window.pictures:
                count = self._count(zone, window_s, tracks, feet)
                observations.append(Observation(EventType.CROWD_COUNT, at, count, self._source.id, frame))
                density = zone.physics and zone.physics.take(zone.config.id, window_s, zone.window.pictures, self._missed)
                if density and not self._doubted:
                    observations.append(Observation(EventType.CROWD_DENSITY, at, density, self._source.id, frame))
            zone.window = Window()
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
                self._doubted,
            )
            observations.append(Observation(EventType.CROWD_FLOW, at, flow, self._source.id, frame))
        self._began_s = at.monotonic_s
        self._pictures = self._missed = 0
        self._doubted = self._moved
        return observations

    def _count(self, zone: WatchedZone, window_s: float, tracks: Tracks | None, feet: Points | None) -> CrowdCount:
        window = zone.window
        # Neighbouring pictures err alike: the mean of a window is no surer than one of its pictures.
        people = estimate(window.people / window.pictures, window.variance / window.pictures)
        return CrowdCount(
            zone.config.id,
            people,
            window_s,
            window.pictures,
            window.fewest,
            window.most,
            self._missed,
            self._boxes(zone, tracks, feet),
            zone.trusted_to,
            self._doubted,
        )

    def _boxes(self, zone: WatchedZone, tracks: Tracks | None, feet: Points | None) -> tuple[TrackBox, ...]:
        if not self._report.evaluation or tracks is None or feet is None or not len(feet):
            return ()
        counted = tracks.counted
        here = inside(feet, zone.polygon)
        rows = zip(tracks.ids[counted][here], tracks.boxes[counted][here], strict=True)
        return tuple(
            TrackBox(int(i), round(float(b[0])), round(float(b[1])), round(float(b[2] - b[0])), round(float(b[3] - b[1])))
            for i, b in list(rows)[:_MOST_BOXES]
        )

    def _alert(self, zone: WatchedZone, news: AlarmNews, at: Instant, frame: int | None) -> Observation:
        observed, assessed = zone.tell(news, moved=self._moved)
        key = f"{self._source.id}/{zone.config.id}/crowding"
        return Observation(EventType.CROWD_ALERT, at, observed, self._source.id, frame, key, news.phase, assessed)

    def _crush(self, zone: WatchedZone, state: State, at: Instant, frame: int | None) -> list[Observation]:
        zone.state = state
        if zone.crush is None or (news := zone.crush.update(state, at.monotonic_s)) is None:
            return []
        return [self._coming(zone, state, news, at, frame)]

    def _coming(self, zone: WatchedZone, state: State, news: AlarmNews, at: Instant, frame: int | None) -> Observation:
        assert zone.crush is not None
        observed, assessed = zone.crush.tell(state, news)
        observed = msgspec.structs.replace(observed, moved=self._moved)
        key = f"{self._source.id}/{zone.config.id}/crush"
        return Observation(EventType.CROWD_ALERT, at, observed, self._source.id, frame, key, news.phase, assessed)
