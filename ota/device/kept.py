"""What a box believes, as it lies on its disk: metadata that were verified, and the time that they prove."""

from __future__ import annotations

import msgspec

from ota.device import durable
from ota.device.disk import Disk

MOST_BYTES = 16 << 20
"""Of all metadata together; a repository of a thousand releases has one."""
_FILE = "metadata"
_MOST_FILE = MOST_BYTES + (1 << 16)


class Kept(msgspec.Struct):
    """All of it, in one file: whole or not at all."""

    floor: float
    """Seconds since 1970, before which it cannot be."""
    files: dict[str, bytes]
    """Roots as ``N.root.json``, others as ``ROLE.json``."""


class _Floor(msgspec.Struct):
    """Of all of it; the rest is passed over."""

    floor: float


def floor(disk: Disk) -> float | None:
    """The time that they prove, seconds since 1970; what is not there or is spoilt proves none.

    Raises:
        OSError: the disk does not say.
    """
    content = durable.load(disk, _FILE, _MOST_FILE)
    try:
        return None if content is None else msgspec.msgpack.decode(content, type=_Floor).floor
    except msgspec.DecodeError:
        return None


def load(disk: Disk) -> Kept:
    """Read it; what is not there or is spoilt is nothing.

    Raises:
        OSError: the disk does not say.
    """
    content = durable.load(disk, _FILE, _MOST_FILE)
    try:
        return Kept(0.0, {}) if content is None else msgspec.msgpack.decode(content, type=Kept)
    except msgspec.DecodeError:
        return Kept(0.0, {})


def write(disk: Disk, kept: Kept) -> None:
    """Replace it.

    Raises:
        OSError: it is as it was, or is the new one.
    """
    durable.write(disk, _FILE, msgspec.msgpack.encode(kept))
