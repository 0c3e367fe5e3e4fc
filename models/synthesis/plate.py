"""A plate as it leaves the maker, or somewhat later: drawn flat, a pixel per millimetre, with the place of each character.

Rules: the same generator state gives the same plate; boxes enclose the ink of their characters; the text holds what is
stamped as the number and nothing else that can be read on the plate.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis import decoration
from models.synthesis.canvas import Mask, Picture, blank, blend, stamp
from models.synthesis.colours import READABLE, Colour, any_colour, brightness, clipped, dark, legible, light, named
from models.synthesis.glyphs import Split
from models.synthesis.hand import Hand
from models.synthesis.layout import Gap, Lines, boxes_of, draw_spacing, set_row
from models.synthesis.rooms import Room, furnish
from models.synthesis.series import Series, draw_inscription, draw_series

AMERICAN = "american"
KEPT_INK = 0.6
"""Share of the ink that thinning must leave."""
GHOSTS = 0.4
"""Share of the gaps of American plates with a picture printed in the ground."""
LEAST_PRINT = 9
"""Height of a rim in pixels above which it carries print; less would be a smear."""


@dataclass(frozen=True)
class Plate:
    """One plate.

    Attributes:
        picture: uint8 (height, width, 3), RGB; a pixel is a millimetre.
        text: the number, A-Z and 0-9, in the order of reading.
        characters: float32 (n, 4): left, top, right, bottom of the ink of each character, in pixels of the picture.
        rows: int64 (n,): row of each character, counted from 0 at the top.
        series: name in series.toml.
        background: uint8 (3,), RGB of the ground, for what lies behind a plate that is cut.
    """

    picture: Picture
    text: str
    characters: npt.NDArray[np.float32]
    rows: npt.NDArray[np.int64]
    series: str
    background: Colour

    @property
    def row_count(self) -> int:
        """1 or 2; 0 of what bears no number."""
        return int(self.rows.max(initial=-1)) + 1


def draw_plate(
    random: np.random.Generator,
    split: Split = "train",
    *,
    fonts: bool = True,
    of: Series | None = None,
    written: str | None = None,
) -> Plate:
    """Draw a plate.

    Args:
        random: all that is random about it.
        split: whose alphabets are used.
        fonts: whether typefaces may be used besides pens; they must be installed then.
        of: its series; drawn by weight when absent.
        written: its inscription, separators included; drawn when absent.

    Raises:
        FontError: when a typeface is not installed.
    """
    hand = Hand(random, split, fonts)
    chosen = of or draw_series(hand.random)
    inscription = written or draw_inscription(chosen, hand.random)
    ground, ink = _colours(chosen, hand)
    width, height = chosen.size
    width = round(width * hand.random.uniform(0.94, 1.06))
    picture = blank(width, height, ground)
    if chosen.style == AMERICAN:
        decoration.draw_scenery(picture, hand)
    rooms = furnish(picture, chosen, inscription.count("/") + 1, hand)
    if chosen.style == AMERICAN and hand.chance(0.2):
        whole = rooms[0][0], rooms[0][1], rooms[0][2], rooms[-1][3]
        taken = decoration.draw_side_letters(picture, whole, ink, hand)
        rooms = [(left + max(0.0, taken), top, right + min(0.0, taken), bottom) for left, top, right, bottom in rooms]
    lines = _set(inscription, rooms, (height, width), hand, american=chosen.style == AMERICAN)
    for gap in lines.gaps:
        if chosen.style == AMERICAN and hand.chance(GHOSTS):
            decoration.draw_ghost(picture, gap, hand)
        decoration.fill_gap(picture, gap, ink, hand)
    picture, grown = _press(picture, lines, (ground, ink), hand)
    _finish(picture, chosen, ink, hand)
    boxes = boxes_of(lines) + np.array([-grown, -grown, grown, grown], np.float32)
    return Plate(picture, lines.text, boxes.clip(0, (width, height) * 2), np.array(lines.rows), chosen.name, ground)


def draw_blank(random: np.random.Generator, split: Split = "train", *, fonts: bool = True) -> Plate:
    """Draw what a detector may take for a plate: a plate's ground with print and emblems, and no number on it."""
    hand = Hand(random, split, fonts)
    chosen = draw_series(random)
    width, height = chosen.size
    ground, ink = _colours(chosen, hand)
    picture = blank(width, height, any_colour(random) if hand.chance(0.5) else ground)
    if hand.chance(0.5):
        decoration.draw_scenery(picture, hand)
    if hand.chance(0.4):
        decoration.draw_print(picture, hand)
    for _ in range(int(random.integers(0, 5))):
        gap = Gap(str(random.choice([":", "|", "~", "."])), random.uniform(0, width), height * 0.1, height * 0.4, height * 0.8)
        decoration.fill_gap(picture, gap, ink, hand)
    _finish(picture, chosen, ink, hand)
    return Plate(picture, "", np.zeros((0, 4), np.float32), np.zeros(0, np.int64), "none", ground)


def _colours(chosen: Series, hand: Hand) -> tuple[Colour, Colour]:
    if chosen.ground[0] == AMERICAN:
        if hand.chance(0.2):
            return dark(hand.random), light(hand.random)
        pale = light(hand.random) if hand.chance(0.7) else clipped(150 + 0.4 * np.array(any_colour(hand.random)))
        return pale, dark(hand.random)
    at = int(hand.random.integers(max(len(chosen.ground), len(chosen.ink))))
    ground, ink = chosen.ground[min(at, len(chosen.ground) - 1)], chosen.ink[min(at, len(chosen.ink) - 1)]
    return named(ground, hand.random), named(ink, hand.random)


def _set(inscription: str, rooms: list[Room], size: tuple[int, int], hand: Hand, *, american: bool) -> Lines:
    lines = Lines(np.zeros(size, np.uint8))
    alphabet = hand.face()
    spacing = draw_spacing(hand.random, american=american)
    stretch = None
    for row, room in zip(inscription.split("/"), rooms, strict=True):
        taken = set_row(lines, row, (alphabet, spacing), room, stretch)
        stretch = taken if hand.chance(0.7) else None  # rows of one plate mostly have one width of letters
    return lines


def _press(picture: Picture, lines: Lines, colours: tuple[Colour, Colour], hand: Hand) -> tuple[Picture, int]:
    """Lay the ink: thinner or thicker than the face, embossed, outlined; also by how many pixels it grew on each side."""
    ground, ink = colours
    cover, grown = lines.ink, 0
    if hand.chance(0.45):
        grown, cover = _pressure(cover, int(hand.random.choice([-2, -1, 1, 2])))
    if hand.chance(0.35):  # embossing: one flank of each stroke is lit, or in shade
        by = int(hand.random.choice([-2, -1, 1, 2]))
        shade = clipped(np.array(ground) * hand.random.uniform(0.55, 0.8)) if hand.chance(0.6) else (255, 255, 255)
        picture = blend(picture, np.roll(cover, (abs(by), by), (0, 1)), shade)
    if hand.chance(0.06):  # outlined characters
        rim = (255, 255, 255) if brightness(ink) < READABLE else (0, 0, 0)
        picture = blend(picture, np.asarray(cv2.dilate(cover, np.ones((3, 3), np.uint8)), np.uint8), rim)
    return blend(picture, cover, ink), grown


def _pressure(cover: Mask, change: int) -> tuple[int, Mask]:
    """Thicken (positive) or thin the ink by this many pixels in all; a thin face that would lose its strokes is left alone."""
    kernel = np.ones((abs(change) + 1, abs(change) + 1), np.uint8)
    if change > 0:
        return 1, np.asarray(cv2.dilate(cover, kernel), np.uint8)
    thin = np.asarray(cv2.erode(cover, kernel), np.uint8)
    return 0, thin if thin.mean() > KEPT_INK * cover.mean() else cover


def _finish(picture: Picture, chosen: Series, ink: Colour, hand: Hand) -> None:
    height, width = picture.shape[:2]
    decoration.draw_screws(picture, hand)
    if chosen.style == AMERICAN:
        if hand.chance(0.35):  # a dealer's frame hides the rim, and sometimes the feet of the letters
            _dealer_frame(picture, hand)
    elif chosen.border or hand.chance(0.2):
        colour = ink if hand.chance(0.85) else dark(hand.random)
        inset = int(hand.random.integers(1, 4))
        thick = int(hand.random.integers(1, 5))
        cv2.rectangle(picture, (inset, inset), (width - 1 - inset, height - 1 - inset), colour, thick, cv2.LINE_AA)
    if hand.chance(0.04):  # the makers' print below the number
        words = hand.words(str(hand.random.choice(decoration.DEALERS)), 6)
        stamp(picture, words, round(width * hand.random.uniform(0.2, 0.7)), height - 9, dark(hand.random))
    if hand.chance(0.22):
        decoration.draw_dirt(picture, hand)


def _dealer_frame(picture: Picture, hand: Hand) -> None:
    height, width = picture.shape[:2]
    colour = dark(hand.random) if hand.chance(0.7) else any_colour(hand.random)
    side, top, bottom = (round(hand.random.uniform(*part) * height) for part in ((0.02, 0.05), (0.03, 0.16), (0.03, 0.18)))
    picture[:top] = picture[-bottom:] = colour
    picture[:, :side] = picture[:, -side:] = colour
    for room, y in ((top, 1), (bottom, height - bottom + 1)):
        if room > LEAST_PRINT and hand.chance(0.6):
            words = hand.words(str(hand.random.choice(decoration.DEALERS)), room * 0.7)
            pale = legible(colour, hand.random)
            stamp(picture, words, round((width - words.shape[1]) * hand.random.uniform(0.3, 0.7)), y, pale)
