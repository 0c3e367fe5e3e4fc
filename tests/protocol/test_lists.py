"""Hit lists as they travel: what a file says, and what a change makes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.lists import (
    Change,
    ListError,
    ListFile,
    ListHeader,
    Part,
    Seal,
    apply_change,
    change_body,
    cut,
    digest,
    digests_of,
    read_file,
    read_whole,
    seal_entries,
    whole_body,
    write_file,
)
from protocol.plates import PlateError, fold

KEY = bytes(range(32))
AT = dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)
SEAL = Seal("A" * 86, "certificate")
PLATES = st.lists(st.text("0123456789ABCDEFGH", min_size=3, max_size=9), max_size=30)


def header(entries: Mapping[str, tuple[bytes, ...]], version: int = 1) -> ListHeader:
    parts = tuple(Part(mask, len(entries[mask])) for mask in sorted(entries))
    body = hashlib.sha256(whole_body(entries)).hexdigest()
    return ListHeader(
        "city", "stolen", version, "stolen-vehicles", "decision 7", AT, AT + dt.timedelta(days=9), "key-1", 0.2, parts, body
    )


def file_of(head: ListHeader, body: bytes) -> ListFile:
    return read_file(write_file(msgspec.json.encode(head), SEAL, body))


def test_a_file_comes_back_as_it_was_made() -> None:
    entries = seal_entries(KEY, ["1-ABC-123", "1abc123", "2XY?99", "9ZZ*"])
    assert {mask: len(found) for mask, found in entries.items()} == {"...*": 1, "...?..": 1, ".......": 1}
    found = file_of(header(entries), whole_body(entries))
    assert found.header.entries == 3
    assert {mask: tuple(cut(data)) for mask, data in read_whole(found.header, found.body).items()} == entries


def test_a_reading_finds_its_entry_and_those_of_patterns_that_it_fits() -> None:
    entries = seal_entries(KEY, ["1ABC123", "1AB?123", "1AB*", "*0123", "7XYZ*"])
    hits = {mask for mask, wanted in digests_of(KEY, entries, fold("1ABC123")).items() if wanted in entries[mask]}
    assert hits == {".......", "...?...", "...*"}
    hits = {mask for mask, wanted in digests_of(KEY, entries, fold("1ABCO123")).items() if wanted in entries[mask]}
    assert hits == {"...*", "*...."}, "O and 0 are one"


def test_another_key_or_another_mask_is_another_digest() -> None:
    assert digest(KEY, "...", "1AB") != digest(bytes(32), "...", "1AB")
    assert digest(KEY, "...", "1AB") != digest(KEY, "...*", "1AB")
    assert len(digest(KEY, "...", "1AB")) == 16


@given(PLATES, PLATES)
def test_a_change_leads_from_one_version_to_the_next(before: list[str], after: list[str]) -> None:
    old, new = seal_entries(KEY, before), seal_entries(KEY, after)
    head = header(new, 2)
    change = file_of(head, change_body(1, old, new))
    assert change.text == msgspec.json.encode(head), "signed as the whole list is"
    made = apply_change(head, change.body, 1, read_whole(header(old), whole_body(old)))
    assert made == whole_body(new)
    read_whole(head, made)


def test_a_small_change_is_small() -> None:
    old = seal_entries(KEY, [f"1AAA{n:04}" for n in range(5000)])
    new = seal_entries(KEY, [f"1AAA{n:04}" for n in range(3, 5003)])
    assert len(change_body(1, old, new)) < 200


def test_a_change_of_another_version_is_refused() -> None:
    old, new = seal_entries(KEY, ["1ABC123"]), seal_entries(KEY, ["2ABC123"])
    with pytest.raises(ListError, match="of version 1, and 3 is here"):
        apply_change(header(new, 4), change_body(1, old, new), 3, read_whole(header(old), whole_body(old)))


def test_a_change_on_another_content_does_not_make_what_was_signed() -> None:
    old, new, other = (seal_entries(KEY, [plate]) for plate in ("1ABC123", "2ABC123", "3ABC123"))
    made = apply_change(header(new, 2), change_body(1, old, new), 1, read_whole(header(other), whole_body(other)))
    with pytest.raises(ListError, match="not what was signed"):
        read_whole(header(new, 2), made)


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b[::-1], lambda b: b"", lambda b: b"\n" + b]
)
def test_a_body_that_is_not_the_signed_one_is_refused(spoil: object) -> None:
    entries = seal_entries(KEY, ["1ABC123", "2ABC123"])
    with pytest.raises(ListError, match="not what was signed"):
        read_whole(header(entries), spoil(whole_body(entries)))  # type: ignore[operator]
    with pytest.raises(ListError, match="no change"):
        apply_change(header(entries), spoil(whole_body(entries)), 1, {})  # type: ignore[operator]


def test_a_header_whose_parts_are_out_of_order_is_refused() -> None:
    entries = seal_entries(KEY, ["1ABC123", "1AB*"])
    head = header(entries)
    for parts in (head.parts[::-1], head.parts * 2, (Part("...", 1_000_001),)):
        with pytest.raises(ListError, match="another order, twice, or too many"):
            file_of(msgspec.structs.replace(head, parts=parts), b"")


def test_too_many_entries_or_forms_are_refused() -> None:
    with pytest.raises(ListError, match="at most 32"):
        seal_entries(KEY, ["ABC" + "?" * (n % 9) + "D" * (n // 9 + 1) + "*" * (n % 2) for n in range(72) if n % 9 + n // 9 < 8])
    with pytest.raises(PlateError, match="cyrillic"):
        seal_entries(KEY, ["1ABC123", "А"])  # noqa: RUF001 - that is what is tested


@given(st.binary(max_size=400))
def test_any_bytes_are_a_file_or_refused(data: bytes) -> None:
    with pytest.raises(ListError):
        read_file(data)


@given(st.binary(max_size=200))
def test_any_bytes_after_a_good_header_are_refused(body: bytes) -> None:
    entries = seal_entries(KEY, ["1ABC123"])
    found = file_of(header(entries), body)
    with pytest.raises(ListError):
        read_whole(found.header, found.body)
    with pytest.raises(ListError):
        apply_change(found.header, found.body, 1, {})


def test_a_change_that_counts_more_than_it_holds_is_refused() -> None:
    entries = seal_entries(KEY, ["1ABC123"])
    body = msgspec.json.encode(Change(1, (("...", 2, 2**50),))) + b"\n" + bytes(64)
    with pytest.raises(ListError, match="no change"):
        apply_change(header(entries), body, 1, {})
