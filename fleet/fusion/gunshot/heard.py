"""What a box says of one incident of its own, as the store holds it. Pure.

Rule: the latest word of a box on an incident takes the place of those before it; which is the latest the box's own numbers say,
for what waited in its outbox may come later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from fleet.fusion.gunshot.detections import Detection
from protocol.events import EventBody, EventType, Phase
from protocol.gunshot import GunshotDetected

KIND = EventType.GUNSHOT_DETECTED.value
_decoder = msgspec.json.Decoder(EventBody[GunshotDetected])

Key = tuple[str, str]
"""A box, and the incident as it calls it."""


@dataclass(frozen=True)
class Heard:
    """One word of a box.

    Attributes:
        device, incident: which box, and what it calls it.
        boot, seq: of the event.
        row, event: of the store, and the event's identifier.
        received: when the box was first heard of about it, ms.
        body: of the event.
    """

    device: str
    incident: str
    boot: str
    seq: int
    row: int
    event: str
    received: int
    body: EventBody[GunshotDetected]

    @property
    def key(self) -> Key:
        """Of which incident of which box."""
        return self.device, self.incident

    @property
    def source(self) -> str:
        """Which microphone; empty where the event names none."""
        return self.body.sensor.id if self.body.sensor else ""

    @property
    def ended(self) -> bool:
        """Whether the box says no more of it."""
        return self.body.phase is Phase.END

    @property
    def at_us(self) -> int:
        """Onset of the first blast by the box's clock, microseconds since 1970."""
        return round(self.body.captured_at.timestamp() * 1e6)


@dataclass(frozen=True)
class Known:
    """What is known of one incident of a box: its latest word, and what was made of it, or why nothing was."""

    heard: Heard
    detection: Detection | None = None
    doubt: str = ""


def read(row: Any) -> Heard | None:
    """Of a row of the table of events; ``None`` where it is of a contract that is newer than this manager."""
    try:
        body = _decoder.decode(row.body)
    except msgspec.DecodeError:
        return None
    return Heard(row.device, row.incident or row.id, row.boot, row.seq, row.row, row.id, row.received, body)
