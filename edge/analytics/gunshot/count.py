"""From the moments of rounds to what is told: how many, how fast, and how they followed one another.

Rules: every number has its 90% interval; the number of shots is a sum of doubts (Poisson-binomial), so that echoes that may be
rounds and rounds that may be echoes widen it; a pair of shots says nothing of a cadence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.analytics.gunshot.rumble import Signal
from protocol.basis import Estimate
from protocol.gunshot import FireMode

LEVEL = 0.9
LIKELY = 0.5
FAST_S = 0.22
"""Longest time between rounds of a weapon that fires by itself; 300 a minute are 0.2 s, and fingers that are faster are few."""
PAIR_S = 0.15
"""The same where there are two rounds only."""
EVEN = 0.12
"""Deviation of gaps over their mean up to which a mechanism has made them."""
LONG = 6
"""Rounds from which a burst is automatic fire; triggers that count give two, three or five."""
SURE = 0.8
"""Probability of one shot alone from which it is called single."""
_STUDENT = (6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83, 1.81)
"""95% points of Student's distribution with 1, 2, ... degrees of freedom."""
_NORMAL = 1.645
_MOST_RPM = 6_000.0


@dataclass(frozen=True)
class Counted:
    """What followed from the moments.

    Attributes:
        shots: how many.
        cadence: rounds a minute while it fired; ``None`` for fewer than three.
        mode: how they followed one another.
    """

    shots: Estimate
    cadence: Estimate | None
    mode: FireMode


def count(moments: Sequence[float], probabilities: Sequence[float], sigma_s: float = 1e-4) -> Counted:
    """Count.

    Args:
        moments: of what may be rounds, seconds, ascending.
        probabilities: that each is one.
        sigma_s: standard deviation of a moment.

    Raises:
        ValueError: no moment is likely to be a round, or there is not one probability for each.
    """
    if len(moments) != len(probabilities):
        msg = f"{len(moments)} moments have {len(probabilities)} probabilities; give one for each"
        raise ValueError(msg)
    times = np.array([moment for moment, share in zip(moments, probabilities, strict=True) if share >= LIKELY], np.float64)
    if not len(times):
        msg = "none of the moments is likely to be a round; there is nothing to count"
        raise ValueError(msg)
    shares = how_many(probabilities)
    low, high = _interval(shares)
    shots = Estimate(float(len(times)), float(min(low, len(times))), float(max(high, len(times))), LEVEL)
    gaps = np.diff(times)
    return Counted(shots, _cadence(gaps, sigma_s), _mode(gaps, float(shares[1]) if len(shares) > 1 else 1.0))


def how_many(probabilities: Sequence[float]) -> list[float]:
    """Probability of each number of rounds, from none to all."""
    shares = np.array([1.0])
    for probability in probabilities:
        shares = np.convolve(shares, [1 - probability, probability])
    return [float(share) for share in shares]


def _interval(shares: Sequence[float]) -> tuple[int, int]:
    below = np.cumsum(shares)
    tail = (1 - LEVEL) / 2
    return int(np.searchsorted(below, tail)), int(np.searchsorted(below, 1 - tail))


def _cadence(gaps: Signal, sigma_s: float) -> Estimate | None:
    """From the mean gap. A gap that is a multiple of the others has rounds that were not heard, and counts for as many."""
    if len(gaps) < 2 or gaps.min() <= 0:  # noqa: PLR2004 - two gaps are three shots
        return None
    usual = float(np.median(gaps))
    steps = np.maximum(1.0, np.round(gaps / usual)) if usual <= FAST_S else np.ones(len(gaps))
    each = gaps / steps
    mean = float(gaps.sum() / steps.sum())
    spread = float(np.std(each, ddof=1))
    free = len(gaps) - 1
    factor = _STUDENT[free - 1] if free <= len(_STUDENT) else _NORMAL
    half = factor * float(np.hypot(spread / np.sqrt(len(gaps)), 1.4 * sigma_s / steps.sum()))
    shortest, longest = max(mean - half, 60 / _MOST_RPM), mean + half
    return Estimate(round(60 / mean, 1), round(60 / longest, 1), round(60 / shortest, 1), LEVEL)


def _mode(gaps: Signal, alone: float) -> FireMode:
    if not len(gaps):
        return FireMode.SINGLE if alone >= SURE else FireMode.UNKNOWN
    if len(gaps) == 1:
        if gaps[0] > FAST_S:
            return FireMode.SINGLE
        return FireMode.BURST if gaps[0] <= PAIR_S else FireMode.UNKNOWN
    if gaps.min() > FAST_S:
        return FireMode.SINGLE
    even = float(gaps.std() / gaps.mean()) <= EVEN
    if gaps.max() > FAST_S or not even:
        return FireMode.UNKNOWN
    return FireMode.AUTOMATIC if len(gaps) + 1 >= LONG else FireMode.BURST
