"""What the pose models are calibrated on: people of the first hundred frames, at the enlargements that they will be shown at.

A single-person model sees the window around a person, drawn wider or aside as a tracker's box may be. A multi-person model sees
that, and motion-sized regions with several people.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.bundle.detections import Window
from models.bundle.keypoints import window_of
from models.factory.clip import frames
from models.factory.square import CLIP
from models.recipes.movenet.people import LAST_CALIBRATION_FRAME, Picture, cut, known

REGION = 256
"""Pixels: the motion regions that the box cuts out of a picture."""


def crops(side: int) -> Iterator[Picture]:
    """Yield windows around people: uint8 (1, side, side, 3), RGB."""
    boxes = known()
    for number, rgb in frames(CLIP, boxes, LAST_CALIBRATION_FRAME):
        height, width = rgb.shape[:2]
        for box in boxes[number]:
            yield cut(rgb, window_of(box, width, height), side)
            yield cut(rgb, window_of(_aside(box, number), width, height), side)


def regions(side: int) -> Iterator[Picture]:
    """Yield whole pictures and motion regions around every other person: uint8 (1, side, side, 3), RGB."""
    boxes = known()
    for number, rgb in frames(CLIP, boxes, LAST_CALIBRATION_FRAME):
        height, width = rgb.shape[:2]
        yield cut(rgb, Window(0, 0, width, height, width, height), side)
        for left, top, right, bottom in boxes[number][::2]:
            x = min(max((left + right - REGION) // 2, 0), width - REGION)
            y = min(max((top + bottom - REGION) // 2, 0), height - REGION)
            yield cut(rgb, Window(x, y, REGION, REGION, width, height), side)


def crops_and_regions(side: int) -> Iterator[Picture]:
    """Yield what a multi-person model is shown."""
    yield from crops(side)
    yield from regions(side)


def _aside(box: list[int], number: int) -> list[float]:
    """A box that is a fifth larger and a tenth aside, in a direction that changes with the frame."""
    left, top, right, bottom = box
    angle = number * np.pi / 5
    x = (left + right) / 2 + 0.1 * (right - left) * np.cos(angle)
    y = (top + bottom) / 2 + 0.1 * (bottom - top) * np.sin(angle)
    half_width, half_height = (right - left) * 0.6, (bottom - top) * 0.6
    return [x - half_width, y - half_height, x + half_width, y + half_height]
