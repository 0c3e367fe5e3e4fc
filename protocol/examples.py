"""One valid example of each message, for the page, the AsyncAPI document and the tests.

Rules: an example is built from the types and written by the codec, so that it cannot differ from what the software sends.
Nothing in it names a real place, box or person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from protocol.acks import Ack
from protocol.basis import Estimate
from protocol.commands import Command, Reply
from protocol.config import Anpr, Config, Gate, Lane, Line, Refusal, Report, Source, Zone, ZoneAlarm
from protocol.enrolment import EnrolRequest, EnrolResponse
from protocol.events import (
    Alternate,
    AnprHit,
    AnprRead,
    Assessed,
    Clock,
    ClockSource,
    Colour,
    CrowdAlert,
    CrowdCount,
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
    UpdateStep,
    VehicleKind,
    Where,
)
from protocol.examples_gunshot import SHOTS
from protocol.identifiers import uuid7
from protocol.keys import KeyBundle, KeyOffer, PlateKey
from protocol.lists import Change, ListHeader, Part, Seal
from protocol.manifest import (
    DataSet,
    GoldenVectors,
    Input,
    Manifest,
    Metric,
    OperatingPoint,
    Origin,
    Output,
    Variant,
)
from protocol.orders import Order, Orders, SignedOrders, Window
from protocol.release import Custom, Form, Release
from protocol.state import (
    AcceleratorTelemetry,
    LinkTelemetry,
    MicrophoneTelemetry,
    OutboxTelemetry,
    SourceTelemetry,
    State,
    Status,
    Telemetry,
    Versions,
)
from protocol.twin import Desired, ListChange, ListOrder, Reported

FLEET = "harbour"
DEVICE = "square-north-2"
BOOT = "k3v7q2mzt5ha"

_AT = dt.datetime(2026, 3, 1, 17, 20, 30, 250000, tzinfo=dt.timezone.utc)
_MADE = _AT + dt.timedelta(milliseconds=180)
_UNIX_MS = 1772385630430
_CLOCK = Clock(ClockSource.NTP, synchronised=True, offset_ms=-1.8, sigma_ms=0.6)
_WHERE = Where(lat=54.0112, lon=10.7653, heading=215.0, accuracy=4.0)
_MODEL = ModelRef(name="person-vehicle-fast", version="1.0.0", digest="5e" * 32, operating_point="default")
_NONCE = "3c" * 16
_SENSOR = Sensor(id="square", reference="CAM-0417", frame=48213)


def _event(kind: EventType, seq: int, body: EventBody) -> Event:  # type: ignore[type-arg]  # any observation
    rand = (seq * 0x9E3779B97F4A7C15 % 2**80).to_bytes(10, "big")
    return Event(FLEET, DEVICE, uuid7(_UNIX_MS, rand), kind, _MADE, BOOT, seq, body)


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
_INCIDENT = uuid7(_UNIX_MS - 42_000, bytes(range(10)))

EVENTS: Mapping[EventType, Event] = MappingProxyType(
    {
        EventType.CROWD_COUNT: _event(
            EventType.CROWD_COUNT,
            1840,
            EventBody(
                _AT,
                _CLOCK,
                CrowdCount("steps", Estimate(11.4, 9.0, 14.0), window_s=30.0, pictures=148, minimum=8, maximum=14, missed=2),
                sensor=_SENSOR,
                where=_WHERE,
                model=_MODEL,
            ),
        ),
        EventType.CROWD_FLOW: _event(
            EventType.CROWD_FLOW,
            1841,
            EventBody(
                _AT,
                _CLOCK,
                CrowdFlow(
                    "bridge", forward=Estimate(6.0, 5.0, 8.0), backward=Estimate(2.0, 1.0, 3.0), window_s=30.0, pictures=148
                ),
                sensor=_SENSOR,
                where=_WHERE,
                model=_MODEL,
            ),
        ),
        EventType.CROWD_ALERT: _event(
            EventType.CROWD_ALERT,
            1842,
            EventBody(
                _AT,
                _CLOCK,
                CrowdAlert("steps", Estimate(42.0, 36.5, 48.5), peak=44.2, enter_at=40.0, leave_at=32.0, duration_s=42.0),
                sensor=_SENSOR,
                where=_WHERE,
                model=_MODEL,
                incident=_INCIDENT,
                phase=Phase.UPDATE,
                assessed=Assessed("crowding", 0.93, _CUES),
            ),
        ),
        EventType.DEVICE_HEALTH: _event(
            EventType.DEVICE_HEALTH,
            1843,
            EventBody(
                _AT,
                _CLOCK,
                DeviceHealth("degraded", raised=(Reason("source-stalled", "source square", "no picture for 5 s"),)),
            ),
        ),
        EventType.OUTBOX_EVICTED: _event(
            EventType.OUTBOX_EVICTED,
            1844,
            EventBody(
                _AT,
                _CLOCK,
                OutboxEvicted(BOOT, "full", ((1201, 1388), (1390, 1402)), {"crowd.count": 168, "crowd.flow": 33}),
            ),
        ),
        EventType.OTA_REPORT: _event(
            EventType.OTA_REPORT,
            1845,
            EventBody(
                _AT,
                _CLOCK,
                OtaReport(
                    "person-vehicle-fast",
                    release=4,
                    running=3,
                    step=UpdateStep.ROLLED_BACK,
                    counter=12,
                    nonce=_NONCE,
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
                _AT,
                _CLOCK,
                AnprRead(Pseudonym("travel-times", "travel-times-31", "0f" * 16), posterior=0.97, passage=_PASSAGE),
                sensor=_SENSOR,
                where=_WHERE,
                model=_READER,
            ),
        ),
        EventType.ANPR_HIT: _event(
            EventType.ANPR_HIT,
            1847,
            EventBody(
                _AT,
                _CLOCK,
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
                where=_WHERE,
                model=_READER,
                incident=uuid7(_UNIX_MS - 900, bytes(range(10, 20))),
                phase=Phase.NEW,
                assessed=Assessed("listed-plate", 0.46, _HIT_CUES),
            ),
        ),
        EventType.GUNSHOT_DETECTED: _event(
            EventType.GUNSHOT_DETECTED,
            1848,
            EventBody(
                _AT,
                _CLOCK,
                SHOTS,
                sensor=Sensor("mast-3"),
                where=_WHERE,
                model=ModelRef("gunshot", "1.0.0", "4d" * 32, "default"),
                incident=uuid7(_UNIX_MS - 700, bytes(range(20, 30))),
                phase=Phase.NEW,
                assessed=Assessed("gunshot", 0.83, (Cue("onset", 31.0, "dB"), Cue("model", 0.91), Cue("windows", 3.0))),
            ),
        ),
    }
)
"""One event of each type."""

_CONFIG = Config(
    sources=(
        Source(
            id="square",
            uri="/var/lib/lamplighter/square.mp4",
            repeat=True,
            gate=Gate(max_regions=3),
            zones=(
                Zone(
                    "steps",
                    ((0.08, 0.42), (0.61, 0.4), (0.72, 0.97), (0.03, 0.98)),
                    label="Steps to the quay",
                    alarm=ZoneAlarm(enter_at=40.0, leave_at=32.0),
                ),
            ),
            lines=(Line("bridge", (0.2, 0.7), (0.9, 0.7)),),
            anpr=Anpr(
                lists=("stolen",),
                others="pseudonym",
                purpose="travel-times",
                lanes=(Lane("inner", ((0.1, 0.3), (0.5, 0.3), (0.5, 1.0), (0.0, 1.0))),),
            ),
            where=_WHERE,
            reference="CAM-0417",
        ),
    ),
    report=Report(count_interval_s=30.0),
)

STATE = State(
    Status.ONLINE,
    BOOT,
    at=_MADE,
    versions=Versions("0.1.0", "3.11.9", "Debian GNU/Linux 12", "Raspberry Pi 5, 8 GB"),
    capabilities=("crowd", "anpr"),
    models=(_MODEL,),
    where=_WHERE,
    config_version=7,
    lock=KeyOffer("w1" * 21 + "A", "q4" * 43),
    keys=("list-stolen-4", "travel-times-31"),
    lists={"stolen": 118},
)

WILL = State(Status.OFFLINE, BOOT)
"""What the broker sends when the box vanishes."""

TELEMETRY = Telemetry(
    _MADE,
    uptime_s=86412.5,
    clock=_CLOCK,
    load=1.7,
    memory_mb=412.0,
    disk_free_mb=9120.0,
    temperature_c=58.4,
    sources={"square": SourceTelemetry("running", 5.0, 432000, 431100, {"superseded": 900}, 96.0)},
    accelerators={"cpu": AcceleratorTelemetry("ready", "person-vehicle-fast", 41.0)},
    outbox=OutboxTelemetry(pending=3, stored_bytes=1890, oldest_s=0.4),
    link=LinkTelemetry(connected=True, connections=1, bytes_out=5_120_000, bytes_in=410_000),
    microphones={"roof": MicrophoneTelemetry("running", 1_382_600_000, 2, 14, -47.5)},
)

ORDERS = Orders(
    FLEET,
    DEVICE,
    counter=12,
    orders=(
        Order(
            "person-vehicle-fast",
            release=4,
            nonce=_NONCE,
            rollout=_INCIDENT,
            windows=(Window(_AT + dt.timedelta(hours=9), _AT + dt.timedelta(hours=11)),),
        ),
    ),
)

DESIRED = Desired(
    7,
    _CONFIG,
    SignedOrders(
        msgspec.json.encode(ORDERS).decode(), "q4" * 43, "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"
    ),
    (ListOrder("stolen", 118, "9c" * 32, 1_604_112, (ListChange(117, "ad" * 32, 1_744),)),),
)

LIST_HEADER = ListHeader(
    FLEET,
    "stolen",
    version=118,
    purpose="stolen-vehicles",
    basis="Decision 2026/114 of the college",
    made=_AT,
    expires=_AT + dt.timedelta(days=30),
    key="list-stolen-4",
    least=0.2,
    parts=(Part(".......", 100_212), Part("...?...", 4)),
    body="be" * 32,
)

LIST_SEAL = Seal("q4" * 43, "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n")

LIST_CHANGE = Change(117, ((".......", 14, 92),))

KEY_BUNDLE = KeyBundle(
    FLEET,
    DEVICE,
    BOOT,
    (PlateKey("list-stolen-4", "list", "stolen-vehicles", "c3" * 21 + "A", _AT, _AT + dt.timedelta(days=90)),),
)

TARGET = Custom(
    release=Release(
        "person-vehicle-fast",
        release=4,
        version="1.1.0",
        files=("manifest.json", "golden.npz"),
        forms=(Form("person-vehicle-fast.int8.onnx", "onnxruntime", "int8"),),
        hardware=("Raspberry Pi 5", "Raspberry Pi 4"),
    )
)

REPORTED = Reported(
    7,
    _CONFIG,
    refused_version=8,
    refusals=(Refusal("sources[0].zones[0].polygon", "zone 'steps' of source 'square': 2 vertices; a zone needs 3 to 64"),),
)

ACK = Ack(BOOT, 1838, ((1842, 1842),))

COMMAND = Command(_MADE)

REPLY = Reply("ping", ok=True, message="up 86412 s")

ENROL_REQUEST = EnrolRequest(
    DEVICE, "4K7M-2XQ9-TB3C", "-----BEGIN CERTIFICATE REQUEST-----\n...\n-----END CERTIFICATE REQUEST-----\n"
)

ENROL_RESPONSE = EnrolResponse(
    FLEET,
    "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n",
    "broker.example",
    8883,
)

MANIFEST = Manifest(
    name="person-vehicle-fast",
    version="1.0.0",
    intended_purpose="Finding people as boxes in pictures of public space, to count them; a person judges every alert.",
    prohibited_uses=("Recognising or re-identifying a person",),
    risk_id="LL-CROWD-001",
    limits=("People under about 40 pixels of the picture are missed",),
    labels=("person", "bicycle"),
    input=Input("image", 300, 300),
    output=Output("boxes-and-scores", {"scores": "scores", "boxes": "boxes"}),
    operating_points={"default": OperatingPoint({"person": 0.3}, 0.55, "200 frames of a square, seen from a lamppost")},
    variants=(Variant("person-vehicle-fast.int8.onnx", "5e" * 32, 4_363_398, "onnxruntime", "int8"),),
    golden=GoldenVectors("golden.npz", "6f" * 32, 485_281, {"int8": 0.16}),
    quantisation="Static, int8 weights per channel, uint8 activations",
    data=(DataSet("A square, frames 201-400", "report", "CC BY 4.0", "recorded by the city with consent"),),
    metrics=(Metric("person.ap50", 0.9421, 0.912, 0.9663, 1100, "A square, frames 201-400"),),
    sources=(Origin("a public detector", "1.0.6", "7a" * 32, "Apache-2.0"),),
)
