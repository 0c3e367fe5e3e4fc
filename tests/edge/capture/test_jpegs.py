"""Pictures in a stream of bytes from anybody: found whole, and never more memory than one of them may take."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.jpegs import MOST_BETWEEN, MOST_BYTES, JpegError, JpegStream


def jpeg(seed: int) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 255, (48 + 8 * seed, 64, 3), np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


PICTURES = [jpeg(seed) for seed in range(4)]
PARTS = [b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\n\r\n" + picture + b"\r\n" for picture in PICTURES]

MARKERS = [b"\xff\xd8\xff", b"\xff\xd9", b"\xff\xda\x00\x02", b"\xff\xe0\x00\x04", b"\xff\xd0", b"--x\r\n"]


def fed(data: bytes, cuts: list[int]) -> list[bytes]:
    stream, found = JpegStream(), []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for begin, end in pairwise(edges):
        found += stream.feed(data[begin:end])
    return found


@given(st.lists(st.integers(0, 10**6), max_size=30))
def test_wherever_the_network_cuts_them_all_are_found(cuts: list[int]) -> None:
    assert fed(b"".join(PARTS), cuts) == PICTURES


def test_byte_by_byte() -> None:
    data = b"".join(PARTS[:2])
    assert fed(data, list(range(len(data)))) == PICTURES[:2]


@pytest.mark.parametrize("at", [3, 30, 300, -200, -2])
def test_one_that_breaks_off_is_left_when_the_next_begins(at: int) -> None:
    assert fed(PARTS[0] + PICTURES[1][:at] + PARTS[2] + PARTS[3], [])[-1] == PICTURES[3]


def test_a_small_picture_within_a_picture_is_not_taken_for_one() -> None:
    inner = b"\xff\xe1" + (len(PICTURES[0]) + 2).to_bytes(2, "big") + PICTURES[0]
    outer = PICTURES[1][:2] + inner + PICTURES[1][2:]
    assert fed(b"--x\r\n\r\n" + outer + b"--x", [100]) == [outer]


def test_fill_bytes_between_segments() -> None:
    filled = PICTURES[0][:2] + b"\xff\xff\xff" + PICTURES[0][2:]
    assert fed(filled, [4]) == [filled]


@given(st.lists(st.sampled_from(MARKERS) | st.binary(max_size=40), max_size=60))
def test_anything_ends_as_pictures_or_as_an_error(pieces: list[bytes]) -> None:
    stream = JpegStream()
    for piece in pieces:
        for found in stream.feed(piece):
            assert found.startswith(b"\xff\xd8\xff")
            assert found.endswith(b"\xff\xd9")


def most_taken(begin: bytes, again: bytes, match: str) -> int:
    """Bytes that are taken before it is left."""
    taken, stream = 0, JpegStream()
    stream.feed(begin)

    def feed_on() -> None:
        nonlocal taken
        while taken < 1 << 26:
            stream.feed(again)
            taken += len(again)

    with pytest.raises(JpegError, match=match):
        feed_on()
    return taken


def test_a_header_without_an_end_is_left() -> None:
    assert most_taken(b"", b"X-Header: 1\r\n" * 100, "64 KB without a picture") <= MOST_BETWEEN


@pytest.mark.parametrize("begin", [b"\xff\xd8\xff\xda\x00\x02", b"\xff\xd8"])
def test_a_picture_without_an_end_is_left(begin: bytes) -> None:
    assert most_taken(begin, b"\xff\xe0\xff\xff" + bytes(65533), "a picture of more than 16 MB") <= MOST_BYTES


def test_pictures_that_are_none_cost_no_more_than_their_bytes() -> None:
    stream = JpegStream()
    assert stream.feed(b"\xff\xd8\xff\xd9" * 300_000) == []
    assert stream.feed(b"\xff\xd8\xff\xff" * 100_000) == []
    assert stream.feed(b"\xff\xd8\xff\xda\x00\x02" * 100_000) == []
