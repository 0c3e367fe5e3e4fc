"""When a sample was taken: the regression of time on the index of samples.

A converter's clock is steady and a little fast or slow; the moments at which its blocks arrive are late by something else each
time. So the line through the blocks of the last minute says it better than any of them.

The line is found by least squares with a prior on its slope: a crystal is within 100 ppm of its rate, and the system's clock is
slewed by at most as much again, so that the first seconds already give a good answer. The deviation of single blocks is
estimated from their residuals, and that of the answer from the line's normal equations (Bayesian linear regression, Bishop,
"Pattern Recognition and Machine Learning", 3.3). Blocks that are late by the same amount all the time make it late by that,
and nobody here can know.

Rule: a hole (sound that was lost, a suspended box) begins the line anew. Pure.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import deque

import numpy as np

from edge.clock import Instant

EVERY_S = 0.5
"""Between two blocks that count, seconds."""
SPAN_S = 60.0
SLOPE = 200e-6
"""Standard deviation of a converter's rate against the system's clock, as a part of it."""
DEVIATION_S = 1e-3
"""Of the arrival of one block, before anything is known; it counts as much as two blocks."""
_DEGREES = 2
HOLE_S = 0.2
"""A block that comes so far from where it is expected does not belong to the line: four blocks."""


class SampleClock:
    """Of one microphone.

    Args:
        rate_hz: nominal samples a second.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._points: deque[tuple[int, float]] = deque(maxlen=round(SPAN_S / EVERY_S))
        self._last: tuple[int, Instant] | None = None

    def reset(self) -> None:
        """Forget every block."""
        self._points.clear()
        self._last = None

    def add(self, end: int, at: Instant) -> None:
        """A block has come.

        Args:
            end: index of the sample after its last.
            at: both clocks at that.
        """
        if self._last is not None:
            expected_s = self._last[1].monotonic_s + (end - self._last[0]) / self._rate_hz
            if abs(at.monotonic_s - expected_s) > HOLE_S:
                self.reset()
        self._last = end, at
        if not self._points or end - self._points[-1][0] >= EVERY_S * self._rate_hz:
            self._points.append((end, at.monotonic_s))

    def when(self, sample: float) -> tuple[Instant, float]:
        """When a sample was taken, and the standard deviation of that, seconds.

        Raises:
            ValueError: no block has come yet.
        """
        if self._last is None:
            msg = "no block has come yet"
            raise ValueError(msg)
        end, last = self._last
        points = np.array(self._points, np.float64)
        x = (points[:, 0] - end) / self._rate_hz
        late = points[:, 1] - last.monotonic_s - x  # against a perfect converter that ends this block now
        design = np.stack((np.ones_like(x), x), axis=1)
        normal = design.T @ design + np.diag((0.0, (DEVIATION_S / SLOPE) ** 2))
        line = np.linalg.solve(normal, design.T @ late)
        rest = late - design @ line
        variance = (_DEGREES * DEVIATION_S**2 + float(rest @ rest)) / (_DEGREES + len(x) - 1)
        place = np.array((1.0, (sample - end) / self._rate_hz))
        sigma_s = math.sqrt(variance * float(place @ np.linalg.solve(normal, place)))
        after_s = float(place[1] + place @ line)
        return Instant(last.monotonic_s + after_s, last.wall + dt.timedelta(seconds=after_s)), sigma_s
