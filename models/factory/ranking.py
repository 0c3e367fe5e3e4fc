"""How well a score tells things apart, whatever the threshold; and at the threshold that false alarms allow.

Each outcome holds ``score``, ``real`` (1 where what is sought is there, else 0) and ``group`` (which kind of thing it is, a
number; of the real ones any). Rules: an item is called when its score is at or above the threshold, and equal scores are called
together; the threshold belongs to the data that it is read off, so that two models are compared at equal false alarms, never at
an equal score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.factory.figures import SHARE, column
from models.factory.statistics import Array, EvaluationError, Outcome, Weighed

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RankArea:
    """The area under the curve of hits against false alarms: how often a real one scores above one that is not, ties half.

    Attributes:
        less: name of a second score of the same items, whose area is subtracted; empty: none.
    """

    less: str = ""

    def bounds(self, outcomes: Sequence[Outcome]) -> tuple[float, float]:  # noqa: ARG002 - the same for any
        """As in :class:`models.factory.statistics.Figure`."""
        return (-1.0, 1.0) if self.less else SHARE

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """Outcomes."""
        return len(outcomes)

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`."""
        area = _area(outcomes, "score")
        if not self.less:
            return area
        other = _area(outcomes, self.less)
        return lambda weights: area(weights) - other(weights)


@dataclass(frozen=True)
class CalledAt:
    """Share that is called at the least threshold at which no more than ``false`` are, in the mean over the groups.

    Attributes:
        false: share of false alarms that is allowed, the mean of the groups.
        group: of which the share is wanted; ``None`` for the real ones: recall.
    """

    false: float
    group: int | None = None

    def bounds(self, outcomes: Sequence[Outcome]) -> tuple[float, float]:  # noqa: ARG002 - the same for any
        """As in :class:`models.factory.statistics.Figure`."""
        return SHARE

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """Outcomes of which the share is told."""
        _, real, group = _read(outcomes)
        return int(real.sum() if self.group is None else (~real & (group == self.group)).sum())

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`."""
        scores, real, group = _read(outcomes)
        order = np.argsort(-scores, kind="stable")
        last = np.append(scores[order][1:] != scores[order][:-1], True)
        kinds = [~real & (group == kind) for kind in np.unique(group[~real])]
        wanted = real if self.group is None else ~real & (group == self.group)

        def weighed(weights: Array) -> Array:
            ordered = weights[:, order]
            false = np.mean([_called(ordered, kind[order]) for kind in kinds], axis=0)
            allowed = (false <= self.false + 1e-12) & last
            places = np.where(allowed.any(axis=1), allowed.shape[1] - 1 - allowed[:, ::-1].argmax(axis=1), -1)
            called = np.pad(_called(ordered, wanted[order]), ((0, 0), (1, 0)))
            result: Array = called[np.arange(len(weights)), places + 1]
            return result

        return weighed


def _area(outcomes: Sequence[Outcome], name: str) -> Weighed:
    scores, real, _ = _read(outcomes, name)
    negative = np.flatnonzero(~real)[np.argsort(scores[~real], kind="stable")]
    below = np.searchsorted(scores[negative], scores[real], "left")
    upto = np.searchsorted(scores[negative], scores[real], "right")

    def weighed(weights: Array) -> Array:
        summed = np.cumsum(np.pad(weights[:, negative], ((0, 0), (1, 0))), axis=1)
        won = (weights[:, real] * (summed[:, below] + summed[:, upto]) / 2).sum(axis=1)
        pairs = weights[:, real].sum(axis=1) * summed[:, -1]
        result: Array = np.divide(won, pairs, out=np.full(len(weights), np.nan, np.float64), where=pairs > 0)
        return result

    return weighed


def _called(weights: Array, chosen: Mask) -> Array:
    """Share of the chosen that is called when the first so many are: (rows, items)."""
    summed = np.cumsum(weights * chosen, axis=1)
    whole = summed[:, -1:]
    result: Array = np.divide(summed, whole, out=np.full(summed.shape, np.nan, np.float64), where=whole > 0)
    return result


def _read(outcomes: Sequence[Outcome], name: str = "score") -> tuple[Array, Mask, Array]:
    scores, real, group = (column(outcomes, each) for each in (name, "real", "group"))
    chosen: Mask = np.asarray(real == 1)
    if not chosen.any() or chosen.all():
        msg = "a ranking needs both: items in which what is sought is there, and items in which it is not"
        raise EvaluationError(msg)
    return scores, chosen, group
