"""Whether something rises: the slope of its last values, with its error. Pure.

A straight line by least squares through the means of five seconds; density means of neighbouring five seconds err alike, which
makes the error of the slope larger than independent ones would (``ALIKE``).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

WINDOW_S = 75.0
"""Shorter, and a train that empties rises as a crush does; longer, and a crush is nearer when it is seen."""
_FEWEST, _FEWEST_LATELY = 6, 2
_LATELY = 0.5
ALIKE = 1.5
"""Factor of the standard deviation; on steady crowds, rendered: 90 of 100 intervals then hold zero."""


@dataclass(frozen=True)
class Slope:
    """Change per second.

    Attributes:
        value: over the whole window.
        sigma: its standard deviation.
        lately: over the later part of the window.
        level: of the line at its end, which is steadier than the last value.
    """

    value: float
    sigma: float
    lately: float
    level: float


class Trend:
    """The last values of something."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._values: deque[tuple[float, float]] = deque()

    def update(self, value: float, now_s: float) -> None:
        """Take a value, at monotonic seconds."""
        if self._values and now_s <= self._values[-1][0]:
            self._values.clear()
        self._values.append((now_s, value))
        while self._values[0][0] < now_s - self._window_s:
            self._values.popleft()

    def slope(self) -> Slope | None:
        """Its slope; ``None`` until there are enough of them over half a window, and some of late."""
        if len(self._values) < _FEWEST or self._values[-1][0] - self._values[0][0] < self._window_s / 2:
            return None
        t, y = np.array(self._values).T
        later = t >= t[-1] - _LATELY * self._window_s
        if later.sum() < _FEWEST_LATELY:  # nobody looked for a while
            return None
        slope, sigma = _line(t, y)
        level = float(y.mean() + slope * (t[-1] - t.mean()))
        return Slope(slope, sigma, _line(t[later], y[later])[0], level)


def _line(t: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    t, y = t - t.mean(), y - y.mean()
    square = float(t @ t)
    slope = float(t @ y) / square
    strayed = float(np.sum((y - slope * t) ** 2))
    return slope, ALIKE * math.sqrt(strayed / max(1, len(t) - 2) / square)
