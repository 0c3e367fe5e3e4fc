"""Where a picture moves: the difference between a small grey picture and a background that is learnt as it goes.

Rules: works on a small picture, because a person is still many pixels there and the gate has less than a millisecond; what
stands still is learnt slowly while it is foreground (a person who waits is not background at once) and quickly otherwise; a
change of the whole picture (a lamp, a cloud, a moved camera) is learnt anew, not chased. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.capture.port import Plane
from edge.region import Region

LEAST_WIDTH = 160
"""Pictures are halved while they stay at least this wide: a person 25 pixels wide in 768 is 6 in 192. Halving twice takes an
eighth of the time of dividing by four at once (42 against 340 microseconds for 768 x 576)."""

_THRESHOLD = 10.0
"""Least difference that counts, grey levels: twice the noise of a good sensor at night."""

_THRESHOLD_PER_MEAN = 2.0
"""Added per grey level of mean difference, so that flicker and noise of the whole picture raise the bar."""

_BACKGROUND_S = 8.0
_FOREGROUND_S = 60.0
"""Time constants with which background is learnt where nothing moves, and where something does."""

_ANOTHER_VIEW = 20.0
"""Mean difference beyond which a change is one of light or of view, grey levels: a crowd on a square makes 5."""

_EVERYTHING = 0.6
"""Part of the picture that moves, beyond which the same holds."""

_LEAST_AREA = 12
"""Smallest spot that counts, small pixels (after it has been widened by one on each side)."""

_BESIDE = 0.25
"""Part of a box's size by which it is widened where somebody is known to move."""

_MOST_SPOTS = 24
"""Largest spots that are kept; more are a storm of leaves."""


@dataclass(frozen=True)
class Motion:
    """What moves in one picture."""

    spots: tuple[Region, ...]
    """Boxes in pixels of the picture, the largest first."""
    everywhere: bool
    """The picture as a whole has changed."""


class MotionWatch:
    """Learns the background of one view."""

    def __init__(self) -> None:
        self._background: npt.NDArray[np.float32] | None = None
        self._seen_s = 0.0
        self._kernel = np.ones((3, 3), np.uint8)

    def look(self, luma: Plane, media_s: float, explained: Sequence[Region] = (), small: Plane | None = None) -> Motion:
        """Compare a picture with the background, and learn from it.

        Args:
            luma: (height, width).
            media_s: its time in the stream, seconds; sets how much is learnt.
            explained: where somebody is who is known to move, pixels; no spot is told there.
            small: what :func:`shrink` makes of it, where that is there already.
        """
        small = shrink(luma) if small is None else small
        factor = luma.shape[1] / small.shape[1]
        background = self._background
        elapsed_s = min(1.0, max(0.001, media_s - self._seen_s))
        self._seen_s = media_s
        if background is None or background.shape != small.shape:
            self._background = small.astype(np.float32)
            return Motion((), everywhere=True)
        difference = cv2.absdiff(small, cv2.convertScaleAbs(background))
        mean = cv2.mean(difference)[0]
        _, mask = cv2.threshold(difference, _THRESHOLD + _THRESHOLD_PER_MEAN * mean, 255, cv2.THRESH_BINARY)
        if mean > _ANOTHER_VIEW or cv2.countNonZero(mask) > _EVERYTHING * mask.size:
            self._background = small.astype(np.float32)
            return Motion((), everywhere=True)
        cv2.accumulateWeighted(small, background, min(1.0, elapsed_s / _FOREGROUND_S), mask)
        cv2.accumulateWeighted(small, background, min(1.0, elapsed_s / _BACKGROUND_S), cv2.bitwise_not(mask))
        for box in explained:
            _wipe(np.asarray(mask, np.uint8), box, factor)
        mask = cv2.dilate(mask, self._kernel)
        _, _, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_16U, cv2.CCL_BOLELLI)
        spots = stats[1:]
        spots = spots[spots[:, cv2.CC_STAT_AREA] >= _LEAST_AREA]
        spots = spots[np.argsort(-spots[:, cv2.CC_STAT_AREA], kind="stable")][:_MOST_SPOTS]
        boxes = (spots[:, :4] * factor).astype(int).tolist()
        return Motion(tuple(Region(*box) for box in boxes), everywhere=False)


def _wipe(mask: Plane, box: Region, factor: float) -> None:
    """Take out what moves where somebody is known to be, and beside: arms, bags, shadows."""
    beside_x, beside_y = _BESIDE * box.width, _BESIDE * box.height
    left, top = max(0, int((box.left - beside_x) / factor)), max(0, int((box.top - beside_y) / factor))
    mask[top : math.ceil((box.bottom + beside_y) / factor), left : math.ceil((box.right + beside_x) / factor)] = 0


def shrink(luma: Plane) -> Plane:
    """Halve a picture (height, width) while it stays at least :data:`LEAST_WIDTH` wide."""
    while luma.shape[1] >= 2 * LEAST_WIDTH and luma.shape[0] > 1:
        height, width = luma.shape
        luma = np.asarray(cv2.resize(luma, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
    return luma
