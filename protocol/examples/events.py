"""One event of each type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocol.basis import Estimate
from protocol.events import (
    Alternate,
    AnprHit,
    AnprRead,
    Assessed,
    Colour,
    CrowdAlert,
    CrowdCount,
    CrowdDensity,
    CrowdFlow,
    Cue,
    DeviceHealth,
    Direction,
    Event,
    EventBody,
    EventType,
    ModelRef,
    OtaReport,
    OutboxEvicted,
    Passage,
    Phase,
    Pseudonym,
    Reason,
    Sensor,
    ServiceLevel,
    UpdateStep,
    VehicleKind,
)
from protocol.examples.basis import AT, BOOT, CLOCK, DEVICE, FLEET, INCIDENT, MADE, MODEL, NONCE, UNIX_MS, WHERE
from protocol.examples.gunshot import SHOTS
from protocol.identifiers import uuid7

_SENSOR = Sensor(id="square", reference="CAM-0417", frame=48213)


def _event(kind: EventType, seq: int, body: EventBody) -> Event:  # type: ignore[type-arg]  # any observation
    rand = (seq * 0x9E3779B97F4A7C15 % 2**80).to_bytes(10, "big")
    return Event(FLEET, DEVICE, uuid7(UNIX_MS, rand), kind, MADE, BOOT, seq, body)


_CUES = (
    Cue("people-in-zone", 42.0, "people"),
    Cue("threshold", 40.0, "people"),
    Cue("duration", 42.0, "s"),
    Cue("peak", 44.2, "people"),
)
_PASSAGE = Passage(
    pictures=9,
    duration_s=1.6,
    plate_px=104.5,
    direction=Direction.TOWARDS,
    direction_probability=0.99,
    lane="inner",
    lane_probability=0.97,
    kind=VehicleKind.CAR,
    kind_probability=0.94,
    colour=Colour.BLUE,
    colour_probability=0.71,
)
_HIT_CUES = (
    Cue("posterior", 0.46),
    Cue("readings", 9.0, "pictures"),
    Cue("plate-width", 104.5, "px"),
)
_READER = ModelRef(name="plate-reader", version="1.1.0", digest="8b" * 32, operating_point="default")

EVENTS: Mapping[EventType, Event] = MappingProxyType(
    {
        EventType.CROWD_COUNT: _event(
            EventType.CROWD_COUNT,
            1840,
            EventBody(
                AT,
                CLOCK,
                CrowdCount(
                    "steps",
                    Estimate(11.4, 9.0, 14.0),
                    window_s=30.0,
                    pictures=148,
                    minimum=8,
                    maximum=14,
                    missed=2,
                    trusted_to=60.0,
                ),
                sensor=_SENSOR,
                where=WHERE,
                model=MODEL,
            ),
        ),
        EventType.CROWD_DENSITY: _event(
            EventType.CROWD_DENSITY,
            1839,
            EventBody(
                AT,
                CLOCK,
                CrowdDensity(
                    "steps",
                    Estimate(1.32, 1.18, 1.46),
                    Estimate(2.1, 1.5, 2.7),
                    ServiceLevel.E,
                    Estimate(34.0, 33.1, 34.9),
                    window_s=30.0,
                    pictures=148,
                    trusted_to=62.0,
                    trend=Estimate(0.41, 0.2, 0.62),
                    speed=Estimate(0.48, 0.4, 0.56),
                    pressure=Estimate(0.011, 0.0, 0.024),
                    missed=2,
                ),
                sensor=_SENSOR,
                where=WHERE,
                model=MODEL,
            ),
        ),
        EventType.CROWD_FLOW: _event(
            EventType.CROWD_FLOW,
            1841,
            EventBody(
                AT,
                CLOCK,
                CrowdFlow(
                    "bridge", forward=Estimate(6.0, 5.0, 8.0), backward=Estimate(2.0, 1.0, 3.0), window_s=30.0, pictures=148
                ),
                sensor=_SENSOR,
                where=WHERE,
                model=MODEL,
            ),
        ),
        EventType.CROWD_ALERT: _event(
            EventType.CROWD_ALERT,
            1842,
            EventBody(
                AT,
                CLOCK,
                CrowdAlert("steps", Estimate(42.0, 36.5, 48.5), peak=44.2, enter_at=40.0, leave_at=32.0, duration_s=42.0),
                sensor=_SENSOR,
                where=WHERE,
                model=MODEL,
                incident=INCIDENT,
                phase=Phase.UPDATE,
                assessed=Assessed("crowding", 0.93, _CUES),
            ),
        ),
        EventType.DEVICE_HEALTH: _event(
            EventType.DEVICE_HEALTH,
            1843,
            EventBody(
                AT,
                CLOCK,
                DeviceHealth("degraded", raised=(Reason("source-stalled", "source square", "no picture for 5 s"),)),
            ),
        ),
        EventType.OUTBOX_EVICTED: _event(
            EventType.OUTBOX_EVICTED,
            1844,
            EventBody(
                AT,
                CLOCK,
                OutboxEvicted(BOOT, "full", ((1201, 1388), (1390, 1402)), {"crowd.count": 168, "crowd.flow": 33}),
            ),
        ),
        EventType.OTA_REPORT: _event(
            EventType.OTA_REPORT,
            1845,
            EventBody(
                AT,
                CLOCK,
                OtaReport(
                    "person-vehicle-fast",
                    release=4,
                    running=3,
                    step=UpdateStep.ROLLED_BACK,
                    counter=12,
                    nonce=NONCE,
                    reason=Reason("latency", "probation", "median of 61 ms, 40 ms allowed"),
                    fetched_bytes=812_004,
                    agreement=0.94,
                    latency_ratio=1.5,
                    signature="q4" * 43,
                ),
            ),
        ),
        EventType.ANPR_READ: _event(
            EventType.ANPR_READ,
            1846,
            EventBody(
                AT,
                CLOCK,
                AnprRead(Pseudonym("travel-times", "travel-times-31", "0f" * 16), posterior=0.97, passage=_PASSAGE),
                sensor=_SENSOR,
                where=WHERE,
                model=_READER,
            ),
        ),
        EventType.ANPR_HIT: _event(
            EventType.ANPR_HIT,
            1847,
            EventBody(
                AT,
                CLOCK,
                AnprHit(
                    "stolen",
                    version=118,
                    plate="1XYZ088",
                    posterior=0.46,
                    through="alternate",
                    alternates=(Alternate("1XYZ08B", 0.52), Alternate("1XYZ088", 0.46)),
                    passage=_PASSAGE,
                ),
                sensor=_SENSOR,
                where=WHERE,
                model=_READER,
                incident=uuid7(UNIX_MS - 900, bytes(range(10, 20))),
                phase=Phase.NEW,
                assessed=Assessed("listed-plate", 0.46, _HIT_CUES),
            ),
        ),
        EventType.GUNSHOT_DETECTED: _event(
            EventType.GUNSHOT_DETECTED,
            1848,
            EventBody(
                AT,
                CLOCK,
                SHOTS,
                sensor=Sensor("mast-3"),
                where=WHERE,
                model=ModelRef("gunshot", "1.0.0", "4d" * 32, "default"),
                incident=uuid7(UNIX_MS - 700, bytes(range(20, 30))),
                phase=Phase.NEW,
                assessed=Assessed("gunshot", 0.83, (Cue("onset", 31.0, "dB"), Cue("model", 0.91), Cue("windows", 3.0))),
            ),
        ),
    }
)
"""One event of each type."""
