"""Pairs of points as a person gives them: on the command line, in a file, or as a rectangle of known size.

A pair is four numbers: ``X,Y=EAST,NORTH``, pixels and metres; in a file one a line, with commas, semicolons or spaces between,
and ``#`` before remarks. A rectangle is four corners in their order around it and the lengths of its first two sides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from edge.calibrate.errors import CalibrateError
from protocol.config import Calibration, GroundPoint
from protocol.geometry import polygon_area

MAX_BYTES = 1 << 16
LEAST, MOST = 4, 32
"""As many as a calibration holds (:mod:`protocol.config`)."""
_SIDES_PX = range(16, 16_385)
_FARTHEST_M = 10_000.0
"""Likewise."""
_NEAREST_M = 0.1
"""A ground whose points all lie closer together was given in another unit."""
_FORM = "X,Y,EAST,NORTH, in pixels and metres"


@dataclass(frozen=True)
class Pair:
    """One place."""

    pixel: tuple[float, float]
    metres: tuple[float, float]


def parse_pair(text: str) -> Pair:
    """A pair from the command line.

    Raises:
        CalibrateError: it is none.
    """
    numbers = _numbers(text, r"[,;=\s]+")
    if numbers is None or len(numbers) != 4:  # noqa: PLR2004 - two and two
        msg = f"{text!r} is no point; write pixels and metres: 512,380=4.0,12.5"
        raise CalibrateError(msg)
    return Pair((numbers[0], numbers[1]), (numbers[2], numbers[3]))


def read_pairs(path: Path) -> list[Pair]:
    """Pairs from a file.

    Raises:
        CalibrateError: it cannot be read, holds none, or a line is none; names the line.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            msg = f"{path}: over {MAX_BYTES} bytes; is it the right file?"
            raise CalibrateError(msg)
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; name a file with a line for each place: {_FORM}"
        raise CalibrateError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path}: is no text; is it the right file? It has a line for each place: {_FORM}"
        raise CalibrateError(msg) from None
    pairs: list[Pair] = []
    for number, line in enumerate(lines, start=1):
        told = line.split("#", maxsplit=1)[0].strip()
        if not told or (number == 1 and re.search(r"[a-z]{2}|^[xy]\b", told, re.IGNORECASE)):  # a heading
            continue
        try:
            pairs.append(parse_pair(told))
        except CalibrateError as error:
            msg = f"{path}, line {number}: {error}"
            raise CalibrateError(msg) from None
    if not pairs:
        msg = f"{path}: holds no points; write a line for each place: {_FORM}"
        raise CalibrateError(msg)
    return pairs


def rectangle(corners: str, sides: str) -> list[Pair]:
    """The four corners of a rectangle of known size; the first is the origin, the second lies on the first axis.

    Args:
        corners: ``X,Y X,Y X,Y X,Y``, pixels, in their order around it.
        sides: ``LENGTH,LENGTH``, metres, from the first corner to the second, and from there to the third.

    Raises:
        CalibrateError: it is none.
    """
    places, lengths = _numbers(corners, r"[,;\s]+"), _numbers(sides, r"[,;x\s]+")
    if places is None or len(places) != 8:  # noqa: PLR2004 - four corners
        msg = f"{corners!r} are not four corners; write them in their order around it: '200,540 640,540 520,300 280,300'"
        raise CalibrateError(msg)
    if lengths is None or len(lengths) != 2 or min(lengths) <= 0:  # noqa: PLR2004 - two sides
        msg = f"{sides!r} are not the lengths of two sides; write metres, of the first side and of the next: 5.0,2.5"
        raise CalibrateError(msg)
    pixels = list(zip(places[::2], places[1::2], strict=True))
    return rectangle_of(pixels, (lengths[0], lengths[1]))


def rectangle_of(pixels: Sequence[tuple[float, float]], sides: tuple[float, float]) -> list[Pair]:
    """The same from numbers. Seen from above it goes round as in the picture, so that the frame is not mirrored."""
    first, second = sides
    second *= -1 if polygon_area(pixels) > 0 else 1
    metres = ((0.0, 0.0), (first, 0.0), (first, second), (0.0, second))
    return [Pair(pixel, place) for pixel, place in zip(pixels, metres, strict=True)]


def calibration_of(pairs: Sequence[Pair], size: tuple[int, int], sigma_px: float) -> Calibration:
    """What stands in the configuration.

    Raises:
        CalibrateError: there are too few or too many of them, one is not in the picture or stands there twice, or metres are
            none.
    """
    if not LEAST <= len(pairs) <= MOST:
        msg = f"{len(pairs)} points; {LEAST} to {MOST} are needed, near the corners of what matters and no three on a line"
        raise CalibrateError(msg)
    width, height = size
    points = []
    for number, pair in enumerate(pairs, start=1):
        (x, y), place = pair.pixel, pair.metres
        if not (0 <= x <= width and 0 <= y <= height):
            msg = f"point {number} ({x:g}, {y:g}) lies outside the picture of {width} x {height} pixels; click it again"
            raise CalibrateError(msg)
        if not all(abs(metre) <= _FARTHEST_M for metre in place):
            msg = f"point {number} is {place[0]:g}, {place[1]:g} m from the origin; take an origin near the camera"
            raise CalibrateError(msg)
        points.append(GroundPoint((round(x / width, 6), round(y / height, 6)), place))
    _check_apart(pairs)
    return Calibration(tuple(points), size, sigma_px)


def _check_apart(pairs: Sequence[Pair]) -> None:
    """What stands there twice is no second measurement, and must not pass for one."""
    for (one, first), (other, second) in combinations(enumerate(pairs, start=1), 2):
        if first == second:
            msg = f"points {one} and {other} are the same; leave one out"
            raise CalibrateError(msg)
        if first.pixel == second.pixel:
            msg = f"points {one} and {other} are one place in the picture and two on the ground; click them again"
            raise CalibrateError(msg)
    extent = max(math.dist(first.metres, second.metres) for first, second in combinations(pairs, 2))
    if extent < _NEAREST_M:
        msg = f"all points lie within {extent:.3g} m of one another on the ground; give metres, of places some metres apart"
        raise CalibrateError(msg)


def parse_size(text: str) -> tuple[int, int]:
    """A size, ``1920x1080``.

    Raises:
        CalibrateError: it is none.
    """
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text.strip())
    if match is None or not (int(match[1]) in _SIDES_PX and int(match[2]) in _SIDES_PX):
        msg = f"{text!r} is no size; write width and height, {_SIDES_PX[0]} to {_SIDES_PX[-1]} pixels: 1920x1080"
        raise CalibrateError(msg)
    return int(match[1]), int(match[2])


def _numbers(text: str, between: str) -> list[float] | None:
    try:
        numbers = [float(part) for part in re.split(between, text.strip()) if part]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None
