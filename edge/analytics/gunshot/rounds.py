"""Which of the bangs after a first shot are rounds of the same weapon, and which are its echoes.

A round sounds as the first one did: the same weapon, the same place, and so the same first reflections. The first 45 ms after
an onset, less than the fastest weapon takes for the next, are the pattern; the sound is projected onto it moment by moment (a
matched filter, after the stretch's own spectrum was made flat: what lasts in a street are its lows, and they resemble
everything). A round gives nearly as much of the pattern as the first did; an echo gives less, since it is weaker, duller, and
its own reflections come otherwise. In streets no peak of the envelope tells the two apart: reflections overlap and may be the
louder.

Rules: between the two kinds lies the widest gap of what was found; how near to it something lies is kept as a doubt, never
hidden; rounds are at least REFRACTORY_S apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.rhythm import expected, rhythm
from edge.analytics.gunshot.rumble import Signal, finite, reach, without_rumble

PATTERN_S = 0.045
AHEAD_S = 0.0005
"""Of the pattern before its onset: a front is picked with an error."""
FADE_S = 0.004
"""In which the pattern ends."""
REFRACTORY_S = 0.042
"""1,200 rounds a minute are 50 ms apart, give or take a few."""
FLAT = 0.7
"""Exponent of the spectrum's power that is divided by: with 1, noise of the highs would count as much as all else."""
SMOOTH_HZ, LEAST_POWER = 50.0, 1e-3
"""Of that spectrum: over so many hertz, and of its largest power."""
HIGHEST_HZ = 7_600.0
"""Above, there is more noise than shot, and half the boxes hear nothing."""
DOUBT = 0.3
"""Width of the doubt about a border, in nepers."""
LOUD_S, LOUD = 0.006, 0.3
"""After an onset, in which a round has at least this share of the pattern's energy (-5 dB): rounds of a weapon differ by a
decibel or so, and what lasts of earlier ones only adds to them."""
MOST = 128
"""Peaks that are looked at in one stretch."""


@dataclass(frozen=True)
class Border:
    """Where rounds part from echoes, in gains.

    Attributes:
        lowest: that it may lie at.
        usual: where it lies when nothing else speaks for another.
        highest: that it may lie at.
    """

    lowest: float
    usual: float
    highest: float

    def between(self, gains: list[float]) -> float:
        """The middle of the widest gap between gains, weighed against the usual border."""
        inside = sorted((gain for gain in gains if self.lowest < gain < self.highest), reverse=True)
        logs = np.log([self.highest, *inside, self.lowest])
        middles, widths = (logs[:-1] + logs[1:]) / 2, logs[:-1] - logs[1:]
        weights = widths * np.exp(-np.square((middles - np.log(self.usual)) / WORTH))
        return float(np.exp(middles[int(np.argmax(weights))]))


WORTH = 0.5
"""Nepers from the usual border at which a gap counts for a third."""
FIRST = Border(0.08, 0.2, 0.8)
"""Against one round's pattern, which has that one's own noise."""
THEN = Border(0.2, 0.5, 0.8)
"""Against the mean of several, in shares of what is usual."""
KNOWN = Border(0.12, 0.25, 0.4)
"""Against a pattern from before: what comes later gives less of it than those that it was made of."""


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


@dataclass(frozen=True, repr=False)
class Pattern:
    """What a round sounds like at one place.

    Attributes:
        shape: float64 (samples,), without rumble.
        rounds: whose mean it is.
    """

    shape: Signal
    rounds: int = 1


def pattern(sound: npt.ArrayLike, rate: int, onset: float) -> Pattern | None:
    """The pattern of one round; ``None`` where the sound ends before.

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
    return Pattern(found) if np.any(found) else None


def find_rounds(sound: npt.ArrayLike, rate: int, known: Pattern, first: float | None = None) -> tuple[list[Round], Pattern]:
    """Find rounds.

    Args:
        sound: (n,), full scale 1.
        rate: samples a second.
        known: the pattern.
        first: index of the onset that made it, where it is of this stretch; ``None`` = it is known from before.

    Returns:
        In order, those with a probability of at least one in twenty; and the pattern, which becomes the mean of what was found
        in the stretch that it is from.
    """
    whole = finite(sound).reshape(-1)
    if len(whole) < len(known.shape):
        return [], known
    edge, ahead = reach(rate), round(AHEAD_S * rate)
    high = without_rumble(np.pad(whole, (edge, edge)), rate)
    projection = _Projection(high, len(known.shape), rate)
    found = projection.peaks(known.shape)
    if first is None:
        border = KNOWN.between([gain for _, gain in found])
    else:
        border = FIRST.between([gain for _, gain in found])
        sure = _with([place for place, gain in found if gain >= border], round(first) - ahead, rate)
        if len(sure) > 1:
            known = _mean(high, sure, len(known.shape))
            found, border = _levelled(projection.peaks(known.shape))
            sure = [place for place, gain in found if gain >= border]
            period = rhythm(sure, rate)
            if period is not None:
                found, border = _levelled(projection.peaks(known.shape, expected(len(high), sure, period)))
    gains = projection.gains(known.shape)
    rounds = []
    for place, gain in found:
        probability = float(1 / (1 + np.exp(-np.clip(np.log(gain / border) / (DOUBT / 3), -50, 50))))
        if probability >= 0.05:  # noqa: PLR2004 - see the docstring
            rounds.append(Round(place + ahead + _off(gains, place), gain, probability))
    return rounds, known


def _with(sure: list[int], first: int, rate: int) -> list[int]:
    """Places of rounds, and that of the one that made the pattern, which is one whatever is measured."""
    near = REFRACTORY_S * rate / 2
    return sure if any(abs(place - first) < near for place in sure) or first < 0 else sorted([*sure, first])


def _mean(high: Signal, places: list[int], samples: int) -> Pattern:
    whole = [high[place : place + samples] for place in places if place + samples <= len(high)]
    return Pattern(np.mean(whole, axis=0), len(whole))


class _Projection:
    """A stretch with its spectrum made flat, and what patterns give of it."""

    def __init__(self, high: Signal, samples: int, rate: int) -> None:
        self._samples, self._rate = samples, rate
        self._places = len(high) - samples + 1
        self._length = 1 << int(np.ceil(np.log2(len(high) + samples)))
        self._spectrum = np.fft.rfft(high, self._length)
        power = np.square(np.abs(self._spectrum))
        width = 2 * max(1, round(SMOOTH_HZ * self._length / rate / 2)) + 1
        summed = np.cumsum(np.pad(power, (width // 2 + 1, width // 2), mode="reflect"))
        smooth = (summed[width:] - summed[:-width]) / width
        heard = np.fft.rfftfreq(self._length, 1 / rate) <= HIGHEST_HZ
        self._flat = heard * (smooth + LEAST_POWER * smooth.max() + 1e-30) ** -FLAT
        fade = round(FADE_S * rate)
        self._fade = np.ones(samples)
        self._fade[-fade:] = np.square(np.cos((np.arange(fade) + 0.5) / fade * np.pi / 2))

    def peaks(self, shape: Signal, factors: Signal | None = None) -> list[tuple[int, float]]:
        """Places and gains of the best fits, at least the refractory time apart, in order."""
        gains = self.gains(shape)
        if factors is not None:
            gains *= factors[: len(gains)]
        apart = round(REFRACTORY_S * self._rate)
        energies, least = self._energies(self._spectrum), LOUD * float(self._energies(self._transform(shape))[0])
        found: list[tuple[int, float]] = []
        for _ in range(MOST):
            place = int(np.argmax(gains))
            if gains[place] < FIRST.lowest / 2:
                break
            if energies[place] >= least:
                found.append((place, float(gains[place])))
            gains[max(0, place - apart) : place + apart] = 0
        return sorted(found)

    def gains(self, shape: Signal) -> Signal:
        """How much of a pattern each place gives: float64 (places,)."""
        spectrum = self._transform(shape)
        own = 2 * float(np.sum(np.square(np.abs(spectrum)) * self._flat)) / self._length
        result: Signal = np.fft.irfft(self._spectrum * np.conj(spectrum) * self._flat, self._length)[: self._places]
        return result / (own + 1e-30)

    def _transform(self, shape: Signal) -> npt.NDArray[np.complex128]:
        return np.fft.rfft(shape * self._fade, self._length)

    def _energies(self, spectrum: npt.NDArray[np.complex128]) -> Signal:
        """Of the first milliseconds from each moment on, the spectrum made flat."""
        summed = np.cumsum(np.square(np.fft.irfft(spectrum * np.sqrt(self._flat), self._length)))
        width = round(LOUD_S * self._rate)
        result: Signal = summed[width:] - np.concatenate([[0.0], summed[: -width - 1]])
        return result


def _off(gains: Signal, place: int) -> float:
    """Fraction of a sample between the best whole place and the best one: the vertex of a parabola."""
    if not 0 < place < len(gains) - 1:
        return 0.0
    left, middle, right = gains[place - 1 : place + 2].tolist()
    bend = left - 2 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _levelled(found: list[tuple[int, float]]) -> tuple[list[tuple[int, float]], float]:
    """Gains against the usual one of a round, and the border between them."""
    border = THEN.between([gain for _, gain in found])
    usual = float(np.median([gain for _, gain in found if gain >= border] or [1.0]))
    levelled = [(place, gain / usual) for place, gain in found]
    return levelled, THEN.between([gain for _, gain in levelled])
