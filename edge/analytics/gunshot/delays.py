"""By how much later a blast arrives at one microphone than at another: the phase transform on its first milliseconds.

Source: Knapp and Carter, "The generalized correlation method for estimation of time delay" (1976). Each pitch counts by what it
has over the noise that was there before, instead of all alike: a few milliseconds have few pitches, and noise fills the others.

Rules: first a window that holds the front in every channel, for delays as long as the array; then, with the windows of the
channels moved onto their own fronts, a short one that ends before most reflections begin; the peak lies between samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.rumble import Signal

Channels = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complex128]

AHEAD_S = 0.001
COARSE_S, FIRST_S = 0.003, 0.0015
"""Of sound after a front that is looked at, first and then."""
LEFT_S = 1.5e-4
"""Longest delay that the first look may have left."""
LOWEST_HZ = 150.0
TRANSFORM_S = 0.032
FINER = 8
NOISE_WINDOWS = 6


@dataclass(frozen=True)
class Delays:
    """Of all pairs of channels.

    Attributes:
        pairs: int64 (p, 2), the channels.
        seconds: float64 (p,), by how much later the first of a pair heard it.
        sigma_s: float64 (p,), what noise makes of that (Cramer and Rao), seconds.
    """

    pairs: npt.NDArray[np.int64]
    seconds: Signal
    sigma_s: Signal


def delays(sound: Channels, rate: int, onset: float, longest_s: float) -> Delays | None:
    """Delays between channels.

    Args:
        sound: float32 (m, n), at least two channels.
        rate: samples a second.
        onset: index of the front in the first channel.
        longest_s: that sound takes from one end of the array to the other.

    Returns:
        Of all pairs, or ``None`` where the front is too near to either end of the sound.
    """
    channels, samples = sound.shape
    reach = round((longest_s + COARSE_S + AHEAD_S) * rate) + 1
    first = round(onset)
    noise_samples = round(NOISE_WINDOWS * FIRST_S * rate)
    if channels < 2 or first - reach - noise_samples < 0 or first + 2 * reach >= samples:  # noqa: PLR2004 - a pair
        return None
    whole = sound.astype(np.float64)
    whole -= whole[:, : first - reach].mean(axis=1, keepdims=True)
    length = 1 << int(np.ceil(np.log2(max(TRANSFORM_S * rate, 4 * reach))))
    noise = _noise(whole[:, max(0, first - reach - 4 * noise_samples) : first - reach], rate, length)
    starts = np.full(channels, first - round((longest_s + AHEAD_S) * rate))
    wide = _spectra(whole, starts, round((2 * longest_s + AHEAD_S + COARSE_S) * rate), length, rate)
    moved = np.zeros(channels)
    for channel in range(1, channels):
        moved[channel], _ = _pair(wide[[channel, 0]], noise[[channel, 0]] * 2, rate, length, longest_s)
    moved = np.round(moved * rate)
    short = _spectra(whole, first - round(AHEAD_S * rate) + moved.astype(int), round((AHEAD_S + FIRST_S) * rate), length, rate)
    pairs = [(i, j) for i in range(channels) for j in range(i)]
    found = [_pair(short[list(pair)], noise[list(pair)], rate, length, LEFT_S) for pair in pairs]
    seconds = [left + (moved[i] - moved[j]) / rate for (i, j), (left, _) in zip(pairs, found, strict=True)]
    return Delays(np.array(pairs), np.array(seconds), np.array([sigma for _, sigma in found]))


def _spectra(sound: Signal, starts: npt.NDArray[np.int64], samples: int, length: int, rate: int) -> Spectra:
    """Of each channel's window, which fades in and out."""
    fade = np.ones(samples)
    edge = max(2, round(0.0005 * rate))
    slope = np.square(np.sin((np.arange(edge) + 0.5) / edge * np.pi / 2))
    fade[:edge], fade[-edge:] = slope, slope[::-1]
    parts = np.stack([channel[start : start + samples] for channel, start in zip(sound, starts.tolist(), strict=True)])
    return np.fft.rfft(parts * fade, length, axis=1)


def _noise(before: Signal, rate: int, length: int) -> Signal:
    """Power of the noise in a window like the short one: float64 (m, bins)."""
    samples = round((AHEAD_S + FIRST_S) * rate)
    count = max(1, before.shape[1] // samples)
    parts = [_spectra(before, np.full(len(before), k * samples), samples, length, rate) for k in range(count)]
    power: Signal = np.mean([np.square(np.abs(part)) for part in parts], axis=0)
    return power + 1e-12


def _pair(spectra: Spectra, noise: Signal, rate: int, length: int, longest_s: float) -> tuple[float, float]:
    """How much later the first is, and the deviation, seconds."""
    hertz = np.fft.rfftfreq(length, 1 / rate)
    power = np.square(np.abs(spectra))
    over = np.clip(power - noise, 0, None) / (power + 1e-30)
    weight = over[0] * over[1] * (hertz >= LOWEST_HZ) * np.clip((0.46 * rate - hertz) / (0.06 * rate), 0, 1)
    cross = spectra[0] * np.conj(spectra[1])
    cross = cross / (np.abs(cross) + 1e-30) * weight
    fine = np.fft.irfft(cross, length * FINER)
    most = int(np.ceil(longest_s * rate * FINER)) + 1
    around = np.concatenate([fine[-most:], fine[: most + 1]])
    top = int(np.argmax(around))
    offset = 0.0
    if 0 < top < len(around) - 1:
        left, middle, right = around[top - 1 : top + 2]
        bend = left - 2 * middle + right
        offset = float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
    ratio = np.clip(power - noise, 0, None) / noise
    both = ratio[0] * ratio[1] / (1 + ratio[0] + ratio[1])
    free = round((AHEAD_S + FIRST_S) * rate) / length  # bins of a padded transform are not independent
    information = 2 * free * float(np.sum(np.square(2 * np.pi * hertz) * both * (weight > 0)))
    return (top - most + offset) / (rate * FINER), float(1 / np.sqrt(information + 1.0))
