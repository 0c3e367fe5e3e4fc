"""Someone who looks for plates where none may be: in the broker's traffic, in the live stream, in all that anybody wrote.

Rule: the plates that are looked for come from the recording's own truth, never from a box or the manager.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fleet.ingest.link import BrokerAddress, Link
from protocol.plates import fold
from simulator.lists.wanted import WANTED, others


def forms(plates: Iterable[str]) -> tuple[bytes, ...]:
    """Plates as they may stand somewhere: as they are, as they are compared, and as they are painted."""
    texts = {form for plate in plates for form in (plate, fold(plate), f"{plate[0]}-{plate[1:4]}-{plate[4:]}")}
    return tuple(sorted(text.encode() for text in texts))


class Witness:
    """Use :meth:`run` in a task of its own.

    Args:
        address: of the broker.
        fleet: whose messages are heard, all of them.
    """

    def __init__(self, address: BrokerAddress, fleet: str) -> None:
        self._link = Link(address, (f"lamplighter/v1/{fleet}/#",), self._heard)
        self._wanted, self._others = forms([WANTED]), forms(others())
        self.messages = 0
        """That the broker passed on."""
        self.hits = 0
        """Of these, messages with the plate that is on the list."""
        self.strangers: Counter[str] = Counter()
        """Messages with another plate, by topic, and events of the live stream with any."""

    async def run(self) -> None:
        """Listen until cancelled."""
        await self._link.run()

    def shown(self, data: str) -> None:
        """Take an event of the live stream, in which no plate at all may be."""
        if _has(data.encode(), self._wanted + self._others):
            self.strangers["the live stream"] += 1

    def look(self, folder: Path) -> list[str]:
        """Names of files in which the plate of a vehicle stands that is on no list."""
        found = []
        for path in sorted(folder.rglob("*")):
            with contextlib.suppress(FileNotFoundError):  # a journal, or what was being written
                if path.is_file() and _has(path.read_bytes(), self._others):
                    found.append(str(path.relative_to(folder)))
        return found

    def _heard(self, topic: str, payload: bytes, properties: dict[str, Any]) -> None:
        self.messages += 1
        whole = payload + repr((topic, properties)).encode()
        self.hits += _has(whole, self._wanted)
        if _has(whole, self._others):
            self.strangers[topic] += 1


def _has(data: bytes, words: tuple[bytes, ...]) -> bool:
    return any(word in data for word in words)
