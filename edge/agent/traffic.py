"""The vehicles of one source: from results to tracks, and from their plates to observations.

Rules: a vehicle is shown to the analytics only where its plate was looked for; where nobody looked for plates (too many
vehicles, a model that failed) vehicles are followed all the same, and nothing is concluded from a plate that was not seen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edge.analytics.anpr.analytics import AnprAnalytics
from edge.analytics.anpr.sight import Sight
from edge.analytics.anpr.without import Known
from edge.clock import Instant
from edge.infer.outcome import NothingSeen, Seen, Still
from edge.observation import Observation
from edge.runtime.result import FrameResult
from edge.tracking.tracker import VEHICLES as FOLLOWED
from edge.tracking.tracker import Tracker
from edge.tracking.tracks import Tracks
from models.bundle.detections import Detections
from models.bundle.plates import VEHICLES
from protocol.config import Source
from protocol.events import ModelRef, Reason


class Traffic:
    """Vehicles of one source, from one size of its picture to the next.

    Args:
        source: its configuration, with ``anpr``.
        width: of the picture, pixels.
        height: of the picture, pixels.
        known: hit lists and pseudonyms.

    Attributes:
        tracks: of vehicles, after the last picture.
        plate_px: width of plates lately, pixels; ``None`` before any was seen. Any thread may ask.
    """

    def __init__(self, source: Source, width: int, height: int, known: Known) -> None:
        self._subject = f"plates {source.id}"[:64]
        self._tracker = Tracker(width, height, FOLLOWED)
        self._analytics = AnprAnalytics(source, width, height, known, known)
        self._looked = False
        self._reader: ModelRef | None = None
        self.tracks = Tracks.none()
        self.plate_px: float | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands against reading plates here."""
        return tuple(Reason(reason.code, self._subject, reason.detail) for reason in self._analytics.reasons)

    @property
    def spared(self) -> Tracks:
        """Tracks whose plates need not be read any more."""
        return self.tracks.select(np.isin(self.tracks.ids, list(self._analytics.spare)))

    def take(self, result: FrameResult) -> list[Observation]:
        """Take one result, in the order of capture."""
        now_s, outcome = result.media_s, result.outcome
        self._looked = self._looked or isinstance(outcome, Seen | NothingSeen)
        self._reader = result.reader or self._reader
        sights: list[Sight] = []
        match outcome:
            case Seen() as seen:
                sights = self._follow(seen, result, now_s)
            case NothingSeen():
                self.tracks = self._tracker.update(Detections.none(), _looked_at(result), now_s)
            case _:
                self.tracks = self._tracker.update(Detections.none(), (), now_s)
                if not (isinstance(outcome, Still) and self._looked):
                    return self._named(self._analytics.missed(result.captured, now_s))
        observations = self._analytics.update(self.tracks, sights, result.captured, result.number, now_s)
        self.plate_px = self._analytics.plate_px
        return self._named(observations)

    def close(self, at: Instant) -> list[Observation]:
        """The source has ended, is lost, or is configured anew."""
        return self._named(self._analytics.close(at))

    def _follow(self, seen: Seen, result: FrameResult, now_s: float) -> list[Sight]:
        """Follow vehicles; what was seen of each whose plate was looked for."""
        detections, labels = seen.detections, result.labels
        rows = np.flatnonzero([labels[at] in VEHICLES if at < len(labels) else False for at in detections.classes.tolist()])
        self.tracks = self._tracker.update(detections.select(rows), _looked_at(result), now_s)
        if seen.looked is None or seen.looked.failed:
            return []
        tracks = {int(row): self._tracker.matched.get(at) for at, row in enumerate(rows)}
        plates = {plate.vehicle: plate for plate in seen.plates}
        sights = []
        for row in seen.looked.vehicles:
            track = tracks.get(row)
            if track is not None:
                left, top, right, bottom = detections.boxes[row].tolist()
                label, score = labels[int(detections.classes[row])], float(detections.scores[row])
                sights.append(Sight(track, plates.get(row), label, score, (left, top, right, bottom)))
        return sights

    def _named(self, observations: list[Observation]) -> list[Observation]:
        """What plates say is said by the model that reads them."""
        return [replace(observation, model=self._reader) for observation in observations]


def _looked_at(result: FrameResult) -> list[tuple[float, float, float, float]]:
    return [(region.left, region.top, region.right, region.bottom) for region in result.regions]
