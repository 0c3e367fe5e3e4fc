"""Vehicles on a street, as a detector on a mast sees them: boxes that scatter, now and then none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Detections

SIZE = (1280, 720)
_FOCAL = 1100.0
"""Pixels: 60 degrees across."""
_MAST = 5.0
_PITCH = np.radians(14)
CAR = np.array([1.8, 1.5, 4.5])
"""Width, height, length in metres."""


@dataclass(frozen=True)
class Way:
    """How a car goes: where from, metres (right of, and away from the camera), and its velocity, metres a second."""

    start: tuple[float, float]
    velocity: tuple[float, float]


def crossing(speed: float, distance: float = 14.0) -> Way:
    """From left to right."""
    return Way((-14.0, distance), (speed, 0.0))


def approaching(speed: float, aside: float = 1.5) -> Way:
    """Towards the camera."""
    return Way((aside, 60.0), (0.0, -speed))


def place_of(way: Way, at_s: float) -> tuple[float, float]:
    """Where a car is after so many seconds."""
    return way.start[0] + way.velocity[0] * at_s, way.start[1] + way.velocity[1] * at_s


def box_of(way: Way, at_s: float) -> npt.NDArray[np.float64] | None:
    """Left, top, right, bottom in pixels; ``None`` where it is out of the picture or half of it is."""
    x, z = place_of(way, at_s)
    along = abs(way.velocity[0]) > abs(way.velocity[1])
    wide, deep = (CAR[2], CAR[0]) if along else (CAR[0], CAR[2])
    corners = np.array([(x + a * wide / 2, h, z + d * deep / 2) for a in (-1, 1) for h in (0, CAR[1]) for d in (-1, 1)])
    down = _MAST - corners[:, 1]
    depth = corners[:, 2] * np.cos(_PITCH) + down * np.sin(_PITCH)
    if depth.min() < 2:
        return None
    height = down * np.cos(_PITCH) - corners[:, 2] * np.sin(_PITCH)
    points = np.stack([SIZE[0] / 2 + _FOCAL * corners[:, 0] / depth, SIZE[1] / 2 + _FOCAL * height / depth], axis=1)
    edges = np.concatenate([points.min(axis=0), points.max(axis=0)])
    seen = np.clip(edges, 0, [SIZE[0], SIZE[1], SIZE[0], SIZE[1]])
    area = (seen[2:] - seen[:2]).clip(0).prod()
    return None if area < 0.5 * (edges[2:] - edges[:2]).prod() else seen


def seen(
    random: np.random.Generator, boxes: list[npt.NDArray[np.float64] | None], scatter: float = 0.03, missed: float = 0.1
) -> Detections:
    """What a detector makes of them: edges scatter by a share of the size; one in ten is missed."""
    found = [box for box in boxes if box is not None and random.random() >= missed]
    if not found:
        return Detections.none()
    noisy = [box + random.normal(0, scatter, 4) * np.tile(box[2:] - box[:2], 2) for box in found]
    return Detections(
        np.array(noisy, np.float32), random.uniform(0.4, 0.95, len(found)).astype(np.float32), np.full(len(found), 2, np.int16)
    )
