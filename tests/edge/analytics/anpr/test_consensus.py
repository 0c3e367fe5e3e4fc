"""One number out of many pictures: every picture is heard, none alone decides what others contradict."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.anpr.consensus import ALTERNATES, CANDIDATES, PICTURES, Evidence, fuse
from models.bundle.plates import PlateSeen
from models.bundle.reading import ALPHABET, Floats
from protocol.plates import fold
from tests.edge.analytics.anpr.drawn import columns, read_as, sight

CHARACTERS = st.dictionaries(st.sampled_from(ALPHABET), st.floats(0.01, 1.0), min_size=1, max_size=4)
UNSURE = st.lists(CHARACTERS, min_size=1, max_size=9).map(
    lambda places: columns([{of: chance / (1.05 * sum(each.values())) for of, chance in each.items()} for each in places])
)
SIGHTS = st.lists(st.builds(sight, UNSURE, st.floats(25, 300)), min_size=1, max_size=8)
BLANK = columns([])


def texts(sights: list[PlateSeen]) -> list[str]:
    return [fold(reading.text) for reading in fuse(sights, 0.0)]


def test_nothing_is_read_where_there_is_nothing() -> None:
    assert fuse([]) == []
    assert fuse([sight(BLANK), sight(BLANK)]) == []


def test_a_sure_picture_is_read_as_it_is() -> None:
    best, *_ = fuse([sight(read_as("1ABC234"))])
    assert best.text == "1ABC234"
    assert best.probability > 0.8


def test_two_pictures_settle_what_each_doubts() -> None:
    first = read_as("KLAPROS", doubts={2: ("R", 0.6)})
    second = read_as("KLAPROS", doubts={6: ("B", 0.6)})
    assert fuse([sight(first)])[0].text == "KLRPROS"
    assert fuse([sight(second)])[0].text == "KLAPROB"
    assert fuse([sight(first), sight(second)])[0].text == "KLAPROS"


def test_a_sure_picture_outweighs_unsure_ones() -> None:
    unsure = [sight(read_as("KLRPROS", doubts={2: ("A", 0.45)}), 50) for _ in range(4)]
    assert fuse(unsure)[0].text == "KLRPROS"
    assert fuse([*unsure, sight(read_as("KLAPROS", 0.9999))])[0].text == "KLAPROS"


def test_one_picture_of_something_else_does_not_decide() -> None:
    sights = [sight(read_as("1ABC234")) for _ in range(4)]
    assert fuse([*sights, sight(read_as("GARAGE", 0.9999))])[0].text == "1ABC234"


def test_characters_that_are_not_told_apart_are_one() -> None:
    found = fuse([sight(read_as("1ABO234")), sight(read_as("IAB0234")), sight(read_as("1ABQ234"))], 0.0)
    assert [fold(reading.text) for reading in found].count("1AB0234") == 1
    assert found[0].text in {"1ABO234", "IAB0234", "1ABQ234"}


def test_the_spelling_is_that_of_most_pictures() -> None:
    assert fuse([sight(read_as("1ABO234")), sight(read_as("1AB0234")), sight(read_as("1AB0234"))])[0].text == "1AB0234"


@settings(deadline=None, max_examples=15)
@given(SIGHTS, st.randoms())
def test_the_order_of_pictures_says_nothing(sights: list[PlateSeen], random: object) -> None:
    shuffled = list(sights)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before = {fold(reading.text): reading.probability for reading in fuse(sights, 0.001)}
    after = {fold(reading.text): reading.probability for reading in fuse(shuffled, 0.001)}
    for text in {*before, *after}:
        if max(before.get(text, 0.0), after.get(text, 0.0)) > 0.01:
            assert before.get(text, 0.0) == pytest.approx(after.get(text, 0.0), abs=1e-3)


@settings(deadline=None, max_examples=20)
@given(SIGHTS)
def test_probabilities_are_some_and_fall(sights: list[PlateSeen]) -> None:
    found = fuse(sights, 0.0)
    chances = [reading.probability for reading in found]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1.0 + 1e-9
    assert all(chance >= 0 for chance in chances)
    assert len({fold(reading.text) for reading in found}) == len(found) <= ALTERNATES


@settings(deadline=None, max_examples=10)
@given(SIGHTS, st.integers(1, 5))
def test_blank_pictures_change_nothing(sights: list[PlateSeen], blanks: int) -> None:
    assert fuse([*sights, *[sight(BLANK)] * blanks], 0.0) == fuse(sights, 0.0)


def test_only_the_plausible_are_told_and_the_best_always() -> None:
    sights = [sight(read_as("1ABC234", doubts={1: ("4", 0.3)}))]
    few, all_ = fuse(sights, 0.3), fuse(sights, 0.0)
    assert 1 == len(few) < len(all_)
    assert len(fuse([sight(columns([dict.fromkeys(ALPHABET[2:6], 0.24)] * 4))], 0.5)) == 1


def test_work_is_bounded() -> None:
    """Pictures of which each reads something else; the candidates, and what is kept of pictures, have an end."""
    evidence = Evidence()
    for seed, width in zip(range(80), itertools.cycle(np.geomspace(40, 300, 17).tolist()), strict=False):
        evidence.add(sight(read_as("".join(np.random.default_rng(seed).choice(list(ALPHABET), 7)), 0.7), width))
    evidence.readings(0.0)
    views = evidence._views
    assert len(views) == PICTURES
    assert all(len(view.likely) <= CANDIDATES for view in views)
    assert evidence.pictures == 80


def test_what_waits_does_not_push_out_what_came() -> None:
    far = sight(read_as("1ABC234"), 90)
    evidence = Evidence()
    evidence.add(far)
    for _ in range(100):
        evidence.add(sight(read_as("1ABC235"), 150))
    assert {view.size for view in evidence._views} == {round(3 * np.log2(90)), round(3 * np.log2(150))}


@pytest.mark.parametrize(
    "broken", [np.zeros((36, 12), np.float32), np.full((36, 37), np.nan, np.float32), np.zeros((0, 37), np.float32)]
)
def test_columns_of_no_reader_are_refused(broken: Floats) -> None:
    with pytest.raises(ValueError, match=r"columns of a plate|columns are"):
        fuse([sight(broken)])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0])
def test_quality_that_is_no_number_counts_as_bad(value: float) -> None:
    plate = PlateSeen(0, np.zeros((4, 2), np.float32), 0.5, read_as("1ABC234"), value, value, np.zeros(10, np.float32))
    (best, *_) = fuse([plate])
    assert best.text == "1ABC234"
    assert 0 <= best.probability <= 1


def test_it_prints_nothing_of_what_it_holds() -> None:
    evidence = Evidence()
    evidence.add(sight(read_as("1ABC234")))
    evidence.readings()
    assert repr(evidence) == "Evidence(1 pictures)"
    assert b"1ABC234" in pickle.dumps(evidence)  # it does hold it
    evidence.forget()
    assert b"1ABC234" not in pickle.dumps(evidence)
