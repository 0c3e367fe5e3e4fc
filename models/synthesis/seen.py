"""A vehicle as a camera sees it: from metres on its body to pixels of the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.synthesis.body import Body
from models.synthesis.canvas import Mask, Picture
from models.synthesis.drawing import Canvas, Tint
from models.synthesis.material import Material
from models.synthesis.paint import Tone
from models.synthesis.projection import Camera, Points

PlateMaker: TypeAlias = Callable[[np.random.Generator], Picture]
"""Draws the flat picture of a plate, (h, w, 3); a pixel is a millimetre."""


@dataclass(frozen=True)
class Seen:
    """A vehicle, the camera that sees it, and the picture into which it is drawn.

    Places on the visible end are (n, 2): metres to the right of its middle, metres above the ground.
    """

    canvas: Canvas
    camera: Camera
    body: Body
    paint: Tone
    material: Material

    def polygon(self, points: Points, colour: Tint) -> None:
        """Fill a polygon of points in space, (n, 3)."""
        self.canvas.polygon(self.camera.project(points), colour)

    def patch(self, places: Points, colour: Tint) -> None:
        """Fill a polygon on the visible end."""
        self.canvas.polygon(self.place(places), colour)

    def patches(self, shapes: list[Points], colour: Tint) -> None:
        """Fill many polygons of one colour on the visible end; they must not overlap."""
        placed = self.place(np.concatenate(shapes))
        self.canvas.polygons(np.split(placed, np.cumsum([len(shape) for shape in shapes])[:-1]), colour)

    def lines(self, ends: Points, colour: Tint, metres: float) -> None:
        """Draw many lines of one colour on the visible end, (n, 2, 2), so many metres thick."""
        self.canvas.lines(self.place(ends.reshape(-1, 2)).reshape(ends.shape), colour, self.pixels(metres))

    def write(self, mask: Mask, box: Points, colour: Tint, opacity: float = 1.0) -> None:
        """Lay lettering into a box on the visible end: its corners as places, top left first."""
        self.canvas.ink(mask, self.place(box), colour, opacity)

    def place(self, places: Points) -> Points:
        """Pixels of places on the visible end."""
        return self.camera.project(self.body.end(places))

    def pixels(self, metres: float) -> float:
        """About how many pixels a length at the visible end is."""
        return self._scale * metres

    @cached_property
    def _scale(self) -> float:
        ends = self.place(np.array([[0.0, self.body.bumper], [0.0, self.body.bumper + 0.2]]))
        return float(np.linalg.norm(ends[1] - ends[0])) / 0.2


_ANGLES = np.linspace(0, 2 * np.pi, 18, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


def box(left: float, bottom: float, right: float, top: float) -> Points:
    """Corners of an upright rectangle of places: top left, top right, bottom right, bottom left."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def rounded(left: float, bottom: float, right: float, top: float, share: float) -> Points:
    """The same with corners cut off; ``share`` of the shorter side at most."""
    cut = share * min(right - left, top - bottom)
    soft = cut * 0.3
    corners = [
        *((left, bottom + cut), (left, top - cut), (left + soft, top - soft), (left + cut, top)),
        *((right - cut, top), (right - soft, top - soft), (right, top - cut)),
        *((right, bottom + cut), (right - soft, bottom + soft), (right - cut, bottom)),
        *((left + cut, bottom), (left + soft, bottom + soft)),
    ]
    return np.array(corners, np.float64)


def disc(middle: npt.ArrayLike, radius: float, flat: float = 1.0) -> Points:
    """A circle of places, or an ellipse ``flat`` times as high as wide."""
    return np.asarray(middle, np.float64) + _CIRCLE * (radius, radius * flat)
