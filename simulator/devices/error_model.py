"""How a box errs: people it misses, people who are not there, and windows in which it errs all the time.

Rules: the box knows its own error model, as a measured bundle does: its estimate is corrected for what it misses on average,
and its interval covers what is true at least as often as it says.

A picture with ``n`` people shows ``Binomial(n, r) + Poisson(f)``. The recall ``r`` is drawn once per window from a Beta law
with mean ``recall`` and correlation ``rho`` (a tree, a low sun, or rain stays for the window), which makes counts
over-dispersed: ``var = n r (1 - r) (1 + (n - 1) rho)`` for one picture (the beta-binomial law). Of ``k`` pictures in a window
only the part that does not stay averages out.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.basis import Estimate
from simulator.worlds.crowds import binomial, poisson

_Z90 = 1.6449
"""Half width of a 90% interval in standard deviations, normal law."""


class ErrorModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One box's errors."""

    recall: Annotated[float, Meta(gt=0, le=1, description="Share of the people that it sees, on average")] = 0.87
    false_positives: Annotated[float, Meta(ge=0, description="People per picture that are not there")] = 0.15
    rho: Annotated[float, Meta(ge=0, lt=1, description="Correlation of misses within a window; 0 = none")] = 0.02
    line_recall: Annotated[float, Meta(gt=0, le=1, description="Share of the crossings that it counts")] = 0.92
    line_false_positives: Annotated[float, Meta(ge=0, description="Crossings per minute that are none")] = 0.2


@dataclass(frozen=True)
class Seen:
    """What one window showed."""

    mean: float
    minimum: int
    maximum: int
    pictures: int


class Eye:
    """Looks at what is true through an error model.

    Args:
        model: how it errs.
        rng: where chance comes from.
    """

    def __init__(self, model: ErrorModel, rng: random.Random) -> None:
        self.model, self._rng = model, rng

    def window(self, people: Sequence[int]) -> Seen:
        """See a window of pictures with so many people in each."""
        recall = self._recall()
        seen = [self.picture(n, recall) for n in people]
        return Seen(sum(seen) / len(seen), min(seen), max(seen), len(seen))

    def picture(self, people: int, recall: float | None = None) -> int:
        """See one picture."""
        recall = self._recall() if recall is None else recall
        return binomial(self._rng, people, recall) + poisson(self._rng, self.model.false_positives)

    def crossings(self, people: int, seconds: float) -> int:
        """Count crossings of a line."""
        ghosts = poisson(self._rng, self.model.line_false_positives * seconds / 60)
        return binomial(self._rng, people, self.model.line_recall) + ghosts

    def _recall(self) -> float:
        model = self.model
        if model.rho == 0 or model.recall == 1:
            return model.recall
        concentration = 1.0 / model.rho - 1.0
        return self._rng.betavariate(model.recall * concentration, (1 - model.recall) * concentration)


def estimate_people(seen: Seen, model: ErrorModel) -> Estimate:
    """People in a zone, mean over the window, with a 90% interval."""
    value = max(0.0, (seen.mean - model.false_positives) / model.recall)
    spread = model.recall * (1 - model.recall)
    stays = spread * model.rho * value * value
    changes = (spread * value + model.false_positives) / seen.pictures
    half = _Z90 * math.sqrt(stays + changes) / model.recall + 0.1
    return Estimate(round(value, 2), round(max(0.0, value - half), 2), round(value + half, 2))


def estimate_crossings(counted: int, seconds: float, model: ErrorModel) -> Estimate:
    """Crossings in a window, with a 90% interval (normal approximation with Anscombe's 3/8 for small counts)."""
    ghosts = model.line_false_positives * seconds / 60
    value = max(0.0, (counted - ghosts) / model.line_recall)
    half = _Z90 * math.sqrt(value * (1 - model.line_recall) + ghosts + 0.375) / model.line_recall
    return Estimate(round(value, 2), round(max(0.0, value - half), 2), round(value + half, 2))
