"""Putting ink on pictures: masks of coverage, RGB uint8 pictures changed in place.

Frame of reference: pixels, x to the right, y downwards; whatever lies outside is cut off.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.colours import Colour

Picture: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.uint8]


def blank(width: int, height: int, colour: Colour) -> Picture:
    """Return a picture (height, width, 3) of one colour."""
    picture = np.empty((height, width, 3), np.uint8)
    cv2.rectangle(picture, (0, 0), (width, height), colour, -1)
    return picture


def stamp(picture: Picture, mask: Mask, x: int, y: int, colour: Colour) -> None:
    """Lay ink of one colour where the mask (rows, columns) covers, its top left at (x, y)."""
    rows, columns = mask.shape
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + columns, picture.shape[1]), min(y + rows, picture.shape[0])
    if right <= left or bottom <= top:
        return
    cover = mask[top - y : bottom - y, left - x : right - x]
    part = picture[top:bottom, left:right]
    part[:] = blend(part, cover, colour)


def blend(picture: Picture, cover: Mask, colour: Colour) -> Picture:
    """Return the picture with ink of one colour, as far as ``cover`` (same height and width) covers it."""
    covers = cv2.merge((cover, cover, cover))
    above = cv2.multiply(covers, np.array([*colour, 0], np.float64), scale=1 / 255)
    below = cv2.multiply(picture, cv2.bitwise_not(covers), scale=1 / 255)
    return np.asarray(cv2.add(above, below), np.uint8)


def box(picture: Picture, room: tuple[float, float, float, float], colour: Colour) -> None:
    """Fill an upright rectangle: left, top, width, height."""
    x, y, width, height = room
    left, top = max(0, round(x)), max(0, round(y))
    picture[top : max(top, round(y + height)), left : max(left, round(x + width))] = colour


def disc(picture: Picture, at: tuple[float, float], radius: float, colour: Colour, thick: int = -1) -> None:
    """Draw a filled disc, or a ring when ``thick`` is positive."""
    cv2.circle(picture, (round(at[0]), round(at[1])), max(1, round(radius)), colour, thick, cv2.LINE_AA)


def resized(mask: Mask, width: int, height: int) -> Mask:
    """Scale a mask; averages when it shrinks."""
    return np.asarray(cv2.resize(mask, (max(1, width), max(1, height)), interpolation=cv2.INTER_AREA), np.uint8)
