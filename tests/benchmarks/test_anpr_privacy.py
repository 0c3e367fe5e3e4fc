"""The bench of privacy: what searches for plates finds them however they are written, and its short form finds none."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.anpr_privacy import run
from benchmarks.figure import Options
from benchmarks.plates_ledger import Ledger
from benchmarks.plates_sought import Found, Sought
from edge.outbox.packing import pack
from protocol.codec import Message

PLATE, OTHER = "1ABC238", "HTUS9847"
SOUGHT = Sought([PLATE, OTHER])


@pytest.mark.parametrize(
    ("write", "how"),
    [
        (lambda p: p, "text"),
        (lambda p: p.lower(), "text"),
        (lambda p: f"{p[0]}-{p[1:4]} {p[4:]}", "text"),
        (lambda p: p.replace("1", "I"), "text"),
        (lambda p: p.encode("utf-16-le"), "text"),
        (lambda p: p.encode("utf-16-be"), "text"),
        (lambda p: f"vehicle{p}seen", "text"),
        (lambda p: p.encode().hex(), "hexadecimal"),
        (lambda p: p.lower().encode().hex().upper(), "hexadecimal"),
        (lambda p: base64.b64encode(p.encode()), "base64"),
        (lambda p: base64.b64encode(b"x" + p.encode() + b"more"), "base64"),
        (lambda p: base64.urlsafe_b64encode(b"\xff\xff" + p.encode()), "base64"),
        (lambda p: hashlib.sha256(p.encode()).digest(), "sha256"),
        (lambda p: hashlib.sha1(p.encode()).hexdigest()[:32], "sha1, hexadecimal"),
        (lambda p: base64.b64encode(hashlib.md5(p.encode()).digest()), "md5, base64"),
        (lambda p: zlib.compress(b"seen: " + p.encode()), "text"),
    ],
)
def test_a_plate_is_found_however_it_is_written(write: Callable[[str], str | bytes], how: str) -> None:
    written = write(PLATE)
    data = written.encode() if isinstance(written, str) else written
    assert SOUGHT.search(b'{"a":"' + bytes(range(200)) + data + b'","n":1}') == {Found(PLATE, how)}


def test_what_is_another_plate_or_a_number_is_none() -> None:
    assert SOUGHT.search(b"1ABC239,1ABC23,8ABC238") == set()
    number = "1abc238d" * 4
    assert SOUGHT.search(f'{{"value":"{number}"}}'.encode()) == set(), "a pseudonym has such digits by chance"
    with pytest.raises(ValueError, match="7 characters"):
        Sought(["1ABC23"])


def test_a_message_is_found_in_an_outbox_after_its_row_was_deleted(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "outbox.sqlite") as database:
        database.execute("PRAGMA secure_delete=OFF")  # some builds of SQLite have it on
        database.execute("CREATE TABLE event (message BLOB)")
        database.execute("INSERT INTO event VALUES (?)", (pack(Message("a/b", PLATE.encode())),))
        database.commit()
        database.execute("DELETE FROM event")
    data = (tmp_path / "outbox.sqlite").read_bytes()
    assert PLATE.encode() not in data
    assert {found.plate for found in SOUGHT.search(data)} == {PLATE}


def test_a_planted_leak_is_counted_wherever_it_is(tmp_path: Path) -> None:
    ledger = Ledger(SOUGHT, frozenset({PLATE}))
    hit = f'{{"observed":{{"plate":"{PLATE}","alternates":[{{"plate":"{OTHER}","probability":0.1}}]}}}}'.encode()
    ledger.wire([Message("lamplighter/v1/a/b/event/anpr.hit", hit)])
    assert (ledger.leaks, ledger.found["hits"], ledger.others) == (set(), {PLATE}, {OTHER})
    ledger.wire([Message("lamplighter/v1/a/b/event/anpr.hit", hit.replace(PLATE.encode(), OTHER.encode(), 1))])
    assert ledger.leaks == {(OTHER, "hits: text")}
    ledger.wire([Message("lamplighter/v1/a/b/event/anpr.read", b"{}", (("id", base64.b64encode(PLATE.encode()).decode()),))])
    assert (PLATE, "messages: base64") in ledger.leaks, "also one on the list may stand in hits alone"
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / f"{OTHER.lower()}.txt").write_text(f"seen {PLATE}")
    ledger.disk("box", tmp_path, ())
    assert {(PLATE, "box logs/htus9847.txt: text"), (OTHER, "box names: text")} <= ledger.leaks


def test_the_short_form(tmp_path: Path) -> None:
    found = {figure.name: figure for figure in run(Options(tmp_path, quick=True))}
    assert found["clear_plates_leaked"].value == 0, found
    assert found["enumerated_from_image"].value == 0
    assert found["listed_found"].reached
    assert found["clear_plates_leaked"].n > 2000
