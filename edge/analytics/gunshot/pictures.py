"""Windows of a stream as the network that hears shots takes them; each frame's bands are computed once, when asked for.

Rules: frames are counted from the stream's first sample, so that the windows of one moment are the same however blocks fell; no
band outlives the sound that it is of (:meth:`Pictures.expire`).
"""

from __future__ import annotations

import numpy as np

from edge.analytics.gunshot.ring import Ring
from edge.analytics.gunshot.waves import looked_behind, resampled, times
from models.bundle.detections import Floats
from models.bundle.gunshot import FRAME, FRAMES, HOP, bands, picture


class Pictures:
    """Of one channel at a time.

    Args:
        rate: samples a second, 16,000 or 48,000.

    Raises:
        ValueError: for another rate.
    """

    def __init__(self, rate: int) -> None:
        self._rate, self._times, self.after = rate, times(rate), looked_behind(rate)
        self._known: dict[int, tuple[Floats, float]] = {}
        self._channel = 0

    def forget(self) -> None:
        """Let go of all bands."""
        self._known.clear()

    def expire(self, begin: int) -> None:
        """Let go of bands of sound before an index of the stream."""
        if self._known:
            first = -(-begin // (self._times * HOP))
            self._known = {frame: known for frame, known in self._known.items() if frame >= first}

    def ending(self, ring: Ring, channel: int, end: int) -> Floats:
        """The window whose last frame ends at an index or at most 10 ms before.

        Args:
            ring: of the stream.
            channel: of it.
            end: index of a sample in the stream's own rate.

        Returns:
            float32 (96, 64). What was before the stream's first sample is silence.
        """
        if channel != self._channel:
            self.forget()
            self._channel = channel
        last = (end // self._times - FRAME) // HOP
        first = last - FRAMES + 1
        missing = [frame for frame in range(first, last + 1) if frame not in self._known]
        if missing:
            self._learn(ring, channel, missing[0], missing[-1])
        rows = [self._known[frame] for frame in range(first, last + 1)]
        return picture(np.stack([row for row, _ in rows]), max(peak for _, peak in rows))

    def _learn(self, ring: Ring, channel: int, first: int, last: int) -> None:
        sound = resampled(ring, channel, first * HOP, last * HOP + FRAME, self._rate)
        found = bands(sound)
        frames = np.lib.stride_tricks.sliding_window_view(np.abs(sound), FRAME)[::HOP]
        for frame, row, peak in zip(range(first, last + 1), found, frames.max(axis=1).tolist(), strict=True):
            self._known.setdefault(frame, (row, float(peak)))
