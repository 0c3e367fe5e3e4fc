"""Sound without what lies below a blast: a steady offset, wind, traffic's rumble.

A moving average over 4 ms is taken off, twice: ``(1 - sinc(f L)) ** 2`` of a pitch remains, -32 dB at 80 Hz, -54 dB at 40 Hz,
nothing of an offset, all of it (+-4 dB) from 200 Hz up. The filter is symmetric and moves no onset; a front shows up to 4 ms
ahead of itself with half its height and the other sign, which a detector may not mind and a picker must not use.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float64]
AVERAGE_S = 0.004


def reach(rate: int) -> int:
    """Samples that the filter looks to each side."""
    return 2 * _half(rate)


def without_rumble(sound: npt.NDArray[np.floating], rate: int) -> Signal:
    """Filter.

    Args:
        sound: (n + 2 x reach,), finite.
        rate: samples a second.

    Returns:
        float64 (n,), of the samples that have all their neighbours.
    """
    half = _half(rate)
    once = _without_average(np.asarray(sound, np.float64), half)
    return _without_average(once, half)


def finite(sound: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Samples as they may be reckoned with: what is no number is silence, what is beyond full scale is at it."""
    return np.clip(np.nan_to_num(np.asarray(sound, np.float32), nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)


def _half(rate: int) -> int:
    return round(AVERAGE_S * rate) // 2


def _without_average(sound: Signal, half: int) -> Signal:
    width = 2 * half + 1
    summed = np.concatenate([[0.0], np.cumsum(sound)])
    result: Signal = sound[half : len(sound) - half] - (summed[width:] - summed[:-width]) / width
    return result
