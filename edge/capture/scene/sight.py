"""Whether a view is dark, blurred or blocked, from the small grey picture of the gate. Pure.

Rules: the picture is averaged over a second, which takes out noise and most of whoever walks, and judged by cells. Darkness has
a limit of its own; blur and cover are judged against what the same cell showed before, for walls are smooth in one view and
rough in another. Contrast is expected to go down with the light, so that dusk and a change of exposure are neither. What looks
wrong is not learnt; what cannot be judged in the dark stays as it is.

Sharpness is the energy of the Laplacian against that of the contrast (Pertuz, Puig and Garcia, "Analysis of focus measure
operators for shape-from-focus", Pattern Recognition 46, 2013: LAPV and its kin): light changes both alike.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edge.capture.faults import Fault, FaultCode
from edge.capture.port import Plane
from edge.capture.scene.lasting import Lasting

Floats = npt.NDArray[np.float32]

LEARN_S = 10.0
"""A view is learnt so long before it is judged; whoever stands in it is a small part of it."""
DARK_S, BLURRED_S, BLOCKED_S, CLEAR_S = 5.0, 10.0, 10.0, 5.0
"""How long each must last: a lorry that passes covers for less than ten seconds, a camera focuses within five."""

_MEAN_S = 1.0
_LEVEL_S = 600.0
"""Time constants: of the mean picture; of the level, which follows the sun and not a spider."""
_CELLS = (16, 12)
"""Columns and rows: 12 small pixels, as wide as two people and as high as half a one."""
_BLACK, _WHITE = 16, 235
_LIT = 80
"""Percentile of cells by light that must be lit: a few lamps in a black picture light nobody."""
_DARK, _LIGHT = 10.0, 16.0
"""Grey levels above black: with ten, what differs by a third from its background does so by the noise of a sensor at night."""
_DETAIL = 4.0
"""Standard deviation within a cell, grey levels, from which it has detail."""
_FLAT = 0.3
"""Share of a cell's expected contrast below which it shows none: a shadow leaves half, fog more."""
_LEAST_CELLS = 0.1
"""Share of cells with detail without which nothing can be said."""
_BLOCKED, _FREE = 0.4, 0.25
"""Share of what had detail: a bus at a stop covers a quarter."""
_BLURRED, _SHARP = 0.6, 0.75
"""Of the sharpness that it had. Defocus by 2 pixels in 768 leaves 0.59, 3 leave 0.41; exposure, noise and a crowd 0.99."""


class Sight:
    """Of one view."""

    def __init__(self) -> None:
        self._dark = Lasting(DARK_S, CLEAR_S)
        self._blurred = Lasting(BLURRED_S, CLEAR_S)
        self._blocked = Lasting(BLOCKED_S, CLEAR_S)
        self._faults: dict[FaultCode, Fault] = {}
        self._before_s = 0.0
        self.mean: Floats | None = None
        """(height, width): the view without noise."""
        self.dark = True
        """Whether the last look was too dark for anything else to be judged."""
        self.clear = False
        """Whether the last look found the view free and sharp."""
        self._contrast: Floats | None = None
        self._sharpness: Floats | None = None
        self._light = 0.0
        self._learnt_s = 0.0

    def look(self, small: Plane, at_s: float, *, comparable: bool = True) -> tuple[Fault, ...]:
        """Take one picture, of the same size as the one before; returns what stands against the view.

        Args:
            small: (height, width), the small picture of :mod:`edge.gate.motion`.
            at_s: its time in the stream, seconds.
            comparable: whether it is firm; a mean of pictures that swing is blurred, and only darkness is judged.
        """
        elapsed_s = min(1.0, max(0.0, at_s - self._before_s))
        self._before_s = at_s
        if self.mean is None:
            self.mean = small.astype(np.float32)
        cv2.accumulateWeighted(small, self.mean, 1 - np.exp(-elapsed_s / _MEAN_S))
        means, contrast, sharpness = _measure(self.mean)
        light = max(0.0, float(np.percentile(means, _LIT)) - _BLACK)
        dark = self._dark.judge(worse=light < _DARK, better=light > _LIGHT, at_s=at_s)
        text = (
            f"light {light:.0f} of {_WHITE - _BLACK} grey levels, needs {_DARK:.0f}; uncover the lens, mend the lamp, add light"
        )
        self._set(FaultCode.DARK, text, stands=dark)
        self.dark, self.clear = dark or light < _LIGHT, False
        if comparable and not self.dark:
            self._compare(contrast, sharpness, light, at_s, elapsed_s)
        return tuple(self._faults.values())

    def _compare(self, contrast: Floats, sharpness: Floats, light: float, at_s: float, elapsed_s: float) -> None:
        """Judge against what the view was, and learn from it."""
        if self._contrast is None or self._sharpness is None:
            self._contrast, self._sharpness, self._light = contrast, sharpness, light
            return
        expected = self._contrast * min(1.0, light / max(1.0, self._light))
        detailed = expected >= _DETAIL
        if detailed.mean() >= _LEAST_CELLS and self._learnt_s >= LEARN_S:
            flat = detailed & (contrast < _FLAT * expected)
            covered = float(flat.sum() / detailed.sum())
            seen = detailed & ~flat
            left = float(np.median(sharpness[seen] / self._sharpness[seen])) if seen.mean() >= _LEAST_CELLS else None
            self._judge(covered, left, at_s)
            self.clear = covered <= _FREE and left is not None and left >= _SHARP
            if not self.clear:
                return
        self._learnt_s += elapsed_s
        weight = elapsed_s / min(_LEVEL_S, max(self._learnt_s, elapsed_s, 1e-3))
        cv2.accumulateWeighted(contrast, self._contrast, weight)
        cv2.accumulateWeighted(sharpness, self._sharpness, weight)
        self._light += weight * (light - self._light)

    def _judge(self, covered: float, left: float | None, at_s: float) -> None:
        blocked = self._blocked.judge(worse=covered > _BLOCKED, better=covered < _FREE, at_s=at_s)
        text = f"{covered:.0%} of what had detail shows none; take away what hangs or sticks before the camera"
        self._set(FaultCode.BLOCKED, text, stands=blocked)
        if left is None:
            return
        blurred = self._blurred.judge(worse=left < _BLURRED, better=left > _SHARP, at_s=at_s)
        text = f"fine detail is {left:.0%} of what this view had; clean lens and cover, look for water in it, focus"
        self._set(FaultCode.BLURRED, text, stands=blurred)

    def _set(self, code: FaultCode, text: str, *, stands: bool) -> None:
        if not stands:
            self._faults.pop(code, None)
        elif code not in self._faults:
            self._faults[code] = Fault(code, text)


def _measure(mean: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, standard deviation and sharpness by cell, each (rows, columns)."""
    means = _by_cell(mean)
    contrast: Floats = np.sqrt(np.maximum(_by_cell(mean * mean) - means * means, 0))
    fine = np.asarray(cv2.Laplacian(mean, cv2.CV_32F), np.float32)
    return means, contrast, np.asarray(np.sqrt(_by_cell(fine * fine)) / np.maximum(contrast, 1), np.float32)


def _by_cell(values: Floats) -> Floats:
    return np.asarray(cv2.resize(values, _CELLS, interpolation=cv2.INTER_AREA), np.float32)
