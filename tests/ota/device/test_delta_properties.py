"""Rows 2 and 20 for files and faults that nobody thought of."""

from __future__ import annotations

import contextlib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ota.deltafile import SPLIT, Content, DeltaError, Header, Method
from ota.publisher.deltas import Delta, candidates
from tests.ota.forging import applied, delta, difference, frame

parts = st.lists(st.binary(max_size=40) | st.builds(lambda b, n: b * n, st.binary(max_size=4), st.integers(0, 90)), max_size=8)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A base, and what became of it: pieces put in, left out, moved, changed; or something else altogether."""
    pieces = draw(parts)
    base = b"".join(pieces)
    later = draw(st.permutations(pieces)) if draw(st.booleans()) else list(pieces)
    for at in draw(st.lists(st.integers(0, max(0, len(later) - 1)), max_size=3)):
        if later:
            later[at] = draw(st.binary(max_size=20) | st.just(bytes((b + 1) % 256 for b in later[at])))
    return base, draw(st.binary(max_size=60)) if draw(st.integers(0, 5)) == 0 else b"".join(later)


@st.composite
def changed(draw: st.DrawFn, data: bytes) -> bytes:
    """Data after what links, cards and people do to it."""
    at, length = draw(st.integers(0, len(data))), draw(st.integers(1, 8))
    put = draw(st.binary(min_size=1, max_size=8))
    kinds = {
        "put in": data[:at] + put + data[at:],
        "overwritten": data[:at] + put + data[at + len(put) :],
        "left out": data[:at] + data[at + length :],
        "cut": data[:at],
        "longer": data + put,
        "doubled": data + data,
        "a bit": data[: at - 1] + bytes([data[at - 1] ^ 1 << length - 1]) + data[at:] if at else data,
        "moved": data[at:] + data[:at],
    }
    return kinds[draw(st.sampled_from(sorted(kinds)))]


@given(pairs())
@example((b"", b""))
@example((b"a" * 7, b"a" * 7))
@example((bytes(200_000), bytes(131_072) + b"\1" + bytes(70_000)))
@settings(max_examples=300, deadline=None)
def test_there_and_back(pair: tuple[bytes, bytes]) -> None:
    base, result = pair
    for made in candidates(base, result):
        assert applied(made.data, base, Content.of(result)) == result, made.method


@given(pairs(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_split_anywhere(pair: tuple[bytes, bytes], data: st.DataObject) -> None:
    base, result = pair
    split = data.draw(st.integers(0, len(result)))
    made = delta(Method.DIFFERENCE, base, result, difference(base, result, split))
    assert applied(made, base, Content.of(result)) == result


def gives_the_file_or_is_refused(made: bytes, base: bytes | None, result: bytes) -> None:
    """The target refuses a byte too many."""
    with contextlib.suppress(DeltaError):
        assert applied(made, base, Content.of(result)) == result


@given(pairs(), st.integers(0, 2), st.data())
@settings(max_examples=600, deadline=None)
def test_changed_on_its_way(pair: tuple[bytes, bytes], which: int, data: st.DataObject) -> None:
    base, result = pair
    made: Delta = candidates(base, result)[which]
    gives_the_file_or_is_refused(data.draw(changed(made.data)), base, result)


@given(pairs(), st.integers(0, 2), st.data())
@settings(max_examples=200, deadline=None)
def test_another_base(pair: tuple[bytes, bytes], which: int, data: st.DataObject) -> None:
    base, result = pair
    gives_the_file_or_is_refused(candidates(base, result)[which].data, data.draw(changed(base) | st.none()), result)


@given(st.binary(max_size=300), st.binary(max_size=50), st.binary(max_size=50))
@settings(max_examples=300, deadline=None)
def test_any_bytes(made: bytes, base: bytes, result: bytes) -> None:
    gives_the_file_or_is_refused(made, base, result)


@given(st.sampled_from(Method), st.binary(max_size=300), st.binary(max_size=50), st.binary(max_size=50), st.booleans())
@settings(max_examples=600, deadline=None)
def test_any_payload(method: Method, payload: bytes, base: bytes, result: bytes, framed: bool) -> None:
    """Behind a right header; and again within a right frame, where only the sum or the hash can tell."""
    header = Header(method, None if method is Method.FULL else Content.of(base), Content.of(result)).pack()
    if framed:
        split = SPLIT.pack(len(payload) % (len(result) + 1)) if method is Method.DIFFERENCE else b""
        payload = split + frame(payload[: len(result)].ljust(len(result), b"?"))
    gives_the_file_or_is_refused(header + payload, base, result)
