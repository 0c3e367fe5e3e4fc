"""The moment at which a blast arrives, finer than a sample, and how far it may be trusted.

First the split of a short window into noise and signal that is the most likely (Akaike's criterion on the variances of both
parts: Maeda, "A method for reading and checking phase times in autoprocessing system of seismic wave data", 1985), of what the
noise before does not foretell: a few samples foretell the next of wind and traffic, but not a front (autoregression: Sleeman
and van Eck, "Robust automatic P-phase picking", Phys. Earth Planet. Inter. 113, 1999). Then the front itself: where its
steepest tangent leaves zero. Air swallows the highs of a far front, so that it begins with a foot that noise hides, and the
tangent leaves zero late: by the more, the more its rise exceeds the shortest that the rate can show, and the more noise there
is. That much is taken off, and what it varies by is in the deviation.

Rule: the filter that takes rumble away is not used, because it looks ahead of the front; what foretells looks back only, and
for the tangent a straight line through the noise before it is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.rumble import Signal, finite

BEFORE_S = 0.012
AFTER_S = 0.007
EARLY_S = 0.003
"""By which a front may be before its detection; it is after it by up to 5 ms, since what takes rumble away looks ahead."""
NOISE_S, ORDER = 0.06, 8
"""Of the sound before in which it is learned what foretells a sample, and by how many before it."""
LEAST_S = 0.002
"""Of noise that has to be before a front, and of signal after it."""
FINER = 4
"""Times the rate at which the front is looked at."""
FRONT_S = 0.0015
"""Longest rise of a front."""
HIGH, OVER_NOISE, TOP = 0.4, 3.0, 0.9
"""Share of the largest magnitude from which a peak is the front's: gases and reflections may overtop it. One that noise reaches
by itself is not, below so many of its deviations and so much of the largest."""
SHORTEST_SAMPLES, SHORTEST_S = 1.3, 3.2e-5
"""Of the shortest rise: what the rate makes of a jump, and the jump itself."""
FOOT_S, FOOT_RISE_S = 5.8e-4, 2.6e-4
"""Of the foot: what it comes to, and how far beyond the shortest a rise is when it is two thirds of that."""
HIDDEN_S = 5.7e-4
"""Of it besides, times the share that noise has of the peak."""
SIGMA_FOOT, SIGMA_HIDDEN_S, SIGMA_NOISE, SIGMA_SAMPLES, SIGMA_S = 0.25, 5.5e-4, 10.0, 0.45, 2.0e-5
"""Of the deviation: share of the foot, seconds times the share that noise has of the peak, times noise over slope, samples, and
seconds. Chosen, as are those of the foot, so that 68% lie within on rendered shots that are not reported on: a street
(:mod:`benchmarks.gunshot_street`, 10 to 400 m) and a city (:mod:`benchmarks.gunshot_city`, to 1,000 m)."""


@dataclass(frozen=True)
class Pick:
    """An onset.

    Attributes:
        index: in samples of what it was picked in, with its fraction.
        sigma: standard deviation, samples.
        peak: of the front, with its sign.
        noise: standard deviation of the sound before it.
    """

    index: float
    sigma: float
    peak: float
    noise: float


def pick(sound: npt.ArrayLike, rate: int, near: float) -> Pick | None:
    """Pick the onset near a detection.

    Args:
        sound: (n,), full scale 1.
        rate: samples a second.
        near: index that was detected: a millisecond early to a few late.

    Returns:
        The onset, or ``None`` where there is none: silence, or too near to either end.
    """
    whole = np.asarray(sound).reshape(-1)
    if not np.isfinite(near):
        return None
    begin = max(0, int(near) - round(BEFORE_S * rate))
    end = min(len(whole), int(near) + round(AFTER_S * rate))
    least = round(LEAST_S * rate)
    if end - begin < 3 * least:
        return None
    part = finite(whole[max(0, int(near) - round(NOISE_S * rate)) : end]).astype(np.float64)
    window = part[-(end - begin) :].copy()
    first = max(least, int(near) - round(EARLY_S * rate) - begin)
    split = most_likely_split(_unforeseen(part, end - begin - first)[-(end - begin) :], first, least)
    if split is None:
        return None
    window -= _line(window[: max(least, split - least // 4)], len(window))
    noise = float(window[: max(least, split - least // 4)].std()) + 1e-9
    return _front(window, rate, split, noise, begin)


def most_likely_split(window: Signal, first: int, least: int) -> int | None:
    """Where the variance changes, by Akaike's criterion: index of the first sample of the second part.

    Args:
        window: float64 (n,), its mean about 0.
        first: least index that it may be; so many samples the first part has.
        least: samples that the second part has.
    """
    count = len(window)
    if first < 1 or count < first + least + 1 or not np.any(window):
        return None
    summed = np.cumsum(np.square(window))
    sizes = np.arange(first, count - least + 1)
    before = summed[sizes - 1] / sizes
    after = (summed[-1] - summed[sizes - 1]) / (count - sizes)
    floor = 1e-12 * float(summed[-1]) + 1e-18
    criterion = sizes * np.log(before + floor) + (count - sizes - 1) * np.log(after + floor)
    return first + int(np.argmin(criterion))


def _unforeseen(sound: Signal, new: int) -> Signal:
    """Sound (n,) less what the samples before each foretell; how they do is learned from all but the last ``new``."""
    known = sound[: len(sound) - new]
    level = float(known.mean()) if len(known) else 0.0
    off = sound - level
    if len(known) < 4 * ORDER:
        return off
    past = np.lib.stride_tricks.sliding_window_view(off, ORDER)[:-1]
    learned = past[: len(known) - ORDER]
    power = learned.T @ learned
    power[np.diag_indices(ORDER)] += 1e-9 * float(np.trace(power)) + 1e-18
    weights = np.linalg.solve(power, learned.T @ off[ORDER : len(known)])
    result: Signal = np.concatenate([off[:ORDER], off[ORDER:] - past @ weights])
    return result


def _front(window: Signal, rate: int, split: int, noise: float, begin: int) -> Pick | None:
    fine = _finer(window)
    room = round(FRONT_S * rate) * FINER
    start = max(0, split * FINER - room // 6)
    part = fine[start : split * FINER + room]
    sizes = np.abs(part)
    least = min(max(HIGH * sizes.max(), OVER_NOISE * noise), TOP * sizes.max())
    tops = np.flatnonzero((sizes >= np.roll(sizes, 1)) & (sizes >= np.roll(sizes, -1)) & (sizes >= least))
    tops = tops[tops > 0]
    if not len(tops):
        return None
    top = int(tops[0])
    sign = 1.0 if part[top] > 0 else -1.0
    way = sign * part[: top + 1]
    low = int(np.max(np.flatnonzero(way[:top] <= 0), initial=0))
    slopes = np.diff(way[low:])
    if not len(slopes) or slopes.max() <= 0:
        return None
    steepest = low + int(np.argmax(slopes))
    slope, middle = float(slopes.max()), float(way[steepest] + way[steepest + 1]) / 2
    at = (start + steepest + 0.5 - middle / slope) / FINER
    slope *= FINER
    rise = float(way[top]) / slope
    beyond = max(0.0, rise - float(np.hypot(SHORTEST_SAMPLES, SHORTEST_S * rate)))
    hidden = noise / float(way[top])
    foot = FOOT_S * rate * (1 - float(np.exp(-beyond / (FOOT_RISE_S * rate))))
    parts = (SIGMA_FOOT * foot, SIGMA_HIDDEN_S * rate * hidden, SIGMA_NOISE * noise / slope, SIGMA_SAMPLES, SIGMA_S * rate)
    sigma = float(np.linalg.norm(parts))
    return Pick(begin + at - foot - HIDDEN_S * rate * hidden, sigma, sign * float(way[top]), noise)


def _finer(window: Signal) -> Signal:
    """The same at FINER times the rate; its ends are mirrored, so that they do not ring."""
    length = len(window)
    whole = np.concatenate([window, window[::-1]])
    spectrum = np.fft.rfft(whole)
    padded = np.zeros(len(whole) * FINER // 2 + 1, complex)
    padded[: len(spectrum)] = spectrum
    result: Signal = np.fft.irfft(padded, len(whole) * FINER) * FINER
    return result[: length * FINER]


def _line(noise: Signal, length: int) -> Signal:
    """A straight line through the sound before a front, for as long as the window is; level when that is short."""
    place = np.arange(len(noise)) - (len(noise) - 1) / 2
    slope = float(place @ noise) / max(float(place @ place), 1e-12)
    return np.full(length, noise.mean()) + slope * (np.minimum(np.arange(length), len(noise)) - (len(noise) - 1) / 2)
