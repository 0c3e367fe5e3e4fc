"""Figures with intervals, from judged items.

Rules:

- What is judged once is one :class:`Outcome`; it names its source: the photo, recording or scene that it was cut from. Items of
  one source resemble one another, so that it is sources that are drawn again, never items.
- Intervals are 95% percentile bootstrap intervals (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
- One source says nothing about others: the interval is then the whole range of the figure, and the note says why.
- Where every draw ends at the edge of the range (nothing was ever wrong), a bootstrap would claim certainty; the far end of the
  interval is then that of Clopper and Pearson (1934) for as many sources, or of Garwood (1936) for a rate without upper bound.
- Randomness is handed in; the same generator state gives the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from protocol.basis import Struct
from protocol.manifest import Metric

DRAWS = 2000
"""Resamples for an interval: its ends then move by about a twentieth of its width between seeds."""
FEW_SOURCES = 10
"""Below this the percentile interval of a mean covers the truth in about 90% of cases or less, not in 95%."""
CELLS = 4_000_000
"""Weights computed at a time: 32 MB."""
UNDEFINED = 0.05
"""Share of draws for which a figure may be undefined (a precision without detections) before there is no interval."""
TAILS = (2.5, 97.5)

Array: TypeAlias = npt.NDArray[np.float64]
Weighed: TypeAlias = Callable[[Array], Array]
"""Weights (draws, items), how often each item counts, to the figure of each draw (draws,); NaN where it is undefined."""


class EvaluationError(ValueError):
    """A judgement that the data do not allow; the message says what to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of one judged item.

    ``values`` are numbers, or several of each for an item with many answers (the scores of a picture's detections). ``item``
    names the item within its source and condition, where there are several.
    """

    source: str
    condition: str
    values: Mapping[str, float | Sequence[float]]
    item: str = ""


class Figure(Protocol):
    """A number that describes many outcomes."""

    def bounds(self, outcomes: Sequence[Outcome]) -> tuple[float, float]:
        """The least and the greatest value that it can have over so many outcomes."""

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """How many samples it rests on."""

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """The figure as a function of how often each of these outcomes counts."""


class Estimate(Struct, frozen=True):
    """A figure of one variant in one condition, with how its interval came about."""

    metric: Metric
    variant: str = ""
    condition: str = ""
    """Empty: all together."""
    sources: int = 0
    """Sources that the interval rests on; 0 where it was not drawn by source."""
    note: str = ""
    """What to know before the interval is believed."""
    unit: str = ""
    """Of the value; empty for a share."""


def estimate(  # noqa: PLR0913 - a figure and what it is called
    outcomes: Sequence[Outcome],
    figure: Figure,
    name: str,
    on: str,
    random: np.random.Generator,
    *,
    draws: int = DRAWS,
    variant: str = "",
    condition: str = "",
    unit: str = "",
) -> Estimate:
    """A figure and its 95% interval.

    Args:
        outcomes: all that count, in any condition.
        figure: how they become a number.
        name: of the figure, as gates name it.
        on: the data that it was measured on, as gates name them.
        random: where draws come from.
        draws: resamples.
        variant: which variant of the model answered.
        condition: empty for all together.
        unit: of the value; empty for a share.

    Raises:
        EvaluationError: without outcomes, or when the figure is undefined or has no interval.
    """
    if not outcomes:
        msg = f"{name}: nothing was judged on {on}; give it data, or leave the figure out and say that it was skipped"
        raise EvaluationError(msg)
    places, sources = source_places(outcomes)
    weighed = figure.over(outcomes)
    value = float(weighed(np.ones((1, len(outcomes))))[0])
    if not math.isfinite(value):
        msg = f"{name}: undefined over the {len(outcomes)} outcomes on {on}; it needs at least one item that it speaks of"
        raise EvaluationError(msg)
    least, greatest = figure.bounds(outcomes)
    if not least <= value <= greatest:
        msg = f"{name}: {value:g} is outside its range, {least:g} to {greatest:g}; name the figure's limits"
        raise EvaluationError(msg)
    low, high, note = _interval(
        name, value, (least, greatest), [weighed(w) for w in resamples(places, sources, random, draws)], sources
    )
    metric = Metric(name, value, low, high, figure.size(outcomes), on)
    return Estimate(metric, variant, condition, sources, note, unit)


def by_condition(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by condition, in the order in which conditions first occur."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.condition, []).append(outcome)
    return found


def source_places(outcomes: Sequence[Outcome]) -> tuple[npt.NDArray[np.int64], int]:
    """The number of each outcome's source, int64 (items,), counted from 0 in the order of names; how many there are."""
    names, places = np.unique([outcome.source for outcome in outcomes], return_inverse=True)
    return places.astype(np.int64), len(names)


def resamples(places: npt.NDArray[np.int64], sources: int, random: np.random.Generator, draws: int) -> Iterator[Array]:
    """Weights of items when as many sources as there are get drawn with replacement; a few draws at a time."""
    step = max(1, CELLS // max(len(places), 1))
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        chosen = random.integers(0, sources, (rows, sources)) + np.arange(rows)[:, None] * sources
        counts = np.bincount(chosen.ravel(), minlength=rows * sources).reshape(rows, sources)
        yield counts[:, places].astype(np.float64)


def _interval(
    name: str, value: float, bounds: tuple[float, float], drawn: Sequence[Array], sources: int
) -> tuple[float, float, str]:
    least, greatest = bounds
    if sources == 1:
        if not math.isfinite(least) or not math.isfinite(greatest):
            msg = f"{name}: all outcomes come from one source and the figure has no range; judge it on several sources"
            raise EvaluationError(msg)
        return least, greatest, "one source: the interval is the figure's whole range"
    low, high = percentiles(name, np.concatenate(drawn))
    note = f"{sources} sources: the interval is narrower than a true 95%" if sources < FEW_SOURCES else ""
    if low == high == value and value in bounds:
        span = greatest - least
        tail = unseen(sources) * span if math.isfinite(span) else -math.log(1 - TAILS[1] / 100) / sources
        low, high = (value - tail, high) if value == greatest else (low, value + tail)
        note = f"no source differed: the far end is that of an exact interval for {sources} sources"
    return low, high, note


def unseen(sources: int) -> float:
    """The share of sources that may differ although none of so many did: upper end of Clopper and Pearson's 95% interval."""
    return float(1 - (1 - TAILS[1] / 100) ** (1 / sources))


def percentiles(name: str, drawn: Array) -> tuple[float, float]:
    """The ends of the 95% percentile interval of draws.

    Raises:
        EvaluationError: when too many draws are undefined.
    """
    lost = float(np.isnan(drawn).mean())
    if lost > UNDEFINED:
        msg = f"{name}: undefined in {lost:.0%} of the resamples; it rests on too few sources: judge it on more"
        raise EvaluationError(msg)
    low, high = np.nanpercentile(drawn, TAILS)
    return float(low), float(high)
