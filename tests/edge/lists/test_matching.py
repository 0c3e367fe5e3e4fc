"""Readings against lists: every alternate under every mask, the best of each list, and pseudonyms for everyone else."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from edge.lists.believe import Used
from edge.lists.keyring import Keyring, Place
from edge.lists.matching import Matching
from edge.lists.table import Table
from edge.lists.times import Times
from models.bundle.reading import Reading
from ota.device.moment import Moment
from protocol.lists import digest, read_whole, whole_body
from protocol.plates import PlateError, normalise, pattern_of
from protocol.pseudonyms import pseudonym
from tests.edge.lists.desk import BOOT, DAY, DEVICE, FLEET, NOW, OTHERS, SERIES_KEY, STOLEN, Desk, Made

DESK = Desk()
ENTRIES = ["1ABC123", "1O0I999", "2XY?99*", "7ZZ*", "*Q777"]


def used_of(made: Made) -> Used:
    return Used(made.header, "0" * 64, Table(read_whole(made.header, whole_body(made.entries))))


class Box:
    """A ring, lists by name, and what matches."""

    def __init__(self, *lists: Made, floor_days: int = -30, known: bool = True) -> None:
        self.ring = Keyring(Place(FLEET, DEVICE, BOOT))
        self.used = {made.header.list: used_of(made) for made in lists}
        times = Times(NOW + floor_days * DAY, lambda: known)
        self.matching = Matching(self.ring, lambda: self.used, times)

    def keyed(self, *keys: object) -> Box:
        believer = DESK.believer()
        self.ring.take(DESK.keys(self.ring.lock, *keys), believer.trusted, Moment(NOW, known=True))  # type: ignore[arg-type]
        return self

    def match(
        self, *readings: tuple[str, float], lists: tuple[str, ...] = ("stolen",), days: float = 0
    ) -> list[tuple[object, ...]]:
        found = self.matching.match([Reading(*reading) for reading in readings], lists, NOW + days * DAY)
        return [(match.list, match.plate, match.probability, match.pattern) for match in found]


@pytest.fixture
def box() -> Box:
    return Box(Made(DESK, 3, ENTRIES, least=0.25)).keyed(STOLEN, OTHERS)


@pytest.mark.parametrize(
    ("plate", "hit"),
    [
        ("1ABC123", (True, False)),
        ("1A8C123", (False, False)),
        ("100I999", (True, False)),
        ("1OO1999", (True, False)),
        ("2XYK99", (True, True)),
        ("2XYK99A7", (True, True)),
        ("2XY99", (False, False)),
        ("7ZZ", (True, True)),
        ("7ZZ4", (True, True)),
        ("7Z", (False, False)),
        ("1230777", (True, True)),
        ("0777", (True, True)),
        ("77", (False, False)),
    ],
)
def test_what_is_on_the_list(box: Box, plate: str, hit: tuple[bool, bool]) -> None:
    assert box.match((plate, 0.9)) == ([("stolen", plate, 0.9, hit[1])] if hit[0] else [])


def test_it_says_version_and_least(box: Box) -> None:
    (match,) = box.matching.match([Reading("1ABC123", 0.1)], ["stolen"], NOW)
    assert (match.version, match.least) == (3, 0.25)


def test_alternates_are_held_against_it_and_the_most_probable_says_which(box: Box) -> None:
    assert box.match(("1A8C123", 0.7), ("1ABC123", 0.2)) == [("stolen", "1ABC123", 0.2, False)]
    assert box.match(("7ZZ4", 0.1), ("1ABC123", 0.2), ("1ABC128", 0.7)) == [("stolen", "1ABC123", 0.2, False)]
    assert box.match(("7ZZ4", 0.3), ("1ABC123", 0.2)) == [("stolen", "7ZZ4", 0.3, True)]
    assert box.match(("", 0.9)) == box.match() == []


def test_an_entry_that_is_whole_counts_before_one_with_unknown_characters() -> None:
    box = Box(Made(DESK, 1, ["1ABC123", "1AB*"])).keyed(STOLEN)
    assert box.match(("1ABC123", 0.9)) == [("stolen", "1ABC123", 0.9, False)]


def test_each_list_answers_once_and_only_those_that_count() -> None:
    wanted = Made(DESK, 5, ["1A8C123", "1ABC123"], list="wanted")
    box = Box(Made(DESK, 3, ENTRIES), wanted).keyed(STOLEN)
    readings = ("1A8C123", 0.7), ("1ABC123", 0.2)
    assert box.match(*readings, lists=("stolen", "wanted", "none", "stolen")) == [
        ("stolen", "1ABC123", 0.2, False),
        ("wanted", "1A8C123", 0.7, False),
    ]
    assert box.match(*readings, lists=()) == []


def test_without_its_key_a_list_answers_nothing(box: Box) -> None:
    assert Box(Made(DESK, 3, ENTRIES)).match(("1ABC123", 0.9)) == []
    others = msgspec.structs.replace(STOLEN, purpose="wanted-vehicles")
    assert Box(Made(DESK, 3, ENTRIES)).keyed(others).match(("1ABC123", 0.9)) == [], "a key of another purpose"
    for_pseudonyms = msgspec.structs.replace(STOLEN, use="pseudonym")
    assert Box(Made(DESK, 3, ENTRIES)).keyed(for_pseudonyms).match(("1ABC123", 0.9)) == []
    box.ring.clear()
    assert box.match(("1ABC123", 0.9)) == []


def test_a_list_whose_time_is_over_answers_nothing() -> None:
    made = Made(DESK, 3, ENTRIES, expires=NOW + DAY)
    box = Box(made).keyed(STOLEN)
    assert box.match(("1ABC123", 0.9), days=0.9)
    assert box.match(("1ABC123", 0.9), days=1) == []
    late = Box(made, floor_days=1, known=False).keyed(STOLEN)
    assert late.match(("1ABC123", 0.9)) == [], "a clock that is behind does not prolong it"


def test_a_pseudonym_is_that_of_the_purposes_key(box: Box) -> None:
    found = box.matching.of("travel-times", "1ABC123", NOW)
    assert found is not None
    assert (found.purpose, found.key, found.value) == ("travel-times", "travel-1", pseudonym(SERIES_KEY, "1ABC123"))
    assert box.matching.of("other", "1ABC123", NOW) is None
    assert box.matching.of("stolen-vehicles", "1ABC123", NOW) is None, "a list's key makes no pseudonyms"
    assert box.matching.of("travel-times", "1ABC123", NOW + 9 * DAY) is None


def test_lists_with_the_same_key_cost_their_digests_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []

    def counted(key: bytes, mask: str, known: str) -> bytes:
        made.append((mask, known))
        return digest(key, mask, known)

    monkeypatch.setattr("edge.lists.matching.digest", counted)
    box = Box(*(Made(DESK, 1, ENTRIES, list=f"l{n}") for n in range(4))).keyed(STOLEN)
    box.match(("1ABC123", 0.5), ("1A8C123", 0.4), ("1ABC12O", 0.1), lists=("l0", "l1", "l2", "l3"))
    assert len(made) == len(set(made)) == 3 + 2 + 3 + 1, "whole, 7ZZ* (two heads), *Q777 (three ends), 2XY?99*"


def test_it_agrees_with_looking_at_every_entry_in_clear() -> None:
    """Random plates of few letters against random patterns, compared with matching in clear."""
    random = np.random.default_rng(4)
    letters = "01OQIAB"

    def draw(size: int, kinds: str) -> str:
        return "".join(random.choice(list(kinds), size))

    patterns = set[str]()
    while len(patterns) < 150:
        text = draw(int(random.integers(3, 7)), letters + "?")
        try:
            pattern_of(text := random.choice(["", "*"]) + text if random.random() < 0.7 else text + "*")
        except PlateError:
            continue
        patterns.add(text)
    entries = sorted(patterns)[:40]
    masks = {pattern_of(entry)[0] for entry in entries}
    if len(masks) > 32:
        entries = [entry for entry in entries if pattern_of(entry)[0] in sorted(masks)[:32]]
    box = Box(Made(DESK, 1, entries)).keyed(STOLEN)
    hits = 0
    for _ in range(600):
        plate = normalise(draw(int(random.integers(3, 9)), letters))
        expected = any(_fits(entry, plate) for entry in entries)
        assert bool(box.match((plate, 0.5))) == expected, plate
        hits += expected
    assert 60 < hits < 540


def _fits(entry: str, plate: str) -> bool:
    """By a regular expression, in clear."""
    import re

    alike = {"O": "[0OQ]", "0": "[0OQ]", "Q": "[0OQ]", "I": "[1I]", "1": "[1I]", "?": ".", "*": ".*"}
    return re.fullmatch("".join(alike.get(character, character) for character in entry), plate) is not None


def test_the_secret_of_a_list_is_its_own() -> None:
    box = Box(Made(DESK, 1, ["1ABC123"], secret=bytes(32))).keyed(STOLEN)
    assert box.match(("1ABC123", 0.9)) == []
