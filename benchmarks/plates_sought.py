"""Looking for plates that are known, in any bytes: in clear, written otherwise, encoded, packed, or as a hash without a key.

What is found of each plate:

- its text, whatever stands between its characters of blanks, dots, hyphens, slashes and low lines, in small or capital letters,
  O, Q and 0 and I and 1 taken for one, in eight bits or in sixteen of either order;
- the same text as hexadecimal digits, and as base64 at each of the three places at which it can begin;
- MD5, SHA-1, SHA-256, SHA-512 and BLAKE2b of it, without a key: the first eight bytes, as they are, as digits, as base64.

Packed things are opened first (:func:`unpacked`): deflate and Zstandard where a stream begins, and a box's outbox wherever a
message of it may begin, so also where a row was deleted. Numbers that are UUIDs or have 32 hexadecimal digits or more are no
text: among a million pseudonyms some digits would be a plate by chance. What is written in such digits is found as digits.

Not found: what is encrypted, what is hidden by intent (a plate backwards, in the times of messages), and plates of fewer than
LEAST characters, which stand in any base64 by chance.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import zstandard

from edge.outbox.packing import DICTIONARIES
from protocol.plates import fold

LEAST = 7
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
_SILENT = bytes([0, *b" \t.-_/"])
_FOLDED = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyzOQI", b"ABCDEFGH1JKLMN0P0RSTUVWXYZ001")
_NUMBERS = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32,}")
_DIGEST_BYTES = 8
_PIECE = 1 << 22
_OVERLAP = 64
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MOST_UNPACKED = 1 << 26
_STREAMS = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|\x28\xb5\x2f\xfd")

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.uint64]


@dataclass(frozen=True, order=True)
class Found:
    """A plate, and how it was written."""

    plate: str
    how: str


class Sought:
    """Plates that are looked for.

    Args:
        plates: normalised, of LEAST characters or more.

    Raises:
        ValueError: one is shorter.
    """

    def __init__(self, plates: Iterable[str]) -> None:
        self.plates = frozenset(plates)
        if any(len(plate) < LEAST for plate in self.plates):
            msg = f"a plate of fewer than {LEAST} characters is found everywhere by chance; leave it out"
            raise ValueError(msg)
        text, digits, exact = _Needles(), _Needles(), _Needles()
        for plate in self.plates:
            text.add(fold(plate).encode(), Found(plate, "text"))
            for spelt in spellings(plate):
                raw = spelt.encode()
                digits.add(raw.hex().encode(), Found(plate, "hexadecimal"))
                for at in range(3):
                    exact.add(_within_base64(raw, at), Found(plate, "base64"))
                for name in HASHES:
                    made = hashlib.new(name, raw).digest()[:_DIGEST_BYTES]
                    exact.add(made, Found(plate, name))
                    digits.add(made.hex().encode(), Found(plate, f"{name}, hexadecimal"))
                    exact.add(base64.b64encode(made)[:_DIGEST_BYTES], Found(plate, f"{name}, base64"))
        self._text, self._digits, self._exact = text, digits, exact

    def search(self, data: bytes) -> set[Found]:
        """What is found in some bytes, opened where they are packed."""
        found = set[Found]()
        for part in (data, *unpacked(data)):
            found |= self._in(part)
        return found

    def _in(self, data: bytes) -> set[Found]:
        found = set[Found]()
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE + _OVERLAP]
            found |= self._text.within(_NUMBERS.sub(b"\n", piece).translate(_FOLDED, _SILENT))
            found |= self._digits.within(piece.lower())
            found |= self._exact.within(piece.replace(b"-", b"+").replace(b"_", b"/"))
            found |= self._exact.within(piece) if b"-" in piece or b"_" in piece else set()
        return found


def spellings(plate: str) -> set[str]:
    """A plate as programs and people write it."""
    groups = re.findall(r"[A-Z]+|[0-9]+", plate)
    written = {plate, fold(plate), "-".join(groups), " ".join(groups)}
    return written | {text.lower() for text in written}


def unpacked(data: bytes) -> Iterator[bytes]:
    """What is packed in some bytes."""
    for match in _STREAMS.finditer(data):
        yield from _opened(data, match.start())
    if data.startswith((b"SQLite format 3\0", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")):
        for number, dictionary in DICTIONARIES.items():
            yield from _messages(data, number, dictionary)


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder that can be read, by its path below it; the names of all of them first, as one more."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    yield Path("names"), "\n".join(str(path.relative_to(folder)) for path in paths).encode()
    for path in paths:
        yield path.relative_to(folder), path.read_bytes()


def _opened(data: bytes, at: int) -> Iterator[bytes]:
    try:
        if data[at : at + 4] == b"\x28\xb5\x2f\xfd":
            yield zstandard.ZstdDecompressor().decompressobj().decompress(data[at:])
        else:
            yield zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data[at:], _MOST_UNPACKED)
    except (zlib.error, zstandard.ZstdError):
        return


def _messages(data: bytes, number: int, dictionary: bytes) -> Iterator[bytes]:
    """Messages of an outbox: at each byte that is the number of their dictionary one may begin."""
    at = data.find(number)
    while at >= 0:
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(-15, dictionary).decompress(data[at + 1 : at + 8192])
        at = data.find(number, at + 1)


def _within_base64(raw: bytes, at: int) -> bytes:
    """The characters that follow from the text alone where it begins at the first, second or third byte of three."""
    whole = base64.b64encode(bytes(at) + raw)
    first = (at * 8 + 5) // 6
    return whole[first : first + _DIGEST_BYTES]


class _Needles:
    """Sequences of bytes, looked for by their hashes: one pass over the bytes for each length."""

    def __init__(self) -> None:
        self._meaning: dict[int, dict[bytes, Found]] = defaultdict(dict)
        self._marks: dict[int, npt.NDArray[np.bool_]] = {}

    def add(self, needle: bytes, meaning: Found) -> None:
        self._meaning[len(needle)].setdefault(needle, meaning)
        self._marks.pop(len(needle), None)

    def within(self, data: bytes) -> set[Found]:
        found = set[Found]()
        blocks = _blocks(np.frombuffer(data, np.uint8), max(self._meaning))
        for length, meaning in self._meaning.items():
            if len(data) < length:
                continue
            marks = self._of(length, meaning)
            shift = np.uint64(64 - (len(marks).bit_length() - 1))
            places = np.flatnonzero(marks[_hashes(blocks, length) >> shift])
            for at in places.tolist():
                if (one := meaning.get(data[at : at + length])) is not None:
                    found.add(one)
        return found

    def _of(self, length: int, meaning: Mapping[bytes, Found]) -> npt.NDArray[np.bool_]:
        if length not in self._marks:
            bits = max(16, len(meaning).bit_length() + 6)
            marks = np.zeros(1 << bits, np.bool_)
            joined = _blocks(np.frombuffer(b"".join(meaning), np.uint8), length)
            marks[_hashes(joined, length)[::length] >> np.uint64(64 - bits)] = True
            self._marks[length] = marks
        return self._marks[length]


def _blocks(raw: Bytes, most: int) -> list[Numbers]:
    """Polynomials over windows of 1, 2, 4, ... bytes, up to ``most`` of them."""
    blocks = [raw.astype(np.uint64) + np.uint64(1)]
    while 2 ** len(blocks) <= most and 2 ** len(blocks) <= len(raw):
        half = 2 ** (len(blocks) - 1)
        blocks.append(blocks[-1][:-half] * _power(half) + blocks[-1][half:])
    return blocks


def _hashes(blocks: Sequence[Numbers], length: int) -> Numbers:
    """Of each window of so many bytes a number, from which its upper bits are taken."""
    count = len(blocks[0]) - length + 1
    total = np.zeros(count, np.uint64)
    at = 0
    for power, block in enumerate(blocks):
        if length >> power & 1:
            total *= _power(1 << power)
            total += block[at : at + count]
            at += 1 << power
    total ^= total >> np.uint64(29)
    total *= _BASE
    return total


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(int(_BASE), exponent, 1 << 64))
