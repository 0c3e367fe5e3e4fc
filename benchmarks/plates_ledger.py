"""What was searched for plates, and what was found where.

Rules: what may stand in a hit are plates on the list that went by; what is found of others, or elsewhere, is a leak. The
readings that go with a hit are counted by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from benchmarks.plates_sought import Sought, files
from protocol.codec import Message
from protocol.events import EventType
from protocol.plates import fold

_HIT = f"/event/{EventType.ANPR_HIT.value}"


@dataclass
class Ledger:
    """What was searched, and what was found where it may not be.

    Attributes:
        sought: plates of the scenario.
        allowed: plates that may stand in hits.
        others: plates of others that were told among the readings of a hit.
        leaks: plates and places.
        found: of the allowed ones those that were found, by place.
        size: bytes that were searched, as they lay.
    """

    sought: Sought
    allowed: frozenset[str]
    others: set[str] = field(default_factory=set)
    leaks: set[tuple[str, str]] = field(default_factory=set)
    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    size: int = 0

    def search(self, place: str, data: bytes, *, hits: bool = False) -> None:
        """Search some bytes.

        Args:
            place: what they are, for people.
            data: the bytes.
            hits: whether hits may be in them.
        """
        self.size += len(data)
        for one in self.sought.search(data):
            if hits and (one.plate in self.allowed or one.plate in self.others):
                self.found[place].add(one.plate)
            else:
                self.leaks.add((one.plate, f"{place}: {one.how}"))

    def wire(self, messages: Iterable[Message]) -> None:
        """Search messages; the readings that go with a hit are counted by themselves."""
        plain, hits = [], []
        for message in messages:
            properties = repr(message.properties).encode()
            if not message.topic.endswith(_HIT):
                plain += [message.topic.encode(), message.payload, properties]
                continue
            body = msgspec.json.decode(message.payload)
            readings = {fold(each["plate"]) for each in body["observed"].pop("alternates")}
            self.others |= {plate for plate in self.sought.plates - self.allowed if fold(plate) in readings}
            hits += [msgspec.json.encode(body), properties]
        self.search("messages", b"\n".join(plain))
        before = self.others
        self.others = set()
        self.search("hits", b"\n".join(hits), hits=True)
        self.others = before

    def disk(self, place: str, folder: Path, hits: Iterable[str]) -> None:
        """Search every file below a folder, and their names."""
        for path, data in files(folder):
            self.search(f"{place} {path}", data, hits=str(path) in hits)
