"""The figures that outcomes become: means, shares, quantiles, average precision, calibration error.

Rules: a figure names the values that it reads, and a value that an outcome lacks is an error, not a zero; every figure is
computed for many weightings of the same outcomes at once (:mod:`models.factory.statistics`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.factory.calibration import BINS, Binning, edges_of, expected_calibration_error
from models.factory.curves import precision_recall_area
from models.factory.statistics import Array, EvaluationError, Outcome, Weighed

SHARE = (0.0, 1.0)


class _Limited:
    limits: tuple[float, float]

    def bounds(self, outcomes: Sequence[Outcome]) -> tuple[float, float]:  # noqa: ARG002 - the same for any
        """As in :class:`models.factory.statistics.Figure`."""
        return self.limits


@dataclass(frozen=True)
class Mean(_Limited):
    """The mean of one value: accuracy where it is 0 or 1."""

    value: str
    limits: tuple[float, float] = SHARE
    """Range of the value, hence of its mean."""

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """Outcomes."""
        return len(outcomes)

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`."""
        values = column(outcomes, self.value)
        return lambda weights: _divide(weights @ values, weights.sum(axis=1))


@dataclass(frozen=True)
class Ratio(_Limited):
    """The sum of one value by the sum of another: recall (hits by objects), false boxes per picture."""

    numerator: str
    denominator: str
    limits: tuple[float, float] = SHARE

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """The sum of the denominator."""
        return max(1, round(float(column(outcomes, self.denominator).sum())))

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`."""
        above, below = column(outcomes, self.numerator), column(outcomes, self.denominator)
        return lambda weights: _divide(weights @ above, weights @ below)


@dataclass(frozen=True)
class Quantile(_Limited):
    """A quantile of one value: the smallest that at least the share ``share`` of the weight does not exceed."""

    value: str
    share: float
    limits: tuple[float, float] = (0.0, math.inf)

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """Outcomes."""
        return len(outcomes)

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`."""
        values = column(outcomes, self.value)
        order = np.argsort(values, kind="stable")
        ranked = values[order]

        def weighed(weights: Array) -> Array:
            reached = np.cumsum(weights[:, order], axis=1)
            places: npt.NDArray[np.intp] = (reached < self.share * reached[:, -1:] - 1e-9).sum(axis=1)
            return np.asarray(ranked[np.minimum(places, len(ranked) - 1)], np.float64)

        return weighed


@dataclass(frozen=True)
class AveragePrecision(_Limited):
    """Area under the precision-recall curve at 101 recalls, over the detections of many pictures.

    Each outcome is a picture: ``scores`` and ``hits`` (0 or 1) of its detections, ``real`` the number of its objects.
    """

    scores: str = "scores"
    hits: str = "hits"
    real: str = "real"
    limits: tuple[float, float] = SHARE

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """Objects."""
        return max(1, round(float(column(outcomes, self.real).sum())))

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`."""
        scores, owners = flat(outcomes, self.scores)
        hits, hit_owners = flat(outcomes, self.hits)
        if not np.array_equal(owners, hit_owners):
            msg = f"an outcome has not as many {self.hits!r} as {self.scores!r}; give one of each for every detection"
            raise EvaluationError(msg)
        real = column(outcomes, self.real)
        order = np.argsort(-scores, kind="stable")
        owners, hits = owners[order], hits[order]
        return lambda weights: precision_recall_area(weights[:, owners], hits, weights @ real)


@dataclass(frozen=True)
class CalibrationError(_Limited):
    """Expected calibration error of probabilities against 0 or 1; an outcome holds one of each, or several.

    Resampling adds noise to every bin, so that the interval lies somewhat too high; of a well calibrated model it may begin
    above the figure itself.
    """

    probability: str
    hit: str
    bins: int = BINS
    binning: Binning = Binning.WIDTH
    limits: tuple[float, float] = SHARE

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """Probabilities."""
        return max(1, len(flat(outcomes, self.probability)[0]))

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`; the edges of the bins are those of all outcomes."""
        probability, owners = flat(outcomes, self.probability)
        hits, hit_owners = flat(outcomes, self.hit)
        if not np.array_equal(owners, hit_owners):
            msg = f"an outcome has not as many {self.hit!r} as {self.probability!r}; give one of each for every answer"
            raise EvaluationError(msg)
        edges = edges_of(probability, self.bins, self.binning)
        return lambda weights: expected_calibration_error(probability, hits, edges, weights[:, owners])


def column(outcomes: Sequence[Outcome], name: str) -> Array:
    """One number of each outcome, float64 (items,).

    Raises:
        EvaluationError: naming the outcome that lacks it or has no finite number.
    """
    values = np.empty(len(outcomes))
    for i, outcome in enumerate(outcomes):
        value = _value(outcome, name)
        if not isinstance(value, int | float | np.number | np.bool_) or not math.isfinite(value):
            msg = f"{_where(outcome)}: {name!r} is {value!r}, not a finite number; judge the item again or leave it out"
            raise EvaluationError(msg)
        values[i] = value
    return values


def flat(outcomes: Sequence[Outcome], name: str) -> tuple[Array, npt.NDArray[np.int64]]:
    """All numbers of all outcomes, float64 (numbers,), and the outcome that each belongs to, int64 (numbers,).

    Raises:
        EvaluationError: naming the outcome that lacks them or has one that is not finite.
    """
    parts = [np.atleast_1d(np.asarray(_value(outcome, name), np.float64)) for outcome in outcomes]
    for outcome, part in zip(outcomes, parts, strict=True):
        if part.ndim != 1 or not np.isfinite(part).all():
            msg = (
                f"{_where(outcome)}: {name!r} holds something that is not a finite number; judge the item again or leave it out"
            )
            raise EvaluationError(msg)
    owners = np.repeat(np.arange(len(parts), dtype=np.int64), [len(part) for part in parts])
    return np.concatenate(parts) if parts else np.empty(0), owners


def _value(outcome: Outcome, name: str) -> float | Sequence[float]:
    if name not in outcome.values:
        there = ", ".join(sorted(outcome.values)) or "none"
        msg = f"{_where(outcome)}: no value {name!r} (there are: {there}); every outcome needs each value that a figure reads"
        raise EvaluationError(msg)
    return outcome.values[name]


def _where(outcome: Outcome) -> str:
    return " / ".join(part for part in (outcome.source, outcome.condition, outcome.item) if part)


def _divide(above: Array, below: Array) -> Array:
    result: Array = np.full(len(above), np.nan)
    return np.divide(above, below, out=result, where=below > 0)
