"""What a box is told to do: sources, zones, lines, microphones, reporting. Carried by the desired twin and by a box's own file.

Rules: unknown keys are refused; every field has a description, from which the documentation is made; what types cannot say
(geometry, thresholds that belong together, names that must differ, the size of the whole) is checked by :mod:`protocol.check`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.basis import Struct
from protocol.events import Where
from protocol.geometry import MAX_VERTICES, Point
from protocol.identifiers import Name

DAY_S = 86_400
MOST_PEOPLE = 100_000
"""Numbers have an upper bound too: TOML knows ``inf`` and JSON does not."""


class ZoneAlarm(Struct, frozen=True):
    """When a zone counts as too full. Two thresholds, so that one person on the edge does not ring twice."""

    enter_at: Annotated[float, Meta(gt=0, le=MOST_PEOPLE, description="People at or above which the alarm begins to form")]
    leave_at: Annotated[float, Meta(ge=0, le=MOST_PEOPLE, description="People at or below which it ends; below enter_at")]
    min_duration_s: Annotated[float, Meta(ge=0, le=DAY_S, description="How long either must last, seconds")] = 3.0
    update_interval_s: Annotated[float, Meta(gt=0, le=DAY_S, description="Seconds between updates of a running alarm")] = 30.0


PerSquareMetre = Annotated[float, Meta(gt=0, le=20)]


class DensityAlarm(Struct, frozen=True):
    """When a crush seems to be coming: density that rises, and people who can no longer walk as such a density lets them.

    The defaults are measured; docs/adr/0025 says how. Needs a calibrated source.
    """

    warn_at: Annotated[PerSquareMetre, Meta(description="People per square metre from which it is asked at all")] = 1.5
    leave_at: Annotated[PerSquareMetre, Meta(description="People per square metre at which it ends; below warn_at")] = 1.0
    critical: Annotated[
        PerSquareMetre, Meta(description="People per square metre at which crowds become dangerous (Fruin 1993); over warn_at")
    ] = 5.5
    horizon_s: Annotated[
        float,
        Meta(
            ge=30,
            le=3600,
            description="Raised when critical would be reached within so many seconds; at warn_at, longer beyond",
        ),
    ] = 90.0
    min_duration_s: Annotated[float, Meta(ge=0, le=DAY_S, description="How long beginning or end must last, seconds")] = 25.0
    update_interval_s: Annotated[float, Meta(gt=0, le=DAY_S, description="Seconds between updates of a running alarm")] = 30.0


class Zone(Struct, frozen=True):
    """A part of the picture in which people are counted."""

    id: Name
    polygon: Annotated[
        tuple[Point, ...], Meta(max_length=MAX_VERTICES, description="Vertices in order, fractions of the picture")
    ]
    label: Annotated[str, Meta(max_length=48, description="Name for people")] = ""
    alarm: ZoneAlarm | None = None
    density_alarm: DensityAlarm | None = None


class Line(Struct, frozen=True):
    """A line over which people are counted, by direction."""

    id: Name
    start: Annotated[Point, Meta(description="One end, fractions of the picture")]
    end: Annotated[Point, Meta(description="The other end; forward is from the left of start->end to its right")]
    label: Annotated[str, Meta(max_length=48, description="Name for people")] = ""


class Gate(Struct, frozen=True):
    """Motion gate: which parts of a picture are worth an inference."""

    enabled: Annotated[bool, Meta(description="Whether still pictures are spared an inference")] = True
    max_regions: Annotated[int, Meta(ge=1, le=8, description="Most regions a picture is cut into")] = 4
    region_px: Annotated[
        int, Meta(ge=64, le=2048, description="Side of a region, pixels of the picture; 512 at least where plates are read")
    ] = 256
    look_every_s: Annotated[
        float,
        Meta(ge=0, le=60, description="Seconds between looks while somebody is there or something moves; 0 = at every picture"),
    ] = 0.75
    whole_every_s: Annotated[
        float, Meta(gt=0, le=DAY_S, description="Seconds between looks at the whole picture, moving or not")
    ] = 2.0


class Lane(Struct, frozen=True):
    """A lane of a street."""

    id: Name
    polygon: Annotated[
        tuple[Point, ...], Meta(max_length=MAX_VERTICES, description="Vertices in order, fractions of the picture")
    ]


class Anpr(Struct, frozen=True):
    """Reading number plates. Plates on a hit list leave the box; everyone else's do not."""

    detector: Annotated[Name, Meta(description="Bundle that finds plates on vehicles")] = "plate-detector"
    reader: Annotated[Name, Meta(description="Bundle that reads them")] = "plate-reader"
    lists: Annotated[tuple[Name, ...], Meta(max_length=16, description="Hit lists that are held against readings")] = ()
    others: Annotated[
        Literal["nothing", "pseudonym"], Meta(description="What leaves of plates on no list: nothing, or a pseudonym")
    ] = "nothing"
    purpose: Annotated[Name, Meta(description="Of the pseudonyms; null = there are none")] | None = None
    lanes: Annotated[tuple[Lane, ...], Meta(max_length=8, description="Lanes, the first that fits counts")] = ()
    least_px: Annotated[
        float,
        Meta(ge=20, le=1000, description="Width of a plate in pixels, below which the box says that the camera is too far"),
    ] = 60.0
    plausible: Annotated[float, Meta(gt=0, le=0.5, description="Probability from which an alternate is held against lists")] = (
        0.01
    )


GroundMetres = Annotated[float, Meta(ge=-10_000, le=10_000)]
Side = Annotated[int, Meta(ge=16, le=16_384)]


class GroundPoint(Struct, frozen=True):
    """A place that was clicked in the picture and measured on the ground."""

    picture: Annotated[Point, Meta(description="Where it is in the picture, fractions of it")]
    ground: Annotated[
        tuple[GroundMetres, GroundMetres], Meta(description="Where it is on the ground, metres in a frame of one's choice")
    ]


class Calibration(Struct, frozen=True):
    """Where the ground is that a camera sees. The ground is taken for a plane, the lens for one that leaves lines straight."""

    points: Annotated[tuple[GroundPoint, ...], Meta(min_length=4, max_length=32, description="At least four, well spread")]
    size: Annotated[tuple[Side, Side], Meta(description="Width and height of the picture they were clicked on, pixels")]
    sigma_px: Annotated[float, Meta(ge=0.1, le=50, description="Standard deviation of a click along each axis, pixels")] = 3.0


FOR_PEOPLE = "person-vehicle-accurate"
FOR_VEHICLES = "person-vehicle-fast"
"""Bundles that look where a source names none."""


class Source(Struct, frozen=True):
    """One camera or recording."""

    id: Name
    uri: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=512,
            description="A file's path; rtsp:// or http:// and a camera's address, never with a password; /dev/video0",
        ),
    ]
    kind: Annotated[
        Literal["file", "rtsp", "mjpeg", "v4l2"],
        Meta(description="A recording; a network camera over RTSP, or over HTTP as one JPEG after the other; one plugged in"),
    ] = "file"
    pace: Annotated[Literal["real-time", "fastest"], Meta(description="As the clock goes, or as fast as the box can")] = (
        "real-time"
    )
    fps: Annotated[float, Meta(gt=0, le=240, description="Pictures a second; null = what the source says")] | None = None
    repeat: Annotated[bool, Meta(description="Begin again at the end of the file")] = False
    transport: Annotated[Literal["tcp", "udp"], Meta(description="Of RTSP: within its connection, or as datagrams")] = "tcp"
    credential: (
        Annotated[Name, Meta(description="Under which the box keeps the camera's user name and password; null = none")] | None
    ) = None
    model: (
        Annotated[Name, Meta(description=f"Bundle that looks; null = {FOR_PEOPLE}, or {FOR_VEHICLES} where plates are read")]
        | None
    ) = None
    lighter: Annotated[Name, Meta(description="Bundle that looks when the box is hot; null = the same")] | None = None
    fallback: Annotated[bool, Meta(description="Let the processor look while the accelerator fails, perhaps less often")] = True
    operating_point: Annotated[str, Meta(max_length=32, description="Thresholds of the model, by name")] = "default"
    gate: Gate = Gate()
    zones: Annotated[tuple[Zone, ...], Meta(max_length=16, description="Where people are counted")] = ()
    lines: Annotated[tuple[Line, ...], Meta(max_length=16, description="Over which people are counted")] = ()
    anpr: Annotated[Anpr, Meta(description="Reading number plates; null = none is read")] | None = None
    where: Where | None = None
    reference: Annotated[str, Meta(max_length=64, description="The same view in the city's own video system")] = ""
    calibration: (
        Annotated[Calibration, Meta(description="Where the ground is; null = not known, nothing is in metres")] | None
    ) = None

    @property
    def bundle(self) -> str:
        """Name of the bundle that looks."""
        return self.model or (FOR_PEOPLE if self.anpr is None else FOR_VEHICLES)


Metres = Annotated[float, Meta(ge=-10, le=10)]


class Microphone(Struct, frozen=True):
    """One microphone or array, or a recording of one. Shots are listened for; no sound is kept or sent."""

    id: Name
    uri: Annotated[str, Meta(min_length=1, max_length=512, description="A file's path, or the name of an ALSA device")]
    kind: Annotated[Literal["file", "alsa"], Meta(description="What it is")] = "file"
    pace: Annotated[
        Literal["real-time", "fastest", "wall-clock"],
        Meta(
            description="Of a recording: as the clock goes; as fast as the box can; or in step with other boxes: what repeats "
            "begins at whole multiples of its length since 1970"
        ),
    ] = "real-time"
    repeat: Annotated[bool, Meta(description="Begin again at the end of the file")] = False
    rate_hz: Annotated[Literal[16_000, 48_000], Meta(description="Samples a second and channel")] = 16_000
    channels: Annotated[int, Meta(ge=1, le=8, description="How many")] = 1
    positions: Annotated[
        tuple[tuple[Metres, Metres, Metres], ...],
        Meta(
            max_length=8,
            description="Where the microphone of each channel is: metres to the right, ahead and up, seen along the heading; "
            "empty = not known, and no direction is told",
        ),
    ] = ()
    full_scale_db: (
        Annotated[
            float,
            Meta(
                ge=60, le=200, description="Peak sound pressure level that is full scale, dB re 20 micropascals; null = unknown"
            ),
        ]
        | None
    ) = None
    model: Annotated[Name, Meta(description="Bundle that listens for shots")] = "gunshot"
    operating_point: Annotated[str, Meta(max_length=32, description="Thresholds of the model, by name")] = "default"
    where: Where | None = None
    reference: Annotated[str, Meta(max_length=64, description="The same place in the city's own system")] = ""


class Report(Struct, frozen=True):
    """How often a box speaks. The defaults keep a box with one camera under 150 MB a month."""

    count_interval_s: Annotated[
        float, Meta(ge=0, le=DAY_S, description="Window of counts and flows, seconds; 0 = every picture")
    ] = 60.0
    telemetry_interval_s: Annotated[float, Meta(ge=1, le=DAY_S, description="Seconds between telemetry")] = 60.0
    evaluation: Annotated[bool, Meta(description="Add track boxes to counts; only a manager in evaluation accepts them")] = (
        False
    )


class Config(Struct, frozen=True):
    """The whole of what a box does."""

    sources: Annotated[tuple[Source, ...], Meta(max_length=16, description="Cameras and recordings")] = ()
    report: Report = Report()
    microphones: Annotated[tuple[Microphone, ...], Meta(max_length=4, description="What is listened to")] = ()


class Refusal(Struct, frozen=True):
    """One fault in a configuration."""

    path: Annotated[str, Meta(max_length=200, description="Where: sources[0].zones[1].polygon")]
    message: Annotated[str, Meta(max_length=400, description="What is wrong and what to do")]
