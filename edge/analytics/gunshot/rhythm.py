"""The rhythm of a weapon that fires by itself, and where by it the next rounds are to be expected.

A mechanism's gaps are alike within a few percent; echoes come at other moments, unless a street's width would have it so. Where
rounds that are sure have a rhythm, what falls in with it is believed more and what does not less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.analytics.gunshot.rumble import Signal

SHORTEST_S, LONGEST_S = 0.042, 0.22
"""Of a gap that a mechanism makes."""
ALIKE = 0.08
"""Of a gap, by which one may be off."""
FITTING = 0.7
"""Share of the gaps that have to be the rhythm's or a small multiple of it."""
MOST_STEPS = 3
LEAST_ROUNDS = 4
IN, NEXT, OUT = 1.3, 1.0, 0.75
"""Factors of what falls in with a rhythm between two rounds, of what does before the first or after the last, and of what does
not: a weapon that has fired need not fire again."""


def rhythm(rounds: Sequence[float], rate: int) -> float | None:
    """The usual gap of rounds, samples; ``None`` where there is no rhythm.

    Args:
        rounds: indices, ascending.
        rate: samples a second.
    """
    gaps = np.diff(np.asarray(rounds, np.float64))
    if len(gaps) < LEAST_ROUNDS - 1:
        return None
    best, found = 0.0, None
    for gap in sorted(gaps.tolist(), reverse=True):
        if not SHORTEST_S * rate <= gap <= LONGEST_S * rate:
            continue
        steps = np.round(gaps / gap)
        fits = (steps >= 1) & (steps <= MOST_STEPS) & (np.abs(gaps - steps * gap) <= ALIKE * gap * steps)
        once = float(np.mean(fits & (steps == 1)))
        share = float(np.mean(fits)) + 0.5 * once
        if fits.mean() >= FITTING and share > best:
            best, found = share, float(np.median(gaps[fits] / steps[fits]))
    return found


def expected(samples: int, rounds: Sequence[float], period: float) -> Signal:
    """Factor of each moment: float64 (samples,).

    Args:
        samples: of the stretch.
        rounds: indices of those that are sure.
        period: of :func:`rhythm`, samples.
    """
    factors = np.full(samples, OUT)
    first, last = rounds[0] - ALIKE * period, rounds[-1] + ALIKE * period
    for place in rounds:
        for step in range(-MOST_STEPS, MOST_STEPS + 1):
            middle, room = place + step * period, ALIKE * period * max(1, abs(step)) ** 0.5
            begin, end = max(0, int(middle - room)), max(0, int(middle + room) + 1)
            factors[begin:end] = np.maximum(factors[begin:end], IN if first <= middle <= last else NEXT)
    return factors
