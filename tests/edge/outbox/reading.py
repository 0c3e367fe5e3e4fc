"""An outbox as the manager and the next start see it."""

from __future__ import annotations

from pathlib import Path

from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from protocol.codec import decode_event
from protocol.events import Event, EventType
from simulator.faults.clocks import HandClock
from tests.edge.bodies import BODY

FLEET, DEVICE = "town", "box-1"


def opened(path: Path | None = None, limits: Limits | None = None, clock: HandClock | None = None) -> Outbox:
    """An outbox of a box."""
    return Outbox.open(path, limits or Limits(), clock or HandClock(), FLEET, DEVICE)


def put(outbox: Outbox, *kinds: EventType) -> list[int]:
    """Append events. Returns their numbers."""
    return [outbox.append(kind, BODY[kind]()).seq for kind in kinds]


def events(outbox: Outbox) -> list[Event]:
    """All that would be sent, in that order, decoded as the manager does."""
    return [decode_event(m.topic, m.payload, m.properties) for _, m in outbox.pending(1_000_000)]


def held(outbox: Outbox, boot: str) -> list[int]:
    """Numbers of a boot that would be sent, ascending."""
    return sorted(event.seq for event in events(outbox) if event.boot == boot)


def reports(outbox: Outbox) -> list[Event]:
    """Reports of what was lost."""
    return [event for event in events(outbox) if event.type is EventType.OUTBOX_EVICTED]


def crash_image(path: Path, folder: Path) -> Path:
    """The files as a power cut at this moment leaves them, in a folder of their own."""
    folder.mkdir(parents=True)
    for name in (path.name, f"{path.name}-wal"):
        if (path.parent / name).exists():
            (folder / name).write_bytes((path.parent / name).read_bytes())
    return folder / path.name
