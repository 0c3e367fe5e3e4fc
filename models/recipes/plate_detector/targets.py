"""What the network should say about a scene.

Rules: the score is one at a plate's middle and falls off along its own shape; corners are asked for where the score is not
small; nothing is asked where a plate is unclear.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.bundle.corners import STRIDE
from models.synthesis.recording import Scene

SPREAD = (0.14, 0.2)
"""Of the score, as shares of the plate's width and height: neighbouring cells of a small plate keep a part of it."""
LEAST_SPREAD = 2.2
"""Pixels of the input; half a cell, so that the middle of the smallest plate is still in one."""
LEAST_SCORE = 0.1
"""Below it the target is zero."""
SCORE, LEFT_OUT, OFFSETS = 0, 1, slice(2, 10)
"""Planes of a target; the offsets are pixels of the input, not yet on the asinh scale."""
SIZE = slice(10, 12)
"""Width and height of the plate that the offsets belong to, pixels."""
PLANES = 12


def target(scene: Scene) -> npt.NDArray[np.float32]:
    """Maps for one scene, float32 (12, height / 4, width / 4)."""
    height, width = scene.picture.shape[:2]
    rows, columns = height // STRIDE, width // STRIDE
    maps = np.zeros((PLANES, rows, columns), np.float32)
    x = (np.arange(columns, dtype=np.float32)[None] + np.float32(0.5)) * STRIDE
    y = (np.arange(rows, dtype=np.float32)[:, None] + np.float32(0.5)) * STRIDE
    for quad in scene.unclear:
        low, high = quad.min(axis=0), quad.max(axis=0)
        maps[LEFT_OUT][(x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])] = 1
    for quad in scene.corners:
        middle = quad.mean(axis=0)
        across = (quad[1] + quad[2] - quad[0] - quad[3]) / 2
        wide = max(float(np.linalg.norm(across)), 1.0)
        high = max(float(np.linalg.norm(quad[3] + quad[2] - quad[0] - quad[1])) / 2, 1.0)
        right = across / wide
        along = (x - middle[0]) * right[0] + (y - middle[1]) * right[1]
        over = (y - middle[1]) * right[0] - (x - middle[0]) * right[1]
        distance = (along / max(SPREAD[0] * wide, LEAST_SPREAD)) ** 2 + (over / max(SPREAD[1] * high, LEAST_SPREAD)) ** 2
        score = np.exp(-distance / 2)
        score[score < LEAST_SCORE] = 0
        nearest = min(rows - 1, max(0, int(middle[1] / STRIDE))), min(columns - 1, max(0, int(middle[0] / STRIDE)))
        score[nearest] = 1
        better = score > maps[SCORE]
        maps[SCORE][better] = score[better]
        maps[LEFT_OUT][better] = 0
        for at, (corner_x, corner_y) in enumerate(quad):
            maps[2 + 2 * at][better] = np.broadcast_to(corner_x - x, (rows, columns))[better]
            maps[3 + 2 * at][better] = np.broadcast_to(corner_y - y, (rows, columns))[better]
        box = np.ptp(quad, axis=0)
        for plane, length in zip(range(SIZE.start, SIZE.stop), box, strict=True):
            maps[plane][better] = length
    return maps
