"""Windows of a stream as a network takes them that is given the sound itself."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.resample import EVERY, HALF, decimate
from edge.analytics.gunshot.ring import Ring
from models.bundle.detections import Floats
from models.bundle.yamnet import RATE_HZ, SAMPLES


class Windows(Protocol):
    """What a network is given of a stream.

    Attributes:
        after: samples behind a window, at the stream's own rate, that must have come before it can be made.
    """

    after: int

    def ending(self, ring: Ring, channel: int, end: int) -> Floats:
        """The window that ends at an index of the stream, or at most 10 ms before; before its first sample is silence."""

    def expire(self, begin: int) -> None:
        """Let go of what is of sound before an index."""

    def forget(self) -> None:
        """Let go of everything."""


def times(rate: int) -> int:
    """Samples of the stream to one of the network's.

    Raises:
        ValueError: for a rate other than 16,000 and 48,000.
    """
    if rate not in {RATE_HZ, RATE_HZ * EVERY}:
        msg = f"the network hears at 16,000 or 48,000 samples a second, not at {rate}"
        raise ValueError(msg)
    return rate // RATE_HZ


def looked_behind(rate: int) -> int:
    """Samples of the stream behind a window that bringing it to 16 kHz looks at."""
    return HALF if times(rate) > 1 else 0


def resampled(ring: Ring, channel: int, begin: int, end: int, rate: int) -> npt.NDArray[np.float32]:
    """Samples at 16 kHz, float32 (end - begin,), counted at 16 kHz from the stream's first."""
    if times(rate) == 1:
        sound: npt.NDArray[np.float32] = ring.part(begin, end)[channel]
        return sound
    return decimate(ring.part(begin * EVERY - HALF, (end - 1) * EVERY + HALF + 1)[channel])


class Waves:
    """0.975 s of sound at 16 kHz, float32 (15600,). Nothing is kept between two of them.

    Args:
        rate: samples a second, 16,000 or 48,000.

    Raises:
        ValueError: for another rate.
    """

    def __init__(self, rate: int) -> None:
        self._rate, self.after = rate, looked_behind(rate)

    def ending(self, ring: Ring, channel: int, end: int) -> Floats:
        """See :class:`Windows`."""
        last = end // times(self._rate)
        return resampled(ring, channel, last - SAMPLES, last, self._rate)

    def expire(self, begin: int) -> None:
        """See :class:`Windows`."""

    def forget(self) -> None:
        """See :class:`Windows`."""
