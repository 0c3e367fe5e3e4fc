"""Rows 2, 19 and 20 of the faults: a delta gives the signed file or nothing, and never more bytes than are signed."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
import zstandard

from ota.deltafile import (
    HEADER_SIZE,
    SPLIT,
    Content,
    DamagedError,
    DeltaError,
    Header,
    Method,
    UnsupportedError,
    WrongBaseError,
    WrongResultError,
)
from ota.device.delta import _blocks, apply
from ota.publisher.deltas import Delta, candidates
from tests.ota.forging import BLOCK_MOST, Target, applied, blocks, delta, difference, frame, run_of

_RANDOM = np.random.default_rng(3)
BASE = _RANDOM.bytes(3000)
RESULT = BASE[:1000] + b"a longer name" + BASE[1000:2000] + bytes(b ^ 1 for b in BASE[2000:2500]) + BASE[2500:]
SIGNED = Content.of(RESULT)
SOUND = {made.method: made.data for made in candidates(BASE, RESULT)}
FULL, PATCH, DIFFERENCE = Method.FULL, Method.PATCH, Method.DIFFERENCE
NEEDING = (PATCH, DIFFERENCE)


def head(method: Method, result: Content = SIGNED) -> bytes:
    return Header(method, None if method == FULL else Content.of(BASE), result).pack()


@pytest.mark.parametrize("method", Method)
def test_a_sound_delta_gives_the_signed_file(method: Method) -> None:
    assert applied(SOUND[method], BASE, SIGNED) == RESULT


def test_a_full_file_needs_no_base() -> None:
    assert applied(SOUND[FULL], None, SIGNED) == RESULT


@pytest.mark.parametrize("split", [0, 1, 999, 1000, 1013, 2000, len(RESULT) - 1, len(RESULT)])
def test_a_difference_may_be_split_anywhere(split: int) -> None:
    """The publisher's choice is a matter of size, not of sense."""
    made = delta(DIFFERENCE, BASE, RESULT, difference(BASE, RESULT, split))
    assert applied(made, BASE, SIGNED) == RESULT


# Row 20: another base.


@pytest.mark.parametrize("method", NEEDING)
@pytest.mark.parametrize(
    "base",
    [
        pytest.param(b"", id="empty"),
        pytest.param(BASE[:-1], id="short"),
        pytest.param(BASE + b"\0", id="long"),
        pytest.param(BASE[:-1] + bytes([BASE[-1] ^ 1]), id="one bit"),
        pytest.param(RESULT, id="the result itself"),
    ],
)
def test_another_base_is_refused_before_anything_is_written(method: Method, base: bytes) -> None:
    target = Target(0)
    with pytest.raises(WrongBaseError, match=r"another file than the one that is here .* fetch the full file"):
        apply(io.BytesIO(SOUND[method]), io.BytesIO(base), target, SIGNED)


@pytest.mark.parametrize("method", NEEDING)
def test_without_the_base_it_is_named(method: Method) -> None:
    with pytest.raises(WrongBaseError, match=f"not here .SHA-256 {Content.of(BASE).sha256}"):
        applied(SOUND[method], None, SIGNED)


def test_a_base_without_end_is_left() -> None:
    class Endless(io.BytesIO):
        given = 0

        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert size >= 0
            self.given += size
            return bytes(size)

    for method in NEEDING:
        base = Endless()
        with pytest.raises(WrongBaseError):
            apply(io.BytesIO(SOUND[method]), base, Target(0), SIGNED)
        assert base.given == len(BASE) + 1


def test_a_base_that_changes_behind_the_check_gives_nothing() -> None:
    """A card that answers otherwise the second time: the last hash decides."""

    class Changing(io.BytesIO):
        def seek(self, at: int, whence: int = 0) -> int:
            if at:
                self.getbuffer()[-1] ^= 255
            return super().seek(at, whence)

    with pytest.raises(DamagedError, match="another file than the signed one"):
        apply(io.BytesIO(SOUND[DIFFERENCE]), Changing(BASE), Target(SIGNED.size), SIGNED)


# Rows 2 and 20: the signed size and hash alone count.


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize(
    "signed",
    [
        pytest.param(Content(SIGNED.size - 1, SIGNED.sha256), id="a byte less"),
        pytest.param(Content(SIGNED.size, Content.of(b"").sha256), id="another hash"),
        pytest.param(Content(0, Content.of(b"").sha256), id="an empty file"),
    ],
)
def test_a_header_is_believed_nothing_that_is_not_signed(method: Method, signed: Content) -> None:
    with pytest.raises(WrongResultError, match=f"makes a file of {SIGNED.size} bytes.*signed is one of {signed.size}"):
        applied(SOUND[method], BASE, signed)


@pytest.mark.parametrize("method", Method)
def test_a_delta_of_another_result_under_the_right_header(method: Method) -> None:
    other = RESULT[:-1] + bytes([RESULT[-1] ^ 1])
    payload = next(made.data for made in candidates(BASE, other) if made.method == method)[HEADER_SIZE:]
    with pytest.raises(DamagedError, match=f"another file than the signed one .SHA-256 {Content.of(other).sha256}"):
        applied(head(method) + payload, BASE, SIGNED)


ZEROS = Content.of(bytes(1_000_000))
MANY = [run_of(0, BLOCK_MOST, last=False)] * 20_000  # 2.6 GB out of 80 kB


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        pytest.param(frame(bytes(1_000_001)), "says that it unpacks to 1000001", id="says so"),
        pytest.param(frame(bytes(1_000_001), write_content_size=0), "says that it unpacks to", id="does not say"),
        pytest.param(blocks(1_000_000, *MANY, run_of(0, 0, last=True)), "does not unpack|more than 1000000", id="lies"),
        pytest.param(
            blocks(1_000_000, *MANY, run_of(0, 0, last=True), window_log=17),
            "does not unpack|more than 1000000",
            id="lies, with a window",
        ),
        pytest.param(
            blocks(1_000_000, *[run_of(0, 0, last=False)] * 20_000, run_of(0, 0, last=True)),
            "does not unpack|unpacks to 0 of 1000000",
            id="endless nothing",
        ),
    ],
)
@pytest.mark.parametrize("method", Method)
def test_a_bomb_writes_no_more_than_is_signed(payload: bytes, words: str, method: Method) -> None:
    made = head(method, ZEROS) + (SPLIT.pack(0) if method == DIFFERENCE else b"") + payload
    with pytest.raises(DamagedError, match=words):
        applied(made, BASE, ZEROS)


@pytest.mark.parametrize(("source", "words"), [(b"lamps", "to more than 4 bytes"), (b"lam", "to 3 of 4 bytes")])
def test_a_decoder_that_lets_too_much_or_too_little_pass(source: bytes, words: str) -> None:
    """Zstandard refuses both by itself; nothing rests on it."""
    got = io.BytesIO()
    with pytest.raises(DamagedError, match=words):
        got.writelines(_blocks(io.BytesIO(source), 4))
    assert got.getvalue() == source[:4]


@pytest.mark.parametrize(
    ("window_log", "error"), [(19, None), (20, UnsupportedError), (27, UnsupportedError), (41, DamagedError)]
)
def test_a_window_that_the_result_has_no_use_for(window_log: int, error: type[DeltaError] | None) -> None:
    runs = [run_of(0, 100_000, last=at == 9) for at in range(10)]
    made = head(FULL, ZEROS) + blocks(1_000_000, *runs, window_log=window_log)
    if error is None:
        assert applied(made, None, ZEROS) == bytes(1_000_000)
        return
    with pytest.raises(error):
        applied(made, None, ZEROS)


@pytest.mark.parametrize(("method", "needed"), [(FULL, SIGNED.size), (DIFFERENCE, SIGNED.size), (PATCH, SIGNED.size + 6000)])
def test_more_memory_than_is_allowed(method: Method, needed: int) -> None:
    assert applied(SOUND[method], BASE, SIGNED, memory=needed) == RESULT
    with pytest.raises(UnsupportedError, match=r"bytes of memory .* allowed; fetch the full file"):
        applied(SOUND[method], BASE, SIGNED, memory=needed - 1)


def test_a_base_too_large_for_a_patch_is_not_read() -> None:
    with pytest.raises(UnsupportedError, match="6000 bytes of memory for its base, and 6000 are allowed"):
        applied(SOUND[PATCH], BASE, SIGNED, memory=6000)


# Rows 19 and 20: cut, changed, longer.


@pytest.mark.parametrize("method", Method)
def test_cut_anywhere(method: Method) -> None:
    for length in range(len(SOUND[method])):
        with pytest.raises(DamagedError):
            applied(SOUND[method][:length], BASE, SIGNED)


SMALL, SMALLER = b"lamp" * 30, b"lamp" * 20 + b"post" * 11


@pytest.mark.parametrize("made", candidates(SMALL, SMALLER), ids=lambda made: made.method.name)
def test_every_bit(made: Delta) -> None:
    """Turned over one by one: refused, or without meaning for the file."""
    sound = made.data
    signed, silent = Content.of(SMALLER), 0
    for at, bit in itertools.product(range(len(sound)), range(8)):
        changed = bytearray(sound)
        changed[at] ^= 1 << bit
        try:
            assert applied(bytes(changed), SMALL, signed) == SMALLER
        except DeltaError:
            continue
        silent += 1
    assert silent <= 0.02 * 8 * len(sound), "all but a few are found out"


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize(
    ("tail", "count"), [(b"\0", 1), (b"x" * 5000, 5000), (frame(b""), 9), (b"\x50\x2a\x4d\x18\0\0\0\0", 8), (frame(RESULT), 0)]
)
def test_something_behind_its_end(method: Method, tail: bytes, count: int) -> None:
    with pytest.raises(DamagedError, match=f"has {count or len(tail)} bytes behind its end; fetch the full file"):
        applied(SOUND[method] + tail, BASE, SIGNED)


@pytest.mark.parametrize(
    ("payload", "error", "words"),
    [
        pytest.param(b"", DamagedError, "no Zstandard frame", id="nothing"),
        pytest.param(RESULT, DamagedError, "no Zstandard frame", id="not packed"),
        pytest.param(b"\x50\x2a\x4d\x18\0\0\0\0", DamagedError, "no Zstandard frame", id="a frame to be skipped"),
        pytest.param(zstandard.FRAME_HEADER, DamagedError, "no whole frame header", id="only a magic number"),
        pytest.param(frame(RESULT, write_checksum=1), DamagedError, "checksum", id="with a checksum"),
        pytest.param(
            zstandard.FRAME_HEADER + b"\xe1\7" + SIGNED.size.to_bytes(8, "little") + b"\1\0\0",
            DamagedError,
            "dictionary's id",
            id="with a dictionary's id",
        ),
        pytest.param(blocks(SIGNED.size, b"\7\0\0"), DamagedError, "block of an unknown type", id="block of type 3"),
        pytest.param(blocks(SIGNED.size, b"\1\0"), DamagedError, "ends within its payload", id="half a block header"),
        pytest.param(blocks(SIGNED.size, b"\1\1\0"), DamagedError, "ends 32 bytes early", id="less than a block's length"),
        pytest.param(blocks(SIGNED.size, b"\1\0\0"), DamagedError, "does not unpack|unpacks to 0", id="an empty block"),
    ],
)
def test_payloads_that_are_none(payload: bytes, error: type[DeltaError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        applied(head(FULL) + payload, None, SIGNED)
    assert "fetch the full file" in str(caught.value)


def test_a_difference_split_beyond_its_end() -> None:
    payload = SPLIT.pack(SIGNED.size + 1) + SOUND[DIFFERENCE][HEADER_SIZE + SPLIT.size :]
    with pytest.raises(DamagedError, match=f"divides the result at {SIGNED.size + 1}, beyond its end"):
        applied(head(DIFFERENCE) + payload, BASE, SIGNED)


# Row 18: the disk's own faults are not taken for the delta's.


def test_a_full_disk_is_said_as_it_is() -> None:
    class Full(io.BytesIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        apply(io.BytesIO(SOUND[FULL]), None, Full(), SIGNED)
