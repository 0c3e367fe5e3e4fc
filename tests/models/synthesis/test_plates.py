"""Drawn plates: the number and the places of its characters are true, alphabets of evaluation are never trained on.

All is drawn by pens here, so that nothing need be installed; typefaces are tested where their packages are.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from models.synthesis import glyphs
from models.synthesis.canvas import blend
from models.synthesis.colours import brightness
from models.synthesis.glyphs import CHARACTERS, SEEDS, Font, FontError, face, fonts, strokes
from models.synthesis.layout import Lines, boxes_of, draw_spacing, set_row
from models.synthesis.plate import draw_plate
from models.synthesis.series import Series, inscribe, number_of, series
from protocol.plates import fold

MISSING = [font for split in ("train", "evaluate") for font in fonts(split) if not Path(font.path).exists()]


@pytest.mark.parametrize("row", series(), ids=lambda row: row.name)
def test_a_plate_of_each_series(row: Series) -> None:
    random = np.random.default_rng(1)
    for pattern in row.patterns:
        written = inscribe(pattern, row.letters, random)
        plate = draw_plate(random, fonts=False, of=row, written=written)
        height, width = plate.picture.shape[:2]
        assert plate.picture.dtype == np.uint8
        assert height == row.size[1]
        assert width == pytest.approx(row.size[0], rel=0.07)
        assert plate.text == number_of(written)
        assert plate.series == row.name
        assert len(plate.characters) == len(plate.rows) == len(plate.text)
        assert plate.row_count == 1 + written.count("/")
        left, top, right, bottom = plate.characters.T
        assert (left >= 0).all()
        assert (top >= 0).all()
        assert (right <= width).all()
        assert (bottom <= height).all()
        assert (right - left > 3).all()
        assert (bottom - top > 15).all()
        for number in range(plate.row_count):
            assert (np.diff(plate.characters[plate.rows == number, 0]) > 0).all()


def test_boxes_enclose_ink_and_nothing_more() -> None:
    random = np.random.default_rng(2)
    for seed in (*SEEDS["train"][:8], *SEEDS["evaluate"][:2]):
        lines = Lines(np.zeros((210, 340), np.uint8))
        setting = strokes(seed), draw_spacing(random, american=bool(seed % 2))
        set_row(lines, "1-AB:Q", setting, (12, 15, 330, 95))
        set_row(lines, "W0J.7", setting, (12, 110, 330, 190))
        assert lines.text == "1ABQW0J7"
        assert lines.rows == [0] * 4 + [1] * 4
        assert [gap.kind for gap in lines.gaps] == ["-", ":", "."]
        outside = lines.ink > 60
        for left, top, right, bottom in boxes_of(lines).astype(int):
            inside = lines.ink[top:bottom, left:right] > 40
            assert inside[:, [0, -1]].any(axis=0).all()
            assert inside[[0, -1]].any(axis=1).all()
            outside[top:bottom, left:right] = False
        assert not outside.any()


def test_ink_lies_in_the_boxes_of_the_plate() -> None:
    row = next(row for row in series() if row.name == "be-car")
    random = np.random.default_rng(3)
    darker = []
    for _ in range(40):
        plate = draw_plate(random, fonts=False, of=row)
        grey = plate.picture @ np.array([0.299, 0.587, 0.114])
        for left, top, right, bottom in plate.characters.astype(int):
            darker.append(brightness(plate.background) - grey[top:bottom, left:right].min())
    assert np.percentile(darker, 2) > 60


def test_the_same_state_draws_the_same() -> None:
    first, second = (np.random.default_rng(4) for _ in range(2))
    for _ in range(20):
        one, other = draw_plate(first, fonts=False), draw_plate(second, fonts=False)
        assert one.text == other.text
        assert (one.picture == other.picture).all()
        assert (one.characters == other.characters).all()
    assert (draw_plate(first, fonts=False).picture.shape, 0) != (one.picture.shape, 1)


def test_splits_are_apart() -> None:
    assert not set(SEEDS["train"]) & set(SEEDS["evaluate"])
    assert not {font.package for font in fonts("train")} & {font.package for font in fonts("evaluate")}
    assert not {Path(font.path).name for font in fonts("train")} & {Path(font.path).name for font in fonts("evaluate")}
    one, other = strokes(SEEDS["train"][0]), strokes(SEEDS["evaluate"][0])
    assert any(not np.array_equal(one.glyphs[c].ink, other.glyphs[c].ink) for c in CHARACTERS)


def test_every_typeface_has_a_licence_that_allows_it() -> None:
    free = r"OFL-1\.1|Apache-2\.0|MIT|Bitstream-Vera|GUST-Font-License|public-domain|GPL-3\.0-only WITH font exception"
    for font in (*fonts("train"), *fonts("evaluate")):
        assert re.fullmatch(free, font.licence), font.path
        assert font.package.startswith("fonts-")


@pytest.mark.parametrize("seed", SEEDS["evaluate"][:5])
def test_an_alphabet_tells_its_characters_apart(seed: int) -> None:
    """All but those that plates themselves do not: O and 0, I and 1."""
    alphabet = strokes(seed)
    assert set(alphabet.glyphs) == set(CHARACTERS)
    told = [character for character in CHARACTERS if character == fold(character)]
    shapes = {(glyph.ink.shape, glyph.ink.tobytes()) for glyph in (alphabet.glyphs[character] for character in told)}
    assert len(shapes) == len(told)


def test_a_missing_typeface_names_its_package() -> None:
    font = Font("/nowhere/Plate.ttf", "fonts-of-plates", "MIT", "train", 1)
    with pytest.raises(FontError, match="install the Debian package fonts-of-plates"):
        face(font)


def test_all_missing_packages_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(Font(f"/nowhere/{name}.ttf", f"fonts-{name}", "MIT", "train", 1) for name in ("b", "a", "b"))
    monkeypatch.setattr(glyphs, "fonts", lambda _: rows)
    with pytest.raises(FontError, match="of 2 Debian packages are missing; install them: apt-get install fonts-a fonts-b"):
        glyphs.check_fonts("train", "evaluate")


@pytest.mark.skipif(bool(MISSING), reason=f"typefaces: apt-get install {' '.join(sorted({f.package for f in MISSING}))}")
def test_typefaces() -> None:
    for font in (*fonts("train"), *fonts("evaluate")):
        alphabet = face(font)
        assert set(alphabet.glyphs) == set(CHARACTERS)
        assert 70 <= len(alphabet.glyphs["H"].ink) <= 90
    random = np.random.default_rng(5)
    assert {draw_plate(random, split).text for split in ("train", "evaluate")}


def test_ink_covers_as_far_as_its_mask() -> None:
    picture = np.full((1, 3, 3), 200, np.uint8)
    got = blend(picture, np.array([[0, 128, 255]], np.uint8), (0, 100, 250))
    assert got[0, 0].tolist() == [200, 200, 200]
    assert np.abs(got[0, 1].astype(int) - [100, 150, 225]).max() <= 1
    assert got[0, 2].tolist() == [0, 100, 250]
