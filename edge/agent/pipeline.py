"""From the results of one source to observations: trackers and analytics, begun anew whenever the picture changes its size."""

from __future__ import annotations

from edge.agent.followed import boxes, expected
from edge.agent.traffic import Traffic
from edge.analytics.anpr.without import Known, Without
from edge.analytics.crowd.analytics import CrowdAnalytics
from edge.analytics.ground.errors import GroundError
from edge.analytics.ground.ground import Ground
from edge.clock import Instant
from edge.gate.expected import Expected
from edge.infer.outcome import Dropped, DropReason, NothingSeen, Seen, Still
from edge.observation import Observation
from edge.region import Region
from edge.runtime.result import FrameResult
from edge.tracking.smoother import Smoother
from edge.tracking.tracker import Tracker
from edge.tracking.tracks import Tracks
from models.bundle.detections import Detections
from protocol.config import Report, Source
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS

PERSON = 0
"""Index of the label ``person``: the planner refuses a model whose first label is another."""

LAG_S = 0.75
"""Age at which a picture is counted, seconds: as long as looks are apart, so that it lies between two (docs/adr/0026)."""


class Pipeline:
    """One source's way from results to observations: people where there are zones or lines or no plates to read, and plates.

    Args:
        source: its configuration.
        report: how often to speak.
        known: hit lists, and what stands for plates that are on none.
    """

    def __init__(self, source: Source, report: Report, known: Known | None = None) -> None:
        self._source, self._report, self._lists = source, report, known or Without()
        self._tracker: Tracker | None = None
        self._smoother: Smoother[FrameResult] = Smoother(LAG_S)
        self._crowd: CrowdAnalytics | None = None
        self._traffic: Traffic | None = None
        self._size: tuple[int, int] | None = None
        self._unfit: tuple[Reason, ...] = ()
        """Why its calibration says nothing of these pictures."""
        self._last: FrameResult | None = None
        self._known = False
        """Whether somebody has looked: before, nobody knows what is still there."""
        self.configured = (source, report)
        self.stretch = 1.0
        """How much longer windows of counts are than configured, where bytes are short."""
        self.expected: tuple[Expected, ...] = ()
        """People and vehicles who are followed, for the gate."""
        self.spared: tuple[Region, ...] = ()
        """Where vehicles are whose plates need not be read any more."""

    @property
    def standing(self) -> dict[str, tuple[Reason, ...]]:
        """What stands against its analytics, for each subject that its reasons may speak of."""
        plates, ground = (f"{what} {self._source.id}"[:64] for what in ("plates", "ground"))
        of_zones = () if self._crowd is None else (*self._unfit, *self._crowd.reasons)
        return {
            plates: () if self._traffic is None else self._traffic.reasons,
            ground: tuple(Reason(reason.code, ground, reason.detail) for reason in of_zones),
        }

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
        if result.outcome == Dropped(DropReason.SOURCE_GONE):
            return observations
        tracks: list[tuple[Tracks, float]] = []
        if self._crowd is not None and self._tracker is not None:
            self._crowd.stretch = self.stretch
            now = self._follow(self._tracker, result)
            taken = self._smoother.take(result, now, result.media_s, self._tracker.matched.values(), self._tracker.doubted)
            observations += self._count(self._crowd, taken)
            tracks.append((now, self._source.gate.look_every_s))
        if self._traffic is not None:
            observations += self._traffic.take(result)
            tracks.append((self._traffic.tracks, 0.0))
            self.spared = tuple(box for box in boxes(self._traffic.spared, result.size.whole) if box is not None)
        if result.regions:  # between looks the gate knows how they walk on
            whole = result.size.whole
            self.expected = tuple(each for of, every_s in tracks for each in expected(of, whole, result.media_s, every_s))
        return observations

    def close(self, at: Instant) -> list[Observation]:
        """The source has ended, is lost, or is configured anew."""
        left = [] if self._crowd is None else self._count(self._crowd, self._smoother.flush())
        ending = (self._crowd, self._traffic)
        self._crowd, self._traffic, self._size = None, None, None
        return left + [said for each in ending if each is not None for said in each.close(at)]

    def _begin(self, size: tuple[int, int]) -> None:
        source = self._source
        self._size, self._known = size, False
        if source.anpr is None or source.zones or source.lines:
            self._tracker = Tracker(*size)
            self._smoother = Smoother(LAG_S)
            self._crowd = CrowdAnalytics(source, self._report, *size, self._ground(size))
        if source.anpr is not None:
            self._traffic = Traffic(source, *size, self._lists)

    def _ground(self, size: tuple[int, int]) -> Ground | None:
        """Where the ground is; ``None`` without a calibration that fits the picture: people are only counted then."""
        self._unfit = ()
        if self._source.calibration is None:
            return None
        try:
            return Ground(self._source.calibration, *size)
        except GroundError as error:
            self._unfit = (Reason(error.code, "", f"{error}"[:TEXT_CHARACTERS]),)
            return None

    def _follow(self, tracker: Tracker, result: FrameResult) -> Tracks:
        """Follow people; returns who is there now."""
        # The tracker lives in the time of the recording, so that one played faster than it was made is followed all the same.
        people = Detections.none()
        if isinstance(result.outcome, Seen):
            people = result.outcome.detections.select(result.outcome.detections.classes == PERSON)
        if result.sure is not None:
            tracker.sure = result.sure
        return tracker.update(people, [_corners(region) for region in result.regions], result.media_s)

    def _count(self, analytics: CrowdAnalytics, pictures: list[tuple[FrameResult, Tracks]]) -> list[Observation]:
        """Count people in pictures; at those of which nobody knows what they show nothing is counted."""
        observations: list[Observation] = []
        for result, tracks in pictures:
            observations += analytics.place(result.captured, moved=result.moved)
            looked = isinstance(result.outcome, Seen | NothingSeen)
            self._known = self._known or looked
            if looked or (isinstance(result.outcome, Still) and self._known):
                observations += analytics.update(tracks, result.captured, result.number)
            else:
                observations += analytics.missed(result.captured)
        return observations


def _corners(region: Region) -> tuple[float, float, float, float]:
    return region.left, region.top, region.right, region.bottom
