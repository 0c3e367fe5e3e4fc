"""What a camera makes of a plate: how it is seen, lit, blurred, sampled, disturbed and compressed, and cut out by a detector.

Rules: everything is done at about the resolution that the camera has, on few pixels (a plate of 44 to 230 pixels), because
what a lens and a sensor lose cannot be drawn larger and shrunk; the crop's sides are shifted together or apart, from
8% inside the plate to 26% outside, for detectors do so; whatever is done to the picture is done to the places of characters.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Picture
from models.synthesis.development import expose, spoil
from models.synthesis.glyphs import Split
from models.synthesis.hand import Hand
from models.synthesis.plate import Plate
from models.synthesis.still import still
from models.synthesis.surroundings import mount

SHORT = 3.0
"""Width over height below which a plate is American or of two rows, whose characters take less of the width."""
FINE = 115.0
"""Width in pixels from which a plate is worked on at little over its resolution; below it at one and a half times."""
FILMED_FROM = 40.0
"""Pixels of a plate's width: where cameras that see vehicles come see them first."""
HABITS = ((-0.05, 0.03), (0.03, 0.13), (0.13, 0.25))
"""How far outside the plate detectors cut, in shares of its size; equally often."""
SEEN = 0.2
"""Share of a character's width or height that a crop may cut off."""


@dataclass(frozen=True)
class Photograph:
    """A crop around a plate, as a detector gives it to a reader.

    Attributes:
        picture: uint8 (height, width, 3), RGB.
        centres: float32 (n, 2): x, y of the centre of each character, in pixels of the picture.
        widths: float32 (n,): of each character, in pixels of the picture.
        plate_width: of the plate in the camera's picture before the crop was resized, in pixels.
    """

    picture: Picture
    centres: npt.NDArray[np.float32]
    widths: npt.NDArray[np.float32]
    plate_width: float


def photograph(  # noqa: PLR0913 - of what, by which chance, how large; the rest has defaults
    plate: Plate,
    random: np.random.Generator,
    size: tuple[int, int],
    split: Split = "train",
    *,
    fonts: bool = True,
    filmed: float = 0.0,
) -> Photograph:
    """Take a picture of a plate and cut it out.

    Args:
        plate: what is photographed.
        random: all that is random about it.
        size: width and height of the crop.
        split: whose letters print around the plate is set in.
        fonts: whether typefaces may be used for print around the plate.
        filmed: share of pictures that are taken out of a stream of H.264, of plates down to :data:`FILMED_FROM` pixels.
    """
    hand = Hand(random, split, fonts)
    height, width = plate.picture.shape[:2]
    short = width < SHORT * height
    streamed = bool(filmed) and hand.chance(filmed)
    low, high = (40.0, 190.0) if short else (FILMED_FROM if streamed else 48.0, 230.0)
    across = float(np.exp(random.uniform(np.log(low), np.log(high))))
    excess = 1.15 if across > FINE else 1.5
    scale = across * excess / width
    small = cv2.resize(plate.picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    around, corner = mount(np.asarray(small, np.uint8), hand)
    view = _view(around.shape[1], around.shape[0], hand)
    marks = plate.characters.reshape(-1, 2, 2) * (small.shape[1] / width, small.shape[0] / height) + corner
    window = _window(corner, small.shape[:2], marks, view, hand)
    left, top, right, bottom = window
    cut = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ view
    wide, tall = max(8, round(right - left)), max(8, round(bottom - top))
    seen = cv2.warpPerspective(around, cut, (wide, tall), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lit = expose(np.asarray(seen, np.float32), across * excess, hand)
    kept = (max(8, round(wide / excess)), max(6, round(tall / excess)))
    sampled = cv2.resize(lit, kept, interpolation=cv2.INTER_AREA if hand.chance(0.7) else cv2.INTER_LINEAR)
    taken = np.asarray(sampled, np.float32)
    spoilt = still(taken, random) if streamed else spoil(taken, hand)
    final = cv2.resize(spoilt, size, interpolation=cv2.INTER_AREA if kept[0] > 2 * size[0] else cv2.INTER_LINEAR)
    grid = np.array([size[0] / (right - left), size[1] / (bottom - top)])
    sides = _seen_at(_sides(marks), cut) * grid
    return Photograph(
        np.asarray(final, np.uint8),
        sides.mean(axis=1).astype(np.float32),
        (sides[:, 1, 0] - sides[:, 0, 0]).astype(np.float32),
        across,
    )


def _view(width: int, height: int, hand: Hand) -> npt.NDArray[np.float64]:
    """Draw the homography of a camera that looks not quite straight: turned, sheared, narrower, in perspective."""
    random = hand.random
    rectified = hand.chance(0.3)  # a detector that gives corners has already straightened the plate
    ease = 0.3 if rectified else 1.0
    turn = float(np.clip(random.normal(0, 0.07), -0.22, 0.22)) * ease
    shear = float(np.clip(random.normal(0, 0.09), -0.3, 0.3)) * ease
    squeeze = random.uniform(0.72, 1.0) if hand.chance(0.3 * ease) else random.uniform(0.94, 1.06)
    lean = random.normal(0, 0.03 * ease, 2) / (width / 2, height / 2)
    to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    shape = np.array(
        [[squeeze * np.cos(turn), shear - np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [lean[0], lean[1], 1]]
    )
    back = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
    view: npt.NDArray[np.float64] = back @ shape @ to_middle
    return view


def _sides(marks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Middles of the left and right sides of boxes (n, 2, 2): shear moves corners more."""
    sides = marks.copy()
    sides[:, :, 1] = marks[:, :, 1].mean(axis=1, keepdims=True)
    return sides


def _seen_at(points: npt.NDArray[np.float64], view: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Move points (n, k, 2) through a homography."""
    moved = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ view.T
    placed: npt.NDArray[np.float64] = moved[..., :2] / moved[..., 2:]
    return placed


def _window(
    corner: tuple[int, int],
    size: tuple[int, ...],
    marks: npt.NDArray[np.float64],
    view: npt.NDArray[np.float64],
    hand: Hand,
) -> tuple[float, float, float, float]:
    """Draw the detector's box: the upright box of the plate, each side shifted; left, top, right, bottom."""
    x, y = corner
    height, width = size
    outline = np.array([[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]], np.float64)
    placed = _seen_at(outline, view)[0]
    (left, top), (right, bottom) = placed.min(axis=0), placed.max(axis=0)
    wide, tall = right - left, bottom - top
    if hand.chance(0.25):
        shifts = hand.random.uniform(-0.08, 0.25, 4)
    else:  # a detector's own habit is the same on all sides: close, with some air, or with much of the car
        low, high = HABITS[int(hand.random.integers(len(HABITS)))]
        shifts = hand.random.uniform(low, high) + hand.random.normal(0, 0.02, 4)
    if not len(marks):
        return left - shifts[0] * wide, top - shifts[1] * tall, right + shifts[2] * wide, bottom + shifts[3] * tall
    boxes = _seen_at(marks, view)
    boxes[:, :, 0] = _seen_at(_sides(marks), view)[:, :, 0]
    slack = SEEN * (boxes[:, 1] - boxes[:, 0])
    first, last = (boxes[:, 0] + slack).min(axis=0), (boxes[:, 1] - slack).max(axis=0)
    return (
        float(min(left - shifts[0] * wide, first[0])),
        float(min(top - shifts[1] * tall, first[1])),
        float(max(right + shifts[2] * wide, last[0])),
        float(max(bottom + shifts[3] * tall, last[1])),
    )
