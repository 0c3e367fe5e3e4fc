"""Operating points: a threshold that is chosen on one part of the data, and what it does on another.

Rules: the two parts share no source; a score answers when it is at or above the threshold; of all thresholds that keep the
promise the lowest is taken, since it misses least. What was promised on one part is reported on the other, kept or not.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.factory.calibration import check_apart
from models.factory.curves import cumulative
from models.factory.figures import Ratio, column, flat
from models.factory.statistics import DRAWS, Array, Estimate, EvaluationError, Outcome, estimate
from protocol.basis import Struct


class Promise(str, enum.Enum):
    """What a threshold must keep."""

    FALSE_ALARMS = "false-alarms-at-most"
    """False alarms per unit (negative item, picture, hour), at most."""
    PRECISION = "precision-at-least"
    """Share of answers that hit, at least."""


@dataclass(frozen=True)
class Answers:
    """The values of outcomes that an operating point reads."""

    scores: str = "scores"
    """One or several scores."""
    hits: str = "hits"
    """Whether each answer is right, 0 or 1."""
    real: str = "real"
    """What there was to find: objects of a picture; 1 for a positive, 0 for a negative."""
    units: str = "units"
    """What false alarms are counted by: 1 for a picture or a negative, hours of a recording."""


class OperatingResult(Struct, frozen=True):
    """A threshold, and its figures where it was chosen and where it is reported."""

    name: str
    variant: str
    promise: Promise
    limit: float
    threshold: float
    chosen_on: str
    chosen: tuple[Estimate, ...]
    reported: tuple[Estimate, ...]

    @property
    def kept(self) -> bool:
        """Whether the promise holds on the data on which it is reported."""
        for found in self.reported:
            if found.metric.name == f"{self.name}.{_FIGURE_OF[self.promise]}":
                value = found.metric.value
                return value <= self.limit if self.promise is Promise.FALSE_ALARMS else value >= self.limit
        return False


_FIGURE_OF = {Promise.FALSE_ALARMS: "false_alarms", Promise.PRECISION: "precision"}


def choose_threshold(scores: Array, hits: Array, units: float, promise: Promise, limit: float) -> float:
    """The lowest threshold that keeps a promise, half-way to the next score below it (so that rounding moves no answer).

    Args:
        scores: of all answers, float64 (n,).
        hits: whether each was right, 0 or 1, float64 (n,).
        units: what false alarms are counted by, in all.
        promise: what is to be kept.
        limit: its number.

    Raises:
        EvaluationError: when no threshold keeps it, with the best that is there.
    """
    thresholds, true, false = cumulative(scores, hits)
    if not len(thresholds) or not units > 0:
        msg = f"threshold: {len(thresholds)} scores and {units:g} units; choose it on data with answers"
        raise EvaluationError(msg)
    match promise:
        case Promise.FALSE_ALARMS:
            kept, best = false / units <= limit, float((false / units).min())
        case Promise.PRECISION:
            precision = true / (true + false)
            kept, best = precision >= limit, float(precision.max())
    if not kept.any():
        msg = f"threshold: none keeps {promise.value} {limit:g} (best: {best:g}); ask for less, or choose on more data"
        raise EvaluationError(msg)
    last = int(np.flatnonzero(kept)[-1])
    if last + 1 == len(thresholds):
        return float(thresholds[last])
    middle = float((thresholds[last] + thresholds[last + 1]) / 2)
    return middle if thresholds[last + 1] < middle <= thresholds[last] else float(thresholds[last])


def operating_point(  # noqa: PLR0913 - two parts and what they are called
    chosen: Sequence[Outcome],
    reported: Sequence[Outcome],
    random: np.random.Generator,
    *,
    name: str,
    promise: Promise,
    limit: float,
    chosen_on: str,
    reported_on: str,
    variant: str = "",
    answers: Answers = Answers(),
    draws: int = DRAWS,
) -> OperatingResult:
    """Choose a threshold on one part and measure it on both.

    Raises:
        EvaluationError: when the parts share a source, or no threshold keeps the promise.
    """
    check_apart([o.source for o in chosen], [o.source for o in reported], name)
    scores, hits = flat(chosen, answers.scores)[0], flat(chosen, answers.hits)[0]
    threshold = choose_threshold(scores, hits, float(column(chosen, answers.units).sum()), promise, limit)
    figures = [
        tuple(_figures(name, _at(part, threshold, answers), on, random, variant, draws))
        for part, on in ((chosen, chosen_on), (reported, reported_on))
    ]
    return OperatingResult(name, variant, promise, limit, threshold, chosen_on, figures[0], figures[1])


def _at(outcomes: Sequence[Outcome], threshold: float, answers: Answers) -> list[Outcome]:
    """Outcomes with what is answered at a threshold."""
    found = []
    for outcome in outcomes:
        scores, hits = flat([outcome], answers.scores)[0], flat([outcome], answers.hits)[0]
        if scores.shape != hits.shape:
            msg = f"{outcome.source}: {len(scores)} scores and {len(hits)} hits; give one of each for every answer"
            raise EvaluationError(msg)
        given = scores >= threshold
        values = {
            "hits": float(hits[given].sum()),
            "false": float(given.sum() - hits[given].sum()),
            "given": float(given.sum()),
            "real": float(column([outcome], answers.real)[0]),
            "units": float(column([outcome], answers.units)[0]),
        }
        found.append(Outcome(outcome.source, outcome.condition, values, outcome.item))
    return found


def _figures(  # noqa: PLR0913 - what was measured and what it is called
    name: str, outcomes: Sequence[Outcome], on: str, random: np.random.Generator, variant: str, draws: int
) -> list[Estimate]:
    """Recall, precision and false alarms by unit; without objects no recall, without answers no precision."""
    wanted = {
        "recall": Ratio("hits", "real"),
        "precision": Ratio("hits", "given"),
        "false_alarms": Ratio("false", "units", (0.0, math.inf)),
    }
    return [
        estimate(outcomes, figure, f"{name}.{key}", on, random, draws=draws, variant=variant)
        for key, figure in wanted.items()
        if column(outcomes, figure.denominator).any()
    ]
