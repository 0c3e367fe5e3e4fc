"""What publisher and box must spell alike: the delta file.

A delta makes one file (the result) out of another that is already there (the base), or out of nothing::

    offset  bytes  field
         0      4  magic, "LLDF"
         4      1  version of the format, 1
         5      1  method: 1 full, 2 patch, 3 difference
         6      2  nought
         8      8  size of the base      (nought where there is no base)
        16     32  SHA-256 of the base   (nought where there is no base)
        48      8  size of the result
        56     32  SHA-256 of the result
        88         payload

Numbers are big-endian. Payloads:

- full: one Zstandard frame (RFC 8878) of the result;
- patch: the same, with the base before it as a dictionary of raw content;
- difference: 8 bytes, the split, then one frame of the result minus what the base predicts, byte by byte modulo 256.

The prediction of a difference: up to the split, the byte at the same distance from the base's beginning; from the split on, the
byte at the same distance from its end; nought where the base has none. Files of equal size lie one upon the other, wherever the
split is. Where sizes differ, what was put in or left out in one place (a longer name, a wider length) moves nothing else out of
line.

Rules: a frame says how large its content is and has no checksum (the hash serves) and no dictionary's id; nothing stands
behind it; it needs no window larger than the result. There is one way to write each header.
"""

from __future__ import annotations

import enum
import hashlib
import struct
from dataclasses import dataclass
from typing import BinaryIO

MAGIC = b"LLDF"
VERSION = 1
MEMORY = 64 << 20
"""Bytes that applying may hold in large pieces: the window, and for a patch the base twice (as it was read, and as zstd's
dictionary). Of the boxes with 1 GB this is a sixteenth; a patch between files of 21 MB fits, twice the zoo's largest, of which
a patch took 28 MB at its peak, and a difference 2 MB."""
SPLIT = struct.Struct(">Q")

_HEADER = struct.Struct(">4sBBHQ32sQ32s")
HEADER_SIZE = _HEADER.size
_NOTHING = bytes(32)


class DeltaError(Exception):
    """A delta that gives no file; the message ends with what to do instead.

    ::

        DeltaError
         +-- DamagedError       truncated, changed on its way, or no delta at all
         +-- WrongBaseError     made for another file than the one that is here
         +-- WrongResultError   makes another file than the signed one
         +-- UnsupportedError   of a newer format, or beyond this box's memory
    """


class DamagedError(DeltaError):
    """Truncated, changed on its way, or no delta at all."""


class WrongBaseError(DeltaError):
    """Made for another file than the one that is here."""


class WrongResultError(DeltaError):
    """Makes another file than the signed one."""


class UnsupportedError(DeltaError):
    """Of a newer format, or beyond this box's memory."""


REMEDY = "fetch the full file"


class Method(enum.IntEnum):
    """How the payload becomes the result."""

    FULL = 1
    PATCH = 2
    DIFFERENCE = 3


@dataclass(frozen=True)
class Content:
    """A file by what is in it."""

    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal, small letters."""

    @staticmethod
    def of(data: bytes) -> Content:
        """Describe a file that is in memory."""
        return Content(len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True)
class Header:
    """What a delta says of itself. It is believed in nothing that the signed metadata do not say too."""

    method: Method
    base: Content | None
    """Nothing for a full file, something for all others."""
    result: Content

    def pack(self) -> bytes:
        """As bytes."""
        size, digest = (self.base.size, bytes.fromhex(self.base.sha256)) if self.base else (0, _NOTHING)
        return _HEADER.pack(MAGIC, VERSION, self.method, 0, size, digest, self.result.size, bytes.fromhex(self.result.sha256))


def read_header(data: bytes) -> Header:
    """Read the first ``HEADER_SIZE`` bytes of a delta.

    Raises:
        DamagedError: when they are no header.
        UnsupportedError: when they are one of a version or method that is not known here.
    """
    if len(data) != HEADER_SIZE:
        msg = f"the delta ends after {len(data)} bytes, within its header; {REMEDY}"
        raise DamagedError(msg)
    magic, version, method, nought, base_size, base_sha256, size, sha256 = _HEADER.unpack(data)
    if magic != MAGIC:
        msg = f"not a delta (it begins with {magic!r}, not {MAGIC!r}); {REMEDY}"
        raise DamagedError(msg)
    if version != VERSION:
        msg = f"the delta is of format {version}, and format {VERSION} is known here; {REMEDY}, and update this box's software"
        raise UnsupportedError(msg)
    if method not in set(Method):
        msg = f"the delta is made by method {method}, which is not known here; {REMEDY}, and update this box's software"
        raise UnsupportedError(msg)
    bare = base_size == 0 and base_sha256 == _NOTHING
    if nought or bare != (method == Method.FULL):
        msg = f"the delta's header contradicts itself (method {Method(method).name.lower()}); {REMEDY}"
        raise DamagedError(msg)
    base = None if bare else Content(base_size, base_sha256.hex())
    return Header(Method(method), base, Content(size, sha256.hex()))


def predicted(base: BinaryIO, shift: int, at: int, count: int) -> bytes:
    """What the base predicts of a part of the result that does not cross the split.

    Args:
        base: seekable.
        shift: 0 before the split; from it on, the base's size less the result's.
        at: where the part begins in the result.
        count: its length.
    """
    before = min(count, max(0, -(at + shift)))
    base.seek(max(0, at + shift))
    return (bytes(before) + base.read(count - before)).ljust(count, b"\0")
