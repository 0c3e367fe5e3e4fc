"""What the detector is calibrated on: whole frames and motion-sized crops of the first hundred frames of the square clip.

That is what the box will feed, and nothing that is measured on. Box decoding (exponentials, anchors) stays in floating point.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.factory.clip import frames
from models.recipes.person_vehicle_fast.convert import SIDE

LAST_FRAME = 100
CROP = 256
FLOAT_PARTS = ("Preprocessor", "Postprocessor", "ClassPredictor", "BoxEncodingPredictor")
"""Parts that stay in floating point: the heads are 3% of the arithmetic, and quantised scores fall into steps of a tenth."""


def pictures(clip: Path, step: int = 5, size: tuple[int, int] = (SIDE, SIDE)) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield calibration inputs: uint8 (1, height, width, 3), RGB, of a size (width, height)."""
    for _, rgb in frames(clip, range(step, LAST_FRAME + 1, step), LAST_FRAME):
        yield resized(rgb, size)
        height, width = rgb.shape[:2]
        for left, top in ((0, 100), (width // 3, 60), (width - CROP, 120), (width // 2, height - CROP)):
            yield resized(rgb[top : top + CROP, left : left + CROP], size)


def resized(rgb: npt.NDArray[np.uint8], size: tuple[int, int] = (SIDE, SIDE)) -> npt.NDArray[np.uint8]:
    """Make an input of a part of a picture, as the box does: uint8 (1, height, width, 3), of a size (width, height)."""
    picture: npt.NDArray[np.uint8] = cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)[None].astype(np.uint8)
    return picture
