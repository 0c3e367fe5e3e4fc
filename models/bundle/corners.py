"""From a detector's maps to plates with four corners, and from corners to the upright picture that a reader gets.

Rules: numpy and OpenCV only; corners are (4, 2) float32 in pixels from the top left **edge** of the picture, in the order top
left, top right, bottom right, bottom left as the plate is read; RGB uint8; a region is enlarged to the network's proportions by
what lies around it and stretched by at most a quarter, so that no pixel of the input is wasted on padding without need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.detections import pairwise_iou

STRIDE = 4
"""Pixels of the input per cell of the maps."""
MARGIN = 0.1
"""By how much of its size a vehicle's box is enlarged on each side: detectors cut off bumpers, and plates with them."""
STRETCH = 1.25
"""Largest factor between the scales across and down; the training's scenes are stretched by as much."""
GREY = 114
"""Of what lies outside of the picture; as in the training's scenes."""
LARGEST_OFFSET = 5.0
"""Bound of the offsets on their asinh scale: 4 sinh(5) is 297 pixels, most of an input; more is a broken output."""

ANSWERING = 0.2
"""Score from which a cell answers, in the reference or here; thousands that stay silent would hide any fault."""


@dataclass(frozen=True)
class Plates:
    """Plates found.

    Attributes:
        scores: (n,) float32, 0 to 1, best first.
        corners: (n, 4, 2) float32, pixels of the picture.
    """

    scores: npt.NDArray[np.float32]
    corners: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def boxes(self) -> npt.NDArray[np.float32]:
        """Upright boxes around the corners, (n, 4): left, top, right, bottom."""
        return np.concatenate([self.corners.min(axis=1), self.corners.max(axis=1)], axis=1)

    def moved(self, left: float, top: float) -> Plates:
        """The same plates in a picture of which this was a part whose corner lies there."""
        return Plates(self.scores, self.corners + np.array([left, top], np.float32))


@dataclass(frozen=True)
class Region:
    """A part of a picture that becomes a network's input; it may reach beyond the picture.

    Attributes:
        left: pixels of the picture.
        top: pixels.
        width: pixels.
        height: pixels.
    """

    left: float
    top: float
    width: float
    height: float


def around(box: tuple[float, float, float, float], width: int, height: int, margin: float = MARGIN) -> Region:
    """The region for a vehicle's box, in the proportions of the input as far as stretching does not make up for them.

    Args:
        box: left, top, right, bottom in pixels of the picture.
        width: of the network's input.
        height: of the network's input.
        margin: share of the box's size that is added on each side.

    Raises:
        ValueError: when the box is empty.
    """
    left, top, right, bottom = box
    if not (right > left and bottom > top):
        msg = f"a region cannot be made of the box {box}: its right and bottom must be larger than its left and top"
        raise ValueError(msg)
    wide, high = (right - left) * (1 + 2 * margin), (bottom - top) * (1 + 2 * margin)
    ratio = width / height
    wide, high = max(wide, high * ratio / STRETCH), max(high, wide / ratio / STRETCH)
    return Region((left + right - wide) / 2, (top + bottom - high) / 2, wide, high)


def cut(picture: npt.NDArray[np.uint8], region: Region, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Make the network's input of a region: uint8 (1, height, width, 3), grey where the picture ends.

    Large regions are first averaged over whole squares of pixels: a few times faster than averaging over fractions.

    Args:
        picture: (h, w, 3).
        region: part of it.
        width: of the input.
        height: of the input.
    """
    rows, columns = picture.shape[:2]
    across, down = width / region.width, height / region.height
    step = max(1, round(min(1 / across, 1 / down)))
    left, top = max(0, int(region.left)), max(0, int(region.top))
    right = left + (min(columns, int(region.left + region.width) + step) - left) // step * step
    bottom = top + (min(rows, int(region.top + region.height) + step) - top) // step * step
    made = np.full((1, height, width, 3), GREY, np.uint8)
    if right <= left or bottom <= top:
        return made
    part = picture[top:bottom, left:right]
    if step > 1:
        small = ((right - left) // step, (bottom - top) // step)
        part = np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.uint8)
    x = (left - region.left + step / 2) * across - 0.5
    y = (top - region.top + step / 2) * down - 0.5
    matrix = np.array([[step * across, 0, x], [0, step * down, y]])
    cv2.warpAffine(
        part, matrix, (width, height), made[0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(GREY, GREY, GREY)
    )
    return made


def decode(
    scores: npt.NDArray[np.float32], offsets: npt.NDArray[np.float32], region: Region, threshold: float, overlap: float = 0.3
) -> Plates:
    """Read the maps of one region.

    Args:
        scores: (1, h, w), probability that a plate's middle lies in a cell.
        offsets: (1, 8, h, w): x and y of each corner from the cell's middle, as asinh of a quarter of the pixels of the input.
        region: from which the input was cut.
        threshold: least score.
        overlap: intersection over union of boxes above which the weaker of two is the same plate.

    Raises:
        ValueError: when the shapes do not belong together.
    """
    rows, columns = scores.shape[-2:]
    if scores.shape != (1, rows, columns) or offsets.shape != (1, 8, rows, columns):
        msg = f"scores {scores.shape} and offsets {offsets.shape} are no maps of plates; (1, h, w) and (1, 8, h, w) are"
        raise ValueError(msg)
    heat = scores[0]
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    down, across = np.nonzero((heat >= threshold) & (heat == highest))
    order = np.argsort(-heat[down, across], kind="stable")
    down, across = down[order], across[order]
    steps = steps_of(offsets[0, :, down, across])
    middles = (np.stack([across, down], axis=1)[:, None] + 0.5) * STRIDE
    scale = np.array([region.width / (columns * STRIDE), region.height / (rows * STRIDE)])
    corners = (middles + steps) * scale + [region.left, region.top]
    return distinct([Plates(heat[down, across].astype(np.float32), corners.astype(np.float32))], overlap)


def distinct(parts: Iterable[Plates], overlap: float = 0.3) -> Plates:
    """Join what several regions found; of plates whose boxes overlap the best remains."""
    found = list(parts)
    if not found:
        return Plates(np.zeros(0, np.float32), np.zeros((0, 4, 2), np.float32))
    scores, corners = np.concatenate([p.scores for p in found]), np.concatenate([p.corners for p in found])
    order = np.argsort(-scores, kind="stable")
    joined = Plates(scores[order], corners[order])
    boxes = joined.boxes()
    alive = np.ones(len(joined), np.bool_)
    for at in range(len(joined)):
        if alive[at]:
            alive[at + 1 :] &= pairwise_iou(boxes[at : at + 1], boxes[at + 1 :])[0] <= overlap
    return Plates(joined.scores[alive], joined.corners[alive])


def rectify(
    picture: npt.NDArray[np.uint8],
    corners: npt.NDArray[np.float32],
    size: tuple[int, int],
    margin: tuple[float, float] = (0.06, 0.12),
) -> npt.NDArray[np.uint8]:
    """Cut a plate out upright, as if seen from straight ahead.

    Args:
        picture: (h, w, 3).
        corners: (4, 2) of the plate, pixels of the picture.
        size: width and height of the result.
        margin: what is added left and right, above and below, as shares of the plate's width and height.

    Returns:
        uint8 (height, width, 3); the picture's edge is repeated where it ends.
    """
    width, height = size
    x, y = width * margin[0] / (1 + 2 * margin[0]), height * margin[1] / (1 + 2 * margin[1])
    target = np.array([[x, y], [width - x, y], [width - x, height - y], [x, height - y]], np.float32)
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    shrink = max(1, int(min(np.ptp(corners[:, 0]) / width, np.ptp(corners[:, 1]) / height)))
    around_it = np.ceil((high - low) * 0.5) + 2
    rows, columns = picture.shape[:2]
    left, top = np.clip(low - around_it, 0, [columns - 1, rows - 1]).astype(int)
    right, bottom = np.clip(high + around_it, [left + 1, top + 1], [columns, rows]).astype(int)
    part = picture[top:bottom, left:right]
    if shrink > 1:  # averaged first: sampling alone would skip strokes
        small = (max(1, (right - left) // shrink), max(1, (bottom - top) // shrink))
        part = np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.uint8)
    scale = np.array([part.shape[1] / (right - left), part.shape[0] / (bottom - top)])
    source = ((corners - [left, top]) * scale - 0.5).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(source, target - np.float32(0.5))
    made = cv2.warpPerspective(part, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)


def _overlap(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    whole = float(np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2])) - shared
    return shared / whole if whole > 0 else 0.0


def deviation(
    vectors: dict[str, npt.NDArray[Any]], run: Callable[[npt.NDArray[Any]], tuple[npt.NDArray[np.float32], ...]]
) -> float:
    """How far a run is from golden vectors, over the cells that answer.

    Of scores: the mean absolute difference. Of corners: the mean of 1 - intersection over union of the boxes around them. The
    larger of the two; infinite when an answer has another shape or is not finite, or no cell of the reference answers.

    Args:
        vectors: ``inputs`` (n, ...), ``scores`` (n, 1, h, w) and ``corners`` (n, 8, h, w), each with a batch of one inside.
        run: one inference.
    """
    score_errors: list[npt.NDArray[np.float64]] = []
    corner_errors: list[float] = []
    for picture, scores, offsets in zip(vectors["inputs"], vectors["scores"], vectors["corners"], strict=True):
        got_scores, got_offsets = run(picture[None])
        if got_scores.shape != scores.shape or got_offsets.shape != offsets.shape:
            return float("inf")
        if not (np.isfinite(got_scores).all() and np.isfinite(got_offsets).all()):
            return float("inf")
        answering = (scores[0] >= ANSWERING) | (got_scores[0] >= ANSWERING)
        score_errors.append(np.abs(got_scores[0] - scores[0])[answering].astype(np.float64))
        for down, across in np.argwhere(scores[0] >= ANSWERING):
            quads = (steps_of(maps[0, :, down, across]) for maps in (offsets, got_offsets))
            first, second = (np.concatenate([quad.min(axis=0), quad.max(axis=0)]) for quad in quads)
            corner_errors.append(1 - _overlap(first, second))
    if not corner_errors:
        return float("inf")
    return max(float(np.concatenate(score_errors).mean()), float(np.mean(corner_errors)))


def steps_of(offsets: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Corners from the middle of their cell, (..., 4, 2) pixels of the input, from what the network says, (..., 8)."""
    steps = STRIDE * np.sinh(np.clip(offsets, -LARGEST_OFFSET, LARGEST_OFFSET))
    return np.asarray(steps.reshape(*offsets.shape[:-1], 4, 2), np.float32)
