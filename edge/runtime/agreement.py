"""Whether two models that looked at the same picture say the same. Pure.

Each detection of the one is paired with at most one of the other: same class, boxes that overlap by half or more
(intersection over union, the usual measure of detectors), the pairs that overlap most first. The two agree when at least
half of all detections have found a partner (that is F1 >= 0.5): a retrained model draws its boxes a little otherwise and sees
one person more or less at the threshold; one with swapped classes or a wrong scale pairs next to nothing.
"""

from __future__ import annotations

import numpy as np

from models.bundle.detections import Detections

OVERLAP = 0.5
SHARE = 0.5


def agree(one: Detections, other: Detections) -> bool:
    """Whether two answers say the same; two that saw nothing do."""
    total = len(one) + len(other)
    return total == 0 or 2 * pairs(one, other) >= SHARE * total


def pairs(one: Detections, other: Detections) -> int:
    """How many detections of the one have a partner in the other."""
    if not len(one) or not len(other):
        return 0
    overlap = _overlaps(one, other)
    overlap[one.classes[:, None] != other.classes[None, :]] = 0.0
    found = 0
    while True:
        i, j = np.unravel_index(int(overlap.argmax()), overlap.shape)
        if not overlap[i, j] >= OVERLAP:
            return found
        found += 1
        overlap[i, :] = overlap[:, j] = 0.0


def _overlaps(one: Detections, other: Detections) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Intersection over union of every pair, float64 (n, m)."""
    a, b = one.boxes.astype(np.float64)[:, None, :], other.boxes.astype(np.float64)[None, :, :]
    shared = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0.0, None).prod(axis=-1)
    areas = [np.clip(boxes[..., 2:] - boxes[..., :2], 0.0, None).prod(axis=-1) for boxes in (a, b)]
    result: np.ndarray[tuple[int, int], np.dtype[np.float64]] = shared / np.maximum(areas[0] + areas[1] - shared, 1e-9)
    return result
