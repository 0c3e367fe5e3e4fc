"""Fitting the constants of :class:`edge.analytics.anpr.calibration.Calibration` to passages whose plates are known.

The loss is the mean negative log-probability of the truth, of "none of the candidates" where the truth is none of them; it is
brought down by the simplex of Nelder and Mead (1965), because there are eight constants and no gradient is at hand.

Rules: what is fitted on is not reported on, photographs fit nothing; the exponent of the number of pictures is given, not
fitted: left to itself it goes to 1 and stays there; the share that leads astray is given too, for the loss hardly sees it.
Deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edge.analytics.anpr.calibration import Calibration
from edge.analytics.anpr.consensus import CANDIDATES, LEAST_SUPPORT, PREFIXES, READINGS
from edge.analytics.anpr.likelihood import Doubles, encode, folded_columns, likelihoods
from edge.analytics.anpr.syntax import log_prior
from models.bundle.plates import PlateSeen
from models.bundle.reading import SILENT, read_best
from protocol.plates import MOST_CHARACTERS, fold

_LEAST = 1e-6
"""Probability of a truth at which the loss stops: one passage that is not what it is said to be decides nothing."""
_SHRINK = 3e-4
"""Of the squares of the weights' constants: without pictures that differ there is nothing to tell them apart."""
_STEPS = (0.5, 0.2, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.1)


@dataclass(frozen=True)
class Known:
    """A passage, scored.

    Attributes:
        truth: row of the truth among the candidates; ``None`` = it is none of them.
        explained: (pictures, n), of :func:`edge.analytics.anpr.likelihood.likelihoods`.
        silent: (pictures,).
        qualities: (pictures, 4): width, sharpness, contrast, entropy.
        prior: (n,).
    """

    truth: int | None
    explained: Doubles
    silent: Doubles
    qualities: Doubles
    prior: Doubles


def score(text: str, sights: Sequence[PlateSeen]) -> Known | None:
    """Score a passage; ``None`` where nothing was read."""
    support: dict[str, float] = {}
    for sight in sights:
        for reading in read_best(sight.columns, READINGS, PREFIXES):
            if 0 < len(reading.text) <= MOST_CHARACTERS and reading.probability >= LEAST_SUPPORT:
                key = fold(reading.text)
                support[key] = support.get(key, 0.0) + reading.probability
    candidates = sorted(support, key=lambda key: (-support[key], key))[:CANDIDATES]
    if not candidates:
        return None
    pictures = [folded_columns(sight.columns) for sight in sights]
    entropies = [float(-(picture * np.log(picture)).sum()) for picture in pictures]
    qualities = [[s.width, s.sharpness, s.contrast, e] for s, e in zip(sights, entropies, strict=True)]
    return Known(
        candidates.index(fold(text)) if fold(text) in candidates else None,
        likelihoods(pictures, encode(candidates)),
        np.array([picture[:, SILENT].prod() for picture in pictures]),
        np.array(qualities),
        log_prior(candidates),
    )


def loss(calibration: Calibration, passages: Iterable[Known]) -> float:
    """Mean negative log-probability of the truth."""
    costs = []
    for passage in passages:
        weights = np.array([calibration.weight(*quality) for quality in passage.qualities.tolist()])
        found = calibration.posterior(passage.explained, passage.silent, weights, passage.prior)
        right = 1 - float(found.sum()) if passage.truth is None else float(found[passage.truth])
        costs.append(-np.log(max(right, _LEAST)))
    return float(np.mean(costs)) + _SHRINK * float(np.square(calibration.worth).sum())


def fit(passages: Sequence[Known], start: Calibration, rounds: int = 250) -> Calibration:
    """Constants of the least loss that is found from a start.

    Raises:
        ValueError: there are no passages.
    """
    if not passages:
        msg = "no passage to fit to; render some of the part that is for choosing"
        raise ValueError(msg)

    def built(values: Doubles) -> Calibration:
        floor, scale, other = np.exp(np.minimum(values[:3], [-0.1, 5.0, 0.0])).tolist()
        worth = tuple(values[4:].tolist())
        return replace(start, floor=floor, scale=scale, other=other, unknown=float(values[3]), worth=worth)

    first = [np.log(start.floor), np.log(start.scale), np.log(start.other), start.unknown, *start.worth]
    return built(simplex(lambda values: loss(built(values), passages), np.array(first), np.array(_STEPS), rounds))


def simplex(cost: Callable[[Doubles], float], first: Doubles, steps: Doubles, rounds: int) -> Doubles:
    """Bring a cost down without gradients: reflect, expand, contract, shrink, with the coefficients of the paper."""
    points = [first, *(first + step * axis for step, axis in zip(steps, np.eye(len(first)), strict=True))]
    costs = [cost(point) for point in points]
    for _ in range(rounds):
        order = np.argsort(costs, kind="stable")
        points, costs = [points[i] for i in order], [costs[i] for i in order]
        middle = np.mean(points[:-1], axis=0)
        away = middle - points[-1]
        reflected = cost(middle + away)
        if reflected < costs[0]:
            expanded = cost(middle + 2 * away)
            points[-1], costs[-1] = (middle + 2 * away, expanded) if expanded < reflected else (middle + away, reflected)
        elif reflected < costs[-2]:
            points[-1], costs[-1] = middle + away, reflected
        elif (contracted := cost(middle - away / 2)) < costs[-1]:
            points[-1], costs[-1] = middle - away / 2, contracted
        else:
            points = [points[0], *(points[0] + (point - points[0]) / 2 for point in points[1:])]
            costs = [costs[0], *(cost(point) for point in points[1:])]
    best: Doubles = points[int(np.argmin(costs))]
    return best
