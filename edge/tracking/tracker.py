"""The tracker: constant velocity, association in two stages, existence as a probability. Pure.

Rules:

- A picture at which nobody looked only moves the tracks on. A track is missed only where somebody looked for it.
- Two stages (ByteTrack: Zhang et al., ECCV 2022): sure detections first, then unsure ones for tracks that are left, so that a
  person half hidden keeps the track, and a faint shape makes none.
- Existence is a probability (Musicki et al., IPDA, 1994, fixed likelihoods): it rises with each detection and
  falls with each miss; a coasting track counts as long as it is likelier there than not.
- Motion is a Kalman filter per axis on the foot's and the centre's common velocity (white acceleration noise, Bar-Shalom et
  al., 2001, section 6.2), noise in units of the box's height, so that near and far people are followed alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.tracking.assignment import assign
from edge.tracking.tracks import Tracks, TrackState
from models.bundle.detections import Detections, pairwise_iou

Boxes = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TrackerSettings:
    """Constants; the defaults are those of people.

    Chosen on frames 1-200 of the square clip, together with the detector's default operating point.
    The optimum is flat: of 855 others on the same frames none counts better by more than chance and follows as well. The rest
    of the clip had been looked at before they were chosen, so that figures on frames 201-400 repeat, and are no blind test.

    Attributes:
        sure: score from which a detection begins a track.
        faint: score from which it may continue one.
        iou: least overlap with the prediction, first stage.
        iou_faint: least overlap, second stage.
        confirm: detections until a track counts.
        hit: likelihood ratio of a sure detection for existence; ``faint_hit`` of a faint one.
        miss: likelihood ratio of a look that shows nothing.
        leave: existence below which a track ends.
        most: highest existence; with ``miss`` it says how many misses a well-known track survives.
        position: measurement noise, heights.
        acceleration: process noise, heights per second squared.
        start: standard deviation of the speed with which something appears, heights per second.
        growth: share of a detection's size that a track takes over.
        longest_gap_s: time without any look after which all tracks end.
    """

    sure: float = 0.7
    faint: float = 0.4
    iou: float = 0.2
    iou_faint: float = 0.45
    confirm: int = 2
    hit: float = 6.0
    faint_hit: float = 2.0
    miss: float = 0.5
    leave: float = 0.3
    most: float = 0.97
    position: float = 0.05
    acceleration: float = 0.6
    start: float = 0.5
    growth: float = 0.3
    longest_gap_s: float = 5.0
    most_tracks: int = 200


VEHICLES = TrackerSettings(sure=0.4, faint=0.4, iou=0.1, confirm=1, leave=0.1, acceleration=5.0, start=6.0, growth=0.6)
"""Constants of vehicles; see tests/edge/tracking/test_vehicles.py for what they follow and those of people lose.

A car is one and a half metres high, brakes with eight metres a second squared, and appears at up to thirty metres a second;
what comes towards a camera grows by a tenth from picture to picture. What is no vehicle bears no plate, so each detection may
begin a track, and one that is missed in its second picture is not given up."""


@dataclass
class _Track:
    id: int
    centre: npt.NDArray[np.float64]
    velocity: npt.NDArray[np.float64]
    size: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]
    existence: float
    hits: int
    seen_s: float
    missed: bool = False

    @property
    def box(self) -> npt.NDArray[np.float64]:
        half = self.size / 2
        return np.concatenate([self.centre - half, self.centre + half])


class Tracker:
    """Follows objects of one class in one source.

    Args:
        width: of the picture, pixels.
        height: of the picture, pixels.
        settings: constants.
    """

    def __init__(self, width: int, height: int, settings: TrackerSettings | None = None) -> None:
        self._size = np.array([width, height], np.float64)
        self._settings = settings or TrackerSettings()
        self._tracks: list[_Track] = []
        self.matched: dict[int, int] = {}
        """Of the last picture: the track of each detection that continued or began one, by row of the detections."""
        self._now_s: float | None = None
        self._next_id = 1

    def update(self, detections: Detections, looked: Sequence[tuple[float, float, float, float]], now_s: float) -> Tracks:
        """Take what one picture showed.

        Args:
            detections: people in it.
            looked: parts that were looked at (left, top, right, bottom, pixels); empty when nobody looked.
            now_s: capture time, monotonic seconds.
        """
        self._predict(now_s)
        self.matched = {}
        if looked:
            self._associate(detections, np.array(looked, np.float64).reshape(-1, 4), now_s)
        self._end()
        return self.tracks()

    def tracks(self) -> Tracks:
        """The tracks as they stand."""
        if not self._tracks:
            return Tracks.none()
        states = [
            TrackState.TENTATIVE
            if track.hits < self._settings.confirm
            else (TrackState.COASTING if track.missed else TrackState.CONFIRMED)
            for track in self._tracks
        ]
        return Tracks(
            np.array([track.id for track in self._tracks], np.int64),
            np.array([track.box for track in self._tracks], np.float32),
            np.array([track.existence for track in self._tracks], np.float32),
            np.array(states, np.int8),
        )

    def _predict(self, now_s: float) -> None:
        before, self._now_s = self._now_s, now_s
        if before is None:
            return
        dt = now_s - before
        if not 0 <= dt <= self._settings.longest_gap_s:
            self._tracks.clear()
            return
        for track in self._tracks:
            q = (self._settings.acceleration * track.size[1]) ** 2
            track.centre = track.centre + track.velocity * dt
            p, c, v = track.covariance
            track.covariance = np.array(
                [p + 2 * dt * c + dt * dt * v + q * dt**4 / 4, c + dt * v + q * dt**3 / 2, v + q * dt * dt]
            )

    def _associate(self, detections: Detections, looked: Boxes, now_s: float) -> None:
        s = self._settings
        boxes = detections.boxes.astype(np.float64)
        sure = np.nonzero(detections.scores >= s.sure)[0]
        faint = np.nonzero((detections.scores >= s.faint) & (detections.scores < s.sure))[0]
        free = list(range(len(self._tracks)))
        free, left = self._match(free, sure, boxes, s.iou, s.hit, now_s)
        free, _ = self._match(free, faint, boxes, s.iou_faint, s.faint_hit, now_s)
        for index in free:
            track = self._tracks[index]
            if _inside(track.box, looked):
                track.missed = True
                track.existence = _bayes(track.existence, s.miss if track.hits >= s.confirm else s.miss**2, s.most)
        for detection in left:
            if len(self._tracks) < s.most_tracks:
                self.matched[detection] = self._begin(boxes[detection], float(detections.scores[detection]), now_s)

    def _match(  # noqa: PLR0913 - one stage
        self, free: list[int], chosen: npt.NDArray[np.intp], boxes: Boxes, least: float, ratio: float, now_s: float
    ) -> tuple[list[int], list[int]]:
        """Pair tracks with detections; returns the tracks and the detections that are left."""
        if not free or not len(chosen):
            return free, [int(i) for i in chosen]
        predicted = np.array([self._tracks[i].box for i in free], np.float32)
        overlap = pairwise_iou(predicted, boxes[chosen].astype(np.float32)).astype(np.float64)
        pairs = [(i, j) for i, j in assign(np.where(overlap >= least, 1.0 - overlap, 2.0)) if overlap[i, j] >= least]
        for i, j in pairs:
            self._correct(self._tracks[free[i]], boxes[chosen[j]], ratio, now_s)
            self.matched[int(chosen[j])] = self._tracks[free[i]].id
        taken, used = {i for i, _ in pairs}, {j for _, j in pairs}
        return (
            [track for i, track in enumerate(free) if i not in taken],
            [int(d) for j, d in enumerate(chosen) if j not in used],
        )

    def _correct(self, track: _Track, box: npt.NDArray[np.float64], ratio: float, now_s: float) -> None:
        centre, size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
        noise = (self._settings.position * size[1]) ** 2
        p, c, v = track.covariance
        gain_position, gain_velocity = p / (p + noise), c / (p + noise)
        innovation = centre - track.centre
        track.centre = track.centre + gain_position * innovation
        track.velocity = track.velocity + gain_velocity * innovation
        track.covariance = np.array([(1 - gain_position) * p, (1 - gain_position) * c, v - gain_velocity * c])
        track.size = (1 - self._settings.growth) * track.size + self._settings.growth * size
        track.existence = _bayes(track.existence, ratio, self._settings.most)
        track.hits += 1
        track.seen_s = now_s
        track.missed = False

    def _begin(self, box: npt.NDArray[np.float64], score: float, now_s: float) -> int:
        size = box[2:] - box[:2]
        covariance = np.array([(self._settings.position * size[1]) ** 2, 0.0, (self._settings.start * size[1]) ** 2])
        track = _Track(self._next_id, (box[:2] + box[2:]) / 2, np.zeros(2), size, covariance, min(0.9, score), 1, now_s)
        self._next_id += 1
        self._tracks.append(track)
        return track.id

    def _end(self) -> None:
        self._tracks = [
            track
            for track in self._tracks
            if track.existence >= self._settings.leave and bool(np.all((track.centre > 0) & (track.centre < self._size)))
        ]


def _bayes(prior: float, ratio: float, most: float) -> float:
    odds = prior / max(1e-6, 1 - prior) * ratio
    return min(most, odds / (1 + odds))


def _inside(box: npt.NDArray[np.float64], looked: Boxes) -> bool:
    """Whether most of a box lies in one of the parts that were looked at."""
    shared = np.minimum(box[2:], looked[:, 2:]) - np.maximum(box[:2], looked[:, :2])
    area = np.prod(np.maximum(shared, 0.0), axis=1)
    return bool(area.max() >= 0.8 * np.prod(box[2:] - box[:2]))
