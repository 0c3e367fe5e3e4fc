"""The tracker: constant velocity, association in two stages by statistical distance, existence as a probability. Pure.

Rules:

- A picture at which nobody looked only moves the tracks on. A track is missed only where somebody looked for it.
- Looks may be far apart (docs/adr/0026): what agrees with a track is told by the distance from its prediction in units of what
  that prediction can be off by, which grows with the time since the last look; overlap would lose whoever has walked on by
  their own width.
- Two stages (ByteTrack: Zhang et al., ECCV 2022): sure detections first, then unsure ones for tracks that are left, so that a
  person half hidden keeps the track, and a faint shape makes none.
- Existence is a probability (Musicki et al., IPDA, 1994, fixed likelihoods): it rises with each detection and falls with each
  miss. Misses of pictures that follow one another have the same cause, so that what they say grows with the time that was
  looked at in vain, not with the number of looks. A coasting track counts as long as it is likelier there than not.
- Motion is a Kalman filter per axis on the centre (white acceleration noise, Bar-Shalom et al., 2001, section 6.2), noise in
  units of the box's height, so that near and far people are followed alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.tracking.assignment import assign
from edge.tracking.tracks import Tracks, TrackState
from models.bundle.detections import Detections

Boxes = npt.NDArray[np.float64]

_EDGE = 0.05
"""A box that ends so near to the edge of the picture is cut off by it, its own sizes."""

_LEAVING = 0.2
"""Share of a box that lies outside of the picture, from which whoever is not seen has rather left."""

_NEVER = 1e6
"""Cost of a pair that cannot be; above any sum of costs that can."""


@dataclass(frozen=True)
class TrackerSettings:
    """Constants; the defaults are those of people, chosen on frames 1-200 of the square clip (docs/adr/0026).

    Attributes:
        sure: score from which a detection begins a track, where the model's operating point does not say.
        faint: score from which it may continue one.
        gate: greatest squared distance of a sure detection from a prediction, in squared standard deviations of place and size
            (three numbers: 9 leaves out one right pair in thirty).
        gate_faint: the same of a faint one.
        size: standard deviation of the logarithm of a height from look to look.
        confirm: detections until a track counts.
        hit: likelihood ratio of a sure detection for existence; ``faint_hit`` of a faint one.
        miss: logarithm of the likelihood ratio that each second of looking in vain takes away.
        miss_least: least that one look in vain takes away; ``miss_most`` the most.
        leave: existence below which a track ends.
        most: highest existence; with ``miss`` it says how long a well-known track survives.
        position: measurement noise, longer sides of the box: a lorry seen from the side scatters by its length.
        acceleration: process noise, heights per second squared.
        start: standard deviation of the speed with which something appears, heights per second.
        growth: share of a detection's size that a track takes over.
        longest_gap_s: time without any look after which all tracks end.
    """

    sure: float = 0.7
    faint: float = 0.4
    gate: float = 9.0
    gate_faint: float = 4.0
    size: float = 0.25
    confirm: int = 2
    hit: float = 6.0
    faint_hit: float = 2.0
    miss: float = 3.0
    miss_least: float = 0.5
    miss_most: float = 1.2
    leave: float = 0.3
    most: float = 0.97
    position: float = 0.05
    acceleration: float = 0.6
    start: float = 0.5
    growth: float = 0.3
    longest_gap_s: float = 5.0
    most_tracks: int = 200


VEHICLES = TrackerSettings(
    sure=0.4, faint=0.4, gate=25.0, size=0.35, confirm=1, leave=0.1, acceleration=5.0, start=6.0, growth=0.6
)
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
    covariance: tuple[float, float, float]
    """Of place, of place with speed, of speed: the same for both axes."""
    existence: float
    hits: int
    looked_s: float
    """When somebody looked for it last."""
    missed: bool = False

    @property
    def box(self) -> Boxes:
        return _boxes(self.centre, self.size)


class Tracker:
    """Follows objects of one class in one source.

    Args:
        width: of the picture, pixels.
        height: of the picture, pixels.
        settings: constants.

    Attributes:
        sure: score from which a detection begins a track; may be changed at any time, as models are.
        matched: of the last picture: the track of each detection that continued or began one, by row of the detections.
        doubted: of the last picture: tracks that ended because they are likelier not there; the others have left the picture.
    """

    def __init__(self, width: int, height: int, settings: TrackerSettings | None = None) -> None:
        self._size = np.array([width, height], np.float64)
        self._settings = settings or TrackerSettings()
        self._tracks: list[_Track] = []
        self.sure = self._settings.sure
        self.matched: dict[int, int] = {}
        self.doubted: frozenset[int] = frozenset()
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
        hits = np.array([track.hits for track in self._tracks])
        missed = np.array([track.missed for track in self._tracks])
        centres = np.array([track.centre for track in self._tracks])
        sizes = np.array([track.size for track in self._tracks])
        seen = np.where(missed, int(TrackState.COASTING), int(TrackState.CONFIRMED))
        return Tracks(
            np.array([track.id for track in self._tracks], np.int64),
            _boxes(centres, sizes).astype(np.float32),
            np.array([track.existence for track in self._tracks], np.float32),
            np.where(hits < self._settings.confirm, int(TrackState.TENTATIVE), seen).astype(np.int8),
            np.array([track.velocity for track in self._tracks], np.float32),
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
            q = (self._settings.acceleration * float(track.size[1])) ** 2
            track.centre = track.centre + track.velocity * dt
            p, c, v = track.covariance
            track.covariance = p + 2 * dt * c + dt * dt * v + q * dt**4 / 4, c + dt * v + q * dt**3 / 2, v + q * dt * dt

    def _associate(self, detections: Detections, looked: Boxes, now_s: float) -> None:
        s = self._settings
        boxes = detections.boxes.astype(np.float64)
        sure = np.nonzero(detections.scores >= self.sure)[0]
        faint = np.nonzero((detections.scores >= s.faint) & (detections.scores < self.sure))[0]
        free = list(range(len(self._tracks)))
        free, left = self._match(free, sure, boxes, s.gate, s.hit, now_s)
        free, _ = self._match(free, faint, boxes, s.gate_faint, s.faint_hit, now_s)
        for index in free:
            track = self._tracks[index]
            if _inside(track.box, looked):
                said = min(s.miss_most, max(s.miss_least, s.miss * (now_s - track.looked_s)))
                track.missed, track.looked_s = True, now_s
                doubtful = track.hits < s.confirm or self._outside(track.box) >= _LEAVING
                track.existence = _bayes(track.existence, -2 * said if doubtful else -said, s.most)
        for detection in left:
            if len(self._tracks) < s.most_tracks:
                self.matched[detection] = self._begin(boxes[detection], float(detections.scores[detection]), now_s)

    def _match(  # noqa: PLR0913 - one stage
        self, free: list[int], chosen: npt.NDArray[np.intp], boxes: Boxes, gate: float, ratio: float, now_s: float
    ) -> tuple[list[int], list[int]]:
        """Pair tracks with detections; returns the tracks and the detections that are left."""
        if not free or not len(chosen):
            return free, [int(i) for i in chosen]
        tracks = [self._tracks[i] for i in free]
        seen = boxes[chosen]
        cost, distance = self._distances(tracks, seen)
        cost = np.where(distance < gate, cost, _NEVER)
        pairs = [(i, j) for i, j in assign(cost) if cost[i, j] < _NEVER]
        for i, j in pairs:
            self._correct(tracks[i], seen[j], ratio, now_s)
            self.matched[int(chosen[j])] = tracks[i].id
        taken, used = {i for i, _ in pairs}, {j for _, j in pairs}
        return (
            [track for i, track in enumerate(free) if i not in taken],
            [int(d) for j, d in enumerate(chosen) if j not in used],
        )

    def _distances(self, tracks: list[_Track], seen: Boxes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Of each track from each detection: twice the negative log-likelihood but for a constant, and the squared distance."""
        centres = np.array([track.centre for track in tracks])
        heights = np.array([track.size[1] for track in tracks])
        places = np.array([track.covariance[0] for track in tracks])
        middles, sizes = (seen[:, :2] + seen[:, 2:]) / 2, seen[:, 3] - seen[:, 1]
        variance = places[:, None] + (self._settings.position * (seen[:, 2:] - seen[:, :2]).max(axis=1)) ** 2
        off = ((centres[:, None] - middles) ** 2).sum(-1) / variance
        grown = (np.log(sizes / heights[:, None]) / self._settings.size) ** 2
        return off + grown + 2 * np.log(variance / variance.min()), off + grown

    def _correct(self, track: _Track, box: npt.NDArray[np.float64], ratio: float, now_s: float) -> None:
        box = self._whole(box, track.size)
        centre, size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
        noise = (self._settings.position * float(size.max())) ** 2
        p, c, v = track.covariance
        gain_position, gain_velocity = p / (p + noise), c / (p + noise)
        innovation = centre - track.centre
        track.centre = track.centre + gain_position * innovation
        track.velocity = track.velocity + gain_velocity * innovation
        track.covariance = (1 - gain_position) * p, (1 - gain_position) * c, v - gain_velocity * c
        track.size = (1 - self._settings.growth) * track.size + self._settings.growth * size
        track.existence = _bayes(track.existence, math.log(ratio), self._settings.most)
        track.hits += 1
        track.looked_s = now_s
        track.missed = False

    def _whole(self, box: npt.NDArray[np.float64], size: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """A box that the edge of the picture cuts off, as large as its track was: else who walks out would slow down there."""
        lacks = np.maximum(0.0, size - (box[2:] - box[:2]))
        near = _EDGE * size
        before, after = box[:2] <= near, box[2:] >= self._size - near
        return np.concatenate([box[:2] - lacks * (before & ~after), box[2:] + lacks * (after & ~before)])

    def _outside(self, box: npt.NDArray[np.float64]) -> float:
        """Share of a box that lies outside of the picture."""
        inside = np.minimum(box[2:], self._size) - np.maximum(box[:2], 0.0)
        return 1.0 - float(np.prod(np.maximum(inside, 0.0)) / np.prod(box[2:] - box[:2]))

    def _begin(self, box: npt.NDArray[np.float64], score: float, now_s: float) -> int:
        size = box[2:] - box[:2]
        covariance = (self._settings.position * float(size.max())) ** 2, 0.0, (self._settings.start * float(size[1])) ** 2
        track = _Track(self._next_id, (box[:2] + box[2:]) / 2, np.zeros(2), size, covariance, min(0.9, score), 1, now_s)
        self._next_id += 1
        self._tracks.append(track)
        return track.id

    def _end(self) -> None:
        believed = [track for track in self._tracks if track.existence >= self._settings.leave]
        self.doubted = frozenset(track.id for track in self._tracks) - frozenset(track.id for track in believed)
        width, height = self._size.tolist()
        self._tracks = [track for track in believed if 0 < track.centre[0] < width and 0 < track.centre[1] < height]


def _boxes(centres: Boxes, sizes: Boxes) -> Boxes:
    """Left, top, right and bottom (..., 4) of centres and sizes (..., 2)."""
    halves = sizes / 2
    return np.concatenate([centres - halves, centres + halves], axis=-1)


def _bayes(prior: float, said: float, most: float) -> float:
    """A probability after evidence; ``said`` is the logarithm of its likelihood ratio."""
    odds = prior / max(1e-6, 1 - prior) * math.exp(said)
    return min(most, odds / (1 + odds))


def _inside(box: npt.NDArray[np.float64], looked: Boxes) -> bool:
    """Whether most of a box lies in one of the parts that were looked at."""
    shared = np.minimum(box[2:], looked[:, 2:]) - np.maximum(box[:2], looked[:, :2])
    area = np.prod(np.maximum(shared, 0.0), axis=1)
    return bool(area.max() >= 0.8 * np.prod(box[2:] - box[:2]))
