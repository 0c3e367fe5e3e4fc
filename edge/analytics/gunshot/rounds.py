"""Which of the bangs after a first shot are rounds of the same weapon, and which are its echoes.

A round sounds as the first one did: the same weapon, the same place, and so the same first reflections. The first 45 ms after
an onset, less than the fastest weapon takes for the next, are the pattern; the sound is projected onto it moment by moment. A
round gives nearly as much of the pattern as the first did, an echo less: it is weaker, duller, and its own reflections come
otherwise. In streets no peak of the envelope tells the two apart, since reflections overlap and are at times the louder.

Rules: between the two kinds lies the widest gap of what was found; how near to it something lies is kept as a doubt, never
hidden; rounds are at least REFRACTORY_S apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.rumble import Signal, finite, reach, without_rumble

PATTERN_S = 0.045
AHEAD_S = 0.0005
"""Of the pattern before its onset: a front is picked with an error."""
REFRACTORY_S = 0.042
"""1,200 rounds a minute are 50 ms apart, give or take a few."""
LOWEST, HIGHEST = 0.38, 0.75
"""Between which the border lies that rounds are above and echoes below."""
USUAL = 0.5
"""The border where nothing else speaks for another."""
FAINTEST = 0.2
"""Of the pattern, below which nothing is looked at."""
DOUBT = 0.12
"""Width of the doubt about the border."""
MOST = 128
"""Peaks that are looked at in one stretch."""


@dataclass(frozen=True)
class Round:
    """A shot, or what is nearly one.

    Attributes:
        index: of the onset in samples of the stretch, with its fraction.
        gain: of the pattern, about 1.
        probability: that it is a shot and no echo.
    """

    index: float
    gain: float
    probability: float


def pattern(sound: npt.ArrayLike, rate: int, onset: float) -> Signal | None:
    """What a round sounds like here, at full length; ``None`` where the sound ends before.

    Args:
        sound: (n,), full scale 1.
        rate: samples a second.
        onset: its index.
    """
    edge = reach(rate)
    start, stop = round(onset) - round(AHEAD_S * rate), round(onset) + round(PATTERN_S * rate)
    whole = finite(sound).reshape(-1)
    if stop > len(whole) or stop <= 0:
        return None
    part = np.pad(whole, (edge, edge))[max(0, start) : stop + 2 * edge]
    found = without_rumble(np.pad(part, (max(0, -start), 0)), rate)
    return found if np.any(found) else None


def find_rounds(sound: npt.ArrayLike, rate: int, shape: Signal, first: float | None = None) -> list[Round]:
    """Find rounds.

    Args:
        sound: (n,), full scale 1.
        rate: samples a second.
        shape: of :func:`pattern`.
        first: index of the onset that made the pattern, where it is in this stretch.

    Returns:
        In order, those with a probability of at least one in twenty.
    """
    whole = finite(sound).reshape(-1)
    if len(whole) < len(shape):
        return []
    edge = reach(rate)
    high = without_rumble(np.pad(whole, (edge, edge)), rate)
    ahead = round(AHEAD_S * rate)
    found = _peaks(high, shape, rate)
    border = _border([gain for _, gain in found], alone=first is not None)
    sure = [place for place, gain in found if gain >= border]
    if len(sure) > 1:  # the mean of many has less of each one's own
        shape = np.mean([high[place : place + len(shape)] for place in sure], axis=0)
        found = _peaks(high, shape, rate)
        border = _border([gain for _, gain in found], alone=False)
    rounds = []
    for place, gain in found:
        probability = float(1 / (1 + np.exp(-np.clip((gain - border) / (DOUBT / 3), -50, 50))))
        if probability >= 0.05:  # noqa: PLR2004 - see the docstring
            rounds.append(Round(place + ahead + _off(high, shape, place), gain, probability))
    return rounds


def _peaks(high: Signal, shape: Signal, rate: int) -> list[tuple[int, float]]:
    """Places and gains of the best fits, at least the refractory time apart, in order."""
    gains = _correlated(high, shape) / float(shape @ shape)
    apart = round(REFRACTORY_S * rate)
    found: list[tuple[int, float]] = []
    for _ in range(MOST):
        place = int(np.argmax(gains))
        if gains[place] < FAINTEST:
            break
        found.append((place, float(gains[place])))
        gains[max(0, place - apart) : place + apart] = 0
    return sorted(found)


def _border(gains: list[float], *, alone: bool) -> float:
    """The middle of the widest gap between gains, weighed against the usual border.

    Args:
        gains: of all that was found.
        alone: whether the first of them made the pattern: its own gain is 1 and says nothing.
    """
    ordered = sorted(gains, reverse=True)[1 if alone else 0 :]
    ordered = [*[gain for gain in ordered if gain > LOWEST], LOWEST]
    best, border = 0.0, USUAL
    top = HIGHEST
    for above, below in zip([top, *ordered], ordered, strict=False):
        upper, lower = min(above, top), max(below, LOWEST)
        middle = (upper + lower) / 2
        weight = (upper - lower) * np.exp(-(((middle - USUAL) / 0.25) ** 2))
        if weight > best:
            best, border = float(weight), middle
    return border


def _correlated(high: Signal, shape: Signal) -> Signal:
    length = 1 << int(np.ceil(np.log2(len(high) + len(shape))))
    spectrum = np.fft.rfft(high, length) * np.conj(np.fft.rfft(shape, length))
    result: Signal = np.fft.irfft(spectrum, length)[: len(high) - len(shape) + 1]
    return result


def _off(high: Signal, shape: Signal, place: int) -> float:
    """Fraction of a sample between the best whole place and the best one: the vertex of a parabola."""
    if not 0 < place < len(high) - len(shape):
        return 0.0
    left, middle, right = (float(high[at : at + len(shape)] @ shape) for at in (place - 1, place, place + 1))
    bend = left - 2 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
