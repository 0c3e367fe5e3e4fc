"""Detections: the currency between inference, tracking and analytics, and how raw outputs become them.

Frame of reference: pixels of the source picture, x to the right, y downwards; boxes are left, top, right, bottom.
Pure numpy; under 0.3 ms for one whole picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]

EDGE_PX = 4.0
"""A box that ends this close to an inner edge of its region is taken to be cut off by it."""

MOST = 200
"""Most detections of one picture. What more there were is not told, so that no count beyond it is trusted."""

CUT_OVERLAP = 0.6
"""Share of a cut box's area inside another box above which it is the same object."""


@dataclass(frozen=True, slots=True)
class Detections:
    """What a model saw in one picture.

    Attributes:
        boxes: float32 (n, 4): left, top, right, bottom in pixels of the picture.
        scores: float32 (n,): 0 to 1.
        classes: int16 (n,): index into the bundle's labels.
    """

    boxes: Floats
    scores: Floats
    classes: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.scores)

    def select(self, mask: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Detections:
        """Those rows, in the order of ``mask`` when it holds indices."""
        return Detections(self.boxes[mask], self.scores[mask], self.classes[mask])

    @classmethod
    def none(cls) -> Detections:
        """Looked, and nothing there."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int16))

    @classmethod
    def join(cls, parts: Sequence[Detections]) -> Detections:
        """All rows of all parts."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.classes for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Window:
    """Where in the picture a model looked: left, top, width and height in pixels, and the size of the whole picture."""

    left: float
    top: float
    width: float
    height: float
    picture_width: float
    picture_height: float


def decode(scores: Floats, boxes: Floats, window: Window, thresholds: Floats) -> Detections:
    """Turn raw outputs of one inference into detections, before suppression.

    Args:
        scores: (anchors, classes), independent probabilities.
        boxes: (anchors, 4): top, left, bottom, right as fractions of the window.
        window: where the model looked.
        thresholds: (classes,): least score of each class; above 1 = class not wanted.

    Returns:
        Detections clipped to the window, best first. Values that are not finite are left out.
    """
    # One dimension: numpy looks for few among many ten times as fast as in two.
    rows, columns = np.divmod(np.flatnonzero(scores >= thresholds), len(thresholds))
    if not len(rows):
        return Detections.none()
    picked = boxes[rows][:, [1, 0, 3, 2]].clip(0.0, 1.0)
    scale = np.array([window.width, window.height, window.width, window.height], np.float32)
    shift = np.array([window.left, window.top, window.left, window.top], np.float32)
    pixels = picked * scale + shift
    found = scores[rows, columns]
    with np.errstate(invalid="ignore"):
        good = (pixels[:, 2] > pixels[:, 0]) & (pixels[:, 3] > pixels[:, 1]) & np.isfinite(found)
    order = np.nonzero(good)[0]
    order = order[np.argsort(-found[order], kind="stable")]
    return Detections(pixels[order].astype(np.float32), found[order].astype(np.float32), columns[order].astype(np.int16))


def clipped(detections: Detections, window: Window) -> Detections:
    """Cut boxes off at the edges of a window; what lies outside of it is nothing."""
    low = np.array([window.left, window.top] * 2, np.float32)
    boxes = detections.boxes.clip(low, low + np.array([window.width, window.height] * 2, np.float32))
    some = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return Detections(boxes, detections.scores, detections.classes).select(some)


def suppress(detections: Detections, iou: float, limit: int = MOST) -> Detections:
    """Greedy non-maximum suppression within each class.

    Args:
        detections: any order.
        iou: overlap above which the weaker of two is dropped.
        limit: most detections that remain.
    """
    if len(detections) < 2:  # noqa: PLR2004 - nothing to compare
        return detections
    order = np.argsort(-detections.scores, kind="stable")[: limit * 8]
    ranked = detections.select(order)
    overlap = pairwise_iou(ranked.boxes, ranked.boxes)
    overlap[ranked.classes[:, None] != ranked.classes[None, :]] = 0.0
    alive = np.ones(len(ranked), np.bool_)
    for i in range(len(ranked)):
        if alive[i]:
            alive[i + 1 :] &= overlap[i, i + 1 :] <= iou
    return ranked.select(np.nonzero(alive)[0][:limit])


def merge(parts: Sequence[tuple[Window, Detections]], iou: float, limit: int = MOST) -> Detections:
    """Join what was seen in several windows of one picture.

    A box that the inner edge of its window cuts off is dropped where another window shows the object whole: when most of its
    area lies in a box of the same class that is not cut. What remains goes through :func:`suppress`.
    """
    if len(parts) == 1:
        return suppress(parts[0][1], iou, limit)
    joined = Detections.join([detections for _, detections in parts])
    if not len(joined):
        return joined
    cut = np.concatenate([_cut(window, detections) for window, detections in parts])
    if cut.any() and not cut.all():
        whole = joined.select(~cut)
        partial = joined.select(cut)
        inside = _intersection(partial.boxes, whole.boxes) / np.maximum(_area(partial.boxes), 1e-6)[:, None]
        inside[partial.classes[:, None] != whole.classes[None, :]] = 0.0
        joined = Detections.join([whole, partial.select(inside.max(axis=1) < CUT_OVERLAP)])
    return suppress(joined, iou, limit)


def pairwise_iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of boxes (n, 4) and (m, 4): float32 (n, m)."""
    shared = _intersection(a, b)
    union = _area(a)[:, None] + _area(b)[None, :] - shared
    result: Floats = (shared / np.maximum(union, 1e-6)).astype(np.float32)
    return result


def _cut(window: Window, detections: Detections) -> npt.NDArray[np.bool_]:
    boxes = detections.boxes
    right, bottom = window.left + window.width, window.top + window.height
    cut: npt.NDArray[np.bool_] = np.zeros(len(boxes), np.bool_)
    if window.left > 0:
        cut |= boxes[:, 0] < window.left + EDGE_PX
    if window.top > 0:
        cut |= boxes[:, 1] < window.top + EDGE_PX
    if right < window.picture_width:
        cut |= boxes[:, 2] > right - EDGE_PX
    if bottom < window.picture_height:
        cut |= boxes[:, 3] > bottom - EDGE_PX
    return cut


def _intersection(a: Floats, b: Floats) -> Floats:
    size = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    size = np.maximum(size, 0.0)
    product: Floats = size[..., 0] * size[..., 1]
    return product


def _area(boxes: Floats) -> Floats:
    area: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return area
