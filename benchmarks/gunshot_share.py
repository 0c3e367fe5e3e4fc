"""One model's figure in shares of another's on the same items, with an interval: sources are drawn for both together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from models.factory.statistics import EvaluationError, Outcome, Weighed, percentiles, resamples, source_places

_DRAWS = 2000


def share_of(ours: Weighed, theirs: Weighed, outcomes: Sequence[Outcome]) -> tuple[float, float | None, float | None]:
    """The share, not a number where the other's figure is 0, and its 95% interval, or none where too many draws have no share.

    Args:
        ours: figure of weights, float64 (draws, items).
        theirs: the same.
        outcomes: of the items, for their sources.
    """
    once = np.ones((1, len(outcomes)))
    own, other = float(ours(once)[0]), float(theirs(once)[0])
    places, sources = source_places(outcomes)
    draws = resamples(places, sources, np.random.default_rng(1), _DRAWS)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.concatenate([ours(weights) / theirs(weights) for weights in draws])
    try:
        low, high = percentiles("share", np.where(np.isfinite(drawn), drawn, np.nan))
    except EvaluationError:
        return own / other if other else math.nan, None, None
    return own / other if other else math.nan, low, high
