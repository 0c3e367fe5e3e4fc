"""From the results of one source to observations: tracker and analytics, begun anew whenever the picture changes its size."""

from __future__ import annotations

import numpy as np

from edge.analytics.crowd.analytics import CrowdAnalytics
from edge.clock import Instant
from edge.infer.outcome import Dropped, DropReason, Failed, NothingSeen, Seen, Still, TimedOut
from edge.observation import Observation
from edge.region import Region
from edge.runtime.result import FrameResult
from edge.tracking.tracker import Tracker
from edge.tracking.tracks import Tracks
from models.bundle.detections import Detections
from protocol.config import Report, Source

PERSON = 0
"""Index of the label ``person``: the planner refuses a model whose first label is another."""


class Pipeline:
    """One source's way from results to observations.

    Args:
        source: its configuration.
        report: how often to speak.
    """

    def __init__(self, source: Source, report: Report) -> None:
        self._source, self._report = source, report
        self._tracker: Tracker | None = None
        self._analytics: CrowdAnalytics | None = None
        self._size: tuple[int, int] | None = None
        self._last: FrameResult | None = None
        self._looked = False
        self.configured = (source, report)
        self.stretch = 1.0
        """How much longer windows of counts are than configured, where bytes are short."""
        self.expected: tuple[Region, ...] = ()
        """Where people are expected next, for the gate."""

    def take(self, result: FrameResult) -> list[Observation]:
        """Take one result, in the order of capture."""
        observations: list[Observation] = []
        size = (result.size.width, result.size.height)
        reopened = self._last is not None and result.number <= self._last.number
        if size != self._size or reopened:
            observations += self.close(result.captured)
            self._size, self._looked = size, False
            self._tracker = Tracker(*size)
            self._analytics = CrowdAnalytics(self._source, self._report, *size)
        assert self._tracker is not None
        assert self._analytics is not None
        self._analytics.stretch = self.stretch
        self._last = result
        # The tracker lives in the time of the recording, so that one played faster than it was made is followed all the same.
        now_s = result.media_s
        self._looked = self._looked or isinstance(result.outcome, Seen | NothingSeen)
        match result.outcome:
            case Seen(detections=detections):
                people = detections.select(detections.classes == PERSON)
                tracks = self._tracker.update(people, [_corners(region) for region in result.regions], now_s)
            case NothingSeen():
                tracks = self._tracker.update(Detections.none(), [_corners(region) for region in result.regions], now_s)
            case Still() if self._looked:  # before the first look nobody knows what is still there
                tracks = self._tracker.update(Detections.none(), (), now_s)
            case Dropped(reason=DropReason.SOURCE_GONE):
                return observations
            case Still() | Dropped() | TimedOut() | Failed():
                self._tracker.update(Detections.none(), (), now_s)
                return observations + self._analytics.missed(result.captured)
        self.expected = _regions(tracks, result.size.whole)
        return observations + self._analytics.update(tracks, result.captured, result.number)

    def close(self, at: Instant) -> list[Observation]:
        """The source has ended, is lost, or is configured anew."""
        analytics, self._analytics, self._size = self._analytics, None, None
        return [] if analytics is None else analytics.close(at)


def _corners(region: Region) -> tuple[float, float, float, float]:
    return region.left, region.top, region.right, region.bottom


def _regions(tracks: Tracks, whole: Region) -> tuple[Region, ...]:
    boxes = np.clip(tracks.boxes, 0, [whole.width, whole.height, whole.width, whole.height]).astype(int).tolist()
    return tuple(
        Region(left, top, right - left, bottom - top) for left, top, right, bottom in boxes if right > left and bottom > top
    )
