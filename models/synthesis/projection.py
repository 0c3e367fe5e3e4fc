"""A pinhole camera: where points of a vehicle fall in a picture.

Rules: the frame of the vehicle is right-handed for the eye that looks at its visible end: x to the right, y up, z away from the
eye, metres, origin on the ground below the middle of the visible end. Picture coordinates are pixels from the top left **edge**
of the picture (the first pixel covers 0 to 1), so that enlarging a picture multiplies them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float64]

NEAREST = 0.3
"""Metres in front of the camera below which a point is projected as if it stood there, instead of behind it."""


@dataclass(frozen=True)
class Camera:
    """An ideal camera (Hartley and Zisserman, 2004, chapter 6), without lens distortion.

    Attributes:
        rotation: (3, 3), from the vehicle's axes to right, down and forward of the camera.
        position: (3,), metres, in the frame of the vehicle.
        focal: pixels per unit of slope, across and down; they differ where a region is stretched.
        centre: the principal point, pixels.
    """

    rotation: Points
    position: Points
    focal: tuple[float, float] = (1.0, 1.0)
    centre: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def around(cls, target: npt.ArrayLike, distance: float, yaw: float, pitch: float, roll: float) -> Camera:
        """A camera that looks at a point.

        Args:
            target: (3,), metres.
            distance: metres from the target.
            yaw: radians by which the camera stands to the right of straight ahead.
            pitch: radians by which it stands above the target's height.
            roll: radians by which it is turned clockwise about its line of sight.
        """
        aim = np.asarray(target, np.float64)
        back = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])
        forward = -back
        right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
        right /= np.linalg.norm(right)
        down = -np.cross(forward, right)
        c, s = np.cos(roll), np.sin(roll)
        return cls(np.stack([c * right + s * down, -s * right + c * down, forward]), aim + distance * back)

    def project(self, points: npt.ArrayLike) -> Points:
        """Project (n, 3) points in metres to (n, 2) pixels."""
        matrix, offset = self._matrix
        seen = np.asarray(points, np.float64) @ matrix + offset
        projected: Points = seen[:, :2] / np.maximum(seen[:, 2:], NEAREST) + self.centre
        return projected

    @cached_property
    def _matrix(self) -> tuple[Points, Points]:
        """Rotation and focal length in one (3, 3), and what is added after it, (3,)."""
        matrix = self.rotation.T * [*self.focal, 1.0]
        return matrix, -self.position @ matrix

    def framed(self, points: npt.ArrayLike, box: tuple[float, float, float, float], stretch: float = 1.0) -> Camera:
        """The same camera, zoomed and shifted so that these points fill a box (left, top, right, bottom; pixels).

        Args:
            points: (n, 3), metres.
            box: of the picture; the points touch it where they are largest for it, and are centred.
            stretch: how many times larger horizontal lengths appear than vertical ones.
        """
        seen = replace(self, focal=(1.0, 1.0), centre=(0.0, 0.0)).project(points)
        low, high = seen.min(axis=0), seen.max(axis=0)
        left, top, right, bottom = box
        scale = min((right - left) / ((high[0] - low[0]) * stretch), (bottom - top) / (high[1] - low[1]))
        focal = (scale * stretch, scale)
        middle = (low + high) / 2 * focal
        return replace(self, focal=focal, centre=((left + right) / 2 - middle[0], (top + bottom) / 2 - middle[1]))
