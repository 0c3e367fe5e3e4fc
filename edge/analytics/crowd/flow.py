"""Flow over a line: who came from one side and got to the other. Pure.

Rules: a band around the line belongs to neither side, so that standing on the line, and the jitter of boxes, is no crossing; a
track counts when it leaves the band on the other side than the one it was last on, within the ends of the line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.analytics.crowd.geometry import Points, line_offsets
from models.bundle.detections import Floats

BAND_HEIGHTS = 0.12
"""Half width of the band, in heights of the person: twice the jitter of a foot point (5% of the height, one sigma)."""

BAND_LEAST_PX = 3.0


@dataclass
class Crossings:
    """What crossed so far in a window; ``unsure`` is the sum of 1 - existence over it."""

    forward: int = 0
    backward: int = 0
    unsure: float = 0.0


class LineCounter:
    """Counts one line.

    Args:
        start: of the line, pixels.
        end: of the line, pixels.
    """

    def __init__(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._start, self._end = start, end
        self._sides: dict[int, int] = {}
        self.crossings = Crossings()

    def update(self, ids: list[int], feet: Points, heights: Floats, existence: Floats) -> None:
        """Take the tracks of one picture.

        Args:
            ids: track numbers.
            feet: (n, 2), pixels.
            heights: (n,) of the boxes, pixels.
            existence: (n,).
        """
        if not ids:
            self._sides.clear()
            return
        across, along = line_offsets(feet, self._start, self._end)
        band = np.maximum(BAND_LEAST_PX, BAND_HEIGHTS * heights)
        side = np.where(across > band, 1, np.where(across < -band, -1, 0))
        for i, track in enumerate(ids):
            now = int(side[i])
            if now == 0:
                continue
            before = self._sides.get(track)
            self._sides[track] = now
            if before is None or before == now or not -0.05 <= along[i] <= 1.05:  # noqa: PLR2004 - feet are not that exact
                continue
            if now > 0:
                self.crossings.forward += 1
            else:
                self.crossings.backward += 1
            self.crossings.unsure += 1.0 - float(existence[i])
        alive = set(ids)
        self._sides = {track: place for track, place in self._sides.items() if track in alive}

    def take(self) -> Crossings:
        """What crossed in the window, and begin another."""
        done, self.crossings = self.crossings, Crossings()
        return done
