"""A camera that delivers the same picture again and again is blind, however alive it looks.

Rules: a real sensor has noise, so two pictures that agree to the last bit of a sparse sample for :data:`FROZEN_AFTER_S` are the
same picture delivered again. The verdict is withdrawn with the first picture that differs. Pure.
"""

from __future__ import annotations

import zlib

from edge.capture.port import Plane

FROZEN_AFTER_S = 3.0
"""Two seconds less than the five in which a fault must be known; encoders repeat a picture for a second at most."""

_STEP = 7
"""Every seventh row and column, odd so that no block grid of a codec is sampled at one phase only: 2% of the pixels."""


class FrozenWatch:
    """Judges a sequence of luma planes."""

    def __init__(self) -> None:
        self._print: int | None = None
        self._since_s = 0.0

    def frozen(self, luma: Plane, now_s: float) -> bool:
        """Whether the picture has stood still, to the last bit, for too long.

        Args:
            luma: (height, width).
            now_s: monotonic seconds of its capture.
        """
        fingerprint = zlib.crc32(luma[::_STEP, ::_STEP].tobytes())
        if fingerprint != self._print:
            self._print, self._since_s = fingerprint, now_s
        return now_s - self._since_s >= FROZEN_AFTER_S
