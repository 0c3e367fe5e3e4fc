"""When a sample was taken: the regression of time on the index of samples.

A converter's clock is steady and a little fast or slow; the moments at which its blocks arrive are late by something else each
time. So the line through the blocks of the last minute says it better than any of them.

The line is found by least squares with a prior on its slope: a crystal is within 100 ppm of its rate, and the system's clock is
slewed by at most as much again, so that the first seconds already give a good answer. The deviation of single blocks is
estimated from their residuals, and that of the answer from the line's normal equations (Bayesian linear regression, Bishop,
"Pattern Recognition and Machine Learning", 3.3). Blocks that are late by the same amount all the time make it late by that, and
nobody here can know. A block that is late by far more than others do not is only a busy processor's: it loses weight (Huber,
"Robust Estimation of a Location Parameter", 1964).

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
HUBER = 1.5
"""Deviations beyond which a block loses weight."""
_ENOUGH = 8
"""Blocks from which their scatter is believed."""
_ROUNDS = 6
_LEAST_S = 2e-5
"""Of their scatter, against clocks that seem perfect."""
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
        prior = np.diag((0.0, (DEVIATION_S / SLOPE) ** 2))
        weights = np.ones_like(x)
        for _ in range(_ROUNDS):
            normal = (design.T * weights) @ design + prior
            line = np.linalg.solve(normal, (design.T * weights) @ late)
            rest = late - design @ line
            if len(x) < _ENOUGH:
                break
            scatter = max(_LEAST_S, 1.4826 * float(np.median(np.abs(rest))))
            weights = np.minimum(1.0, HUBER * scatter / np.maximum(np.abs(rest), _LEAST_S))
        weighted = float(weights @ np.square(rest))
        variance = (_DEGREES * DEVIATION_S**2 + weighted) / (_DEGREES + float(weights.sum()) - 1)
        place = np.array((1.0, (sample - end) / self._rate_hz))
        sigma_s = math.sqrt(variance * float(place @ np.linalg.solve(normal, place)))
        after_s = float(place[1] + place @ line)
        return Instant(last.monotonic_s + after_s, last.wall + dt.timedelta(seconds=after_s)), sigma_s
