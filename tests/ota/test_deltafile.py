"""The header that publisher and box spell alike: one way to write it, and every other is refused."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ota.deltafile import (
    HEADER_SIZE,
    Content,
    DamagedError,
    DeltaError,
    Header,
    Method,
    UnsupportedError,
    predicted,
    read_header,
)

BASE, RESULT = Content.of(b"base"), Content.of(b"result")
PATCH = Header(Method.PATCH, BASE, RESULT).pack()
FULL = Header(Method.FULL, None, RESULT).pack()

contents = st.builds(Content, st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32).filter(any).map(bytes.hex))
headers = st.builds(lambda result: Header(Method.FULL, None, result), contents) | st.builds(
    Header, st.sampled_from([Method.PATCH, Method.DIFFERENCE]), contents, contents
)


def test_the_bytes_of_a_header() -> None:
    """Written down once more, because boxes in the street read them for years."""
    assert len(PATCH) == HEADER_SIZE == 88
    assert PATCH[:8] == b"LLDF\x01\x02\x00\x00"
    assert PATCH[8:16] == b"\0\0\0\0\0\0\0\x04"
    assert PATCH[16:48].hex() == BASE.sha256
    assert PATCH[48:56] == b"\0\0\0\0\0\0\0\x06"
    assert PATCH[56:].hex() == RESULT.sha256
    assert FULL[8:48] == bytes(40)


@given(headers)
def test_read_as_it_was_written(header: Header) -> None:
    assert read_header(header.pack()) == header


@given(st.binary(max_size=100) | st.binary(min_size=84, max_size=84).map(lambda data: b"LLDF" + data))
@settings(max_examples=300)
def test_whatever_is_read_is_written_alike(data: bytes) -> None:
    try:
        header = read_header(data)
    except DeltaError:
        return
    assert header.pack() == data


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        pytest.param(b"", DamagedError, "ends after 0 bytes, within its header", id="nothing"),
        pytest.param(PATCH[:-1], DamagedError, "ends after 87 bytes", id="short"),
        pytest.param(b"\x28\xb5\x2f\xfd" + PATCH[4:], DamagedError, "not a delta", id="another kind of file"),
        pytest.param(PATCH[:4] + b"\2" + PATCH[5:], UnsupportedError, "of format 2, and format 1 is known", id="newer format"),
        pytest.param(PATCH[:5] + b"\0" + PATCH[6:], UnsupportedError, "method 0", id="no method"),
        pytest.param(PATCH[:5] + b"\4" + PATCH[6:], UnsupportedError, "method 4, which is not known", id="newer method"),
        pytest.param(PATCH[:7] + b"\1" + PATCH[8:], DamagedError, "contradicts itself", id="what has to be nought"),
        pytest.param(FULL[:5] + b"\2" + FULL[6:], DamagedError, "contradicts itself", id="a patch of nothing"),
        pytest.param(PATCH[:5] + b"\1" + PATCH[6:], DamagedError, "contradicts itself", id="full, with a base"),
    ],
)
def test_what_is_no_header(data: bytes, error: type[DeltaError], words: str) -> None:
    """Row 20."""
    with pytest.raises(error, match=words) as caught:
        read_header(data)
    assert "fetch the full file" in str(caught.value)


@pytest.mark.parametrize(
    ("shift", "at", "count", "expected"),
    [
        (0, 0, 3, b"abc"),
        (0, 3, 3, b"d\0\0"),
        (0, 9, 2, b"\0\0"),
        (1, 0, 3, b"bcd"),
        (-2, 0, 4, b"\0\0ab"),
        (-2, 1, 1, b"\0"),
        (-9, 0, 3, b"\0\0\0"),
        (-2, 3, 3, b"bcd"),
        (0, 2, 0, b""),
    ],
)
def test_what_a_base_predicts(shift: int, at: int, count: int, expected: bytes) -> None:
    assert predicted(io.BytesIO(b"abcd"), shift, at, count) == expected
