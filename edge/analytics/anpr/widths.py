"""Whether a camera is near enough: how wide plates are in it, for the technician who mounts it.

Rule: of each passage counts the picture in which the plate is widest, because there it is read if anywhere. Pure.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from protocol.events import Reason

LATELY = 20
"""Passages that are remembered: a few minutes of a street, and one walk with a plate in the hand counts at once."""
LEAST_LOOKS = 3
"""Pictures of a passage from which its best one is near its best."""
CLEAR = 1.05
"""Factor of the width needed from which the statement is taken back."""


class PlateWidths:
    """Widths of plates lately.

    Args:
        source: its id, for the statement.
        least_px: width that is needed.
    """

    def __init__(self, source: str, least_px: float) -> None:
        self._source, self._least_px = source, least_px
        self._over: deque[float] = deque(maxlen=LATELY)
        self._running: list[float] = []
        self._small = False

    def passed(self, widest_px: float, looks: int) -> None:
        """A passage is over."""
        if looks >= LEAST_LOOKS:
            self._over.append(widest_px)

    def running(self, widths: list[tuple[float, int]]) -> None:
        """Largest width and looks of passages that are under way."""
        self._running = [widest_px for widest_px, looks in widths if looks >= LEAST_LOOKS]
        width = self.width
        if width is not None:
            self._small = width < self._least_px * (CLEAR if self._small else 1.0)

    @property
    def width(self) -> float | None:
        """Median of the largest widths, pixels; ``None`` before anything was seen."""
        widths = [*self._over, *self._running]
        return float(np.median(widths)) if widths else None

    @property
    def reason(self) -> Reason | None:
        """The statement, while plates are too small."""
        width = self.width
        if not self._small or width is None:
            return None
        detail = (
            f"plates are {width:.0f} px wide, {self._least_px:.0f} are needed: "
            "come closer, zoom in, or take a camera with more pixels"
        )
        return Reason("plates-too-small", f"source {self._source}"[:64], detail)
