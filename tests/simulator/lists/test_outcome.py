"""What a check says of plates: a table, and what a witness notices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.ingest.link import BrokerAddress
from protocol.plates import fold
from simulator.lists.outcome import Plates, plate_problems
from simulator.lists.wanted import WANTED, others
from simulator.lists.witness import Witness

GOOD: dict[str, Any] = {"hits": 1, "pseudonyms": 9, "messages": 500, "named": 2}


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        ({}, True, ""),
        ({"hits": 0}, True, "no hit is stored"),
        ({"hits": 0}, False, ""),
        ({"named": 0}, True, "of 500 messages"),
        ({"pseudonyms": 0}, True, "left a pseudonym"),
        ({"wrong": 1}, False, "1 hits of a plate that is on no list"),
        ({"strangers": ("fleet/fleet.sqlite",)}, False, "stands in fleet/fleet.sqlite"),
        ({"fault": "nobody approves"}, False, "no hit list was made: nobody approves"),
    ],
)
def test_what_is_wrong_is_named(found: dict[str, Any], expected: bool, words: str) -> None:
    said = list(plate_problems(Plates(**(GOOD | found)), expected=expected))
    assert len(said) == bool(words)
    assert words in "".join(said)


def test_a_witness_knows_all_other_plates_of_the_recording_however_they_are_written(tmp_path: Path) -> None:
    assert len(others()) == 16
    assert WANTED not in others()
    witness = Witness(BrokerAddress("127.0.0.1", 1), "city")
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "hit").write_bytes(WANTED.encode())
    for number, plate in enumerate(others()):
        form = (plate, fold(plate), f"{plate[0]}-{plate[1:4]}-{plate[4:]}")[number % 3]
        (inner / str(number)).write_bytes(b"\0\1" + form.encode() + b"\0")
    assert len(witness.look(tmp_path)) == 16
    witness.shown(json.dumps({"plate": WANTED}))
    assert witness.strangers == {"the live stream": 1}, "not even the one on the list is for everybody who sees events"
