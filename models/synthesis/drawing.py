"""A picture that is being drawn: filled shapes, lines, and flat pictures laid onto four corners.

Rules: RGB uint8; coordinates are pixels from the top left edge of the picture (see ``projection``), fractions of a pixel count;
what lies outside is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Mask, Picture

Tint: TypeAlias = Sequence[float] | npt.NDArray[np.float64]
"""RGB, 0 to 255, fractions allowed; cut to that range when it is drawn."""

_SHIFT = 4
_UNITS = 1 << _SHIFT
_LARGEST = 20_000.0
"""Pixels; a coordinate beyond is far outside of every picture, and its sixteenths still fit into 32 bits."""


class Canvas:
    """Draws into a picture in place.

    Args:
        picture: (height, width, 3).
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.height, self.width = picture.shape[:2]

    def polygon(self, points: npt.ArrayLike, colour: Tint) -> None:
        """Fill a polygon, (n, 2)."""
        cv2.fillPoly(self.picture, [_fixed(points)], _rgb(colour), cv2.LINE_AA, _SHIFT)

    def polygons(self, shapes: Sequence[npt.NDArray[np.float64]], colour: Tint) -> None:
        """Fill many polygons of one colour that do not overlap."""
        cv2.fillPoly(self.picture, [_fixed(shape) for shape in shapes], _rgb(colour), cv2.LINE_AA, _SHIFT)

    def lines(self, ends: npt.NDArray[np.float64], colour: Tint, thickness: float = 1.0) -> None:
        """Draw many straight lines of one colour, (n, 2, 2)."""
        cv2.polylines(self.picture, list(_fixed(ends)), False, _rgb(colour), max(1, round(thickness)), cv2.LINE_AA, _SHIFT)

    def line(self, points: npt.ArrayLike, colour: Tint, thickness: float = 1.0, *, closed: bool = False) -> None:
        """Draw a line through points, (n, 2); thickness in pixels, whole ones and at least one."""
        width = max(1, round(thickness))
        cv2.polylines(self.picture, [_fixed(points)], closed, _rgb(colour), width, cv2.LINE_AA, _SHIFT)

    def paste(self, flat: Picture, corners: npt.ArrayLike, cover: Mask | None = None, opacity: float = 1.0) -> None:
        """Lay a flat picture onto four corners.

        Args:
            flat: (h, w, 3).
            corners: (4, 2), where its top left, top right, bottom right and bottom left corner go.
            cover: (h, w), 255 where the flat picture hides what is below; everywhere by default.
            opacity: 0 to 1.
        """
        quad = np.asarray(corners, np.float64)
        if not np.isfinite(quad).all() or np.abs(quad).max() > _LARGEST:
            return
        left, top = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 1, 0)
        right, bottom = np.minimum(np.ceil(quad.max(axis=0)).astype(int) + 1, [self.width, self.height])
        if right <= left or bottom <= top:
            return
        flat, cover = _shrunk(flat, cover, quad)
        height, width = flat.shape[:2]
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - np.float32(0.5)
        target = (quad - (left, top) - 0.5).astype(np.float32)
        matrix = cv2.getPerspectiveTransform(source, target)
        size = (int(right - left), int(bottom - top))
        laid = cv2.warpPerspective(flat, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if cover is None:
            cover = np.full((height, width), 255, np.uint8)
        hides = cv2.warpPerspective(cover, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        below = self.picture[top:bottom, left:right]
        weight = (hides.astype(np.float32) * np.float32(opacity / 255))[..., None]
        below[:] = (below + (laid.astype(np.float32) - below) * weight + np.float32(0.5)).astype(np.uint8)

    def ink(self, mask: Mask, corners: npt.ArrayLike, colour: Tint, opacity: float = 1.0) -> None:
        """Lay a mask, (h, w), onto four corners in one colour: lettering, stickers cut to shape."""
        self.paste(np.broadcast_to(np.clip(colour, 0, 255).astype(np.uint8), (*mask.shape, 3)), corners, mask, opacity)

    def glow(self, middle: npt.ArrayLike, radius: float, colour: Tint) -> None:
        """Add light that falls off from a point; radius in pixels."""
        x, y = np.asarray(middle, np.float64)
        left, top = max(int(x - radius), 0), max(int(y - radius), 0)
        right, bottom = min(int(x + radius) + 1, self.width), min(int(y + radius) + 1, self.height)
        if right <= left or bottom <= top or radius < 1:
            return
        across = (np.arange(left, right, dtype=np.float32) + 0.5 - np.float32(x)) / np.float32(radius)
        down = (np.arange(top, bottom, dtype=np.float32) + 0.5 - np.float32(y)) / np.float32(radius)
        fall = np.maximum(0, 1 - np.hypot(down[:, None], across[None]))[..., None] ** 2
        part = self.picture[top:bottom, left:right]
        part[:] = np.minimum(part + fall * np.asarray(colour, np.float32), 255).astype(np.uint8)


def _fixed(points: npt.ArrayLike) -> npt.NDArray[np.int32]:
    units = np.asarray(points, np.float64) * _UNITS
    return np.minimum(np.maximum(units, -_LARGEST * _UNITS), _LARGEST * _UNITS).astype(np.int32) - _UNITS // 2


def _rgb(colour: Tint) -> tuple[int, int, int]:
    red, green, blue = colour
    return int(min(max(red, 0), 255)), int(min(max(green, 0), 255)), int(min(max(blue, 0), 255))


def _shrunk(flat: Picture, cover: Mask | None, quad: npt.NDArray[np.float64]) -> tuple[Picture, Mask | None]:
    """Average down to about the size at which it appears: linear interpolation alone would skip rows and columns."""
    height, width = flat.shape[:2]
    across = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    down = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    size = (min(width, max(1, round(float(across)))), min(height, max(1, round(float(down)))))
    if size == (width, height):
        return np.ascontiguousarray(flat), cover
    small = np.asarray(cv2.resize(np.ascontiguousarray(flat), size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, None if cover is None else np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), np.uint8)
