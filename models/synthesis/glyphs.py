"""The alphabets that plates are drawn with, and small print; half of them strokes of a pen, half free typefaces.

Rules: what serves training never serves evaluation, seeds of pens and families of typefaces alike; every typeface is named in
fonts.toml with its licence and comes from a Debian package, none is kept here. Where typefaces are not wanted
(``fonts=False``) everything is drawn by pens, and nothing need be installed.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import tomllib
from PIL import Image, ImageDraw, ImageFont

from models.synthesis.canvas import Mask, resized
from models.synthesis.strokes import CAP, draw_alphabet

Split: TypeAlias = Literal["train", "evaluate"]

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MANIFEST = Path(__file__).with_name("fonts.toml")
SEEDS: Mapping[Split, range] = {"train": range(480), "evaluate": range(10_000, 10_060)}
"""Of the pens. 480 alphabets take 40 MB, which every process that draws can afford."""
STROKES_SHARE = 0.45
PRINT = 24
"""Height of a capital of small print in pixels, as it is kept; it shrinks from there."""


class FontError(Exception):
    """A typeface is missing; the message names the package that has it."""


class Font(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of fonts.toml; ``weight`` 0 means small print only."""

    path: str
    package: str
    licence: str
    split: Split
    weight: float


@dataclass(frozen=True)
class Glyph:
    """A character's ink, uint8 (height, width), and how far below the top of capitals it begins, in pixels of CAP."""

    ink: Mask
    top: int


@dataclass(frozen=True)
class Alphabet:
    """The 36 characters in one face; capitals are CAP pixels high or nearly so."""

    name: str
    glyphs: Mapping[str, Glyph]
    usual: float
    """Width that is usual among its characters, in pixels."""


@functools.cache
def fonts(split: Split) -> tuple[Font, ...]:
    """The typefaces of a split, as fonts.toml has them."""
    rows = msgspec.convert(tomllib.loads(MANIFEST.read_text("utf-8"))["font"], list[Font])
    return tuple(row for row in rows if row.split == split)


def check_fonts(*splits: Split) -> None:
    """Refuse to begin what would fail at the first missing typeface.

    Raises:
        FontError: naming all Debian packages that are missing.
    """
    missing = sorted({font.package for split in splits for font in fonts(split) if not Path(font.path).exists()})
    if missing:
        msg = f"typefaces of {len(missing)} Debian packages are missing; install them: apt-get install {' '.join(missing)}"
        raise FontError(msg)


def draw_face(random: np.random.Generator, split: Split, *, fonts_wanted: bool = True) -> Alphabet:
    """Choose an alphabet.

    Raises:
        FontError: when the typeface that was drawn is not installed.
    """
    if not fonts_wanted or random.random() < STROKES_SHARE:
        seeds = SEEDS[split]
        return strokes(seeds[int(random.integers(len(seeds)))])
    rows = fonts(split)
    weights = np.cumsum([row.weight for row in rows])
    return face(rows[int(np.searchsorted(weights, random.random() * weights[-1], side="right"))])


@functools.cache
def strokes(seed: int) -> Alphabet:
    """Return the alphabet of a pen."""
    masks = draw_alphabet(seed)
    return _alphabet(f"pen {seed}", {character: Glyph(mask, 0) for character, mask in masks.items()})


@functools.cache
def face(font: Font) -> Alphabet:
    """Return the alphabet of a typeface.

    Raises:
        FontError: when it is not installed.
    """
    size = CAP
    for _ in range(3):  # sizes name the body, not the capital: approach the size whose H is CAP pixels high
        _, top, _, bottom = _load(font, size).getbbox("H")
        size = max(8, round(size * CAP / (bottom - top)))
    typeface = _load(font, size)
    ceiling = int(typeface.getbbox("H")[1])
    glyphs = {}
    for character in CHARACTERS:
        left, top, right, bottom = (int(value) for value in typeface.getbbox(character))
        picture = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(picture).text((-left, -top), character, font=typeface, fill=255)
        glyphs[character] = Glyph(np.asarray(picture), top - ceiling)
    return _alphabet(Path(font.path).stem, glyphs)


def _alphabet(name: str, glyphs: Mapping[str, Glyph]) -> Alphabet:
    return Alphabet(name, glyphs, float(np.median([glyphs[character].ink.shape[1] for character in "ADEHKNPRU0358"])))


@functools.lru_cache(maxsize=256)
def _load(font: Font, size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(font.path, size)
    except OSError as error:
        msg = f"{font.path} cannot be read ({error}); install the Debian package {font.package}"
        raise FontError(msg) from error


def draw_words(random: np.random.Generator, split: Split, text: str, height: float, *, fonts_wanted: bool = True) -> Mask:
    """Set small print in any face of the split.

    Args:
        random: chooses the face.
        split: of what.
        text: any; without typefaces only letters, figures and spaces of it are drawn, as capitals.
        height: of a capital in pixels.
        fonts_wanted: whether typefaces may be used.

    Returns:
        uint8 (rows, columns), 255 where there is ink.
    """
    if fonts_wanted:
        rows = fonts(split)
        line = _words(rows[int(random.integers(len(rows)))], text)
    else:
        line = _pen_words(SEEDS[split][int(random.integers(8))], text)
    scale = height / PRINT
    return resized(line, round(line.shape[1] * scale), round(line.shape[0] * scale))


@functools.cache
def _words(font: Font, text: str) -> Mask:
    typeface = _load(font, round(PRINT * 1.4))
    left, top, right, bottom = (int(value) for value in typeface.getbbox(text))
    picture = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(picture).text((-left, -top), text, font=typeface, fill=255)
    return np.asarray(picture)


@functools.cache
def _pen_words(seed: int, text: str) -> Mask:
    alphabet = strokes(seed)
    space = round(alphabet.usual * 0.2)
    row: list[Mask] = []
    for character in text.upper():
        glyph = alphabet.glyphs.get(character)
        ink = np.zeros((CAP, round(alphabet.usual * 0.5)), np.uint8) if glyph is None else glyph.ink
        whole = np.zeros((CAP, ink.shape[1] + space), np.uint8)
        whole[: min(CAP, len(ink)), : ink.shape[1]] = ink[:CAP]
        row.append(whole)
    line = np.concatenate(row, axis=1)
    return resized(line, round(line.shape[1] * PRINT / CAP), PRINT)
