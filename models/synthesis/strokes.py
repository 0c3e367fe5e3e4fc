"""Alphabets made from parameters: letters as strokes of a pen whose shape, weight and habits are drawn at random.

Rules: a seed gives one alphabet and always the same; letters are skeletons in a square from (0, 0), top left, to (1, 1), whose
marked corners are rounded and which a pen then follows. The shapes are those that plates use: no serifs but at the I, figures
of the height of capitals. There is no end of such alphabets, so that a reader learns what makes a letter and not a typeface.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Mask: TypeAlias = npt.NDArray[np.uint8]
Point: TypeAlias = tuple[float, float, bool]
"""Across, down, and whether the corner is rounded."""
Path: TypeAlias = tuple[bool, tuple[Point, ...]]
"""Whether it is closed, and its corners."""

CAP = 80
"""Height of a capital in pixels: that of the characters of most plates drawn at a pixel per millimetre."""
_BEND = np.linspace(0, 1, 7)[:, None]


@dataclass(frozen=True)
class Pen:
    """What tells one alphabet from another; lengths as shares of the letter's height or width.

    Attributes:
        waist: height at which B, E, H, R, 3 and 8 are divided.
        radius: of rounded corners.
        aspect: height of a letter over its width.
        weight: thickness of the pen over the width.
        trim: share of the pen's half thickness that is cut off outside its box: 0 leaves round ends, more flattens them.
        hook: how far C, G, S, 2, 3 turn in at their ends.
        dip: how far down the middle of the M comes.
        bar: height of the A's.
        habits: one truth value for each way in which letters differ; see the shapes.
    """

    waist: float
    radius: float
    aspect: float
    weight: float
    trim: float
    hook: float
    dip: float
    bar: float
    habits: dict[str, bool]


def draw_pen(random: np.random.Generator) -> Pen:
    """Draw a pen; ranges span the faces of European, American and Brazilian plates."""
    chances = {
        "flat A": 0.35, "open 4": 0.3, "flat 3": 0.25, "slashed 0": 0.1, "serif I": 0.3, "flag 1": 0.75, "foot 1": 0.15,
        "straight 6": 0.3, "upright W": 0.2, "narrow 0": 0.4, "barred 7": 0.06, "barred Z": 0.06, "spur G": 0.6, "round J": 0.6,
        "deep Q": 0.5, "flat V": 0.3, "steep V": 0.25, "straight 2": 0.35, "narrow M": 0.35,
    }  # fmt: skip
    return Pen(
        waist=random.uniform(0.43, 0.53),
        radius=random.uniform(0.2, 0.52),
        aspect=random.uniform(1.45, 2.4),
        weight=random.uniform(0.15, 0.32),
        trim=float(random.choice([0.0, 0.0, 0.4])),
        hook=random.uniform(0.18, 0.33),
        dip=random.uniform(0.38, 1.0),
        bar=random.uniform(0.6, 0.78),
        habits={name: bool(random.random() < chance) for name, chance in chances.items()},
    )


def draw_alphabet(seed: int) -> dict[str, Mask]:
    """Draw the 36 characters of one alphabet.

    Returns:
        By character, its ink: uint8 (height, width), 255 where there is ink, cropped to it.
    """
    pen = draw_pen(np.random.default_rng([seed, 0x9E]))
    wide = 1.0 if pen.habits["narrow M"] else 1.12
    masks = {character: _ink(paths, pen, wide if character in "MW" else 1.0) for character, paths in _shapes(pen).items()}
    masks["9"] = np.ascontiguousarray(masks["6"][::-1, ::-1])
    return masks


def _ink(paths: list[Path], pen: Pen, stretch: float) -> Mask:
    width = CAP / pen.aspect * stretch
    thick = max(4, round(pen.weight * CAP / pen.aspect))
    edge = thick + 2
    canvas = np.zeros((CAP + 2 * edge, int(width) + 2 * edge), np.uint8)
    for closed, corners in paths:
        line = _rounded(corners, pen, closed=closed) * (width, CAP) + edge
        cv2.polylines(canvas, [np.round(line * 16).astype(np.int32)], closed, 255, thick, cv2.LINE_AA, 4)
    cut = edge - round((1 - pen.trim) * thick / 2)
    if pen.trim:
        canvas = canvas[cut:-cut, :]
    inked = canvas > 60  # noqa: PLR2004 - a quarter of full: what antialiasing leaves at the rim is not ink
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return np.ascontiguousarray(canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _rounded(corners: tuple[Point, ...], pen: Pen, *, closed: bool) -> npt.NDArray[np.float64]:
    """Replace marked corners by parabolas (quadratic Bezier curves) that begin and end on the two sides."""
    points = np.array([corner[:2] for corner in corners], np.float64)
    tall = np.array([1.0, pen.aspect])
    out: list[npt.NDArray[np.float64]] = []
    for at, corner in enumerate(corners):
        inner = closed or 0 < at < len(corners) - 1
        here = points[at]
        if not (corner[2] and inner):
            out.append(here[None])
            continue
        before, after = points[at - 1] - here, points[(at + 1) % len(points)] - here
        reach = [min(pen.radius / max(float(np.hypot(*(side * tall))), 1e-6), 0.5) for side in (before, after)]
        start, end = here + before * reach[0], here + after * reach[1]
        out.append((1 - _BEND) ** 2 * start + 2 * _BEND * (1 - _BEND) * here + _BEND**2 * end)
    return np.concatenate(out)


def _line(*points: tuple[float, float]) -> Path:
    return False, tuple((x, y, False) for x, y in points)


def _curve(*points: tuple[float, float], ends: bool = False) -> Path:
    return ends, tuple((x, y, True) for x, y in points)


def _bowl(top: float, bottom: float, right: float = 1.0) -> Path:
    """Closed, with a straight left side, as in B, D, P, R."""
    return True, ((0, top, False), (right, top, True), (right, bottom, True), (0, bottom, False))


def _ring(left: float, top: float, right: float, bottom: float) -> Path:
    return _curve((left, top), (right, top), (right, bottom), (left, bottom), ends=True)


def _shapes(pen: Pen) -> dict[str, list[Path]]:
    return _letters(pen) | _figures(pen)


def _letters(pen: Pen) -> dict[str, list[Path]]:
    w, h, habit = pen.waist, pen.hook, pen.habits
    stem = _line((0, 0), (0, 1))
    return {
        "A": [_line((0, 1), (0.36, 0), (0.64, 0), (1, 1)) if habit["flat A"] else _line((0, 1), (0.5, 0), (1, 1)),
              _line((0.2, pen.bar), (0.8, pen.bar))],
        "B": [_bowl(0, w, 0.94), _bowl(w, 1)],
        "C": [_curve((1, h), (1, 0), (0, 0), (0, 1), (1, 1), (1, 1 - h))],
        "D": [_bowl(0, 1)],
        "E": [_line((1, 0), (0, 0), (0, 1), (1, 1)), _line((0, w), (0.84, w))],
        "F": [_line((1, 0), (0, 0), (0, 1)), _line((0, w), (0.84, w))],
        "G": [_curve((1, h), (1, 0), (0, 0), (0, 1), (1, 1), (1, 0.56)),
              _line((1, 0.56), (0.54, 0.56)) if habit["spur G"] else _line((1, 0.56), (0.74, 0.56))],
        "H": [stem, _line((1, 0), (1, 1)), _line((0, w), (1, w))],
        "I": [_line((0.5, 0), (0.5, 1)),
              *([_line((0.18, 0), (0.82, 0)), _line((0.18, 1), (0.82, 1))] if habit["serif I"] else [])],
        "J": [_curve((0.94, 0), (0.94, 1), (0, 1), (0, 0.68) if habit["round J"] else (0, 0.84))],
        "K": [stem, _line((1, 0), (0, 0.61)), _line((0.33, 0.41), (1, 1))],
        "L": [_line((0, 0), (0, 1), (1, 1))],
        "M": [_line((0, 1), (0, 0), (0.5, pen.dip), (1, 0), (1, 1))],
        "N": [_line((0, 1), (0, 0), (1, 1), (1, 0))],
        "O": [_ring(0, 0, 1, 1)],
        "P": [_bowl(0, w + 0.06), stem],
        "Q": [_ring(0, 0, 1, 1), _line((0.56, 0.72), (1.04, 1.06) if habit["deep Q"] else (0.98, 0.98))],
        "R": [_bowl(0, w + 0.04), stem, _line((0.44, w + 0.04), (1, 1))],
        "S": [_curve((1, h), (1, 0), (0, 0), (0, w), (1, w), (1, 1), (0, 1), (0, 1 - h))],
        "T": [_line((0, 0), (1, 0)), _line((0.5, 0), (0.5, 1))],
        "U": [_curve((0, 0), (0, 1), (1, 1), (1, 0))],
        "V": [_line(*(((0, 0), (0.04, 0.5)) if habit["steep V"] else ((0, 0),)),
                    *(((0.4, 1), (0.6, 1)) if habit["flat V"] else ((0.5, 1),)),
                    *(((0.96, 0.5), (1, 0)) if habit["steep V"] else ((1, 0),)))],
        "W": [_line((0, 0), (0, 1), (0.5, 0.45), (1, 1), (1, 0)) if habit["upright W"]
              else _line((0, 0), (0.23, 1), (0.5, 0.25), (0.77, 1), (1, 0))],
        "X": [_line((0, 0), (1, 1)), _line((1, 0), (0, 1))],
        "Y": [_line((0, 0), (0.5, 0.52), (1, 0)), _line((0.5, 0.52), (0.5, 1))],
        "Z": [_line((0, 0), (1, 0), (0, 1), (1, 1)), *([_line((0.25, 0.5), (0.75, 0.5))] if habit["barred Z"] else [])],
    }  # fmt: skip


def _figures(pen: Pen) -> dict[str, list[Path]]:
    w, h, habit = pen.waist, pen.hook, pen.habits
    slim = 0.07 if habit["narrow 0"] else 0.0
    return {
        "0": [_ring(slim, 0, 1 - slim, 1), *([_line((0.15, 0.86), (0.85, 0.14))] if habit["slashed 0"] else [])],
        "1": [_line((0.12, 0.24), (0.5, 0), (0.5, 1)) if habit["flag 1"] else _line((0.5, 0), (0.5, 1)),
              *([_line((0.1, 1), (0.9, 1))] if habit["foot 1"] else [])],
        "2": [(False, ((0, h, True), (0, 0, True), (1, 0, True),
                       *(((1, 0.36, True),) if habit["straight 2"] else ((1, 0.46, True), (0, 0.86, True))), (0, 1, False),
                       (1, 1, False)))],
        "3": [(False, ((0.05, 0, False), (0.95, 0, False), (0.45, 0.41, False), (1, 0.43, True), (1, 1, True), (0, 1, True),
                       (0, 1 - h, False)))] if habit["flat 3"]
             else [_curve((0, h), (0, 0), (0.95, 0), (0.95, w), (0.38, w)),
                   _curve((0.38, w), (1, w), (1, 1), (0, 1), (0, 1 - h))],
        "4": [_line((0.22, 0), (0, 0.68), (1, 0.68)), _line((0.72, 0.4), (0.72, 1))] if habit["open 4"]
             else [_line((0.76, 1), (0.76, 0), (0, 0.71), (1, 0.71))],
        "5": [(False, ((0.94, 0, False), (0.06, 0, False), (0.04, 0.43, False), (1, 0.4, True), (1, 1, True), (0, 1, True),
                       (0, 1 - h, False)))],
        "6": [_line((0.7, 0), (0.04, 0.6)) if habit["straight 6"] else _curve((1, h), (1, 0), (0, 0), (0, 0.62)),
              _ring(0, 0.41, 1, 1)],
        "7": [_line((0, 0), (1, 0), (0.36, 1)), *([_line((0.3, 0.5), (0.9, 0.5))] if habit["barred 7"] else [])],
        "8": [_ring(0.05, 0, 0.95, w), _ring(0, w, 1, 1)],
    }  # fmt: skip
