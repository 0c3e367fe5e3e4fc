"""What a box and its manager say beside events: configuration, state, telemetry, commands, enrolment."""

from __future__ import annotations

import msgspec

from protocol.acks import Ack
from protocol.commands import Command, Reply
from protocol.config import Anpr, Config, Gate, Lane, Line, Refusal, Report, Source, Zone, ZoneAlarm
from protocol.enrolment import EnrolRequest, EnrolResponse
from protocol.examples.basis import BOOT, CLOCK, DEVICE, FLEET, MADE, MODEL, WHERE
from protocol.examples.models import ORDERS
from protocol.keys import KeyOffer
from protocol.orders import SignedOrders
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

CONFIG = Config(
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
            where=WHERE,
            reference="CAM-0417",
        ),
    ),
    report=Report(count_interval_s=30.0),
)

STATE = State(
    Status.ONLINE,
    BOOT,
    at=MADE,
    versions=Versions("0.1.0", "3.11.9", "Debian GNU/Linux 12", "Raspberry Pi 5, 8 GB"),
    capabilities=("crowd", "anpr"),
    models=(MODEL,),
    where=WHERE,
    config_version=7,
    lock=KeyOffer("w1" * 21 + "A", "q4" * 43),
    keys=("list-stolen-4", "travel-times-31"),
    lists={"stolen": 118},
)

WILL = State(Status.OFFLINE, BOOT)
"""What the broker sends when the box vanishes."""

TELEMETRY = Telemetry(
    MADE,
    uptime_s=86412.5,
    clock=CLOCK,
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

DESIRED = Desired(
    7,
    CONFIG,
    SignedOrders(
        msgspec.json.encode(ORDERS).decode(), "q4" * 43, "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"
    ),
    (ListOrder("stolen", 118, "9c" * 32, 1_604_112, (ListChange(117, "ad" * 32, 1_744),)),),
)

REPORTED = Reported(
    7,
    CONFIG,
    refused_version=8,
    refusals=(Refusal("sources[0].zones[0].polygon", "zone 'steps' of source 'square': 2 vertices; a zone needs 3 to 64"),),
)

ACK = Ack(BOOT, 1838, ((1842, 1842),))

COMMAND = Command(MADE)

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
