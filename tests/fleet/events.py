"""Messages as boxes send them, and boxes known to a store."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Engine, insert

from fleet.store.database import writing
from fleet.store.tables import device
from protocol.basis import Estimate, Struct
from protocol.codec import Message, encode_event
from protocol.events import (
    Assessed,
    Clock,
    ClockSource,
    CrowdAlert,
    CrowdCount,
    Cue,
    Event,
    EventBody,
    EventType,
    OutboxEvicted,
    Phase,
    TrackBox,
)
from protocol.identifiers import uuid7

FLEET = "test"
BOOT = "abcdefghijkl"
OTHER_BOOT = "bcdefghijklm"
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)


def known(engine: Engine, *names: str) -> None:
    """Register boxes."""
    with writing(engine) as connection:
        connection.execute(insert(device), [{"name": name, "label": "", "registered_at": 1, "changed": 1} for name in names])


def message(
    seq: int,
    *,
    device: str = "box-1",
    boot: str = BOOT,
    kind: EventType = EventType.CROWD_COUNT,
    observed: Struct | None = None,
    incident: str | None = None,
    phase: Phase | None = None,
    time: dt.datetime = NOW,
) -> Message:
    """One event on the wire."""
    assessed = Assessed("crowding", 0.9, (Cue("people", 12, "people"),)) if kind is EventType.CROWD_ALERT else None
    body = EventBody(time, Clock(ClockSource.NTP, True), observed or count(), incident=incident, phase=phase, assessed=assessed)
    return encode_event(Event(FLEET, device, uuid7(seq), kind, time, boot, seq, body))


def count(*, tracks: tuple[TrackBox, ...] = ()) -> CrowdCount:
    """People in a zone."""
    return CrowdCount("square", Estimate(3, 2, 4), 30.0, 100, 1, 5, tracks=tracks)


def alert(seq: int, incident: str, phase: Phase, *, device: str = "box-1", time: dt.datetime = NOW) -> Message:
    """One event of an incident."""
    observed = CrowdAlert("square", Estimate(12, 10, 14), 13, 10, 7, 4)
    kind = EventType.CROWD_ALERT
    return message(seq, device=device, kind=kind, observed=observed, incident=incident, phase=phase, time=time)


def evicted(seq: int, *ranges: tuple[int, int], boot: str = BOOT, lost_boot: str = BOOT) -> Message:
    """Numbers that never come."""
    return message(seq, boot=boot, kind=EventType.OUTBOX_EVICTED, observed=OutboxEvicted(lost_boot, "full", ranges))


def with_attribute(original: Message, name: str, value: str | None) -> Message:
    """The same message with one attribute changed, or without it."""
    properties = tuple((n, v) for n, v in original.properties if n != name)
    return Message(original.topic, original.payload, properties if value is None else (*properties, (name, value)))


def with_payload(original: Message, payload: bytes) -> Message:
    """The same message with another payload."""
    return Message(original.topic, payload, original.properties)
