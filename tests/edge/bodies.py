"""Bodies of events as a box makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocol.basis import Estimate, Struct
from protocol.events import (
    Assessed,
    Clock,
    ClockSource,
    CrowdAlert,
    CrowdCount,
    Cue,
    DeviceHealth,
    EventBody,
    EventType,
    Phase,
    Reason,
)
from protocol.identifiers import uuid7
from simulator.faults.clocks import EPOCH

QUALITY = Clock(ClockSource.NTP, synchronised=True, offset_ms=0.4, sigma_ms=2.0)

COUNT, ALERT, HEALTH = EventType.CROWD_COUNT, EventType.CROWD_ALERT, EventType.DEVICE_HEALTH


def count(people: float = 12.0, zone: str = "square") -> EventBody[Any]:
    """A statistic."""
    return _body(CrowdCount(zone, Estimate(people, people - 1, people + 1), 10.0, 20, int(people) - 1, int(people) + 1))


def alert(people: float = 90.0, zone: str = "square") -> EventBody[Any]:
    """An alert at the beginning of its incident."""
    observed = CrowdAlert(zone, Estimate(people, people - 5, people + 5), people, 80.0, 60.0, 12.0)
    cues = (Cue("people", people, "people"),)
    return _body(observed, incident=uuid7(1), phase=Phase.NEW, assessed=Assessed("crowding", 0.93, cues))


def health(detail: str = "no picture for 5 s") -> EventBody[Any]:
    """A report."""
    return _body(DeviceHealth("degraded", raised=(Reason("silent", "source square", detail),)))


BODY: dict[EventType, Callable[[], EventBody[Any]]] = {COUNT: count, ALERT: alert, HEALTH: health}
"""What makes the body of each type."""


def _body(observed: Struct, **more: Any) -> EventBody[Any]:
    return EventBody(captured_at=EPOCH, clock=QUALITY, observed=observed, **more)
