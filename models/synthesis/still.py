"""One picture out of a stream: what H.264 left of a plate that moves, after the pictures before it.

Rules: noise, sharpening and the encoder are those of a passage (:mod:`models.synthesis.film`), light and blur come before; the
codec's blocks lie anywhere over the picture, for the plate lies anywhere in the camera's.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Picture
from models.synthesis.film import draw_film, exposed, through_h264

BEFORE = 3
"""Most pictures that were encoded before it: errors that stay were made by then."""
_BLOCK = 16
_MOVED, _GROWN = 3.0, 0.02
"""Standard deviations from picture to picture: pixels, and share of the size."""


def still(picture: npt.NDArray[np.float32], random: np.random.Generator) -> Picture:
    """Take one picture out of a stream.

    Args:
        picture: float32 (height, width, 3), RGB, 0 to 255: at the camera's resolution, lit, and through its lens.
        random: all that is random about it.

    Returns:
        uint8 (height, width, 3).
    """
    film = replace(draw_film(random), gain=1.0, haze=0.0, cast=np.ones(3), grey=False, focus=0.1)
    height, width = picture.shape[:2]
    left, top = (int(shift) for shift in random.integers(0, _BLOCK, 2))
    right, bottom = -(left + width) % _BLOCK, -(top + height) % _BLOCK
    padded = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE)
    last = np.clip(padded, 0, 255).astype(np.uint8)
    size = last.shape[1], last.shape[0]
    step, growth = random.normal(0, _MOVED, 2), random.normal(0, _GROWN)
    scenes = [_earlier(last, back, step, growth) for back in range(int(random.integers(0, BEFORE + 1)), 0, -1)] + [last]
    taken = exposed(random, film, scenes, np.zeros((len(scenes), 2)), size)
    seen = through_h264(taken, film.crf, film.key)[-1]
    return np.ascontiguousarray(seen[top : top + height, left : left + width])


def _earlier(picture: Picture, back: int, step: npt.NDArray[np.float64], growth: float) -> Picture:
    """Move and shrink a picture to where it was some pictures ago."""
    scale = float(np.exp(-growth * back))
    middle = np.array([picture.shape[1], picture.shape[0]]) / 2
    place = middle * (1 - scale) - step * back
    change = np.array([[scale, 0, place[0]], [0, scale, place[1]]])
    moved = cv2.warpAffine(picture, change, (picture.shape[1], picture.shape[0]), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
