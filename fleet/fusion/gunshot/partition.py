"""Detections of one part of a city and of some seconds, divided into shots: who heard the same one. Pure.

Rules:

- Two detections may be of one shot when sound could go from box to box in the time between them, and when their shots
  coincide (:mod:`fleet.fusion.gunshot.align`).
- A shot is a place that explains detections: from places on rings around a box, when does everybody else hear it? Each
  detection speaks for a place by how much likelier it is, there, than by chance; the place for which most speaks is refined
  by :func:`fleet.fusion.gunshot.locate.locate`, keeps what it explains, and the rest is divided further.
- Of one box at most one detection belongs to one shot: the one that fits best. A later one is an echo or another shot.
- Work is bounded: :data:`MOST` detections, :data:`_SEEDS` boxes around which places are tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fleet.fusion.gunshot.air import SLOWEST, Floats, travel
from fleet.fusion.gunshot.align import Aligned, align, longest_s
from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.incidents import TOGETHER_M
from fleet.fusion.gunshot.locate import Located, Residual, Why
from fleet.fusion.gunshot.locator import MOST_LATE_S, Locator
from fleet.fusion.gunshot.suppositions import LATE, LATE_MEAN_S, STRAY_WITHIN_S

MOST = 24
"""Detections divided at once."""
_SEEDS = 8
_RINGS_M = (8.0, 40.0, 90.0, 150.0, 220.0, 300.0, 400.0, 520.0, 680.0, 900.0, 1200.0)
_AROUND = 20
_COARSE_S = 0.06
"""What a place on a ring may be off, as time."""
_FINE_S = 2e-3
"""What a located place may be off besides its covariance: ways through the air differ."""
_PLACES = 2
_CANDIDATES = 4
_ROUNDS = 3
_LOCATIONS = 12
"""Places solved for in one division; when they are spent, the roughly best group is taken as it is."""
_DIRECT = 6.0
"""What a box that fits to some milliseconds says against chance, as logarithm of odds: a window of seconds over it."""
_EACH_MORE = 2.0
"""What every further shot that coincides says for two detections being of one shooter, as logarithm of odds,"""
_EACH_MISSED = 1.0
"""what one says against it that should have coincided and did not,"""
_EACH_OVER = 0.5
"""and one that only one of the boxes heard: boxes miss shots, and take echoes for some."""


@dataclass(frozen=True)
class Group:
    """Detections of one shot or volley: indices, and where it was."""

    members: tuple[int, ...]
    located: Located


@dataclass
class _Scene:
    """Everything that was heard, and how each detection lies over each other (filled as it is asked for)."""

    heard: list[Detection]
    trust: Floats
    locator: Locator

    def __post_init__(self) -> None:
        self._before = self.locator.solved
        self._known: dict[tuple[int, int], Aligned | None] = {}

    def over(self, one: int, other: int) -> Aligned | None:
        """Detections of one box never lie over one another."""
        a, b = self.heard[one], self.heard[other]
        if (one, other) not in self._known:
            near = a.node != b.node and math.hypot(a.x - b.x, a.y - b.y) <= TOGETHER_M
            self._known[one, other] = align(a, b, longest_s(a, b, SLOWEST, MOST_LATE_S)) if near else None
        return self._known[one, other]

    @property
    def spent(self) -> int:
        """Places solved for so far."""
        return self.locator.solved - self._before

    def locate(self, members: list[int]) -> Located:
        """As one shot."""
        return self.locator(tuple(self.heard[i] for i in members))


def divide(heard: list[Detection], trust: Floats, locator: Locator) -> list[Group]:
    """Divide.

    Args:
        heard: with clocks that are set, at most :data:`MOST`.
        trust: (n,) of the box of each, (0, 1].
        locator: knows the air and the clocks.

    Returns:
        Groups without a detection in common, all detections in one; those with most boxes first.
    """
    scene = _Scene(heard, trust, locator)
    left = sorted(range(len(heard)), key=lambda i: heard[i].at_s)
    found = []
    while len(left) > 1:
        group = _strongest(scene, left)
        if group is None:
            break
        found.append(group)
        left = [i for i in left if i not in group.members]
    found += [Group((i,), scene.locate([i])) for i in left]
    return found


def _strongest(scene: _Scene, left: list[int]) -> Group | None:
    """The group that explains most; candidates by a rough look, the decision by locating them."""
    candidates: dict[tuple[int, ...], float] = {}
    for seed in left[:_SEEDS]:
        others = [i for i in left if i != seed and scene.over(seed, i) is not None]
        if others:
            for strength, members in _rough(scene, seed, others):
                key = tuple(sorted((seed, *members)))
                candidates[key] = max(strength, candidates.get(key, -math.inf))
    best: tuple[float, Group] | None = None
    for key in sorted(candidates, key=lambda key: -candidates[key])[:_CANDIDATES]:
        if best is not None and set(key) <= set(best[1].members):
            continue
        group = _refined(scene, left, list(key))
        if group is None:
            continue
        strength = _strength(group, scene.trust)
        if best is None or strength > best[0]:
            best = strength, group
        if len(group.members) == len(left) or scene.spent >= _LOCATIONS:
            break
    return best[1] if best else None


def _refined(scene: _Scene, left: list[int], members: list[int]) -> Group | None:
    """Members that a located place explains, located again, until nothing changes."""
    located = None
    for _ in range(_ROUNDS):
        members = sorted(members, key=lambda i: (scene.heard[i].at_s, scene.heard[i].node))
        located = scene.locate(members)
        kept = [i for i, told in zip(members, located.residuals, strict=True) if _stays(told)]
        if len(kept) == len(members) and located.x is not None:
            kept = _explained(scene, left, kept, located)
        if set(kept) == set(members) or (scene.spent >= _LOCATIONS and len(kept) > 1):
            return Group(tuple(members), located)
        if len(kept) <= 1:
            return None
        members = kept
    members = sorted(members, key=lambda i: (scene.heard[i].at_s, scene.heard[i].node))
    return Group(tuple(members), scene.locate(members))


def _stays(told: Residual) -> bool:
    """Who heard it around a corner still heard it."""
    if told.rejected is Why.LATE:
        return told.onset_ms is not None and told.onset_ms <= MOST_LATE_S * 1e3
    return told.rejected is not Why.EARLY


def _strength(group: Group, trust: Floats) -> float:
    """Boxes beyond the three that any place explains, those that heard it directly first; then how well they fit."""
    direct = [i for i, told in zip(group.members, group.located.residuals, strict=True) if told.rejected is None]
    spare = len(direct) - 3
    misfit = (group.located.fit or 0.0) * max(spare, 0) / 2
    return _DIRECT * spare + _DIRECT / 4 * (len(group.members) - len(direct)) - misfit + float(np.log(trust[direct]).sum())


def _explained(scene: _Scene, left: list[int], members: list[int], located: Located) -> list[int]:
    """Whoever is left and fits a located shot; of one box's detections the one that fits best."""
    assert located.x is not None and located.y is not None and located.at_s is not None  # noqa: PT018
    assert located.covariance is not None
    seed = min(members, key=lambda i: scene.heard[i].at_s)
    others = [i for i in left if i != seed and scene.over(seed, i) is not None]
    doubt_s = _FINE_S + math.sqrt(float(np.trace(located.covariance))) / SLOWEST
    one = scene.heard[seed]
    place = np.array([[located.x - one.x, located.y - one.y]])
    zero = np.array([located.at_s - one.at_s])
    wind = np.array([located.wind or (0.0, 0.0)])
    shot = _Shots(place, zero, np.array([located.speed]), wind, doubt_s)
    odds = _odds(scene, seed, others, shot)
    return [seed, *_speakers(scene, others, np.maximum(odds[0], 0.0))]


def _rough(scene: _Scene, seed: int, others: list[int]) -> list[tuple[float, list[int]]]:
    """Places around a box for which most speaks: how much, and who."""
    turn = np.arange(_AROUND) * (2 * np.pi / _AROUND)
    place = (np.array(_RINGS_M)[:, None, None] * np.stack([np.sin(turn), np.cos(turn)], axis=-1)).reshape(-1, 2)
    count = len(place)
    air = scene.locator.weather
    speed, wind = np.full(count, air.speed), np.tile([air.east, air.north], (count, 1))
    zero = -travel(place, np.zeros((1, 2)), speed, wind)[0][:, 0]
    odds = _odds(scene, seed, others, _Shots(place, zero, speed, wind, _COARSE_S))
    speaks = np.maximum(odds, 0.0)
    boxes = _boxes(scene, others)
    total = sum((speaks[:, columns].max(axis=1) for columns in boxes), np.zeros(count)) + math.log(float(scene.trust[seed]))
    found = []
    for at in np.argsort(-total, kind="stable")[:_PLACES]:
        members = _speakers(scene, others, speaks[at])
        if members:
            found.append((float(total[at]), members))
    return found


@dataclass(frozen=True)
class _Shots:
    """Supposed shots, relative to a detection: k places (k, 2), times (k,), speeds of sound (k,), winds (k, 2)."""

    place: Floats
    zero: Floats
    speed: Floats
    wind: Floats
    doubt_s: float
    """Standard deviation of all this, as time."""


def _odds(scene: _Scene, seed: int, others: list[int], shots: _Shots) -> Floats:
    """What each of n detections says for each supposed shot, as logarithm of odds against chance; (k, n)."""
    heard, one = scene.heard, scene.heard[seed]
    over = [lies for lies in (scene.over(seed, i) for i in others) if lies is not None]
    nodes = np.array([(heard[i].x - one.x, heard[i].y - one.y) for i in others]).reshape(-1, 2)
    seconds, _ = travel(shots.place, nodes, shots.speed, shots.wind)
    off = np.array([lies.later_s for lies in over]) - shots.zero[:, None] - seconds
    sigma = np.array([math.hypot(shots.doubt_s, heard[i].onset_sigma_s, heard[i].position_sigma_m / SLOWEST) for i in others])
    direct = np.exp(-((off / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
    late = np.where(off > 0, np.exp(-np.maximum(off, 0.0) / LATE_MEAN_S) / LATE_MEAN_S, 0.0)
    odds = np.log(((1 - LATE) * direct + LATE * late) * STRAY_WITHIN_S + 1e-9) + np.log(scene.trust[others])
    counts = [(lies.matched, sorted((len(one.onsets_s), len(heard[i].onsets_s)))) for lies, i in zip(over, others, strict=True)]
    said: Floats = odds + np.array([_sequence(same, fewer, more) for same, (fewer, more) in counts])
    return said


def _sequence(same: int, fewer: int, more: int) -> float:
    """What shots that coincide say, of two boxes that heard so many."""
    return _EACH_MORE * (same - 1) - _EACH_MISSED * (fewer - same) - _EACH_OVER * (more - fewer)


def _boxes(scene: _Scene, others: list[int]) -> list[list[int]]:
    """Columns of each box."""
    boxes: dict[str, list[int]] = {}
    for column, i in enumerate(others):
        boxes.setdefault(scene.heard[i].node, []).append(column)
    return list(boxes.values())


def _speakers(scene: _Scene, others: list[int], speaks: Floats) -> list[int]:
    """One detection of each box that says anything, that which says most."""
    best = [max(columns, key=lambda c: float(speaks[c])) for columns in _boxes(scene, others)]
    return [others[column] for column in best if speaks[column] > 0]
