"""How far each box's clock is off, learned from shots that many boxes heard. Pure.

Rules:

- Most of a clock's error is the same from hour to hour (the two ways of its time packets differ in length); that part can be
  learned, the rest cannot. A bias drifts back to unknown over :data:`MEMORY_S`, as routes change.
- Biases are learned together with the place of each shot: what a shot's place could explain as well teaches nothing (best
  linear unbiased prediction with the unknowns projected out; Robinson, Statistical Science 6(1), 1991). They are therefore
  known only relative to one another, and jointly: their whole covariance is kept and used.
- At most :data:`MOST_NODES` boxes, the longest unheard give way: a million pairs, 8 MB and some milliseconds for each shot.
"""

from __future__ import annotations

import numpy as np

from fleet.fusion.gunshot.air import Floats
from fleet.fusion.gunshot.detections import Detection

STEADY = 0.95
"""Share of a clock's variance that stays; the rest is new with each shot."""
MEMORY_S = 7 * 86_400.0
MOST_NODES = 1024


class Biases:
    """Clock biases of boxes: seconds to be taken off what a box says."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._heard_s: Floats = np.zeros(0)
        self._first: Floats = np.zeros(0)
        """Variance of each before anything was learned."""
        self._mean: Floats = np.zeros(0)
        self._covariance: Floats = np.zeros((0, 0))

    def __len__(self) -> int:
        return len(self._index)

    def of(self, node: str) -> tuple[float, float] | None:
        """Bias and standard deviation, seconds; none of a box that taught nothing yet."""
        i = self._index.get(node)
        return None if i is None else (float(self._mean[i]), float(np.sqrt(self._covariance[i, i])))

    def expected(self, heard: list[Detection]) -> tuple[Floats, Floats]:
        """Biases of detections and the covariance of their onsets, picker and clock together: (n,) and (n, n)."""
        n = len(heard)
        mean = np.zeros(n)
        covariance = np.diag([d.onset_sigma_s**2 for d in heard]) if n else np.zeros((0, 0))
        known = [(row, self._index[d.node]) for row, d in enumerate(heard) if d.node in self._index]
        if known:
            at, index = (list(part) for part in zip(*known, strict=True))
            mean[at] = self._mean[index]
            covariance[np.ix_(at, at)] = self._covariance[np.ix_(index, index)]
            covariance[at, at] += [heard[row].picker_sigma_s ** 2 + (1 - STEADY) * heard[row].clock_sigma_s ** 2 for row in at]
        return mean, covariance

    def learn(self, heard: list[Detection], residual: Floats, slope: Floats, precision: Floats, other: Floats) -> None:
        """Learn from one located shot.

        Args:
            heard: (n) the detections that heard it on the direct way, one for each box.
            residual: (n,) onset less prediction less expected bias, seconds.
            slope: (n, k) derivatives of the prediction by the k unknowns of the shot.
            precision: (k, k) what was known of them before the shot.
            other: (n,) variance of what is neither clock nor picker: position of the box, turbulence.
        """
        if len({d.node for d in heard}) != len(heard):
            msg = "one detection for each box"
            raise ValueError(msg)
        now = max(d.at_s for d in heard)
        self._age(now)
        index = [self._place(d, now) for d in heard]
        noise = self.expected(heard)[1] + np.diag(other)
        inverse = np.linalg.inv(noise)
        spread = np.linalg.inv(slope.T @ inverse @ slope + precision)
        gain = self._covariance[:, index]
        left = inverse - inverse @ slope @ spread @ slope.T @ inverse
        self._mean = self._mean + gain @ (inverse @ residual)
        covariance = self._covariance - gain @ left @ gain.T
        self._covariance = (covariance + covariance.T) / 2

    def _age(self, now: float) -> None:
        if not len(self._heard_s):
            return
        passed = max(0.0, now - float(self._heard_s.max()))
        kept = float(np.exp(-passed / MEMORY_S))
        self._mean = self._mean * kept
        self._covariance = self._covariance * kept**2 + np.diag(self._first * (1 - kept**2))

    def _place(self, heard: Detection, now: float) -> int:
        """Index of a box, making room for it."""
        index = self._index.get(heard.node)
        if index is None:
            first = STEADY * heard.clock_sigma_s**2
            if len(self._index) < MOST_NODES:
                index = len(self._index)
                self._heard_s, self._first, self._mean = (np.append(a, 0.0) for a in (self._heard_s, self._first, self._mean))
                self._covariance = np.pad(self._covariance, ((0, 1), (0, 1)))
            else:
                index = int(np.argmin(self._heard_s))
                self._index = {node: i for node, i in self._index.items() if i != index}
                self._covariance[index, :] = self._covariance[:, index] = 0.0
            self._index[heard.node] = index
            self._first[index] = self._covariance[index, index] = first
            self._mean[index] = 0.0
        self._heard_s[index] = max(now, float(self._heard_s[index]))
        return index
