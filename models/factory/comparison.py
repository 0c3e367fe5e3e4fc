"""Two models on the same items: the difference with its interval, and how likely chance alone would bring it.

Rules: both must have been judged on the same items, or there is no comparison; sources are drawn and swapped whole. The
sign-flip test exchanges the two models' answers source by source (Fisher's randomisation test; exact up to 4,096 exchanges,
drawn beyond). Where no source differs, the interval says what so many sources can prove. Yes/no values with one outcome for
each source get McNemar's exact test besides (McNemar, 1947, in its binomial form).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from models.factory.figures import Mean, column
from models.factory.statistics import (
    CELLS,
    DRAWS,
    Array,
    EvaluationError,
    Figure,
    Outcome,
    percentiles,
    resamples,
    source_places,
    unseen,
)
from protocol.basis import Struct

EXACT = 12
"""Sources up to which every exchange is tried: 2 to the power of 12 is 4,096."""
ROUNDING = 1e-12
"""Differences that sums in another order may make."""


class Comparison(Struct, frozen=True):
    """How a second model differs from a first on one figure."""

    name: str
    first: str
    second: str
    on: str
    first_value: float
    second_value: float
    difference: float
    """Second less first."""
    low: float
    high: float
    p: float
    """Sign-flip test, two-sided."""
    n: int
    sources: int
    mcnemar_p: float | None = None
    note: str = ""


def compare(  # noqa: PLR0913 - two models and what they are called
    first: Sequence[Outcome],
    second: Sequence[Outcome],
    figure: Figure,
    random: np.random.Generator,
    *,
    name: str,
    names: tuple[str, str],
    on: str,
    draws: int = DRAWS,
) -> Comparison:
    """Compare two models on one figure.

    Args:
        first: outcomes of the first model.
        second: outcomes of the second, on the same items in any order.
        figure: how outcomes become a number.
        random: where draws come from.
        name: of the figure.
        names: of the two models.
        on: the data.
        draws: resamples and exchanges.

    Raises:
        EvaluationError: when the two do not cover the same items, or the figure is undefined for one.
    """
    _check_same_items(first, second, names)
    ordered = [sorted(part, key=lambda o: (o.source, o.condition, o.item)) for part in (first, second)]
    places, sources = source_places(ordered[0])
    weighed = [figure.over(part) for part in ordered]
    ones = np.ones((1, len(places)))
    values = [float(w(ones)[0]) for w in weighed]
    if not all(math.isfinite(value) for value in values):
        whose = names[0] if math.isnan(values[0]) else names[1]
        msg = f"{name}: undefined for {whose} on {on}; judge it on items that it speaks of"
        raise EvaluationError(msg)
    difference = values[1] - values[0]
    least, greatest = figure.bounds(ordered[0])
    note, span = "", greatest - least
    if sources == 1:
        if not math.isfinite(span):
            msg = f"{name}: all outcomes come from one source and the figure has no range; compare on several sources"
            raise EvaluationError(msg)
        low, high, note = -span, span, "one source: nothing can be said about others"
    else:
        drawn = [weighed[1](w) - weighed[0](w) for w in resamples(places, sources, random, draws)]
        low, high = percentiles(name, np.concatenate(drawn))
        if low == high == difference == 0 and math.isfinite(span):
            low, high = -unseen(sources) * span, unseen(sources) * span
            note = f"no source differed: the interval is an exact one for {sources} sources"
    p = _sign_flip(ordered, figure, difference, random, draws)
    answers = _yes_no(ordered, figure) if sources == len(places) else None
    exact = None if answers is None else mcnemar(*answers)
    return Comparison(
        name, names[0], names[1], on, values[0], values[1], difference, low, high, p, len(places), sources, exact, note
    )


def mcnemar(first: Array, second: Array) -> float:
    """McNemar's exact two-sided p for paired yes/no values, 0 or 1, each float64 (n,)."""
    better, worse = int(((second == 1) & (first == 0)).sum()), int(((second == 0) & (first == 1)).sum())
    changed = better + worse
    tail = sum(math.comb(changed, k) for k in range(min(better, worse) + 1))
    return float(min(1.0, 2 * tail / 2**changed))


def _sign_flip(
    parts: Sequence[Sequence[Outcome]], figure: Figure, found: float, random: np.random.Generator, draws: int
) -> float:
    """Share of exchanges that differ at least as much as was found."""
    places, sources = source_places(parts[0])
    both = figure.over([*parts[0], *parts[1]])
    exact = sources <= EXACT
    flips = (
        np.array(list(itertools.product((0.0, 1.0), repeat=sources)))
        if exact
        else random.integers(0, 2, (draws, sources)).astype(np.float64)
    )
    reached = 0
    step = max(1, CELLS // (2 * len(places)))
    for start in range(0, len(flips), step):
        swapped = flips[start : start + step][:, places]
        change = both(np.hstack([swapped, 1 - swapped])) - both(np.hstack([1 - swapped, swapped]))
        reached += int((np.abs(change) >= abs(found) - ROUNDING).sum())
    return reached / len(flips) if exact else (1 + reached) / (1 + len(flips))


def _yes_no(parts: Sequence[Sequence[Outcome]], figure: Figure) -> tuple[Array, Array] | None:
    """The values of both, where the figure is the mean of values that are all 0 or 1."""
    if not isinstance(figure, Mean):
        return None
    first, second = (column(part, figure.value) for part in parts)
    return (first, second) if np.isin([first, second], (0, 1)).all() else None


def _check_same_items(first: Sequence[Outcome], second: Sequence[Outcome], names: tuple[str, str]) -> None:
    counted = [Counter((o.source, o.condition, o.item) for o in part) for part in (first, second)]
    for here, there, name in ((0, 1, names[1]), (1, 0, names[0])):
        missing = counted[here] - counted[there]
        if missing:
            example = " / ".join(part for part in min(missing) if part)
            lacks = f"{name} was not judged on {missing.total()} items that the other was (first: {example})"
            msg = f"{lacks}; judge both on the same items"
            raise EvaluationError(msg)
    if not counted[0]:
        msg = f"{names[0]} and {names[1]}: nothing was judged; give them data"
        raise EvaluationError(msg)
