"""From the results of one source to observations: trackers and analytics, begun anew whenever the picture changes its size."""

from __future__ import annotations

import numpy as np

from edge.agent.traffic import Traffic
from edge.analytics.anpr.without import Known, Without
from edge.analytics.crowd.analytics import CrowdAnalytics
from edge.clock import Instant
from edge.infer.outcome import Dropped, DropReason, NothingSeen, Seen, Still
from edge.observation import Observation
from edge.region import Region
from edge.runtime.result import FrameResult
from edge.tracking.tracker import Tracker
from edge.tracking.tracks import Tracks
from models.bundle.detections import Detections
from protocol.config import Report, Source
from protocol.events import Reason

PERSON = 0
"""Index of the label ``person``: the planner refuses a model whose first label is another."""


class Pipeline:
    """One source's way from results to observations: people where there are zones or lines or no plates to read, and plates.

    Args:
        source: its configuration.
        report: how often to speak.
        known: hit lists, and what stands for plates that are on none.
    """

    def __init__(self, source: Source, report: Report, known: Known | None = None) -> None:
        self._source, self._report, self._known = source, report, known or Without()
        self._tracker: Tracker | None = None
        self._crowd: CrowdAnalytics | None = None
        self._traffic: Traffic | None = None
        self._size: tuple[int, int] | None = None
        self._last: FrameResult | None = None
        self._looked = False
        self.configured = (source, report)
        self.stretch = 1.0
        """How much longer windows of counts are than configured, where bytes are short."""
        self.expected: tuple[Region, ...] = ()
        """Where people and vehicles are expected next, for the gate."""
        self.spared: tuple[Region, ...] = ()
        """Where vehicles are whose plates need not be read any more."""

    @property
    def subject(self) -> str:
        """What its reasons speak of."""
        return f"plates {self._source.id}"[:64]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands against its analytics."""
        return () if self._traffic is None else self._traffic.reasons

    @property
    def plate_px(self) -> float | None:
        """Width of plates lately, pixels; ``None`` where none is read or was seen. Any thread may ask."""
        traffic = self._traffic
        return None if traffic is None else traffic.plate_px

    def take(self, result: FrameResult) -> list[Observation]:
        """Take one result, in the order of capture."""
        observations: list[Observation] = []
        size = (result.size.width, result.size.height)
        reopened = self._last is not None and result.number <= self._last.number
        if size != self._size or reopened:
            observations += self.close(result.captured)
            self._begin(size)
        self._last = result
        self._looked = self._looked or isinstance(result.outcome, Seen | NothingSeen)
        if result.outcome == Dropped(DropReason.SOURCE_GONE):
            return observations
        tracks = []
        if self._crowd is not None and self._tracker is not None:
            self._crowd.stretch = self.stretch
            people, said = self._count(self._crowd, self._tracker, result)
            observations += said
            tracks.append(people)
        if self._traffic is not None:
            observations += self._traffic.take(result)
            tracks.append(self._traffic.tracks)
            self.spared = _regions(self._traffic.spared, result.size.whole)
        if all(each is not None for each in tracks):
            self.expected = tuple(box for each in tracks if each is not None for box in _regions(each, result.size.whole))
        return observations

    def close(self, at: Instant) -> list[Observation]:
        """The source has ended, is lost, or is configured anew."""
        ending = (self._crowd, self._traffic)
        self._crowd, self._traffic, self._size = None, None, None
        return [said for each in ending if each is not None for said in each.close(at)]

    def _begin(self, size: tuple[int, int]) -> None:
        source = self._source
        self._size, self._looked = size, False
        if source.anpr is None or source.zones or source.lines:
            self._tracker = Tracker(*size)
            self._crowd = CrowdAnalytics(source, self._report, *size)
        if source.anpr is not None:
            self._traffic = Traffic(source, *size, self._known)

    def _count(
        self, analytics: CrowdAnalytics, tracker: Tracker, result: FrameResult
    ) -> tuple[Tracks | None, list[Observation]]:
        """Count people; their tracks where somebody knows them, and what is to be said."""
        # The tracker lives in the time of the recording, so that one played faster than it was made is followed all the same.
        now_s = result.media_s
        match result.outcome:
            case Seen(detections=detections):
                people = detections.select(detections.classes == PERSON)
                tracks = tracker.update(people, [_corners(region) for region in result.regions], now_s)
            case NothingSeen():
                tracks = tracker.update(Detections.none(), [_corners(region) for region in result.regions], now_s)
            case Still() if self._looked:  # before the first look nobody knows what is still there
                tracks = tracker.update(Detections.none(), (), now_s)
            case _:
                tracker.update(Detections.none(), (), now_s)
                return None, analytics.missed(result.captured)
        return tracks, analytics.update(tracks, result.captured, result.number)


def _corners(region: Region) -> tuple[float, float, float, float]:
    return region.left, region.top, region.right, region.bottom


def _regions(tracks: Tracks, whole: Region) -> tuple[Region, ...]:
    boxes = np.clip(tracks.boxes, 0, [whole.width, whole.height, whole.width, whole.height]).astype(int).tolist()
    return tuple(
        Region(left, top, right - left, bottom - top) for left, top, right, bottom in boxes if right > left and bottom > top
    )
