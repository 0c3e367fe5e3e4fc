"""Reads and hits as boxes send them, put into a store by the real sink."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import msgspec
from sqlalchemy import Engine, func, select, update

from fleet.ingest.sink import Sink
from fleet.policy.policy import Policy, Purpose
from fleet.store.anpr import anpr_hit, anpr_read
from fleet.store.database import writing
from fleet.store.tables import device as device_table
from fleet.store.tables import event
from protocol.codec import Message, encode_event
from protocol.events import (
    Alternate,
    AnprHit,
    AnprRead,
    Assessed,
    Clock,
    ClockSource,
    Colour,
    Cue,
    Event,
    EventBody,
    EventType,
    Passage,
    Phase,
    Pseudonym,
    Sensor,
    VehicleKind,
    Where,
)
from protocol.identifiers import uuid7
from protocol.limits import SCHEMA_MAJOR, SCHEMA_MINOR
from protocol.pseudonyms import pseudonym
from tests.fleet.events import BOOT, FLEET, known, with_attribute, with_payload

KEY = bytes(range(32))
KEY_ID = "travel-times-31"
T0 = 1_790_000_000_000
"""A moment, ms since 1970."""
DAY_MS = 86_400_000
POLICY = Policy(
    {
        "travel-times": Purpose("Travel times", "law", pseudonyms=True, read_days=28),
        "short": Purpose("Shorter", "law", pseudonyms=True, read_days=2),
        "stolen-vehicles": Purpose("Stolen", "law", lists=True, hit_days=365, decision=True),
        "low-emission-zone": Purpose("Zone", "law", lists=True, hit_days=30),
    }
)
PLACES = {"box-n": (50.90, 4.35), "box-s": (50.84, 4.35)}
"""Six and a half kilometres apart."""
_numbers = itertools.count(1)


def passage(kind: VehicleKind = VehicleKind.CAR, colour: Colour = Colour.RED) -> Passage:
    return Passage(9, 0.8, 120.0, kind=kind, kind_probability=0.95, colour=colour, colour_probability=0.8)


def read(plate: str, device: str, at: int, *, purpose: str = "travel-times", posterior: float = 0.98, **more: Any) -> Message:
    """A read on the wire."""
    seen = AnprRead(Pseudonym(purpose, KEY_ID, pseudonym(KEY, plate)), posterior, more.pop("passage", passage()))
    return _message(EventType.ANPR_READ, device, at, seen, **more)


def hit(
    plate: str, device: str, at: int, *, on: str = "stolen", posterior: float = 0.46, incident: str = "", **more: Any
) -> Message:
    """A hit on the wire, through an alternate."""
    best = "1" + plate[1:-1] + ("B" if plate[-1] != "B" else "8")
    seen = AnprHit(
        on, 118, plate, posterior, "alternate", (Alternate(best, 0.52), Alternate(plate, posterior)),
        more.pop("passage", passage()),
    )  # fmt: skip
    assessed = Assessed(
        "listed-plate", posterior, (Cue("posterior", posterior), Cue("readings", 9.0), Cue("plate-width", 120.0))
    )
    incident = incident or uuid7(at)
    return _message(EventType.ANPR_HIT, device, at, seen, incident=incident, phase=Phase.NEW, assessed=assessed, **more)


def _message(kind: EventType, device: str, at: int, observed: Any, *, synchronised: bool = True, **body: Any) -> Message:
    where = Where(*PLACES[device]) if device in PLACES else None
    when = dt.datetime.fromtimestamp(at / 1000, dt.timezone.utc)
    clock = Clock(ClockSource.NTP, synchronised, 0.3, 4.0)
    made = EventBody(when, clock, observed, Sensor("cam"), where, **body)
    return encode_event(Event(FLEET, device, uuid7(at), kind, when, BOOT, next(_numbers), made))


def store(engine: Engine, *messages: Message, received: int | None = None) -> None:
    """Store them; ``received`` moves their arrival (ms)."""
    with engine.connect() as connection:
        before = int(connection.execute(select(func.coalesce(func.max(event.c.row), 0))).scalar_one())
        there = set(connection.execute(select(device_table.c.name)).scalars())
    if new := {m.topic.split("/")[3] for m in messages} - there:
        known(engine, *sorted(new))
    stored = Sink(engine).store(messages)
    assert stored.stored == len(messages), stored
    if received is not None:
        with writing(engine) as connection:
            connection.execute(update(event).where(event.c.row > before).values(received=received))


def counts(engine: Engine) -> tuple[int, int, int]:
    """Events, reads, hits in the store."""
    with engine.connect() as connection:
        e, r, h = (connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (event, anpr_read, anpr_hit))
        return int(e), int(r), int(h)


def newer(message: Message) -> Message:
    """The same event of a contract that is newer than this manager's."""
    body = msgspec.json.decode(message.payload)
    body["observed"]["fresh"] = 1
    return with_attribute(with_payload(message, msgspec.json.encode(body)), "schema", f"{SCHEMA_MAJOR}.{SCHEMA_MINOR + 1}")
