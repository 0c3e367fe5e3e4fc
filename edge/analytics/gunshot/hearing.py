"""How well a microphone could hear one blast: level, the noise before it, overload, wind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.rumble import Signal, finite
from protocol.gunshot import Hearing

LOOK_S = 0.02
WIND_HZ = 80.0
WIND_S, WIND_LEAST_S = 1.0, 0.25
"""Of the sound before a blast in which wind is measured, and without which it is not."""
FULL = 0.999
"""From which a sample is at full scale: the largest of 16 bits is 0.99997, and some recorders stop a little short."""
OVERLOADED = 0.01
"""Share of a blast's samples at full scale from which it says no more how loud it was: three at 16 kHz; a peak that just
reaches full scale is one."""
FAINTEST_DB = -200.0
LOUDEST_DB = 20.0
MOST_SNR_DB = 200.0


def hear(  # noqa: PLR0913 - each is one thing that is told
    sound: npt.ArrayLike,
    rate: int,
    onset: float,
    *,
    full_scale_db: float | None = None,
    microphones: int = 1,
    faulty: int = 0,
) -> Hearing:
    """How well a blast could be heard.

    Args:
        sound: (n,) of one channel, full scale 1.
        rate: samples a second.
        onset: index of the blast.
        full_scale_db: peak sound pressure level that is full scale, where it is known.
        microphones: that are listened to.
        faulty: of them.
    """
    whole = finite(sound).reshape(-1)
    start = min(max(0, round(onset)), len(whole))
    look = round(LOOK_S * rate)
    blast, before = whole[start : start + look], whole[max(0, start - look - 1) : max(0, start - 1)]
    level = decibels(float(np.abs(blast).max(initial=0.0)))
    ratio = decibels(root_mean_square(blast)) - decibels(root_mean_square(before)) if len(before) else MOST_SNR_DB
    return Hearing(
        level_db=round(level, 1),
        snr_db=round(float(np.clip(ratio, -100.0, MOST_SNR_DB)), 1),
        clipped=round(clipped_share(blast), 4),
        wind_db=_wind(whole[max(0, start - round(WIND_S * rate)) : start], rate),
        spl_db=None if full_scale_db is None else round(float(np.clip(full_scale_db + level, 0.0, 250.0)), 1),
        microphones=microphones,
        faulty=faulty,
    )


def clipped_share(sound: npt.NDArray[np.float32]) -> float:
    """Share of the samples (n,) at full scale."""
    return float(np.mean(np.abs(sound) >= FULL)) if len(sound) else 0.0


def root_mean_square(sound: npt.NDArray[np.floating]) -> float:
    """Of the samples (n,), about their mean."""
    return float(np.std(sound.astype(np.float64))) if len(sound) else 0.0


def low_level_db(sound: npt.NDArray[np.floating], rate: int) -> float:
    """RMS level below 80 Hz, of a quarter of a second (n,) at least, dB of full scale."""
    window = np.hanning(len(sound) + 2)[1:-1]
    spectrum: Signal = np.square(np.abs(np.fft.rfft((sound - sound.mean()) * window)))
    below = np.fft.rfftfreq(len(sound), 1 / rate) < WIND_HZ
    power = 2 * float(spectrum[below].sum()) / (len(sound) * float(np.square(window).sum()))
    return decibels(float(np.sqrt(power)))


def decibels(size: float) -> float:
    """Of full scale, within what may be told."""
    return float(np.clip(20 * np.log10(max(size, 1e-12)), FAINTEST_DB, LOUDEST_DB))


def _wind(before: npt.NDArray[np.float32], rate: int) -> float | None:
    return round(low_level_db(before, rate), 1) if len(before) >= WIND_LEAST_S * rate else None
