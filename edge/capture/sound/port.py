"""What capture needs from whatever delivers sound: a file or a device behind the same few lines.

Rules: a port never sleeps (pacing and waiting are not its business); it raises :class:`SoundError` with a named fault and
nothing else for what can go wrong with its input; what it yields is finite and within full scale, which is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from edge.clock import Instant

Floats = npt.NDArray[np.float32]

BLOCK_S = 0.05
"""Sound in a block, seconds: twenty wake-ups a second cost a small board little, and a twentieth of a second is no delay."""


@dataclass(frozen=True)
class SoundInfo:
    """What is known when a microphone has been opened."""

    rate_hz: int
    """Samples a second and channel, as they will be yielded."""
    channels: int
    device: str
    """Name of the device, or of the coding of a file."""
    live: bool
    """Whether sound comes at its own time (a device) or when asked for (a file)."""


@dataclass(frozen=True)
class Block:
    """A stretch of sound."""

    samples: Floats
    """(channels, n), n > 0."""
    first: int
    """Index of its first sample since the start; what is missing before it was lost."""
    at: Instant | None
    """Both clocks at its end; ``None`` of a recording, whose time is known to who plays it."""


class SoundPort(Protocol):
    """Something that delivers sound."""

    def open(self) -> SoundInfo:
        """Open it, without beginning yet.

        Raises:
            SoundError: with the fault to report.
        """

    def blocks(self) -> Iterator[Block | float]:
        """All of it from the start, in blocks of :data:`BLOCK_S` but for the last; may be called again to begin anew.

        Where a device has nothing yet, a number: seconds after which to ask again.

        Raises:
            SoundError: with the fault to report.
        """

    def close(self) -> None:
        """Let go of everything; may be called twice."""


def clean(samples: Floats) -> Floats:
    """The same with silence for what is not finite, and cut at full scale."""
    return np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0)
