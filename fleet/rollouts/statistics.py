"""How good a model is in the field, as far as what it says and what people decide about it can show. Pure.

Rules:

- A share stands with its interval (Wilson, 95%): three verdicts prove nothing, and must not look as if they did.
- Outputs of a new version are compared with what the version before it said; what lies outside the central 99% of that is
  out of range. One in a hundred is, by chance; a version is flagged when there are certainly more than twice as many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

_Z95 = 1.959964
_CENTRAL = (0.005, 0.995)
FLAG_ABOVE = 0.02
LEAST = 1000
"""Outputs of the version before that a range rests on. What lies outside a range made of so many is 1% to within 0.3% (one
standard deviation), so that no flag comes of the range alone; of a hundred it would be anything up to 4%."""


class Share(msgspec.Struct, frozen=True):
    """A share of ``n`` with its 95% interval."""

    value: float
    low: float
    high: float
    n: int


class Outputs(msgspec.Struct, frozen=True):
    """What a version said: people counted in a window, and how sure it was."""

    n: int
    devices: int
    mean: float
    sd: float
    median: float
    p95: float
    half_width: float
    """Mean half-width of its intervals."""
    missed: Share
    """Pictures that it did not get to look at."""


class OutOfRange(msgspec.Struct, frozen=True):
    """Outputs outside the central 99% of what the version before said."""

    low: float
    high: float
    share: Share
    flagged: bool


def wilson(successes: int, n: int) -> Share | None:
    """Share with its 95% interval (Wilson 1927); ``None`` of nothing."""
    if n == 0:
        return None
    p, z2 = successes / n, _Z95 * _Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Share(p, max(0.0, centre - half) if successes else 0.0, min(1.0, centre + half) if successes < n else 1.0, n)


def quantile(ordered: Sequence[float], q: float) -> float:
    """Quantile of sorted numbers, between neighbours by their distance."""
    at = q * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def summarise(values: Sequence[float], half_widths: Sequence[float], devices: int, missed: tuple[int, int]) -> Outputs | None:
    """Summarise a version's outputs; ``None`` of nothing.

    Args:
        values: outputs.
        half_widths: of their intervals.
        devices: that said them.
        missed: pictures missed, and pictures in all.
    """
    if not values:
        return None
    ordered, n = sorted(values), len(values)
    mean = math.fsum(values) / n
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1)) if n > 1 else 0.0
    half = math.fsum(half_widths) / n
    share = wilson(*missed) or Share(0.0, 0.0, 1.0, 0)
    return Outputs(n, devices, mean, sd, quantile(ordered, 0.5), quantile(ordered, 0.95), half, share)


def out_of_range(values: Sequence[float], before: Sequence[float]) -> OutOfRange | None:
    """Compare a version's outputs with those of the version before; ``None`` where there are too few of either."""
    if len(before) < LEAST or not values:
        return None
    ordered = sorted(before)
    low, high = (quantile(ordered, q) for q in _CENTRAL)
    outside = sum(not low <= value <= high for value in values)
    share = wilson(outside, len(values))
    assert share is not None
    return OutOfRange(low, high, share, flagged=share.low > FLAG_ABOVE)
