"""Events as boxes make them, for the control room's tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fleet.control_room.board import Board
from protocol.basis import Estimate
from protocol.events import (
    Assessed,
    Clock,
    ClockSource,
    CrowdAlert,
    CrowdCount,
    CrowdDensity,
    CrowdFlow,
    Cue,
    Event,
    EventBody,
    EventType,
    ModelRef,
    Phase,
    Sensor,
    ServiceLevel,
    Where,
)
from protocol.identifiers import uuid7

T0 = 1_790_000_000_000
"""A moment, ms since 1970."""
BOOT, OTHER_BOOT = "abcdefghij23", "zyxwvutsrq76"
MODEL = ModelRef("person-vehicle-fast", "1.0.0", "ab12" * 16, "default")
SYNCHRONISED = Clock(ClockSource.NTP, True, 0.4, 4.0)
FREE = Clock(ClockSource.FREE, False)
"""Of a box without a battery for its clock, before anyone has told it the time."""


def moment(ms: int) -> dt.datetime:
    """A time as the wire has it."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.timezone.utc)


def around(value: float, half: float) -> Estimate:
    """value ± half, not below zero."""
    return Estimate(value, max(0.0, value - half), value + half)


def make(device: str, seq: int, at: int, kind: EventType, observed: Any, **body: Any) -> Event:
    """Any event."""
    body.setdefault("clock", SYNCHRONISED)
    return Event(
        fleet="north",
        device=device,
        id=uuid7(at),
        type=kind,
        time=moment(at),
        boot=body.pop("boot", BOOT),
        seq=seq,
        body=EventBody(captured_at=moment(at), observed=observed, **body),
    )


def count(device: str, seq: int, at: int, people: float, *, zone: str = "square", window_s: float = 5.0, **body: Any) -> Event:
    """People in a zone."""
    least, most, moved = int(people * 0.7), int(people * 1.3) + 1, body.pop("moved", False)
    observed = CrowdCount(zone, around(people, 0.5 + 0.15 * people), window_s, 35, least, most, moved=moved)
    return make(device, seq, at, EventType.CROWD_COUNT, observed, model=MODEL, sensor=Sensor("cam"), **body)


def density(device: str, seq: int, at: int, value: float, *, zone: str = "square", **body: Any) -> Event:
    """How close people stand in a zone."""
    estimate = around(value, 0.1 * value)
    observed = CrowdDensity(zone, estimate, estimate, ServiceLevel.E, around(40.0, 1.0), 5.0, 35, trusted_to=60.0)
    return make(device, seq, at, EventType.CROWD_DENSITY, observed, model=MODEL, sensor=Sensor("cam"), **body)


def flow(device: str, seq: int, at: int, forward: int, backward: int, *, line: str = "gate", moved: bool = False) -> Event:
    """People over a line."""
    observed = CrowdFlow(line, around(forward, 1), around(backward, 1), 5.0, 35, moved=moved)
    return make(device, seq, at, EventType.CROWD_FLOW, observed, model=MODEL, sensor=Sensor("cam"))


def alert(
    device: str, seq: int, at: int, incident: str, phase: Phase, people: float, peak: float, duration_s: float, **body: Any
) -> Event:
    """One event of a crowding incident."""
    observed = CrowdAlert(
        body.pop("zone", "square"), around(people, 0.5 + 0.15 * people), peak, 18.0, 14.0, duration_s, body.pop("density", None)
    )
    cues = (Cue("occupancy", people, "people"), Cue("above-limit-for", duration_s, "s"), Cue("pictures-looked-at", 35.0))
    body.setdefault("where", Where(50.8467, 4.3525, heading=120.0))
    return make(
        device,
        seq,
        at,
        EventType.CROWD_ALERT,
        observed,
        model=MODEL,
        sensor=Sensor("cam", "CAM-0231"),
        incident=incident,
        phase=phase,
        assessed=Assessed("zone-too-full", 0.93, cues),
        **body,
    )


class Rows:
    """Puts events on a board as the store numbers them."""

    def __init__(self, board: Board) -> None:
        self._board, self._row = board, 0

    def __call__(self, event: Event, received_at: int) -> None:
        """Store the next one."""
        self._row += 1
        self._board.event(event, received_at, self._row)
