"""Birth and death certificates, and telemetry.

Rules: the birth is retained and sent at each connection and each change of health; the broker sends the will when a box
vanishes. Telemetry is a last value: it may be lost and nothing may depend on it.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

from msgspec import Meta

from protocol.basis import Struct
from protocol.events import Clock, ModelRef, Reason, Where
from protocol.identifiers import Boot, Count, Name, Ordinal
from protocol.keys import KeyOffer
from protocol.lists import KeyId

Key = Annotated[str, Meta(max_length=64)]


class Status(str, enum.Enum):
    """Health as the control room shows it."""

    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"


class Versions(Struct, frozen=True):
    """What runs on the box."""

    agent: Annotated[str, Meta(max_length=48, description="Of Lamplighter")]
    python: Annotated[str, Meta(max_length=48, description="Of Python")] = ""
    system: Annotated[str, Meta(max_length=96, description="Of the operating system")] = ""
    hardware: Annotated[str, Meta(max_length=96, description="The board")] = ""


class State(Struct, frozen=True):
    """Birth certificate, or, as the will, death certificate."""

    status: Status
    boot: Boot
    at: Annotated[dt.datetime, Meta(tz=True, description="Null in a will: nobody knows when it is sent")] | None = None
    reasons: Annotated[tuple[Reason, ...], Meta(max_length=16, description="Why it is degraded")] = ()
    versions: Versions | None = None
    capabilities: Annotated[tuple[Name, ...], Meta(max_length=32, description="Kinds of analytics that it has")] = ()
    models: Annotated[tuple[ModelRef, ...], Meta(max_length=16, description="Models that run")] = ()
    where: Where | None = None
    config_version: Annotated[Count, Meta(description="Version of the desired twin that runs; 0 = the box's own file")] = 0
    lock: Annotated[KeyOffer, Meta(description="For keys of plates; where a source reads them")] | None = None
    keys: Annotated[tuple[KeyId, ...], Meta(max_length=24, description="Of plates, that it holds in memory")] = ()
    lists: Annotated[dict[Name, Ordinal], Meta(max_length=16, description="Versions of the hit lists that it uses")] = {}
    last_seq: Annotated[Count, Meta(description="In an orderly farewell: the last sequence number of this boot")] | None = None


class SourceTelemetry(Struct, frozen=True):
    """One source since the boot, and its rate now."""

    state: Annotated[str, Meta(max_length=24, description="starting, running, retrying, ended, failed")]
    fps: Annotated[float, Meta(ge=0, description="Pictures a second, lately")] = 0.0
    pictures: Annotated[Count, Meta(description="Pictures decoded")] = 0
    inferences: Annotated[Count, Meta(description="Pictures or regions that a model looked at")] = 0
    drops: Annotated[dict[Key, Count], Meta(max_length=16, description="Drops by reason")] = {}
    latency_ms: Annotated[float, Meta(description="Milliseconds from capture to result, median of a minute")] | None = None
    plate_px: Annotated[float, Meta(ge=0, description="Width of number plates lately, pixels")] | None = None


class AcceleratorTelemetry(Struct, frozen=True):
    """One accelerator."""

    state: Annotated[str, Meta(max_length=24, description="starting, ready, backing-off, failed")]
    model: Annotated[str, Meta(max_length=64, description="Bundle that it runs")] = ""
    inference_ms: Annotated[float, Meta(description="Milliseconds of one inference, median of a minute")] | None = None
    restarts: Annotated[Count, Meta(description="Times its process was started again")] = 0
    timeouts: Annotated[Count, Meta(description="Inferences that missed their deadline")] = 0


class MicrophoneTelemetry(Struct, frozen=True):
    """One microphone since the boot, and how it is now."""

    state: Annotated[str, Meta(max_length=24, description="starting, running, retrying, ended, failed")]
    samples: Annotated[Count, Meta(description="Samples a channel that were listened to")] = 0
    overruns: Annotated[Count, Meta(description="Times that sound was lost because nobody fetched it")] = 0
    onsets_a_minute: Annotated[Count, Meta(description="Onsets in the last minute, shots or not")] = 0
    level_db: (
        Annotated[float, Meta(ge=-200, le=20, description="RMS of the loudest channel, dB of full scale; null = no sound yet")]
        | None
    ) = None


class OutboxTelemetry(Struct, frozen=True):
    """The queue towards the manager."""

    pending: Annotated[Count, Meta(description="Events not yet acknowledged")] = 0
    stored_bytes: Annotated[Count, Meta(description="Bytes they take on disk")] = 0
    oldest_s: Annotated[float, Meta(ge=0, description="Age of the oldest of them, seconds")] = 0.0
    evicted: Annotated[Count, Meta(description="Events thrown away since the boot")] = 0


class LinkTelemetry(Struct, frozen=True):
    """The connection to the broker since the boot."""

    connected: Annotated[bool, Meta(description="Whether the broker has accepted it")] = False
    connections: Annotated[Count, Meta(description="Connections that the broker accepted")] = 0
    bytes_out: Annotated[Count, Meta(description="Bytes sent, at the IP level where the system tells")] = 0
    bytes_in: Annotated[Count, Meta(description="Bytes received, likewise")] = 0
    last_error: Annotated[str, Meta(max_length=120, description="Why the link last failed; empty = it did not")] = ""


class Telemetry(Struct, frozen=True):
    """Last values of a box."""

    at: Annotated[dt.datetime, Meta(tz=True, description="When the box made it, wall clock")]
    uptime_s: Annotated[float, Meta(ge=0, description="Seconds since the agent started")]
    clock: Clock | None = None
    load: Annotated[float, Meta(ge=0, description="One-minute load average")] | None = None
    memory_mb: Annotated[float, Meta(ge=0, description="Proportional set size of all agent processes, megabytes")] | None = None
    disk_free_mb: Annotated[float, Meta(ge=0, description="Free on the disk of the state folder, megabytes")] | None = None
    temperature_c: Annotated[float, Meta(description="Hottest part that the board measures, degrees Celsius")] | None = None
    sources: Annotated[dict[Name, SourceTelemetry], Meta(max_length=16, description="By the source's id")] = {}
    accelerators: Annotated[dict[Key, AcceleratorTelemetry], Meta(max_length=8, description="By the accelerator's name")] = {}
    outbox: OutboxTelemetry = OutboxTelemetry()
    link: LinkTelemetry = LinkTelemetry()
    microphones: Annotated[dict[Name, MicrophoneTelemetry], Meta(max_length=4, description="By the microphone's id")] = {}
