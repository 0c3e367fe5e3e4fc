"""Which of the boxes heard a shot on the direct way: suppositions, each solved and weighed. Pure.

Rules:

- A row is direct, or **late** (a wall or a corner in the way; likely), or nothing of this shot (unlikely; the only
  explanation of an early one). A late onset lies behind its prediction by an exponentially distributed time, and so still
  says something.
- Suppositions grow by one row at a time from the most probable ones (beam search), until more doubt explains nothing; starts
  come from a consensus of onsets on rings around the box that heard it first. Work is bounded by :data:`MOST_ROWS`,
  :data:`_BEAM` and :data:`_MOST_DOUBTED`.
- Nothing is decided: all suppositions that are not far less probable than the best are kept with their weights, and so the
  doubt about who heard it directly is in the answer's ellipse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.fusion.gunshot.air import Floats, travel
from fleet.fusion.gunshot.rows import METRES_PER_SECOND, UNKNOWNS, Bools, Rows
from fleet.fusion.gunshot.solver import Solutions, solve

States = NDArray[np.int8]

MOST_ROWS = 24
LATE = 0.12
"""Share of onsets that did not come on the direct way."""
LATE_MEAN_S = 0.04
"""A detour of 14 m."""
STRAY = 0.01
"""Share of onsets that are of something else,"""
STRAY_WITHIN_S = 4.0
"""which may have been at any time in this."""
ASTRAY = 0.05
"""Share of bearings that point to a reflection; they may point anywhere."""
_DIRECT, _LATE, _STRAY = 0, 1, 2
_STARTS = 4
_BEAM = 6
_MOST_DOUBTED = 5
_LEAST_ROWS = 3
_LEAST_DIRECT = 2
_FAR = 4.0
"""Sigmas too early, or means of a detour too late, from which a row may be of something else."""
_HOPELESS = 6.0
"""Natural logarithm of odds at which a supposition is dropped."""
_RINGS_M = (6.0, 25.0, 60.0, 110.0, 170.0, 240.0, 330.0, 450.0, 620.0, 850.0, 1200.0)
_AROUND = 24
_COARSE_S = 0.05
"""What a place on a ring may be off, as time."""
_SAME_M = 1.0


@dataclass(frozen=True)
class Weighed:
    """Suppositions of which not all are far less probable than the best, most probable first.

    Attributes:
        direct: (h, rows) which rows each believes.
        used: (h, rows) these and the late ones.
        weight: (h,) probabilities, 1 in all.
        solutions: of each.
    """

    direct: Bools
    used: Bools
    weight: Floats
    solutions: Solutions


def weigh(rows: Rows) -> Weighed:
    """Suppose, solve and weigh."""
    starts = _starts(rows)
    layer = np.full((len(starts), len(rows)), _DIRECT, dtype=np.int8)
    states, kept = layer, _solved(rows, layer, starts)
    score = _score(rows, layer, kept)
    frontier = np.argsort(-score)[:_BEAM]
    seen = {layer[0].tobytes()}
    for depth in range(_MOST_DOUBTED):
        best = float(score.max())
        parents = [(states[i], kept.theta[i], _may_stray(rows, kept, int(i), depth)) for i in frontier]
        layer, start = _children(parents, len(rows.timed), starts[:1] if depth == 0 else starts[:0], seen)
        if not len(layer):
            break
        found = _solved(rows, layer, start)
        scored = _score(rows, layer, found)
        offset = len(score)
        states, kept = np.concatenate([states, layer]), _joined(kept, found)
        score = np.concatenate([score, scored])
        frontier = offset + np.argsort(-scored)[:_BEAM]
        frontier = frontier[score[frontier] > best - _HOPELESS]
        if not len(frontier):
            break
    order = _distinct(states, kept, score)
    weight = np.exp(score[order] - score[order[0]])
    return Weighed(states[order] == _DIRECT, states[order] != _STRAY, weight / weight.sum(), _chosen(kept, order))


def _solved(rows: Rows, states: States, start: Floats) -> Solutions:
    return solve(rows, states != _STRAY, np.where(states == _LATE, LATE_MEAN_S, 0.0), start)


def _may_stray(rows: Rows, kept: Solutions, index: int, depth: int) -> Bools:
    """Which rows are worth supposing to be of something else: at first all, then what lies far off."""
    off = kept.residual[index] / np.sqrt(np.diagonal(rows.covariance))
    may: Bools = (off < -_FAR) | (kept.residual[index] > _FAR * LATE_MEAN_S)
    may[len(rows.timed) :] = True
    return may | (depth == 0)


def _children(
    parents: list[tuple[States, Floats, Bools]], timed: int, starts: Floats, seen: set[bytes]
) -> tuple[States, Floats]:
    """Each with one row more in doubt, from where its parent ended and from these starts."""
    layers, begin = [], []
    for states, end, stray in parents:
        for row in np.flatnonzero(states == _DIRECT):
            for state in (_LATE, _STRAY):
                if (row >= timed and state == _LATE) or (state == _STRAY and not stray[row]):
                    continue
                child = states.copy()
                child[row] = state
                enough = np.sum(child == _DIRECT) >= _LEAST_DIRECT and np.sum(child != _STRAY) >= _LEAST_ROWS
                if enough and child.tobytes() not in seen:
                    seen.add(child.tobytes())
                    layers += [child] * (1 + len(starts))
                    begin += [end, *starts]
    width = len(parents[0][0])
    return np.array(layers, dtype=np.int8).reshape(-1, width), np.array(begin).reshape(-1, UNKNOWNS)


def _score(rows: Rows, states: States, found: Solutions) -> Floats:
    """Logarithm of the probability of a supposition and of everything measured."""
    t = len(rows.timed)
    prior = np.full(states.shape, np.log(STRAY / STRAY_WITHIN_S))
    prior[states == _DIRECT] = np.log(1 - LATE - STRAY)
    late = np.log(LATE) + _exponential(found.residual[:, :t], np.sqrt(np.diagonal(rows.covariance)[:t]))
    prior[:, :t] = np.where(states[:, :t] == _LATE, late, prior[:, :t])
    prior[:, t:] = np.where(states[:, t:] == _DIRECT, np.log(1 - ASTRAY), np.log(ASTRAY / (2 * np.pi)))
    scored: Floats = np.nan_to_num(found.evidence + prior.sum(axis=1), nan=-np.inf)
    return scored


def _exponential(late_s: Floats, sigma: Floats) -> Floats:
    """Logarithm of an exponential density with a normal flank, over the normal one that the solver took for it."""
    early = np.minimum(late_s, 0.0) / sigma
    flanked = -np.maximum(late_s, 0.0) / LATE_MEAN_S - early**2 / 2 - np.log(LATE_MEAN_S + sigma * np.sqrt(np.pi / 2))
    variance = LATE_MEAN_S**2 + sigma**2
    taken = -((late_s - LATE_MEAN_S) ** 2) / (2 * variance) - np.log(2 * np.pi * variance) / 2
    ratio: Floats = flanked - taken
    return ratio


def _starts(rows: Rows) -> Floats:
    """Places on rings around the first box from which most onsets and bearings agree, late ones forgiven; (k, 6)."""
    t = len(rows.timed)
    turn = np.arange(_AROUND) * (2 * np.pi / _AROUND)
    ring = np.array(_RINGS_M)[:, None, None] * np.stack([np.sin(turn), np.cos(turn)], axis=-1)
    place = ring.reshape(-1, 2)
    theta = np.tile(rows.prior, (len(place), 1))
    theta[:, :2] = place
    disagree = np.zeros(len(place))
    if t:
        seconds, _ = travel(place, rows.nodes[:t], theta[:, 3], theta[:, 4:])
        zero = rows.seconds - seconds  # (places, t): when it was shot, by each onset
        off = (zero[:, None, :] - zero[:, :, None]) / np.hypot(_COARSE_S, np.sqrt(np.diagonal(rows.covariance)[:t]))
        price = np.where(off > 0, np.minimum(off**2, 4.0 + off / 4), np.minimum(off**2, 16.0)).sum(axis=-1)
        best = np.argmin(price, axis=1)
        disagree += price[np.arange(len(place)), best]
        theta[:, 2] = zero[np.arange(len(place)), best] * METRES_PER_SECOND
    if t < len(rows):
        residual = rows.residuals(theta)[0][:, t:]
        wide = np.hypot(np.sqrt(np.diagonal(rows.covariance)[t:]), np.pi / _AROUND)
        disagree += np.minimum((residual / wide) ** 2, 9.0).sum(axis=-1)
    chosen = []
    for _ in range(_STARTS):  # apart from one another, or all would end in the same valley
        index = int(np.argmin(disagree))
        if not np.isfinite(disagree[index]):
            break
        chosen.append(index)
        disagree[np.hypot(*(place - place[index]).T) <= 0.5 * np.hypot(*place[index])] = np.inf
    return theta[chosen]


def _distinct(states: States, found: Solutions, score: Floats) -> list[int]:
    """Indices, most probable first, of solutions that are neither hopeless nor found twice."""
    order: list[int] = []
    for index in np.argsort(-score, kind="stable"):
        if score[index] < score.max() - _HOPELESS:
            break
        twins = [i for i in order if (states[i] == states[index]).all()]
        near = 0.5 * np.sqrt(np.trace(found.covariance[index, :2, :2])) + _SAME_M
        if all(np.hypot(*(found.theta[index, :2] - found.theta[i, :2])) > near for i in twins):
            order.append(int(index))
    return order


def _joined(a: Solutions, b: Solutions) -> Solutions:
    return Solutions(*(np.concatenate([getattr(a, name), getattr(b, name)]) for name in a.__dataclass_fields__))


def _chosen(a: Solutions, index: list[int]) -> Solutions:
    return Solutions(*(getattr(a, name)[index] for name in a.__dataclass_fields__))
