"""Applying a delta: the signed file out of the one that is here.

Rules, in their order:

1. The header must name the very result that the signed metadata name. What the header says alone is worth nothing.
2. The base is hashed before anything is made from it.
3. The payload must be one frame from its beginning to the delta's last byte, of a content as long as the signed size, within
   the memory that is allowed. That is looked up in the frame's own headers, before anything is unpacked.
4. Unpacking writes block by block, and not one byte more than the signed size, whatever the payload holds.
5. The result is hashed while it is written. Until :func:`apply` has returned, what stands in the target is nothing: whoever
   calls it gives the file its name afterwards, and throws it away when an error comes instead.

Any error but the target's own (``OSError``) means the same: this delta does not help, the full file is fetched. A delta never
changes the base.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import BinaryIO, Protocol

import numpy as np
import zstandard

from ota.deltafile import (
    HEADER_SIZE,
    MEMORY,
    REMEDY,
    SPLIT,
    Content,
    DamagedError,
    Header,
    Method,
    UnsupportedError,
    WrongBaseError,
    WrongResultError,
    predicted,
    read_header,
)

_BLOCK = 1 << 16
_LEAST_WINDOW = 1 << 10
"""The smallest limit that zstd takes."""
_FRAME_HEADER = 18
"""Bytes of a frame's header at most (RFC 8878, section 3.1.1)."""
_RAW, _RLE, _COMPRESSED = range(3)
"""Types of a block (section 3.1.1.2.2)."""


class Target(Protocol):
    """Where the file is written to."""

    def write(self, data: bytes, /) -> object:
        """Append all of it."""


def apply(delta: BinaryIO, base: BinaryIO | None, target: Target, signed: Content, memory: int = MEMORY) -> None:
    """Write the signed file.

    Args:
        delta: seekable; read from its beginning to its end.
        base: seekable; the file that is here, or nothing.
        target: empty; each call writes all that it is given. On any error what was written is to be thrown away.
        signed: what the result must be, from signed metadata.
        memory: bytes that window and base may take together.

    Raises:
        DeltaError: saying why it gives no file; ``target`` has got no more than ``signed.size`` bytes.
        OSError: when a file cannot be read or written.
    """
    delta.seek(0)
    header = read_header(delta.read(HEADER_SIZE))
    if header.result != signed:
        msg = (
            f"the delta makes a file of {header.result.size} bytes, SHA-256 {header.result.sha256}; signed is one of "
            f"{signed.size} bytes, {signed.sha256}; {REMEDY}"
        )
        raise WrongResultError(msg)
    match header.method:
        case Method.FULL:
            blocks = _unpacked(delta, signed.size, memory)
        case Method.PATCH:
            blocks = _patched(delta, _needed(base, header), header, memory)
        case Method.DIFFERENCE:
            blocks = _summed(delta, _needed(base, header), header, memory)
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
        target.write(block)
    if digest.hexdigest() != signed.sha256:
        msg = f"the delta gave another file than the signed one (SHA-256 {digest.hexdigest()}, not {signed.sha256}); {REMEDY}"
        raise DamagedError(msg)


def _needed(base: BinaryIO | None, header: Header) -> tuple[BinaryIO, Content]:
    """The base, and what it has to be."""
    assert header.base is not None, "the header was checked"
    if base is None:
        msg = f"the delta needs a file that is not here (SHA-256 {header.base.sha256}); {REMEDY}"
        raise WrongBaseError(msg)
    return base, header.base


def _patched(delta: BinaryIO, base: tuple[BinaryIO, Content], header: Header, memory: int) -> Iterator[bytes]:
    file, content = base
    room = memory - 2 * content.size
    if room <= 0:
        msg = f"the delta needs {2 * content.size} bytes of memory for its base, and {memory} are allowed; {REMEDY}"
        raise UnsupportedError(msg)
    file.seek(0)
    data = file.read(content.size + 1)
    if Content.of(data) != content:
        raise WrongBaseError(_other_base(content))
    dictionary = zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if data else None
    return _unpacked(delta, header.result.size, room, dictionary)


def _summed(delta: BinaryIO, base: tuple[BinaryIO, Content], header: Header, memory: int) -> Iterator[bytes]:
    file, content = base
    _check_base(file, content)
    (split,) = SPLIT.unpack(delta.read(SPLIT.size).ljust(SPLIT.size, b"\xff"))
    size = header.result.size
    if split > size:
        msg = f"the delta divides the result at {split}, beyond its end at {size}; {REMEDY}"
        raise DamagedError(msg)
    return _added(_unpacked(delta, size, memory), file, split, content.size - size)


def _added(differences: Iterator[bytes], base: BinaryIO, split: int, shift: int) -> Iterator[bytes]:
    """Differences plus what the base predicts."""
    at = 0
    for block in differences:
        first = block[: max(0, split - at)]
        rest = block[len(first) :]
        prediction = predicted(base, 0, at, len(first)) + predicted(base, shift, at + len(first), len(rest))
        yield (np.frombuffer(block, np.uint8) + np.frombuffer(prediction, np.uint8)).tobytes()
        at += len(block)


def _check_base(base: BinaryIO, content: Content) -> None:
    base.seek(0)
    digest, left = hashlib.sha256(), content.size + 1
    while block := base.read(min(left, _BLOCK)):
        digest.update(block)
        left -= len(block)
    if left != 1 or digest.hexdigest() != content.sha256:
        raise WrongBaseError(_other_base(content))


def _other_base(content: Content) -> str:
    return f"the delta was made for another file than the one that is here ({content.size} bytes, {content.sha256}); {REMEDY}"


def _unpacked(
    delta: BinaryIO, size: int, memory: int, dictionary: zstandard.ZstdCompressionDict | None = None
) -> Iterator[bytes]:
    """Unpack the frame that begins here and ends with the delta, checked before the first block is given out."""
    begin = delta.tell()
    _check_frame(delta, size, memory)
    delta.seek(begin)
    window = max(_LEAST_WINDOW, min(size, memory))
    source = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=window).stream_reader(
        delta, read_size=_BLOCK, closefd=False
    )
    return _blocks(source, size)


def _blocks(source: io.RawIOBase | BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    try:
        while left:
            block = source.read(min(left, _BLOCK))
            if not block:
                msg = f"the delta unpacks to {size - left} of {size} bytes; {REMEDY}"
                raise DamagedError(msg)
            left -= len(block)
            yield block
        if source.read(1):
            msg = f"the delta unpacks to more than {size} bytes; {REMEDY}"
            raise DamagedError(msg)
    except zstandard.ZstdError as error:
        msg = f"the delta does not unpack ({error}); {REMEDY}"
        raise DamagedError(msg) from error


def _check_frame(delta: BinaryIO, size: int, memory: int) -> None:
    """Look a frame through, from where the delta stands to its end, without unpacking it."""
    at = delta.tell()
    head = delta.read(_FRAME_HEADER)
    try:
        if not head.startswith(zstandard.FRAME_HEADER):
            msg = f"the delta's payload is no Zstandard frame (it begins with {head[:4].hex()}); {REMEDY}"
            raise DamagedError(msg)
        frame, length = zstandard.get_frame_parameters(head), zstandard.frame_header_size(head)
    except zstandard.ZstdError as error:
        msg = f"the delta's payload has no whole frame header ({error}); {REMEDY}"
        raise DamagedError(msg) from error
    if frame.content_size != size:
        msg = f"the delta's payload says that it unpacks to {frame.content_size} bytes, and {size} are signed; {REMEDY}"
        raise DamagedError(msg)
    if frame.window_size > min(max(size, _LEAST_WINDOW), memory):
        msg = f"the delta needs {frame.window_size} bytes of memory to unpack to {size}, and {memory} are allowed; {REMEDY}"
        raise UnsupportedError(msg)
    if frame.has_checksum or frame.dict_id:
        msg = f"the delta's payload has a checksum or a dictionary's id, which deltas have not; {REMEDY}"
        raise DamagedError(msg)
    at, end = _end_of_blocks(delta, at + length), delta.seek(0, io.SEEK_END)
    if at != end:
        fault = f"ends {at - end} bytes early" if at > end else f"has {end - at} bytes behind its end"
        msg = f"the delta {fault}; {REMEDY}"
        raise DamagedError(msg)


def _end_of_blocks(delta: BinaryIO, at: int) -> int:
    """Where the frame ends, as its blocks say: each begins with 3 bytes, whether it is the last, its type and its size."""
    while True:
        delta.seek(at)
        head = delta.read(3)
        if len(head) < 3:  # noqa: PLR2004 - as above
            msg = f"the delta ends within its payload, at {at + len(head)}; {REMEDY}"
            raise DamagedError(msg)
        word = int.from_bytes(head, "little")
        last, kind, length = word & 1, word >> 1 & 3, word >> 3
        if kind > _COMPRESSED:
            msg = f"the delta's payload has a block of an unknown type at {at}; {REMEDY}"
            raise DamagedError(msg)
        at += 3 + (1 if kind == _RLE else length)
        if last:
            return at
