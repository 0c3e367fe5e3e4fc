"""The last five seconds of sound, overwritten by the next; the only place where a box keeps any.

Rule: nothing that is handed out outlives the ring's own time by its doing: parts are copies that the caller lets go of with its
call, and :meth:`Ring.forget` writes zeros over everything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SECONDS = 5


class Ring:
    """Of one microphone.

    Args:
        channels: how many.
        rate: samples a second.
    """

    def __init__(self, channels: int, rate: int) -> None:
        self._sound = np.zeros((channels, SECONDS * rate), np.float32)
        self.end = 0
        """Samples that have come, from the stream's first."""
        self._since = 0

    def __repr__(self) -> str:
        return f"Ring({self._sound.shape[0]} channels)"

    @property
    def begin(self) -> int:
        """Index of the oldest sample that is still here."""
        return max(self._since, self.end - self._sound.shape[1])

    def put(self, block: npt.NDArray[np.float32]) -> None:
        """Take the next samples: float32 (channels, n)."""
        size = self._sound.shape[1]
        kept = block[:, -size:]
        places = (self.end + block.shape[1] - kept.shape[1] + np.arange(kept.shape[1])) % size
        self._sound[:, places] = kept
        self.end += block.shape[1]

    def part(self, begin: int, end: int) -> npt.NDArray[np.float32]:
        """Samples from one index up to another: float32 (channels, end - begin). What is not here (any more) is silence."""
        whole = np.zeros((self._sound.shape[0], max(0, end - begin)), np.float32)
        first, last = max(begin, self.begin), min(end, self.end)
        if last > first:
            whole[:, first - begin : last - begin] = self._sound[:, np.arange(first, last) % self._sound.shape[1]]
        return whole

    def forget(self) -> None:
        """Overwrite all of it with zeros; indices go on."""
        self._sound[:] = 0
        self._since = self.end
