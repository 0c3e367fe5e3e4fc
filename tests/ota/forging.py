"""Deltas as an attacker or a broken link makes them, and a target that counts."""

from __future__ import annotations

import io

import zstandard

from ota.deltafile import SPLIT, Content, Header, Method, predicted
from ota.device.delta import apply

BLOCK_MOST = 128 << 10


class Target(io.BytesIO):
    """Refuses a byte too many at once, as a test would find it only at the end."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def write(self, data: bytes) -> int:  # type: ignore[override]
        assert self.tell() + len(data) <= self._most, "more was written than is signed"
        return super().write(data)


def applied(delta: bytes, base: bytes | None, signed: Content, **kept: int) -> bytes:
    target = Target(signed.size)
    apply(io.BytesIO(delta), None if base is None else io.BytesIO(base), target, signed, **kept)
    return target.getvalue()


def frame(data: bytes, *, base: bytes = b"", **parameters: int) -> bytes:
    """A frame as any zstd makes it."""
    fixed = {"compression_level": 3, "write_checksum": 0, "write_dict_id": 0} | parameters
    dictionary = zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if base else None
    made = zstandard.ZstdCompressor(dict_data=dictionary, compression_params=zstandard.ZstdCompressionParameters(**fixed))
    return made.compress(data)


def blocks(size: int, *parts: bytes, window_log: int | None = None) -> bytes:
    """A frame by hand, of a single segment or with a window: says that it unpacks to ``size`` and holds what it is given."""
    if window_log is None:
        return zstandard.FRAME_HEADER + b"\xe0" + size.to_bytes(8, "little") + b"".join(parts)
    return zstandard.FRAME_HEADER + bytes([0xC0, window_log - 10 << 3]) + size.to_bytes(8, "little") + b"".join(parts)


def run_of(byte: int, count: int, *, last: bool) -> bytes:
    """A block that is one byte again and again."""
    return (last | 1 << 1 | count << 3).to_bytes(3, "little") + bytes([byte])


def difference(base: bytes, result: bytes, split: int) -> bytes:
    """Payload of a difference, split where it is asked for."""
    file = io.BytesIO(base)
    first = predicted(file, 0, 0, split)
    second = predicted(file, len(base) - len(result), split, len(result) - split)
    differences = bytes((a - b) % 256 for a, b in zip(result, first + second, strict=True))
    return SPLIT.pack(split) + frame(differences)


def delta(method: Method, base: bytes | None, result: bytes, payload: bytes) -> bytes:
    return Header(method, None if base is None else Content.of(base), Content.of(result)).pack() + payload
