"""Plates as both ends spell them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.plates import PlateError, fold, known_part, normalise, pattern_of

PLATES = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("1-ABC-123", "1ABC123"),
        (" 1 abc·123 ", "1ABC123"),
        ("B\u2013MW 1", "BMW1"),
        ("MÜ-X 12", "MUX12"),
        ("\uff21\uff22\uff11\uff12", "AB12"),
        ("ABCDEFGHIJKL", "ABCDEFGHIJKL"),
    ],
)
def test_what_says_nothing_is_left_out(text: str, plate: str) -> None:
    assert normalise(text) == plate


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1 to 12"),
        (" - ", "1 to 12"),
        ("ABCDEFGHIJKLM", "1 to 12"),
        ("А123ВС", "cyrillic capital letter a"),  # noqa: RUF001 - that is what is tested
        ("1AB?123", "question mark"),
        ("1ABC123\n2ABC", "control character"),
        ("1ABC\x00", "control character"),
        ("x" * 5000, "at most 12"),
    ],
)
def test_what_is_no_plate_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(PlateError, match=words):
        normalise(text)


def test_what_plates_do_not_tell_apart_is_one() -> None:
    assert fold("1QOI0") == "10010"
    assert fold("B8") == "B8", "readers tell them apart, and offer both"


@pytest.mark.parametrize(
    ("text", "mask", "known"),
    [
        ("1-ABC-123", ".......", "1ABC123"),
        ("1-AB?-123", "...?...", "1AB123"),
        ("1QI*", "...*", "101"),
        ("*abc1", "*....", "ABC1"),
        ("1A", "..", "1A"),
    ],
)
def test_a_pattern_says_which_characters_are_known(text: str, mask: str, known: str) -> None:
    assert pattern_of(text) == (mask, known)


@pytest.mark.parametrize("text", ["*", "1*", "??A1", "1A*C", "*1ABC*", "**1ABC", "", "?" * 13, "ABC" + "?" * 10])
def test_a_pattern_that_would_stop_everyone_is_refused(text: str) -> None:
    with pytest.raises(PlateError):
        pattern_of(text)


@pytest.mark.parametrize(
    ("mask", "text", "known"),
    [
        (".......", "1ABC123", "1ABC123"),
        (".......", "1ABC12", None),
        ("...?...", "1ABX123", "1AB123"),
        ("...*", "1ABC123", "1AB"),
        ("...*", "1AB", "1AB"),
        ("...*", "1A", None),
        ("*....", "1ABC123", "C123"),
    ],
)
def test_what_a_plate_has_under_a_mask(mask: str, text: str, known: str | None) -> None:
    assert known_part(mask, text) == known


@given(PLATES)
def test_a_whole_plate_fits_its_own_pattern(plate: str) -> None:
    mask, known = pattern_of(plate)
    assert known_part(mask, fold(plate)) == known == fold(normalise(plate))


@given(st.text(max_size=120))
def test_any_text_is_a_plate_or_refused(text: str) -> None:
    for read in (normalise, pattern_of):
        try:
            read(text)
        except PlateError as error:
            assert str(error)  # noqa: PT017 - both ways are right
