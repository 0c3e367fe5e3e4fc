"""Whether the shock wave of a bullet came before the blast, and by how much.

A shock wave is an N: a jump up, a straight fall to as far below, a jump back, 0.1 to 0.6 ms in all (Whitham, 1952; Maher,
"Acoustical characterization of gunshots", 2007). A blast jumps up once, falls in a curve and hardly goes below (Friedlander,
1946). The first millisecond of the first onset is fitted with both; a blast has to follow an N, with more of the low pitches.

Rule: where neither shape fits clearly better, or the sound is too faint, the answer is unknown and never none.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.pick import Pick
from edge.analytics.gunshot.rumble import Signal, finite
from protocol.basis import Estimate
from protocol.gunshot import Shock

LENGTHS_S = (1.0e-4, 1.4e-4, 1.8e-4, 2.3e-4, 2.9e-4, 3.6e-4, 4.3e-4, 5.1e-4, 6.0e-4)
PUSHES_S = (3e-4, 5e-4, 8e-4, 1.3e-3, 2.2e-3, 4e-3)
DECAYS = (0.8, 1.5, 2.2)
ROUND_S = (0.0, 6e-5, 1.5e-4)
"""By how much air rounds a front."""
LOOK_S = 0.0008
AHEAD_S = 0.0002
FINE = 8
FITS = 0.85
"""Correlation from which a shape fits."""
BETTER = 0.04
"""By which it has to fit better than the other shape."""
CLEAR, CLEARLY_NONE = 8.0, 25.0
"""Peak over the noise's deviation from which a shape can be told (18 dB), and from which a shock wave a third as high would
have been seen before it."""
LEADS_S = (0.0015, 0.8)
LOW_S = 0.004
LOWER = 1.5
"""Times the energy of the shock wave below about 600 Hz that a blast has."""
OF_LOWEST = 0.5
"""Of the energy of the onset that has the most of it: an echo of the shock wave has less."""
HALF_FITS = 0.7
"""Correlation of what follows with a blast; it comes on top of the echoes of the shock wave."""
BEHIND_S = 1e-4
"""Deviation that the reflections of the shock wave add to the pick of the blast behind it."""
Z_90 = 1.645


@dataclass(frozen=True)
class Led:
    """What came first.

    Attributes:
        shock: whether a shock wave came before the blast.
        lead_ms: by how much; only where it did.
        blast: which of the onsets is the blast's.
    """

    shock: Shock
    lead_ms: Estimate | None
    blast: int


def led(sound: npt.ArrayLike, rate: int, onsets: Sequence[Pick]) -> Led:
    """Tell a shock wave from a blast.

    Args:
        sound: (n,), full scale 1.
        rate: samples a second.
        onsets: picked in it, in order, at least one: the first of an incident and those of the next second.

    Raises:
        ValueError: there is no onset.
    """
    if not onsets:
        msg = "there is no onset to tell a shock wave from"
        raise ValueError(msg)
    whole = finite(sound).reshape(-1)
    first = onsets[0]
    if abs(first.peak) < CLEAR * first.noise:
        return Led(Shock.UNKNOWN, None, 0)
    as_n, as_blast = likeness(whole, rate, first.index)
    if as_n < FITS or as_n < as_blast + BETTER:
        sure = as_blast >= FITS and as_blast >= as_n + BETTER and abs(first.peak) >= CLEARLY_NONE * first.noise
        return Led(Shock.NONE if sure else Shock.UNKNOWN, None, 0)
    after = [
        (number, onset, _low(whole, rate, onset.index))
        for number, onset in enumerate(onsets[1:], 1)
        if LEADS_S[0] <= (onset.index - first.index) / rate <= LEADS_S[1]
    ]
    least = max(LOWER * _low(whole, rate, first.index), OF_LOWEST * max((low for _, _, low in after), default=0.0))
    for number, onset, low in after:
        n, blast = likeness(whole, rate, onset.index)
        if low >= least and blast >= HALF_FITS and blast >= n + BETTER:
            lead = (onset.index - first.index) / rate * 1000
            half = Z_90 * float(np.linalg.norm((first.sigma / rate, onset.sigma / rate, BEHIND_S))) * 1000
            return Led(Shock.FOUND, Estimate(round(lead, 3), round(max(0.0, lead - half), 3), round(lead + half, 3)), number)
    return Led(Shock.UNKNOWN, None, 0)


def likeness(sound: npt.NDArray[np.float32], rate: int, onset: float) -> tuple[float, float]:
    """Correlation of the first 0.8 ms of an onset with the N and with the blast that fit best, each -1 to 1.

    Args:
        sound: float32 (n,).
        rate: samples a second.
        onset: its index, with its fraction.
    """
    ahead, samples = round(AHEAD_S * rate), round((AHEAD_S + LOOK_S) * rate)
    best = [-1.0, -1.0]
    for shift in range(-round(1.2e-4 * rate), round(1.2e-4 * rate) + 1):
        start = int(np.floor(onset)) - ahead + shift
        if start < 0 or start + samples > len(sound):
            continue
        part = sound[start : start + samples].astype(np.float64)
        part -= part[: max(1, ahead // 2)].mean()
        size = float(np.linalg.norm(part))
        if size <= 0:
            continue
        part /= size
        for which, shapes in enumerate(_shapes(rate)):
            best[which] = max(best[which], float(np.abs(shapes @ part).max()))
    return best[0], best[1]


@functools.lru_cache(maxsize=8)
def _shapes(rate: int) -> tuple[Signal, Signal]:
    """Both kinds, at four fractions of a sample, each of norm 1: float64 (k, samples)."""
    samples, ahead = round((AHEAD_S + LOOK_S) * rate), round(AHEAD_S * rate)
    waves, blasts = [], []
    for fraction in range(0, FINE, 2):
        time = (np.arange(-ahead * FINE, (samples - ahead) * FINE) - fraction) / (rate * FINE)
        for front in ROUND_S:
            straight = [np.where((time >= 0) & (time < length), 1 - 2 * time / length, 0.0) for length in LENGTHS_S]
            waves += [_sampled(fall, rate, front) for fall in straight]
            for push in PUSHES_S:
                for decay in DECAYS:
                    fall = (1 - time / push) * np.exp(-decay * np.maximum(time, 0) / push)
                    blasts.append(_sampled(np.where(time >= 0, fall, 0.0), rate, front))
    return np.array(waves), np.array(blasts)


def _sampled(fine: Signal, rate: int, front_s: float) -> Signal:
    """A shape as a microphone of this rate has it: its front rounded, then two samples' mean, then a sample."""
    width = max(1, round(front_s * rate * FINE))
    hann = np.hanning(2 * FINE + 1)
    shape = np.convolve(np.convolve(fine, np.full(width, 1 / width))[: len(fine)], hann / hann.sum(), "same")[::FINE]
    result: Signal = shape / (np.linalg.norm(shape) + 1e-12)
    return result


def _low(sound: npt.NDArray[np.float32], rate: int, onset: float) -> float:
    """Energy of the low pitches in the 4 ms after an onset: of means over 0.8 ms."""
    start = max(0, round(onset))
    part = sound[start : start + round(LOW_S * rate)].astype(np.float64)
    width = max(1, round(0.0008 * rate))
    count = len(part) // width
    if not count:
        return 0.0
    before = sound[max(0, start - width) : start]
    part = part - (float(before.mean()) if len(before) else 0.0)
    return float(np.square(part[: count * width].reshape(count, width).mean(axis=1)).sum())
