"""What leaves the box: events, and nothing else.

Rules:

- ``observed`` holds what was measured, with units and uncertainty; ``assessed`` what the software thinks of it, with a
  probability and its reasons. They never mix.
- There is no field for bytes, pictures, sound, embeddings or templates, and no free text beyond a short reason. A type that
  cannot hold a picture is the first of the three guards (the others are the size caps of :mod:`protocol.limits`).
- An incident has one id through its life ``new``, ``update`` ..., ``end``.
- Track numbers are ephemeral: they start again with every boot and join nothing across cameras.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta

from protocol.basis import Code, Estimate, EventTypeName, Probability, ShortText, Struct
from protocol.gunshot import GunshotDetected
from protocol.identifiers import Boot, Count, EventId, Name, Ordinal, Seq
from protocol.plates import PlateText
from protocol.pseudonyms import PseudonymText


class EventType(str, enum.Enum):
    """CloudEvents ``type`` and last topic level of an event."""

    CROWD_COUNT = "crowd.count"
    CROWD_DENSITY = "crowd.density"
    CROWD_FLOW = "crowd.flow"
    CROWD_ALERT = "crowd.alert"
    DEVICE_HEALTH = "device.health"
    OUTBOX_EVICTED = "outbox.evicted"
    OTA_REPORT = "ota.report"
    ANPR_READ = "anpr.read"
    ANPR_HIT = "anpr.hit"
    GUNSHOT_DETECTED = "gunshot.detected"


class Priority(enum.IntEnum):
    """Order of sending (highest first) and of eviction (lowest first)."""

    STATISTIC = 0
    REPORT = 1
    ALERT = 2


PRIORITY: dict[EventType, Priority] = {
    EventType.CROWD_COUNT: Priority.STATISTIC,
    EventType.CROWD_DENSITY: Priority.STATISTIC,
    EventType.CROWD_FLOW: Priority.STATISTIC,
    EventType.CROWD_ALERT: Priority.ALERT,
    EventType.DEVICE_HEALTH: Priority.REPORT,
    EventType.OUTBOX_EVICTED: Priority.REPORT,
    EventType.OTA_REPORT: Priority.REPORT,
    EventType.ANPR_READ: Priority.STATISTIC,
    EventType.ANPR_HIT: Priority.ALERT,
    EventType.GUNSHOT_DETECTED: Priority.ALERT,
}


class Phase(str, enum.Enum):
    """Where an event stands in the life of its incident; a statistic has none."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


class ClockSource(str, enum.Enum):
    """What disciplines the box's wall clock."""

    FREE = "free"
    NTP = "ntp"
    GNSS = "gnss"


class Clock(Struct, frozen=True):
    """How far ``captured_at`` may be trusted."""

    source: ClockSource
    synchronised: Annotated[bool, Meta(description="Whether that source has set the clock")]
    offset_ms: Annotated[float, Meta(description="Last estimated offset of the wall clock, milliseconds")] = 0.0
    sigma_ms: Annotated[float, Meta(ge=0, description="Standard deviation; null = unknown")] | None = None


class Where(Struct, frozen=True):
    """Position and heading of the sensor."""

    lat: Annotated[float, Meta(ge=-90, le=90, description="Latitude, degrees, WGS 84")]
    lon: Annotated[float, Meta(ge=-180, le=180, description="Longitude, degrees, WGS 84")]
    alt: Annotated[float, Meta(ge=-1000, le=100_000, description="Height above the ellipsoid, metres")] | None = None
    heading: Annotated[float, Meta(ge=0, lt=360, description="Degrees clockwise from true north")] | None = None
    accuracy: Annotated[float, Meta(ge=0, le=10_000_000, description="Radius of 95% confidence, metres")] | None = None
    frame: Annotated[str, Meta(pattern=r"^(fixed|vehicle|person)\Z", description="What carries the sensor")] = "fixed"


class Sensor(Struct, frozen=True):
    """Which sensor saw it."""

    id: Name
    reference: Annotated[str, Meta(max_length=64, description="The same view in the city's own video system")] = ""
    frame: Annotated[Ordinal, Meta(description="Number of the decoded picture since the source opened, from 1")] | None = None


class ModelRef(Struct, frozen=True):
    """Which model spoke, at which operating point."""

    name: Name
    version: Annotated[str, Meta(max_length=32, description="Version of its bundle")]
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="SHA-256 of the variant that ran")]
    operating_point: Annotated[str, Meta(max_length=32, description="Name of the thresholds, as in its manifest")]


class TrackBox(Struct, frozen=True):
    """One track in one picture, for evaluation on consented recordings only; refused by a production fleet."""

    track: Annotated[Ordinal, Meta(description="Ephemeral number within this boot")]
    left: Annotated[int, Meta(ge=-100000, le=100000, description="Pixels from the left edge of the picture")]
    top: Annotated[int, Meta(ge=-100000, le=100000, description="Pixels from its upper edge")]
    width: Annotated[int, Meta(ge=0, le=100000, description="Pixels")]
    height: Annotated[int, Meta(ge=0, le=100000, description="Pixels")]


TrustedTo = Annotated[
    float,
    Meta(
        ge=0,
        le=1_000_000,
        description="People in the zone beyond whom it is not trusted; null = nobody was seen yet, or not told",
    ),
]

Moved = Annotated[
    bool,
    Meta(description="Whether the camera looked elsewhere than when this was drawn, if only for a part of the window"),
]


class CrowdCount(Struct, frozen=True):
    """People in a zone over one window."""

    zone: Annotated[Name, Meta(description="Id of the zone in the configuration")]
    people: Annotated[Estimate, Meta(description="Mean number of people over the window")]
    window_s: Annotated[float, Meta(ge=0, description="Length of the window, seconds; 0 = one picture")]
    pictures: Annotated[Ordinal, Meta(description="Pictures that were looked at in the window")]
    minimum: Annotated[Count, Meta(description="Fewest people in one picture of the window")]
    maximum: Annotated[Count, Meta(description="Most people in one picture of the window")]
    missed: Annotated[Count, Meta(description="Pictures in the window dropped, timed out or failed")] = 0
    tracks: Annotated[tuple[TrackBox, ...], Meta(max_length=40, description="Evaluation only; empty otherwise")] = ()
    trusted_to: TrustedTo | None = None
    moved: Moved = False


class ServiceLevel(str, enum.Enum):
    """Level of service of a walkway (Fruin 1971): from A, everybody walks as he likes, to F, progress by shuffling alone."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class CrowdDensity(Struct, frozen=True):
    """How close people stand in a zone whose ground is known, and how they move. Those whom others hide are reckoned in."""

    zone: Annotated[Name, Meta(description="Id of the zone in the configuration")]
    density: Annotated[Estimate, Meta(description="Mean of zone and window, people per square metre")]
    densest: Annotated[Estimate, Meta(description="At the densest place, over about a metre, people per square metre")]
    service: Annotated[ServiceLevel, Meta(description="Of the mean density, as a walkway")]
    area_m2: Annotated[Estimate, Meta(description="Ground of the zone, square metres")]
    window_s: Annotated[float, Meta(ge=0, description="Length of the window, seconds; 0 = one picture")]
    pictures: Annotated[Ordinal, Meta(description="Pictures that were looked at in the window")]
    trend: Annotated[Estimate, Meta(description="Of the density, people per square metre and minute")] | None = None
    speed: Annotated[Estimate, Meta(description="Mean over people, metres per second")] | None = None
    pressure: Annotated[Estimate, Meta(description="Density times variance of velocity (Helbing 2007), 1/s^2")] | None = None
    trusted_to: TrustedTo | None = None
    missed: Annotated[Count, Meta(description="Pictures in the window dropped, timed out or failed")] = 0


class CrowdFlow(Struct, frozen=True):
    """People over a line in one window. Forward is from the left of start->end to its right, seen along the line."""

    line: Annotated[Name, Meta(description="Id of the line in the configuration")]
    forward: Annotated[Estimate, Meta(description="People from left to right")]
    backward: Annotated[Estimate, Meta(description="People from right to left")]
    window_s: Annotated[float, Meta(ge=0, description="Length of the window, seconds; 0 = one picture")]
    pictures: Annotated[Count, Meta(description="Pictures that were looked at in the window")]
    missed: Annotated[Count, Meta(description="Pictures in the window dropped, timed out or failed")] = 0
    moved: Moved = False


class CrowdAlert(Struct, frozen=True):
    """A zone is too full: what was measured."""

    zone: Annotated[Name, Meta(description="Id of the zone in the configuration")]
    people: Annotated[Estimate, Meta(description="People in the zone when the event was made")]
    peak: Annotated[float, Meta(ge=0, description="Highest smoothed count in this incident")]
    enter_at: Annotated[float, Meta(description="Threshold that raises the alarm, people")]
    leave_at: Annotated[float, Meta(description="Threshold that ends it, people")]
    duration_s: Annotated[float, Meta(ge=0, description="Time since the threshold was first crossed, seconds")]
    density: Annotated[Estimate, Meta(description="People per square metre, where the alarm is one of density")] | None = None
    trusted_to: TrustedTo | None = None
    moved: Moved = False


class Reason(Struct, frozen=True):
    """Why something is not well."""

    code: Code
    subject: Annotated[str, Meta(max_length=64, description="Which part: 'source square', 'accelerator cpu'")] = ""
    detail: ShortText = ""


class DeviceHealth(Struct, frozen=True):
    """A change in the health of a box."""

    status: Annotated[str, Meta(pattern=r"^(online|degraded)\Z", description="Health after the change")]
    raised: Annotated[tuple[Reason, ...], Meta(max_length=16, description="Reasons that are new")] = ()
    cleared: Annotated[tuple[Reason, ...], Meta(max_length=16, description="Reasons that are gone")] = ()


class OutboxEvicted(Struct, frozen=True):
    """Sequence numbers that will never arrive, so that no hole blocks the watermark."""

    boot: Annotated[Boot, Meta(description="Boot whose numbers these are; not always the boot that reports them")]
    reason: Annotated[str, Meta(pattern=r"^(full|power-cut|disk|too-large)\Z", description="Why they were thrown away")]
    ranges: Annotated[tuple[tuple[Seq, Seq], ...], Meta(min_length=1, max_length=128, description="Closed, [first, last]")]
    by_type: Annotated[
        dict[EventTypeName, Count], Meta(max_length=32, description="How many of each event type, where known")
    ] = {}


class UpdateStep(str, enum.Enum):
    """How far an update is. Of an order the last three are final."""

    ACCEPTED = "accepted"
    FETCHED = "fetched"
    ON_PROBATION = "on-probation"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled-back"
    REFUSED = "refused"


class OtaReport(Struct, frozen=True):
    """What became of an order to run a release."""

    bundle: Annotated[Name, Meta(description="Which bundle")]
    release: Annotated[Ordinal, Meta(description="Release that was ordered")]
    running: Annotated[Count, Meta(description="Release that runs now; 0 = the one that came with the installation")]
    step: Annotated[UpdateStep, Meta(description="How far it is")]
    counter: Annotated[Count, Meta(description="Of the orders; 0 = a stick, without an order")]
    nonce: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="Of the order; of a stick, drawn by the box")]
    reason: Reason | None = None
    fetched_bytes: Annotated[Count, Meta(description="What came over the wire for it")] = 0
    agreement: Annotated[float, Meta(ge=0, le=1, description="Share of looks in which old and new model agree")] | None = None
    latency_ratio: Annotated[float, Meta(ge=0, description="Median latency, new over old")] | None = None
    signature: Annotated[
        str,
        Meta(pattern=r"^([A-Za-z0-9_-]{86})?\Z", description="Ed25519 of the box's key over the rest of the report, base64url"),
    ] = ""


class VehicleKind(str, enum.Enum):
    """What a vehicle is taken for."""

    CAR = "car"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"
    TRUCK = "truck"
    BICYCLE = "bicycle"
    UNKNOWN = "unknown"


class Colour(str, enum.Enum):
    """Of a vehicle; unknown in the dark."""

    WHITE = "white"
    GREY = "grey"
    BLACK = "black"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    BROWN = "brown"
    UNKNOWN = "unknown"


class Direction(str, enum.Enum):
    """Of a passage, as the camera sees it."""

    TOWARDS = "towards"
    AWAY = "away"
    UNKNOWN = "unknown"


class Passage(Struct, frozen=True):
    """A vehicle that went by: what is measured of it besides its plate."""

    pictures: Annotated[Ordinal, Meta(description="In which its plate was read")]
    duration_s: Annotated[float, Meta(ge=0, le=86_400, description="From the first of them to the last, seconds")]
    plate_px: Annotated[float, Meta(ge=0, le=100_000, description="Width of the plate in the best of them, pixels")]
    direction: Direction = Direction.UNKNOWN
    direction_probability: Probability = 0.0
    lane: Annotated[Name, Meta(description="Id of the lane in the configuration; null = in none")] | None = None
    lane_probability: Probability = 0.0
    kind: VehicleKind = VehicleKind.UNKNOWN
    kind_probability: Probability = 0.0
    colour: Colour = Colour.UNKNOWN
    colour_probability: Probability = 0.0


class Pseudonym(Struct, frozen=True):
    """What stands for a plate within one purpose and one period."""

    purpose: Annotated[Name, Meta(description="Of the fleet's policy")]
    key: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z", description="Id of the key of this purpose and period")]
    value: PseudonymText


class AnprRead(Struct, frozen=True):
    """A vehicle whose plate is on no list went by; its plate does not leave the box."""

    pseudonym: Pseudonym
    posterior: Annotated[
        float, Meta(ge=0, le=1, description="Calibrated probability that it stands for the plate that was there")
    ]
    passage: Passage


class Alternate(Struct, frozen=True):
    """One plausible reading."""

    plate: PlateText
    probability: Probability


class AnprHit(Struct, frozen=True):
    """A vehicle went by whose plate, as it was read, is on a hit list."""

    list: Annotated[Name, Meta(description="Which list")]
    version: Annotated[Ordinal, Meta(description="Of the list, that was held against it")]
    plate: Annotated[PlateText, Meta(description="The reading that is on the list")]
    posterior: Annotated[float, Meta(ge=0, le=1, description="Calibrated probability that this is the plate")]
    through: Annotated[
        str,
        Meta(
            pattern=r"^(best|alternate|pattern)\Z",
            description="Best reading, an alternate to it, or a pattern with unknown characters",
        ),
    ]
    alternates: Annotated[
        tuple[Alternate, ...],
        Meta(min_length=1, max_length=10, description="Plausible readings, best first, this one among them"),
    ]
    passage: Passage


class Cue(Struct, frozen=True):
    """One thing that speaks for an assessment."""

    name: Annotated[Code, Meta(description="What was looked at")]
    value: Annotated[float, Meta(description="Its value, in the unit beside it")]
    unit: Annotated[str, Meta(max_length=16, description="Unit of the value; empty = none")] = ""


class Assessed(Struct, frozen=True):
    """What the software thinks of the observation. A person decides."""

    what: Annotated[Code, Meta(description="What it takes the observation for")]
    probability: Probability
    cues: Annotated[tuple[Cue, ...], Meta(max_length=16, description="What speaks for it")]


O_co = TypeVar("O_co", bound=Struct, covariant=True)


class EventBody(Struct, Generic[O_co], frozen=True):
    """Payload of an event; the CloudEvents attributes travel beside it."""

    captured_at: Annotated[
        dt.datetime,
        Meta(tz=True, description="When the sensor saw it; of a camera, when its picture came (wall clock of the box)"),
    ]
    clock: Clock
    observed: O_co
    sensor: Sensor | None = None
    where: Where | None = None
    model: ModelRef | None = None
    incident: Annotated[EventId, Meta(description="One id for all events of an incident, a UUIDv7")] | None = None
    phase: Phase | None = None
    assessed: Assessed | None = None


OBSERVED: dict[EventType, type[Struct]] = {
    EventType.CROWD_COUNT: CrowdCount,
    EventType.CROWD_DENSITY: CrowdDensity,
    EventType.CROWD_FLOW: CrowdFlow,
    EventType.CROWD_ALERT: CrowdAlert,
    EventType.DEVICE_HEALTH: DeviceHealth,
    EventType.OUTBOX_EVICTED: OutboxEvicted,
    EventType.OTA_REPORT: OtaReport,
    EventType.ANPR_READ: AnprRead,
    EventType.ANPR_HIT: AnprHit,
    EventType.GUNSHOT_DETECTED: GunshotDetected,
}

BODY: dict[EventType, Any] = {kind: EventBody[observed] for kind, observed in OBSERVED.items()}  # type: ignore[valid-type]


@dataclass(frozen=True)
class Event:
    """One event: CloudEvents attributes and body.

    ``(device, boot, seq)`` identifies it in the store; ``id`` is for people and other systems.
    """

    fleet: str
    device: str
    id: EventId
    type: EventType
    time: dt.datetime
    """When the box made the event, wall clock, with time zone."""
    boot: Boot
    seq: Seq
    body: EventBody[Any]

    @property
    def priority(self) -> Priority:
        """How urgent this event is."""
        return PRIORITY[self.type]
