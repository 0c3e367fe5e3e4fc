"""What a box believes of a hit list's file, and what it refuses by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.lists.believe import ExpiredError
from edge.lists.table import Table, rises
from protocol.lists import DIGEST_BYTES, ListError, Part, cut, read_file, read_whole, whole_body
from tests.edge.lists.desk import DAY, NOW, Desk, Made

DESK = Desk()
GOOD = Made(DESK, 1, ["1ABC123", "2ABC123", "1AB*"])


def backwards() -> bytes:
    """Signed by the authority, and out of order."""
    entries = Made(DESK, 1, ["1ABC123", "2ABC123"]).entries
    body = b"".join(cut(whole_body(entries))[::-1])
    return Made(DESK, 1, [], parts=(Part(".......", 2),), body=hashlib.sha256(body).hexdigest()).written(body)


def test_a_list_that_was_signed_is_believed() -> None:
    parts = DESK.believer().whole(read_file(GOOD.file), "stolen")
    assert {mask: tuple(cut(data)) for mask, data in parts.items()} == GOOD.entries


@pytest.mark.parametrize(
    ("file", "words"),
    [
        pytest.param(lambda: GOOD.written(b""), "not what was signed", id="without its body"),
        pytest.param(lambda: GOOD.file[:-1], "not what was signed", id="cut off"),
        pytest.param(lambda: GOOD.file[:-1] + b"\0", "not what was signed", id="a byte changed"),
        pytest.param(
            lambda: GOOD.file.replace(b'"version":1', b'"version":2', 1), "signature of list stolen", id="header changed"
        ),
        pytest.param(lambda: GOOD.written(b"", key=Ed25519PrivateKey.generate()), "signature of list stolen", id="forged"),
        pytest.param(
            lambda: GOOD.written(whole_body(GOOD.entries), key=DESK.orders, pem=DESK.orders_pem),
            "nothing but 'lists'",
            id="signed by the manager itself",
        ),
        pytest.param(lambda: Made(Desk(), 1, ["1ABC123"]).file, "not made by this fleet", id="another authority's"),
        pytest.param(lambda: Made(DESK, 1, ["1ABC123"], fleet="town").file, "of fleet town", id="another fleet"),
        pytest.param(lambda: Made(DESK, 1, ["1ABC123"], list="wanted").file, "list wanted", id="another list"),
        pytest.param(lambda: Made(DESK, 1, ["1ABC123"], expires=NOW).file, "has expired", id="expired"),
        pytest.param(backwards, "not in order", id="out of order"),
        pytest.param(
            lambda: GOOD.written(b"", pem=DESK.certify("lists", DESK.lists, ends=NOW - DAY / 2)), "has expired", id="old key"
        ),
        pytest.param(
            lambda: GOOD.written(b"", pem=DESK.certify("lists", DESK.lists, begins=NOW + DAY)), "begins", id="early key"
        ),
    ],
)
def test_what_is_refused(file: Callable[[], bytes], words: str) -> None:
    with pytest.raises(ListError, match=words):
        DESK.believer().whole(read_file(file()), "stolen")


@pytest.mark.parametrize("purpose", ["", "Stolen", "x" * 33, "a b"])
def test_a_list_without_a_purpose_is_none(purpose: str) -> None:
    with pytest.raises(ListError, match="purpose"):
        read_file(Made(DESK, 1, ["1ABC123"], purpose=purpose).file)


def test_its_end_holds_whatever_the_clock_is_worth() -> None:
    file = read_file(GOOD.file)
    with pytest.raises(ExpiredError):
        DESK.believer(NOW + 9 * DAY, known=False).whole(file, "stolen")
    DESK.believer(NOW - 200 * DAY, known=False).whole(file, "stolen")


def test_a_change_makes_the_very_file_of_the_next_version() -> None:
    after = Made(DESK, 4, ["1ABC123", "9ABC123"])
    before = read_whole(GOOD.header, whole_body(GOOD.entries))
    assert DESK.believer().changed(read_file(after.change(GOOD)), "stolen", GOOD.header, before) == after.file


@pytest.mark.parametrize(
    ("after", "base", "words"),
    [
        pytest.param(lambda: Made(DESK, 1, ["9ABC123"]), None, "back to 1", id="no later version"),
        pytest.param(lambda: Made(DESK, 2, ["9ABC123"], key="list-2"), None, "from key list-1 to list-2", id="another key"),
        pytest.param(lambda: Made(Desk(), 2, ["9ABC123"]), None, "not made by", id="another authority's"),
        pytest.param(lambda: Made(DESK, 4, ["9ABC123"]), 3, "of version 3, and 1 is here", id="of another version"),
        pytest.param(lambda: Made(DESK, 4, ["9ABC123"], body="0" * 64), None, "not what was signed", id="to something else"),
    ],
)
def test_changes_that_are_refused(after: Callable[[], Made], base: int | None, words: str) -> None:
    made = after()
    start = GOOD if base is None else Made(DESK, base, ["1ABC123", "2ABC123", "1AB*"])
    with pytest.raises(ListError, match=words):
        DESK.believer().changed(
            read_file(made.change(start)), "stolen", GOOD.header, read_whole(GOOD.header, whole_body(GOOD.entries))
        )


@given(st.binary(max_size=300), st.integers(0, len(GOOD.file)))
def test_any_bytes_within_a_good_file_are_refused(junk: bytes, at: int) -> None:
    spoilt = GOOD.file[:at] + junk + GOOD.file[at + len(junk) :]
    if spoilt == GOOD.file:
        return
    with pytest.raises(ListError):
        DESK.believer().whole(read_file(spoilt), "stolen")


@given(st.binary(max_size=300))
def test_any_body_of_a_change_is_refused(body: bytes) -> None:
    file = read_file(Made(DESK, 2, ["9ABC123"]).written(body))
    with pytest.raises(ListError):
        DESK.believer().changed(file, "stolen", GOOD.header, read_whole(GOOD.header, whole_body(GOOD.entries)))


DIGESTS = st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES)
TAILS = st.binary(max_size=2).map(lambda tail: bytes(DIGEST_BYTES - len(tail)) + tail)
HEADS = st.binary(max_size=2).map(lambda head: head.ljust(DIGEST_BYTES, b"\0"))


@given(st.sets(DIGESTS | TAILS | HEADS, min_size=1, max_size=40), st.lists(DIGESTS | TAILS | HEADS, max_size=20))
def test_a_table_has_what_is_in_it_and_nothing_else(entries: set[bytes], others: list[bytes]) -> None:
    table = Table({"...": b"".join(sorted(entries)), "..*": b""})
    assert table.masks == ("...",)
    asked = [*entries, *others]
    assert table.has("...", asked) == [digest in entries for digest in asked]


@given(st.lists(DIGESTS | TAILS, max_size=6))
def test_what_rises(digests: list[bytes]) -> None:
    assert rises(b"".join(digests)) == (digests == sorted(set(digests)))


def test_the_headers_of_the_desk_are_those_of_the_wire() -> None:
    assert msgspec.json.decode(GOOD.text)["key"] == "list-1"
