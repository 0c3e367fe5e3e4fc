"""How quickly a car can get from one camera to another, learned from the traffic itself. Pure.

Rules:

- Of an ordered pair of places with enough passages the time is a low quantile of what cars took, less its own uncertainty,
  times :data:`FASTEST`: nobody drives in less. Misreads and clones are among the passages; a quantile is not moved by a few.
- A pair that hardly anybody drives without being seen in between says when cars were parked, not how they drive: the way over
  other places counts where it is quicker.
- Of a pair with little data it is the distance over a generous speed, which the city's own traffic says too; where even a
  position is missing, nothing is impossible. Nor is a pair's own time believed where it would make the distance slower than
  anybody drives: those who took it were parked.
"""

from __future__ import annotations

import numpy as np

from fleet.fusion.anpr.passages import Floats, Ints, Passages

QUANTILE = 0.2
FASTEST = 0.6
"""The quickest drive against the quantile: a third over everybody's speed, and every light green."""
LEAST = 40
"""Passages from which a pair's own times count: the lower end of the quantile is then no longer its smallest."""
GENEROUS_M_S = 45.0
"""As the crow flies: 160 km/h. So fast it may be where the traffic has not said otherwise yet."""
PACE_LEAST = 2000
"""Drives from which the city's pace is known: the speed, as the crow flies, that one in twenty reaches."""
PACE_QUANTILE = 0.95
STRANGE, USUAL = 1.6, 1.1
"""Of the city's pace: what a pair without data is granted, and below which a pair's own times were parked cars'."""
LONGEST_S = 7200.0
"""Whoever took longer was parked in between."""
_Z95 = 1.645


def quickest(seen: Passages, xy: Floats) -> Floats:
    """Least time from each place to each other.

    Args:
        seen: passages, by plate and time.
        xy: (places, 2), metres; not a number where it is not known.

    Returns:
        (places, places), seconds; 0 = nothing is known.
    """
    took = np.diff(seen.at_s)
    drive = (np.diff(seen.who) == 0) & (np.diff(seen.place) != 0) & (took > 0) & (took < LONGEST_S)
    start, end, took = seen.place[:-1][drive], seen.place[1:][drive], took[drive]
    far = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    learned = _over_others(_learned(start * len(xy) + end, took, len(xy)))
    pace = _pace(far[start, end], took)
    strange = np.nan_to_num(far / min(GENEROUS_M_S, STRANGE * pace), nan=0.0)
    return np.where(np.isfinite(learned), np.fmin(learned, far / (USUAL * pace)), strange)


def _pace(far: Floats, took: Floats) -> float:
    speed = (far / took)[np.isfinite(far)]
    return float(np.quantile(speed, PACE_QUANTILE)) if len(speed) >= PACE_LEAST else GENEROUS_M_S


def _learned(key: Ints, took: Floats, count: int) -> Floats:
    order = np.argsort(took, kind="stable")
    order = order[np.argsort(key[order], kind="stable")]
    pairs, start, n = np.unique(key[order], return_index=True, return_counts=True)
    rank = _rank(n)
    known = n >= LEAST
    times = np.full(count * count, np.inf)
    times[pairs[known]] = FASTEST * took[order][(start + rank)[known]]
    return times.reshape(count, count)


def _rank(n: Ints) -> Ints:
    """Lower end of the 95% interval of the quantile, as a place in the order (binomial, normal approximation)."""
    low: Floats = np.floor(n * QUANTILE - _Z95 * np.sqrt(n * QUANTILE * (1 - QUANTILE)))
    return np.maximum(0, low).astype(np.int64)


def _over_others(times: Floats) -> Floats:
    """The quickest way, over others where that is quicker (Floyd 1962)."""
    for middle in range(len(times)):
        np.minimum(times, times[:, middle, None] + times[None, middle, :], out=times)
    return times
