"""Curves over all thresholds: precision against recall, hits against false alarms, and the areas under them.

Rules: a score answers when it is at or above the threshold; equal scores answer together, so that a curve has one point for
each different score. Average precision keeps the order of equal scores, as detection benchmarks do.
"""

from __future__ import annotations

import enum

import numpy as np
import numpy.typing as npt

from models.factory.statistics import Array, EvaluationError
from protocol.basis import Struct

RECALLS = np.linspace(0, 1, 101)
"""Where precision is read off for the average precision of COCO's evaluation."""
KEPT = 200
"""Points of a curve that are written: enough for a picture three inches wide."""


class CurveKind(str, enum.Enum):
    """What a curve shows."""

    PRECISION_RECALL = "precision-recall"
    ROC = "roc"


class Curve(Struct, frozen=True):
    """Points from the strictest threshold to the laxest.

    Precision-recall: x recall, y precision. ROC: x false positive rate, y true positive rate.
    """

    kind: CurveKind
    name: str
    on: str
    variant: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float, ...]
    area: float
    """Of precision-recall: average precision at 101 recalls. Of ROC: area under the curve."""
    positives: int
    negatives: int
    """Of precision-recall: answers that hit nothing, at the laxest threshold."""


def cumulative(scores: Array, hits: Array) -> tuple[Array, Array, Array]:
    """Different scores, falling, float64 (t,); hits and false alarms at or above each, float64 (t,).

    Raises:
        EvaluationError: when there are not as many hits as scores, or one is not finite.
    """
    if scores.shape != hits.shape or scores.ndim != 1:
        msg = f"scores {scores.shape} and hits {hits.shape} must be two rows of the same length"
        raise EvaluationError(msg)
    if not (np.isfinite(scores).all() and np.isin(hits, (0, 1)).all()):
        msg = "scores must be finite and hits 0 or 1; find the item whose answer is not and judge it again"
        raise EvaluationError(msg)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1) if len(ranked) else np.empty(0, np.int64)
    true = np.cumsum(hits[order])[last]
    return ranked[last], true, last + 1.0 - true


def average_precision(scores: Array, hits: Array, real: int) -> float:
    """Area under the precision-recall curve at 101 recalls (Lin et al., Microsoft COCO, 2014, its evaluation code).

    Args:
        scores: float64 (detections,).
        hits: 1 where a detection found an object that no better one had found, else 0; float64 (detections,).
        real: objects, found or not.
    """
    order = np.argsort(-scores, kind="stable")
    return float(precision_recall_area(np.ones((1, len(scores))), hits[order], np.array([float(real)]))[0])


def precision_recall_area(weights: Array, hits: Array, real: Array) -> Array:
    """Average precision for many weightings at once.

    Args:
        weights: how often each detection counts, float64 (draws, detections), best score first.
        hits: 0 or 1, float64 (detections,), best score first.
        real: objects of each draw, float64 (draws,).

    Returns:
        float64 (draws,); NaN where there is no object.
    """
    if not len(hits):
        return np.where(real > 0, 0.0, np.nan)
    true, all_ = np.cumsum(weights * hits, axis=1), np.cumsum(weights, axis=1)
    precision = np.divide(true, all_, out=np.zeros_like(true), where=all_ > 0)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    result = np.full(len(real), np.nan)
    for i in np.flatnonzero(real > 0):
        places = np.searchsorted(true[i] / real[i], RECALLS)
        result[i] = np.append(envelope[i], 0.0)[places].mean()
    return result


def precision_recall(  # noqa: PLR0913 - a curve and what it is called
    scores: Array, hits: Array, real: int, name: str, on: str, variant: str = ""
) -> Curve:
    """The precision-recall curve of detections.

    Raises:
        EvaluationError: without objects or without detections.
    """
    if real < 1 or not len(scores):
        msg = f"{name}: a curve needs objects ({real}) and answers ({len(scores)}); measure it on data that have both"
        raise EvaluationError(msg)
    thresholds, true, false = cumulative(scores, hits)
    kept = _kept(len(thresholds))
    precision = true / (true + false)
    area = average_precision(scores, hits, real)
    return Curve(
        CurveKind.PRECISION_RECALL,
        name,
        on,
        variant,
        _numbers(true[kept] / real),
        _numbers(precision[kept]),
        _numbers(thresholds[kept]),
        area,
        real,
        int(false[-1]),
    )


def receiver_operating(scores: Array, truth: Array, name: str, on: str, variant: str = "") -> Curve:
    """The receiver operating characteristic of yes/no answers.

    Its area is the chance that a positive outscores a negative, equal scores counted half (Hanley and McNeil, 1982).

    Args:
        scores: float64 (items,).
        truth: 0 or 1, float64 (items,).
        name: of the curve.
        on: the data.
        variant: which variant of the model answered.

    Raises:
        EvaluationError: without a positive or without a negative.
    """
    thresholds, true, false = cumulative(scores, truth)
    positives, negatives = int(truth.sum()), int(len(truth) - truth.sum())
    if not positives or not negatives:
        msg = (
            f"{name}: a ROC curve needs positives ({positives}) and negatives ({negatives}); measure it on data that have both"
        )
        raise EvaluationError(msg)
    x, y = np.append(0.0, false / negatives), np.append(0.0, true / positives)
    area = float(np.trapezoid(y, x))
    kept = _kept(len(thresholds))
    return Curve(
        CurveKind.ROC,
        name,
        on,
        variant,
        _numbers(x[1:][kept]),
        _numbers(y[1:][kept]),
        _numbers(thresholds[kept]),
        area,
        positives,
        negatives,
    )


def _kept(n: int) -> npt.NDArray[np.int64]:
    """Places of the points that are written, evenly spread, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, KEPT)).round().astype(np.int64))


def _numbers(values: Array) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)
