"""When a sample was taken: robust regression over pairs of a sample's number and the wall clock when it was read.

A sound card counts samples evenly but not at the rate it says (tens of ppm), and the moment at which a block is read comes late
by a few milliseconds at random. Both are solved for together: a line through the last minutes, with a drift that is believed to
be small until the pairs say otherwise. Pairs far off the line lose weight (Huber, "Robust Estimation of a Location Parameter",
1964). When the last pairs agree with one another but not with the line, the wall clock was stepped, or samples were lost: the
line begins anew with them.

Rules: the deviation that is told is the line's own; whoever disciplines the wall clock tells how far that one may be trusted.
Reading always comes after sampling: what all pairs share of that is not known here (:attr:`ClockMap.late_s` is taken off).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from edge.analytics.gunshot.rumble import Signal

MOST_PAIRS = 240
"""That the line goes through: four minutes at one a second."""
DRIFT_PPM = 60.0
"""Deviation of sound cards' rates, before anything is known."""
LEAST_S = 2e-5
"""Of the deviation of a pair, against clocks that seem perfect."""
FIRST_S = 2e-3
"""Of a pair while there are too few to tell."""
TELL = 8
"""Pairs from which their scatter is believed."""
HUBER = 1.5
"""Deviations beyond which a pair loses weight."""
STEP_PAIRS = 4
STEP_DEVIATIONS = 8.0
STEP_LEAST_S = 0.004
"""A step is when so many pairs in a row are off by more than both of these, all to one side."""


@dataclass(frozen=True)
class Moment:
    """When a sample was taken.

    Attributes:
        utc_s: seconds since 1970.
        sigma_s: of the line there, seconds.
    """

    utc_s: float
    sigma_s: float


class ClockMap:
    """Of one stream of samples.

    Args:
        rate: samples a second, as the sound card says.
        late_s: seconds between a sample and the moment at which it can be read at the earliest.
    """

    def __init__(self, rate: int, late_s: float = 0.0) -> None:
        self._rate, self.late_s = rate, late_s
        self._pairs: deque[tuple[int, float]] = deque(maxlen=MOST_PAIRS)
        self.steps = 0
        """How often the wall clock was stepped, or samples were lost."""
        self.drift_ppm = 0.0
        """How much slower than it says the sound card samples: positive = a second of samples takes longer."""
        self._fit()

    def add(self, index: int, utc_s: float) -> bool:
        """Take a pair.

        Args:
            index: of the sample that was the last to be read, from the stream's first.
            utc_s: wall clock when it was, seconds since 1970.

        Returns:
            Whether a step was noticed with it. A pair that is no number, or goes back in samples, is left out.
        """
        if not math.isfinite(utc_s) or abs(utc_s) > 1e11 or (self._pairs and index <= self._pairs[-1][0]):  # noqa: PLR2004 - year 5138
            return False
        expected = self.at(index)
        self._pairs.append((index, utc_s - self.late_s))
        far = expected is not None and abs(utc_s - self.late_s - expected.utc_s) > self._least_s
        stepped = far and self._stepped()
        if stepped:
            self.steps += 1
            recent = list(self._pairs)[-STEP_PAIRS:]
            self._pairs.clear()
            self._pairs.extend(recent)
        self._fit()
        return stepped

    def at(self, index: float) -> Moment | None:
        """When a sample was taken, with its fraction; ``None`` before the first pair."""
        if not self._pairs:
            return None
        x = self._seconds(index)
        sigma = math.sqrt(
            max(0.0, float(self._covariance[0, 0] + 2 * x * self._covariance[0, 1] + x**2 * self._covariance[1, 1]))
        )
        return Moment(self._origin_s + x + float(self._line[0] + self._line[1] * x), max(sigma, 1e-7))

    def _seconds(self, index: float) -> float:
        return (index - self._origin) / self._rate

    def _fit(self) -> None:
        self._line: Signal = np.zeros(2)
        self._covariance: Signal = np.zeros((2, 2))
        self._scatter_s = FIRST_S
        self._origin, self._origin_s = self._pairs[-1] if self._pairs else (0, 0.0)
        if not self._pairs:
            return
        x, y = self._residuals_of_nominal()
        design = np.stack([np.ones_like(x), x], axis=1)
        weights = np.ones_like(x)
        scatter = FIRST_S
        prior = np.diag([0.0, 1 / (DRIFT_PPM * 1e-6) ** 2])
        for _ in range(8):
            normal = (design.T * weights) @ design / scatter**2 + prior
            self._covariance = np.linalg.inv(normal).astype(np.float64)
            self._line = self._covariance @ ((design.T * weights) @ y / scatter**2)
            off = np.abs(y - design @ self._line)
            if len(x) >= TELL:
                scatter = max(LEAST_S, 1.4826 * float(np.median(off)))
            weights = np.minimum(1.0, HUBER * scatter / np.maximum(off, 1e-12))
        self._scatter_s = scatter
        self.drift_ppm = float(self._line[1]) * 1e6

    def _residuals_of_nominal(self) -> tuple[Signal, Signal]:
        indices = np.array([index - self._origin for index, _ in self._pairs], np.float64)
        x = indices / self._rate
        return x, np.array([moment - self._origin_s for _, moment in self._pairs]) - x

    @property
    def _least_s(self) -> float:
        """By how much a pair has to be off the line to be another clock's."""
        return max(STEP_LEAST_S, STEP_DEVIATIONS * self._scatter_s)

    def _stepped(self) -> bool:
        """Whether the last pairs are off the line that the ones before made, all to one side."""
        if len(self._pairs) < TELL + STEP_PAIRS:
            return False
        kept = list(self._pairs)
        before, last = kept[:-STEP_PAIRS], kept[-STEP_PAIRS:]
        self._pairs = deque(before, maxlen=MOST_PAIRS)
        self._fit()
        off = []
        for index, moment in last:
            expected = self.at(index)
            assert expected is not None
            off.append(moment - expected.utc_s)
        least = self._least_s
        self._pairs = deque(kept, maxlen=MOST_PAIRS)
        return min(off) > least or max(off) < -least
