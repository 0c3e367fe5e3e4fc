"""What a place does to a sound: reflections that can be told apart, and the rest that cannot, as an impulse response.

Rules: the direct sound is the response's first sample with a gain of 1, so that distances and gains of reflections count from
it; reflections come from mirror images (Allen and Berkley, 1979), each wall taking its share and its highs again with each
bounce; the rest is noise that dies away, the highs first, and begins where mirrors end.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.synthesis.chance import chance
from models.synthesis.sound.filters import Signal, band

BANDS = ((0.0, 300.0), (300.0, 1200.0), (1200.0, 4000.0), (4000.0, np.inf))
"""Of the rest, in Hz: each dies away in its own time."""
ALIKE = (1, 2, 4, 8, 1 << 30)
"""Numbers of bounces that dull a sound in nearly the same way."""
NATURAL = 6.9078
"""ln(1000): a sound has died away when it has fallen by 60 dB."""
_LEVELLED = 1
"""Which of them a level is told in."""
NOISE_S, NOISE_SEED = 40, 40


@dataclass(frozen=True)
class Echo:
    """One reflection.

    Attributes:
        later_s: after the direct sound.
        gain: against it; negative where the surface gives way.
        bounces: how often the surface has taken its highs.
    """

    later_s: float
    gain: float
    bounces: int = 1


@dataclass(frozen=True)
class Rest:
    """What cannot be told apart.

    Attributes:
        level_db: its energy against the direct sound's, at 300 to 1,200 Hz: over all that a rate holds, the same rest would be
            weaker at a higher rate.
        begins_s: after it.
        grows_s: until it is as strong as it gets.
        lasts_s: until it has fallen by 60 dB, at 300 to 1,200 Hz.
        highs: how much shorter the highs last, 0 to 1.
        ragged: deviation of its strength from place to place, in nepers: far buildings answer one by one.
    """

    level_db: float
    begins_s: float
    grows_s: float
    lasts_s: float
    highs: float
    ragged: float = 0.0


def response(  # noqa: PLR0913 - physics has them
    random: np.random.Generator, rate: int, seconds: float, echoes: Iterable[Echo], dull_hz: float, rest: Rest | None
) -> Signal:
    """The impulse response of a place: float64 (rate x seconds,), 1 at the first sample.

    Args:
        random: draws the rest.
        rate: samples a second.
        seconds: of the response.
        echoes: reflections; those later than the response are left out.
        dull_hz: from where up a bounce takes highs.
        rest: what cannot be told apart.
    """
    samples = int(rate * seconds)
    by_bounces: dict[int, list[Echo]] = {}
    for echo in echoes:
        by_bounces.setdefault(next(most for most in ALIKE if echo.bounces <= most), []).append(echo)
    whole = np.zeros(samples)
    for bounces, group in by_bounces.items():
        whole += band(_taps(rate, samples, group), rate, None, dull_hz / np.sqrt(bounces))
    if rest is not None:
        whole += _rest(random, rate, samples, rest)
    whole[0] += 1
    return whole


def _taps(rate: int, samples: int, echoes: Iterable[Echo]) -> Signal:
    taps = np.zeros(samples)
    for echo in echoes:
        whole, part = divmod(echo.later_s * rate, 1.0)
        index = int(whole)
        if 0 <= index < samples - 1:
            taps[index] += echo.gain * (1 - part)
            taps[index + 1] += echo.gain * part
    return taps


def _rest(random: np.random.Generator, rate: int, samples: int, rest: Rest) -> Signal:
    first = min(samples - 1, int(rest.begins_s * rate))
    time = np.arange(samples - first) / rate
    lasts = rest.lasts_s * np.array([1.15, 1.0, 0.8 * rest.highs, 0.45 * rest.highs])
    shape = np.minimum(1.0, (time + 1 / rate) / max(rest.grows_s, 1 / rate))
    if rest.ragged > 0:
        steps = np.exp(random.normal(0, rest.ragged, len(time) // (rate // 40) + 2))
        shape *= np.interp(time, np.arange(len(steps)) / 40, steps)
    bands = []
    for noise, period in zip(_noises(rate), lasts, strict=True):
        start = random.integers(len(noise) - len(time))
        bands.append(noise[start : start + len(time)] * np.exp(-NATURAL / period * time) * shape)
    low, high = BANDS[_LEVELLED]
    share = (high - low) / (rate / 2)
    gain = 10 ** (rest.level_db / 20) * np.sqrt(share / (np.square(bands[_LEVELLED]).sum() + 1e-30))
    return np.concatenate([np.zeros(first), (gain if chance(random, 0.5) else -gain) * np.sum(bands, axis=0)])


@functools.lru_cache(maxsize=4)
def _noises(rate: int) -> tuple[Signal, ...]:
    """Noise in each of the bands, long enough that no two places get the same: float64 (40 s,)."""
    noise = np.random.default_rng(NOISE_SEED).standard_normal(NOISE_S * rate)
    spectrum, hertz = np.fft.rfft(noise), np.fft.rfftfreq(len(noise), 1 / rate)
    return tuple(np.fft.irfft(spectrum * ((hertz >= low) & (hertz < high)), len(noise)) for low, high in BANDS)
