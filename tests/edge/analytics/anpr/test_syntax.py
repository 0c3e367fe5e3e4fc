"""Formats are a prior: they sway, and rule nothing out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.anpr.consensus import fuse
from edge.analytics.anpr.formats import FORMATS
from edge.analytics.anpr.likelihood import FOLDED
from edge.analytics.anpr.syntax import FREE, MOST, log_prior
from protocol.plates import fold
from tests.edge.analytics.anpr.drawn import read_as, sight

ANY = st.text(st.sampled_from(FOLDED), min_size=1, max_size=12)


@given(st.lists(ANY, min_size=1, max_size=20))
def test_no_number_is_ruled_out_and_none_is_certain(texts: list[str]) -> None:
    gained = log_prior(texts)
    assert gained.shape == (len(texts),)
    assert all(0.0 <= gain <= math.log(MOST) + 1e-12 for gain in gained)


@given(ANY)
def test_whatever_is_read_surely_is_read(text: str) -> None:
    """A personalised plate whose holder chose anything, seen in three pictures."""
    assert fold(fuse([sight(read_as(text, 0.995))] * 3)[0].text) == text


@pytest.mark.parametrize(
    ("likely", "unlikely"),
    [
        ("1ABC234", "1A8C234"),  # Belgium, since 2010
        ("ABC234", "A8C234"),  # Belgium, 1973
        ("AB234CD", "A8234CD"),  # France
        ("12DBF3", "12D8F3"),  # the Netherlands
        ("BXY234", "8XY234"),  # Germany
        ("AB1234", "A81234"),  # Luxembourg
        ("AB12XYZ", "AB12XY2"),  # the United Kingdom
    ],
)
def test_a_format_stands_above_none(likely: str, unlikely: str) -> None:
    known, other = log_prior([fold(likely), fold(unlikely)])
    assert known >= other
    assert known > 0


def test_it_decides_where_pictures_do_not() -> None:
    found = fuse([sight(read_as("1A8C234", 0.98, {2: ("B", 0.45)}))])
    assert found[0].text == "1ABC234"


def test_it_decides_nothing_against_pictures() -> None:
    assert fuse([sight(read_as("1A8C234", 0.995))] * 4)[0].text == "1A8C234"


def test_zero_may_be_the_letter() -> None:
    assert log_prior([fold("MOO123")])[0] > 0


def test_shares_are_of_one_road() -> None:
    assert sum(formats.share for formats in FORMATS) + FREE == pytest.approx(1.0, abs=0.05)
    assert len({formats.name for formats in FORMATS}) == len(FORMATS)
    assert all(fold(letter) in FOLDED for formats in FORMATS for letter in formats.letters)
