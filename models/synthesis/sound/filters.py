"""Filters that only come after: what air, walls and microphones take from a sound, never moved before its onset.

Rule: a magnitude is asked for and the smallest phase that causality allows goes with it (Oppenheim and Schafer, "Discrete-Time
Signal Processing", on the real cepstrum): a filter of magnitude alone would ring before an onset, and the onset's time is what
shots are located by.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, sosfilt

Signal = npt.NDArray[np.float64]
Spectrum = npt.NDArray[np.complex128]
Gain = Callable[[Signal], Signal]
"""From frequencies in Hz to factors."""

LEAST_GAIN = 1e-6
ROOM = 1.25
"""How much longer the transform is than the sound, against wrapping round."""


def shaped(sound: Signal, rate: int, gain: Gain) -> Signal:
    """Filter a sound (n,) by factors of frequency; the result has its length."""
    length = fast_length(int(len(sound) * ROOM))
    hertz = np.fft.rfftfreq(length, 1 / rate).astype(np.float64)
    spectrum: Spectrum = np.fft.rfft(sound, length).astype(np.complex128)
    spectrum *= minimum_phase(gain(hertz), length)
    result: Signal = np.fft.irfft(spectrum, length)[: len(sound)]
    return result


def minimum_phase(factors: Signal, length: int) -> Spectrum:
    """The causal filter of these magnitudes.

    Args:
        factors: float64 (length // 2 + 1,).
        length: of the transform, even.
    """
    cepstrum = np.fft.irfft(np.log(np.maximum(factors, LEAST_GAIN)), length)
    half = length // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    result: Spectrum = np.exp(np.fft.rfft(cepstrum, length))
    return result


def band(sound: Signal, rate: int, low_hz: float | None, high_hz: float | None, order: int = 1) -> Signal:
    """Keep a band with Butterworth's slopes.

    Args:
        sound: float64 (n,).
        rate: samples a second.
        low_hz: lower edge; ``None`` keeps all below.
        high_hz: upper edge; ``None`` keeps all above.
        order: of each slope, 6 dB an octave each.
    """
    for edge, kind in ((low_hz, "highpass"), (high_hz, "lowpass")):
        if edge is not None and edge < 0.49 * rate:
            sound = sosfilt(butter(order, edge, kind, fs=rate, output="sos"), sound)
    return sound


def band_gain(hertz: Signal, low_hz: float | None, high_hz: float | None, order: int = 1) -> Signal:
    """Magnitude of :func:`band`."""
    square = np.ones_like(hertz)
    if low_hz is not None:
        square += (low_hz / np.maximum(hertz, 1e-2)) ** (2 * order)
    if high_hz is not None:
        square += (hertz / high_hz) ** (2 * order)
    gain: Signal = 1 / np.sqrt(square)
    return gain


def convolved(sound: Signal, response: Signal, samples: int, rate: int = 1, gain: Gain | None = None) -> Signal:
    """A sound through an impulse response, and through a filter besides.

    Args:
        sound: float64 (n,).
        response: float64 (m,).
        samples: of the result: what comes later is cut off, what is missing is silence.
        rate: samples a second, where there is a filter.
        gain: factors of frequency of the filter.
    """
    length = fast_length(len(sound) + len(response) - 1)
    spectrum = np.fft.rfft(sound, length) * np.fft.rfft(response, length)
    if gain is not None:
        spectrum *= minimum_phase(gain(np.fft.rfftfreq(length, 1 / rate).astype(np.float64)), length)
    result: Signal = np.fft.irfft(spectrum, length)[:samples]
    return np.pad(result, (0, samples - len(result))) if len(result) < samples else result


@functools.lru_cache(maxsize=256)
def fast_length(least: int) -> int:
    """The smallest even length of small factors from here on."""
    products = (2 * two * odd for odd in (1, 3, 5, 9, 15) for two in (1 << power for power in range(26)))
    return min(length for length in products if length >= least)
