"""Where each character of an inscription comes to stand, and its ink.

Frame of reference: pixels of the plate, x to the right, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Mask, resized
from models.synthesis.glyphs import Alphabet
from models.synthesis.series import SEPARATORS
from models.synthesis.strokes import CAP

NARROW = "I1"
WIDE_SPACING = 0.14
"""Room between characters, as a share of their width, below which even spacing lets narrow characters have their own."""


@dataclass(frozen=True)
class Gap:
    """Room of a separator: its kind, and the rectangle that it may fill."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass
class Lines:
    """All rows of a plate, laid out.

    Attributes:
        ink: uint8 (height, width) of the plate, 255 where there is ink.
        boxes: of the ink of each character: left, top, right, bottom in pixels, right and bottom exclusive.
        rows: of each character, counted from 0 at the top.
        text: characters in the order of reading.
        gaps: of separators.
    """

    ink: Mask
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    text: str = ""
    gaps: list[Gap] = field(default_factory=list)


@dataclass(frozen=True)
class Spacing:
    """How a plate sets its characters: shares of the usual width of the alphabet.

    Attributes:
        between: from one character to the next.
        gap: room of a separator.
        dash: room of a dash or dot.
        even: whether each character has the same room (most plates) or its own width.
        narrowest: least horizontal scale over vertical scale.
        widest: largest.
        align: of a row shorter than its room: 0 left, 0.5 centre, 1 right.
    """

    between: float
    gap: float
    dash: float
    even: bool
    narrowest: float
    widest: float
    align: float


def draw_spacing(random: np.random.Generator, *, american: bool) -> Spacing:
    """Draw one."""
    return Spacing(
        between=random.uniform(0.09, 0.3),
        gap=random.uniform(0.35, 1.2 if american else 0.9),  # American emblems stand as wide as a character
        dash=random.uniform(0.45, 0.85),
        even=bool(random.random() < (0.55 if american else 0.65)),
        narrowest=0.5 if american else 0.6,
        widest=random.uniform(0.9, 1.3),
        align=float(random.choice([0.5, 0.5, 0.5, random.uniform(0, 1)])),
    )


def set_row(
    lines: Lines,
    row: str,
    setting: tuple[Alphabet, Spacing],
    room: tuple[float, float, float, float],
    stretch: float | None = None,
) -> float:
    """Set one row into its room (left, top, right, bottom).

    Args:
        lines: gains the row.
        row: inscription without row breaks.
        setting: alphabet of the characters, and how they are set.
        room: what they may fill; capitals are as high as it.
        stretch: horizontal scale over vertical scale; as the room asks when absent.

    Returns:
        The stretch that was taken.
    """
    alphabet, spacing = setting
    left, top, right, bottom = room
    tall = (bottom - top) / CAP
    advances = [_advance(character, alphabet, spacing) for character in row]
    length = sum(advances) - alphabet.usual * spacing.between
    needed = (right - left) / (length * tall)
    taken = float(np.clip(needed if stretch is None else stretch, spacing.narrowest, spacing.widest))
    wide = tall * min(taken, needed)
    x = left + (right - left - length * wide) * spacing.align
    number = 1 + max(lines.rows, default=-1)
    for character, advance in zip(row, advances, strict=True):
        own = advance - alphabet.usual * spacing.between
        if character in SEPARATORS:
            lines.gaps.append(
                Gap(character, x - alphabet.usual * spacing.between * wide / 2, top, advance * wide, bottom - top)
            )
        else:
            glyph = alphabet.glyphs[character]
            ink = resized(glyph.ink, round(glyph.ink.shape[1] * wide), round(glyph.ink.shape[0] * tall))
            at = x + max(0.0, own - glyph.ink.shape[1]) * wide / 2
            lines.boxes.append(_put(lines.ink, ink, round(at), round(top + glyph.top * tall)))
            lines.rows.append(number)
            lines.text += character
        x += advance * wide
    return taken


def _advance(character: str, alphabet: Alphabet, spacing: Spacing) -> float:
    if character in SEPARATORS:
        return alphabet.usual * (spacing.dash if character in "-." else spacing.gap)
    width = alphabet.glyphs[character].ink.shape[1]
    even = spacing.even and not (character in NARROW and spacing.between < WIDE_SPACING)
    return float(max(alphabet.usual, width) if even else width) + alphabet.usual * spacing.between


def _put(canvas: Mask, ink: Mask, x: int, y: int) -> tuple[float, float, float, float]:
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + ink.shape[1], canvas.shape[1]), min(y + ink.shape[0], canvas.shape[0])
    if right > left and bottom > top:
        part = canvas[top:bottom, left:right]
        np.maximum(part, ink[top - y : bottom - y, left - x : right - x], out=part)
    return float(left), float(top), float(right), float(bottom)


def boxes_of(lines: Lines) -> npt.NDArray[np.float32]:
    """Boxes of all characters, float32 (n, 4)."""
    return np.array(lines.boxes, np.float32).reshape(-1, 4)
