"""Windows of a stream as the network that hears shots takes them; each frame's bands are computed once, when asked for.

Rules: frames are counted from the stream's first sample, so that the windows of one moment are the same however blocks fell; no
band outlives the sound that it is of (:meth:`Pictures.expire`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.resample import EVERY, HALF, decimate
from edge.analytics.gunshot.ring import Ring
from models.bundle.detections import Floats
from models.bundle.gunshot import FRAME, FRAMES, HOP, bands, picture
from models.bundle.yamnet import RATE_HZ


class Pictures:
    """Of one channel at a time.

    Args:
        rate: samples a second, 16,000 or 48,000.

    Raises:
        ValueError: for another rate.
    """

    def __init__(self, rate: int) -> None:
        if rate not in {RATE_HZ, RATE_HZ * EVERY}:
            msg = f"the network hears at 16,000 or 48,000 samples a second, not at {rate}"
            raise ValueError(msg)
        self._times = rate // RATE_HZ
        self.after = HALF if self._times > 1 else 0
        """Samples after a window that resampling looks at."""
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
        sound = self._sound(ring, channel, first * HOP, last * HOP + FRAME)
        found = bands(sound)
        frames = np.lib.stride_tricks.sliding_window_view(np.abs(sound), FRAME)[::HOP]
        for frame, row, peak in zip(range(first, last + 1), found, frames.max(axis=1).tolist(), strict=True):
            self._known.setdefault(frame, (row, float(peak)))

    def _sound(self, ring: Ring, channel: int, begin: int, end: int) -> npt.NDArray[np.float32]:
        """At 16 kHz."""
        if self._times == 1:
            sound: npt.NDArray[np.float32] = ring.part(begin, end)[channel]
            return sound
        return decimate(ring.part(begin * EVERY - HALF, (end - 1) * EVERY + HALF + 1)[channel])
