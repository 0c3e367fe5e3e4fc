"""What a driver knows of its box: a journal that outlives it, and a panel to look at while it runs.

Rules: a line is written in one piece after what it tells of has happened, by ``write`` and without a buffer, so that a killed
process leaves whole lines only; times are those of ``CLOCK_MONOTONIC``, nanoseconds, which all processes of a machine share.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

_NUMBERS = struct.Struct("=QQQQ")


class Opened(msgspec.Struct, frozen=True, tag="opened", array_like=True):
    """A boot began; numbers up to ``highest`` were used for reports of what the boots before it lost."""

    at: int
    boot: str
    highest: int


class Said(msgspec.Struct, frozen=True, tag="said", array_like=True):
    """The outbox has taken an event; ``committed``: its file held it by then."""

    at: int
    boot: str
    seq: int
    id: str
    kind: str
    committed: bool


class Committed(msgspec.Struct, frozen=True, tag="committed", array_like=True):
    """Everything up to ``seq`` was on disk or acknowledged."""

    at: int
    boot: str
    seq: int


class Acknowledged(msgspec.Struct, frozen=True, tag="acknowledged", array_like=True):
    """The manager's answer has arrived at the box."""

    at: int
    boot: str
    seq: int
    ranges: tuple[tuple[int, int], ...]


Line: TypeAlias = Opened | Said | Committed | Acknowledged
_decoder = msgspec.json.Decoder(Line)


class Journal:
    """Appends lines.

    Args:
        path: file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: Line) -> None:
        """Append a line; the process may be killed right after."""
        os.write(self._descriptor, msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read(path: Path) -> Iterator[Line]:
    """All lines, in the order in which they were written; none where there is no file."""
    if path.exists():
        with path.open("rb") as lines:
            for line in lines:
                yield _decoder.decode(line)


@dataclass(frozen=True)
class Reading:
    """What a panel shows.

    Attributes:
        pending: events that the box holds unacknowledged.
        acknowledged: events acknowledged to this run of the driver.
        connected: whether its link is up.
        opened: when this run began, nanoseconds; 0 while it has not.
    """

    pending: int
    acknowledged: int
    connected: bool
    opened: int


class Panel:
    """Four numbers in shared memory, and the other way a word: end making events.

    Args:
        path: file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._quiet = path, path.with_suffix(".quiet")
        if not path.exists():
            path.write_bytes(bytes(_NUMBERS.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _NUMBERS.size)

    def show(self, reading: Reading) -> None:
        """Replace what it shows. One aligned number at a time; a reader may see two readings mixed."""
        _NUMBERS.pack_into(self._map, 0, reading.pending, reading.acknowledged, reading.connected, reading.opened)

    def read(self) -> Reading:
        """What it shows."""
        pending, acknowledged, connected, opened = _NUMBERS.unpack_from(self._map)
        return Reading(pending, acknowledged, bool(connected), opened)

    def silence(self) -> None:
        """Ask the driver to make no more events."""
        self._quiet.touch()

    @property
    def silenced(self) -> bool:
        """Whether it was asked to."""
        return self._quiet.exists()

    def close(self) -> None:
        """Let the memory go; the file stays."""
        self._map.close()


def now_ns() -> int:
    """The shared clock."""
    return time.monotonic_ns()
