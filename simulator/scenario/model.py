"""What a scenario file says.

Rules: unknown keys are refused; times are seconds since the scenario's start; a device is named, or ``*`` stands for all
virtual ones. A fault without ``for_s`` stays until the end.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol.config import ZoneAlarm
from simulator.devices.error_model import ErrorModel
from simulator.devices.updates import UpdateModel
from simulator.worlds.crowds import Occasion, Rhythm

Seconds = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """Something that is broken on purpose."""

    at_s: Annotated[Seconds, Meta(description="When it begins")]
    for_s: Annotated[Seconds, Meta(description="How long; null = to the end")] | None = None
    repeats_s: Annotated[float, Meta(gt=0, description="From one beginning to the next")] | None = None


class Lose(Fault, frozen=True, tag="lose"):
    """A share of a device's messages never arrives."""

    device: str
    share: Share


class Duplicate(Fault, frozen=True, tag="duplicate"):
    """A share arrives twice."""

    device: str
    share: Share


class Reorder(Fault, frozen=True, tag="reorder"):
    """A share is overtaken by what comes after it."""

    device: str
    share: Share


class Delay(Fault, frozen=True, tag="delay"):
    """Messages are late by up to so many seconds."""

    device: str
    up_to_s: Seconds


class CutLink(Fault, frozen=True, tag="cut-link"):
    """A device cannot reach its manager."""

    device: str


class Kill(Fault, frozen=True, tag="kill"):
    """A process is killed, or, for a virtual device, starts again under a new boot; whoever watches it starts it again."""

    what: Annotated[str, Meta(description="ingest, web, or the name of a device")]


class RestartBroker(Fault, frozen=True, tag="restart-broker"):
    """The broker is killed and comes back remembering nothing; ``for_s`` is how long it is away."""


class StepClock(Fault, frozen=True, tag="step-clock"):
    """A device's wall clock steps; back again at the end."""

    device: str
    by_s: float


class FillDisk(Fault, frozen=True, tag="fill-disk"):
    """A device's outbox has no room for more than it holds."""

    device: str


class Degrade(Fault, frozen=True, tag="degrade"):
    """Something in a device is not well, and says so."""

    device: str
    code: str
    subject: str = ""
    detail: Annotated[str, Meta(max_length=120)] = ""


AnyFault = Lose | Duplicate | Reorder | Delay | CutLink | Kill | RestartBroker | StepClock | FillDisk | Degrade


class DeviceGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some devices have in common; a device takes the first group that names it."""

    devices: Annotated[tuple[str, ...], Meta(min_length=1, description="Names; '*' stands for all")]
    errors: ErrorModel = ErrorModel()
    count_interval_s: Annotated[int, Meta(ge=1, description="Seconds between counts")] = 5
    flow_interval_s: Annotated[int, Meta(ge=1, description="Seconds between flows")] = 10
    telemetry_interval_s: Annotated[int, Meta(ge=1)] = 15
    alarm: ZoneAlarm | None = None
    dwell_s: Annotated[float, Meta(gt=0, description="Mean stay of a person in the zone")] = 20.0
    occasions: tuple[Occasion, ...] = ()
    updates: UpdateModel = UpdateModel()


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole."""

    name: Annotated[str, Meta(max_length=80)]
    seed: int = 1
    depth: Literal["statistics"] = "statistics"
    boxes: Annotated[int, Meta(ge=0, le=5000, description="Virtual devices; beyond the town's places they are copies")] = 30
    rhythm: Rhythm = Rhythm()
    groups: tuple[DeviceGroup, ...] = ()
    faults: tuple[AnyFault, ...] = ()

    def group(self, device: str) -> DeviceGroup:
        """What applies to a device."""
        for group in self.groups:
            if device in group.devices or "*" in group.devices:
                return group
        return DeviceGroup(("*",))
