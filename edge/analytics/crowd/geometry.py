"""Where a person stands: foot points in zones, and on which side of a line. Pure numpy; pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats

Points = npt.NDArray[np.float64]


def foot_points(boxes: Floats) -> Points:
    """Bottom centre of each box: float64 (n, 2)."""
    points: Points = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1).astype(np.float64)
    return points


def inside(points: Points, polygon: Sequence[tuple[float, float]]) -> npt.NDArray[np.bool_]:
    """Which points lie in a simple polygon (even-odd rule; Shimrat, CACM 5(8), 1962).

    Args:
        points: (n, 2).
        polygon: vertices in order, in the same frame.
    """
    (x, y), begin = points.T, np.array(polygon, np.float64)
    end = np.concatenate([begin[1:], begin[:1]])
    straddles = (begin[:, 1, None] > y) != (end[:, 1, None] > y)
    rise = end[:, 1] - begin[:, 1]
    slope = (end[:, 0] - begin[:, 0]) / np.where(rise == 0, 1.0, rise)  # a level edge straddles nothing
    right = x < begin[:, 0, None] + (y - begin[:, 1, None]) * slope[:, None]
    crossed: npt.NDArray[np.bool_] = np.logical_xor.reduce(straddles & right, axis=0)
    return crossed


def polygon_area(polygon: Sequence[tuple[float, float]]) -> float:
    """Area of a simple polygon (the shoelace formula), in its frame's unit squared."""
    x, y = np.array(polygon, np.float64).T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def line_offsets(points: Points, start: tuple[float, float], end: tuple[float, float]) -> tuple[Points, Points]:
    """Where points lie against a line.

    Returns:
        Signed distance in pixels, positive on the right of start->end as seen on the screen (y downwards), and the place along
        the line: 0 at its start, 1 at its end.
    """
    origin, direction = np.array(start), np.array(end) - np.array(start)
    length = float(np.hypot(*direction))
    relative = points - origin
    along: Points = relative @ direction / length**2
    across: Points = (direction[0] * relative[:, 1] - direction[1] * relative[:, 0]) / length
    return across, along
