"""Whether two models that looked at the same picture say the same. Pure.

Each detection of the one is paired with at most one of the other: same class, boxes that overlap by half or more
(intersection over union, the usual measure of detectors), the pairs that overlap most first. The two agree when at least
half of all detections have found a partner (that is F1 >= 0.5): a retrained model draws its boxes a little otherwise and sees
one person more or less at the threshold; one with swapped classes or a wrong scale pairs next to nothing.

Plates are paired likewise, by the boxes around their corners; of two that are both read surely the readings must be the same
too, folded. What one of two readers guesses is no evidence against the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.bundle.detections import Detections, pairwise_iou
from models.bundle.plates import PlateSeen
from models.bundle.reading import read_greedily
from protocol.plates import fold

OVERLAP = 0.5
SHARE = 0.5
SURE = 0.9
"""Probability of a reading in one picture from which it is held against another: the reader's own operating point."""


def agree(one: Detections, other: Detections) -> bool:
    """Whether two answers say the same; two that saw nothing do."""
    total = len(one) + len(other)
    return total == 0 or 2 * pairs(one, other) >= SHARE * total


def agree_on_plates(one: Sequence[PlateSeen], other: Sequence[PlateSeen]) -> bool:
    """Whether two chains say the same of the plates in a picture; two that saw none do."""
    total = len(one) + len(other)
    if not total:
        return True
    first, second = _as_detections(one), _as_detections(other)
    overlap = pairwise_iou(first.boxes, second.boxes)
    readings = [[read_greedily(plate.columns) for plate in side] for side in (one, other)]
    for i, mine in enumerate(readings[0]):
        for j, theirs in enumerate(readings[1]):
            if min(mine.probability, theirs.probability) >= SURE and fold(mine.text) != fold(theirs.text):
                overlap[i, j] = 0.0
    return 2 * _paired(overlap.astype(np.float64)) >= SHARE * total


def _as_detections(seen: Sequence[PlateSeen]) -> Detections:
    boxes = np.array([(*plate.corners.min(axis=0), *plate.corners.max(axis=0)) for plate in seen], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([plate.score for plate in seen], np.float32), np.zeros(len(seen), np.int16))


def pairs(one: Detections, other: Detections) -> int:
    """How many detections of the one have a partner in the other."""
    if not len(one) or not len(other):
        return 0
    overlap = _overlaps(one, other)
    overlap[one.classes[:, None] != other.classes[None, :]] = 0.0
    return _paired(overlap)


def _paired(overlap: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> int:
    """How many pairs overlap enough, the most overlapping first."""
    found = 0
    while overlap.size:
        i, j = np.unravel_index(int(overlap.argmax()), overlap.shape)
        if not overlap[i, j] >= OVERLAP:
            return found
        found += 1
        overlap[i, :] = overlap[:, j] = 0.0
    return found


def _overlaps(one: Detections, other: Detections) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Intersection over union of every pair, float64 (n, m)."""
    a, b = one.boxes.astype(np.float64)[:, None, :], other.boxes.astype(np.float64)[None, :, :]
    shared = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0.0, None).prod(axis=-1)
    areas = [np.clip(boxes[..., 2:] - boxes[..., :2], 0.0, None).prod(axis=-1) for boxes in (a, b)]
    result: np.ndarray[tuple[int, int], np.dtype[np.float64]] = shared / np.maximum(areas[0] + areas[1] - shared, 1e-9)
    return result
