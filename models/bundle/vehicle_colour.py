"""The colour of a vehicle, as a hint: which of ten names its body's pixels bear, and how much of it bears that name.

Light is not known, but a plate is there and its ground is the brightest paint that the law allows: lightness is measured
against it. Rules: windows, roof, tyres and the plate itself do not count; where it is dark, where a camera sees no colour
(infrared), and where the vehicle is tiny, the colour is unknown; a lamp's tint is not taken out. numpy and OpenCV only.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats
from models.bundle.plates import COLOURS

TINIEST = 32
"""Pixels of a vehicle's width below which lamps, shadows and grille fill what is left of its body."""
DARK = 60.0
"""Level of the plate's ground, of 255, below which noise decides over hue."""
COLOURLESS = 6.0
"""Spread of the channels that 19 of 20 pixels of a vehicle stay under where a camera sees no colour; lamps, the band of the
Union and characters in ruby spread further by day."""
BODY = (0.50, 0.80)
"""Rows that count, shares of the box's height: under the windows, above the tyres."""
SIDES = 0.08
"""Share of the width that does not count on either side: what is beside the vehicle."""
GRID = (40, 24)
"""Columns and rows that the body is averaged to."""
BRIGHT, DIM, NIGHT = 0.82, 0.32, 0.14
"""Lightness, as a share of the plate's ground, from which grey is white; under which it is black; and under which nothing has a
hue."""
PALE = 0.28
"""Saturation from which a pixel has a hue."""
SOFT = 0.06
"""Half the width of the borders between names, in lightness and in saturation."""
FALLOW = 0.62
"""Lightness under which orange is called brown."""
POWER = 2.6
"""To which shares of pixels are raised to become probabilities."""
CLEAR = 0.92
"""Most that is given to the colour names: shade and tint are not known."""

_HUES = ((14, "red"), (36, "orange"), (66, "yellow"), (170, "green"), (262, "blue"), (330, "unknown"), (361, "red"))
"""Degrees up to which a hue has a name; violet and pink have none of the ten."""


def colour_of(picture: npt.NDArray[np.uint8], box: tuple[float, float, float, float], plate: npt.NDArray[np.float32]) -> Floats:
    """Name the colour of a vehicle.

    Args:
        picture: RGB uint8 (h, w, 3).
        box: of the vehicle: left, top, right, bottom, pixels of the picture.
        plate: its corners, (4, 2), pixels of the picture.

    Returns:
        float32 (len(COLOURS),): probabilities, which sum to 1.
    """
    rows, columns = picture.shape[:2]
    left, top, right, bottom = np.clip(np.round(box), 0, [columns, rows, columns, rows]).astype(int)
    ground = _ground(picture, plate)
    if right - left < TINIEST or bottom - top < TINIEST / 2 or ground < DARK:
        return _unknown()
    vehicle = cv2.resize(picture[top:bottom, left:right], (GRID[0], GRID[0]), interpolation=cv2.INTER_AREA)
    if np.percentile(np.ptp(vehicle.astype(np.int16), axis=-1), 95) < COLOURLESS:
        return _unknown()
    wide, high = right - left, bottom - top
    low, upper = top + int(BODY[0] * high), top + max(int(BODY[0] * high) + 1, int(BODY[1] * high))
    start, stop = left + int(SIDES * wide), right - int(SIDES * wide)
    body = np.asarray(cv2.resize(picture[low:upper, start:stop], GRID, interpolation=cv2.INTER_AREA), np.float32)
    shares = _named(body.reshape(-1, 3), ground)[~_inside(plate, (start, low, stop, upper))].sum(axis=0)
    weighed = shares**POWER
    if not weighed.sum() > 0:
        return _unknown()
    probable = CLEAR * weighed / weighed.sum()
    probable[COLOURS.index("unknown")] += 1 - CLEAR
    return np.asarray(probable, np.float32)


def _unknown() -> Floats:
    return np.asarray([name == "unknown" for name in COLOURS], np.float32)


def _ground(picture: npt.NDArray[np.uint8], plate: npt.NDArray[np.float32]) -> float:
    """How bright the plate's ground is: the level that one pixel of four is above, so that characters do not count."""
    rows, columns = picture.shape[:2]
    left, top = np.clip(np.floor(plate.min(axis=0)), 0, [columns - 1, rows - 1]).astype(int)
    right, bottom = np.clip(np.ceil(plate.max(axis=0)), [left + 1, top + 1], [columns, rows]).astype(int)
    return float(np.percentile(picture[top:bottom, left:right].max(axis=-1), 75))


def _inside(plate: npt.NDArray[np.float32], part: tuple[int, int, int, int]) -> npt.NDArray[np.bool_]:
    """Which cells of the grid over a part lie in the box around the plate, row by row."""
    left, top, right, bottom = part
    x = left + (np.arange(GRID[0]) + 0.5) * (right - left) / GRID[0]
    y = top + (np.arange(GRID[1]) + 0.5) * (bottom - top) / GRID[1]
    low, high = plate.min(axis=0), plate.max(axis=0)
    inside: npt.NDArray[np.bool_] = ((y >= low[1]) & (y <= high[1]))[:, None] & ((x >= low[0]) & (x <= high[0]))[None]
    return inside.reshape(-1)


def _named(pixels: Floats, ground: float) -> Floats:
    """How much each pixel bears each name: float32 (n, len(COLOURS)) of pixels (n, 3)."""
    most, least = pixels.max(axis=1), pixels.min(axis=1)
    light = most / ground
    saturation = (most - least) / np.maximum(most, 1.0)
    hued = _ramp(saturation, PALE) * _ramp(light, NIGHT)
    white, black = _ramp(light, BRIGHT), 1 - _ramp(light, DIM)
    given = np.zeros((len(pixels), len(COLOURS)), np.float32)
    for name, share in (("white", white), ("black", black), ("grey", 1 - white - black)):
        given[:, COLOURS.index(name)] = (1 - hued) * share
    hue = cv2.cvtColor(pixels[None] / np.float32(255), cv2.COLOR_RGB2HSV)[0, :, 0]
    names = np.array([COLOURS.index(name) for _, name in _HUES])[np.searchsorted([up for up, _ in _HUES], hue, side="right")]
    fallow = (names == COLOURS.index("orange")) & (light < FALLOW)
    names[fallow] = COLOURS.index("brown")
    given[np.arange(len(pixels)), names] += hued
    return given


def _ramp(values: Floats, border: float) -> Floats:
    return np.asarray(np.clip((values - border) / (2 * SOFT) + 0.5, 0, 1), np.float32)
