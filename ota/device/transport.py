"""The port to where bytes come from, and one way of reading that is never slower than it may be.

Rules: what comes is bounded by whoever reads it; nothing is believed of it. A transport says from which byte on it sends, and
breaks off what is not done by its deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ota.device.errors import SlowError


@dataclass(frozen=True)
class Body:
    """What is being sent."""

    start: int
    """Byte of the file with which it begins."""
    blocks: Iterator[bytes]
    """Of any size; raises FetchError."""
    close: Callable[[], None]
    etag: str = ""
    """Validator of the file, if the sender has a strong one (RFC 9110, section 8.8.1)."""


class Transport(Protocol):
    """Where bytes come from."""

    def open(self, url: str, within_s: float, at: int = 0, etag: str = "") -> Body:
        """Ask for a file.

        Args:
            url: of the file.
            within_s: seconds after which it is broken off, whatever has come.
            at: byte from which on it is wanted; what is sent may begin at 0 all the same.
            etag: validator under which the beginning came; empty = unknown.

        Raises:
            StatusError: the sender has no such file, or does not give it.
            FetchError: it cannot be reached, or answers nonsense.
        """


@dataclass(frozen=True)
class Pace:
    """How slow a sender may be."""

    least_bytes_s: float = 1024.0
    """A tenth of what one bar of 2G carries; a sender who drips is left for the next mirror."""
    window_s: float = 60.0
    """Over which it is measured: a train through a tunnel."""
    grace_s: float = 60.0
    """For the connection itself: names, TLS, a modem that wakes up."""

    metadata_s: float = 120.0
    """For one file of metadata, whose length is not always known."""

    def allowed_s(self, size: int, capped_bytes_s: float | None = None) -> float:
        """Seconds that a file of this size may take in all, with a cap of our own."""
        return self.grace_s + size / self.least_bytes_s + (size / capped_bytes_s if capped_bytes_s else 0.0)


def paced(blocks: Iterator[bytes], pace: Pace, monotonic: Callable[[], float]) -> Iterator[bytes]:
    """Hand blocks on while they come fast enough. Time that the reader takes between them does not count.

    Raises:
        SlowError: they do not.
    """
    waited_s, came = 0.0, 0
    while True:
        asked = monotonic()
        block = next(blocks, None)
        if block is None:
            return
        waited_s += monotonic() - asked
        came += len(block)
        if waited_s >= pace.window_s:
            if came < pace.least_bytes_s * waited_s:
                least = f"{pace.least_bytes_s:.0f} a second"
                msg = f"{came} bytes in {waited_s:.0f} s, at least {least} are asked; another mirror is tried"
                raise SlowError(msg)
            waited_s, came = 0.0, 0
        yield block
