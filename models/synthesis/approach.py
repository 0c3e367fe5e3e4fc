"""How a vehicle goes by a camera that hangs still: where the camera stands, seen from the vehicle, picture by picture.

Rules: speed follows from the way, the pictures and their rate, so that blur by motion is what a shutter of that time makes;
frame of reference and units of :mod:`models.synthesis.projection`; the vehicle's plate is near the origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.synthesis.chance import case
from models.synthesis.projection import Camera, Points

PICTURES = (5, 25)
"""Fewest and most: a car at 90 km/h seen 7 times a second, and one in a queue."""
FAR_WIDTH = (40.0, 60.0)
"""Pixels of the plate where it is first or last seen: below 45 readings are guesses."""
NEAR_WIDTH = (100.0, 140.0)
"""Pixels where it is nearest."""
HEIGHT = 0.5
"""Metres of plates above the ground."""
_FASTEST = 36.0
"""Metres a second."""
_EVEN = 16
"""Pixels; a window that follows a vehicle moves by whole blocks of the codec, whose grid stays where the camera has it."""


@dataclass(frozen=True)
class Approach:
    """A way past a camera.

    Attributes:
        cameras: one for each picture; (0, 0) is the top left of a window that follows the vehicle.
        origins: int64 (n, 2), where that window lies in the camera's picture, pixels; multiples of 16.
        velocity: float64 (n, 2), pixels a second of the plate in the camera's picture.
        rate: pictures a second.
    """

    cameras: tuple[Camera, ...]
    origins: npt.NDArray[np.int64]
    velocity: Points
    rate: float


def draw_approach(
    random: np.random.Generator, metres: float, window: tuple[int, int], most: int = PICTURES[1], widest: float = NEAR_WIDTH[1]
) -> Approach:
    """Draw a way past a camera.

    Args:
        random: source of everything drawn.
        metres: width of the plate.
        window: width and height in pixels of what follows the vehicle; the plate lies at its middle, two thirds down.
        most: pictures.
        widest: pixels that the plate may be wide, less where a photo has no more.
    """
    count = int(random.integers(PICTURES[0], most + 1))
    near_width, far_width = (min(float(random.uniform(*span)), widest) for span in (NEAR_WIDTH, FAR_WIDTH))
    nearest = random.uniform(6.0, 12.0)
    aside, above = float(np.clip(random.normal(0, 1.5), -4, 4)), random.uniform(0.3, 5.0)
    beside = aside**2 + above**2
    focal = near_width * float(np.sqrt(nearest**2 + beside)) / metres
    farthest = float(np.sqrt((nearest**2 + beside) * max(near_width / far_width, 1.1) ** 2 - beside))
    rate = min(random.uniform(6.0, 15.0), _FASTEST * (count - 1) / (farthest - nearest))
    share = np.linspace(0, 1, count)
    turning = 0.0
    match case(random, 0.45, 0.9):  # towards the camera, away from it, and there and back around a corner
        case 0:
            depth = farthest + (nearest - farthest) * share
        case 1:
            depth = nearest + (farthest - nearest) * share
        case _:
            depth = nearest + (farthest - nearest) * np.abs(2 * share - 1) ** 1.5
            turning = random.uniform(-0.35, 0.35)
    heading = random.normal(0, 0.06) + turning * (2 * share - 1) + random.normal(0, 0.02)
    roll = float(np.clip(random.normal(0, 0.03), -0.08, 0.08))
    place = focal * np.stack([-aside / depth, above / depth], axis=1)
    velocity = np.gradient(place, axis=0) * rate if count > 1 else np.zeros((1, 2))
    target = np.array([window[0] / 2, window[1] * 2 / 3])
    origins = np.floor((place - target) / _EVEN).astype(np.int64) * _EVEN
    cameras = []
    for z, turn, at in zip(depth, heading, place - origins, strict=True):
        flat = float(np.hypot(aside, z))
        camera = Camera.around(
            [0, HEIGHT, 0],
            float(np.hypot(flat, above)),
            float(np.arctan2(aside, z) + turn),
            float(np.arctan2(above, flat)),
            roll,
        )
        cameras.append(replace(camera, focal=(focal, focal), centre=(float(at[0]), float(at[1]))))
    return Approach(tuple(cameras), origins, velocity, rate)
