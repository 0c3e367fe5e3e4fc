"""Lines as people give them: every fault named by its line, nothing repeated, bounded whatever is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.lists import entries
from fleet.lists.entries import MOST_LINE, SHOWN, Reader, Row, Unique, key_of
from fleet.lists.errors import EntriesError
from protocol.lists import MOST_MASKS
from protocol.plates import PlateError, pattern_of


def read(text: str | bytes, *, signed: bool = False, piece: int = 7) -> tuple[Reader, list[Row]]:
    data = text.encode() if isinstance(text, str) else text
    reader = Reader(signed=signed)
    rows = [row for at in range(0, len(data), piece) for row in reader.feed(data[at : at + piece])]
    return reader, [*rows, *reader.end()]


@pytest.mark.parametrize(
    ("line", "plate", "comment"),
    [
        ("1-ABC-123", "1-ABC-123", ""),
        ("1ABC123,case 9", "1ABC123", "case 9"),
        ("1ABC123;case 9", "1ABC123", "case 9"),
        ("1ABC123\tcase 9", "1ABC123", "case 9"),
        ('"1ABC123","case ""nine"", red"', "1ABC123", 'case "nine", red'),
        (" 1 abc 123 , x ", "1 abc 123", "x"),
        ("1-AB?-123", "1-AB?-123", ""),
        ("\ufeff1ABC123", "1ABC123", ""),
        ("1ABC123\r", "1ABC123", ""),
        ("1ABC123,a\x00b\x1b[2J", "1ABC123", "a b [2J"),
    ],
)
def test_a_line(line: str, plate: str, comment: str) -> None:
    reader, rows = read(line)
    reader.check()
    assert [(row.text, row.comment) for row in rows] == [(plate, comment)]


def test_what_says_nothing_is_passed_over() -> None:
    reader, rows = read("plate,comment\n\n# stolen in May\n  \n1ABC123\n")
    reader.check()
    assert [row.line for row in rows] == [5]


def test_a_plate_that_reads_plate_is_one() -> None:
    assert [row.text for row in read("PLATE\n")[1]] == ["PLATE"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("\u0410\u0412\u0421123", "cyrillic capital letter"),
        ("1ABC1234567890", "1 to 12 letters"),
        ("*1ABC*", "one \\*"),
        ("?????1", "at least 3 known characters"),
        (",case 9", "1 to 12 letters"),
        ("1ABC123" + "x" * MOST_LINE, "over 1024 bytes"),
        (b"\xff\xfe1ABC", "UTF-8"),
        ("\x00\x01", "control character"),
    ],
)
def test_a_fault_is_named_by_its_line_and_repeats_no_plate(line: str | bytes, words: str) -> None:
    data = b"1ABC123\n" + (line.encode() if isinstance(line, str) else line) + b"\n2ABC123\n"
    reader, rows = read(data)
    assert [row.line for row in rows] == [1, 3], "the others are looked at all the same"
    with pytest.raises(EntriesError, match=words) as caught:
        reader.check()
    assert "nothing was kept, for 1 of 3 lines are no entries: line 2:" in str(caught.value)
    assert [fault.line for fault in caught.value.faults] == [2]
    assert "1ABC" not in str(caught.value)


def test_many_faults_are_counted_and_the_first_are_named() -> None:
    reader, _ = read("!\n" * 1000, piece=4096)
    with pytest.raises(EntriesError, match="and 995 more lines") as caught:
        reader.check()
    assert (caught.value.total, len(caught.value.faults)) == (1000, SHOWN)


@pytest.mark.parametrize(("line", "sign"), [("+1ABC123", "+"), ("-1-ABC-123", "-"), (" + 1ABC123", "+")])
def test_a_change_says_what_comes_and_what_goes(line: str, sign: str) -> None:
    (row,) = read(line, signed=True)[1]
    assert (row.sign, row.key) == (sign, key_of("1ABC123"))
    reader, _ = read("1ABC123", signed=True)
    with pytest.raises(EntriesError, match="neither \\+ nor -"):
        reader.check()


def test_a_line_without_end_takes_no_memory() -> None:
    reader = Reader()
    for _ in range(100):
        assert list(reader.feed(b"x" * 10_000)) == []
    assert len(reader._rest) <= MOST_LINE + 1
    list(reader.end())
    assert reader.wrong == 1


def test_what_stands_twice_counts_once_with_the_line_where_it_stood() -> None:
    unique = Unique()
    _, rows = read("1-ABC-123\n1abc123\n2ABC123\nIABCI23\n")
    assert [unique.take(row.key, row.line) for row in rows] == [True, False, True, False]
    assert (unique.repeated, unique.repetitions) == (2, [(2, 1), (4, 1)])


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST_ENTRIES", 3)
    monkeypatch.setattr(entries, "MOST_BODY", 100)
    unique = Unique()
    for line, plate in enumerate(("AAA1", "AAA2", "AAA3", "AAA3"), 1):
        unique.take(key_of(plate), line)
    with pytest.raises(EntriesError, match="line 5 is entry 4, and a list has at most 3: split it; nothing was kept"):
        unique.take(key_of("AAA4"), 5)
    with pytest.raises(EntriesError, match="over 100 bytes"):
        read("1ABC123\n" * 13)


def test_patterns_have_at_most_so_many_forms() -> None:
    unique = Unique()
    forms = [f"{'A' * before}?{'A' * after}" for before in range(3, 9) for after in range(9 - before + 2)]
    assert len({key_of(form).partition(" ")[0] for form in forms}) > MOST_MASKS
    for line, form in enumerate(forms[:MOST_MASKS], 1):
        unique.take(key_of(form), line)
    with pytest.raises(EntriesError, match=f"the {MOST_MASKS + 1}th form of pattern"):
        unique.take(key_of(forms[MOST_MASKS]), MOST_MASKS + 1)


def _outcome(work: Callable[[], str]) -> str:
    try:
        return work()
    except PlateError as error:
        return f"refused: {error}"


@settings(max_examples=300)
@given(st.text(alphabet="0123456789ABCQOIabcé?*-. _·\u0410\u0301", max_size=16))
def test_the_short_way_to_a_key_is_the_long_one(text: str) -> None:
    assert _outcome(lambda: key_of(text)) == _outcome(lambda: " ".join(pattern_of(text)))


@settings(max_examples=300)
@given(st.binary(max_size=3000), st.integers(1, 1500), st.booleans())
def test_bytes_from_anywhere_give_rows_or_faults_whatever_the_pieces(data: bytes, piece: int, signed: bool) -> None:
    one, rows = read(data, signed=signed, piece=piece)
    two, again = read(data, signed=signed, piece=1500)
    assert (rows, one.faults, one.lines) == (again, two.faults, two.lines)
    assert len(rows) + one.wrong <= one.lines
