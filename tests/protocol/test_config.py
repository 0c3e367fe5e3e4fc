"""FAULTS 55: what a box is told to do is refused with the path of the fault, every fault at once, and nothing that is right."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest

from protocol.check import check_config
from protocol.codec import encode_body
from protocol.config import (
    Calibration,
    Config,
    DensityAlarm,
    Gate,
    GroundPoint,
    Line,
    Microphone,
    Refusal,
    Report,
    Source,
    Zone,
    ZoneAlarm,
)
from protocol.events import Where
from protocol.geometry import MAX_VERTICES

SQUARE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))


def config(*, zones: tuple[Zone, ...] = (), lines: tuple[Line, ...] = ()) -> Config:
    return Config(sources=(Source("first", "clip.mp4"), Source("square", "clip.mp4", zones=zones, lines=lines)))


def zone(polygon: Any, alarm: ZoneAlarm | None = None) -> Config:
    return config(zones=(Zone("ok", SQUARE), Zone("steps", polygon, alarm=alarm)))


def dense(alarm: DensityAlarm, calibration: Calibration | None = None) -> Config:
    zones = (Zone("ok", SQUARE), Zone("steps", SQUARE, density_alarm=alarm))
    return Config((Source("first", "clip.mp4"), Source("square", "clip.mp4", zones=zones, calibration=calibration)))


CLICKED = (((0.2, 0.9), (0.0, 0.0)), ((0.8, 0.9), (6.0, 0.0)), ((0.6, 0.5), (6.0, 8.0)), ((0.4, 0.5), (0.0, 8.0)))
CALIBRATION = Calibration(tuple(GroundPoint(*pair) for pair in CLICKED), (800, 600))


def line(start: tuple[float, float], end: tuple[float, float]) -> Config:
    return config(lines=(Line("bridge", start, end),))


def heard(**given: Any) -> Config:
    return Config((Source("square", "clip.mp4"),), microphones=(Microphone(given.pop("id", "mast"), "street.wav", **given),))


PAIR = ((-0.1, 0.0, 0.0), (0.1, 0.0, 0.0))

ZONE_PATH, LINE_PATH = "sources[1].zones[1].polygon", "sources[1].lines[0]"
ALARM_PATH = "sources[1].zones[1].alarm.leave_at"
DENSITY_PATH = "sources[1].zones[1].density_alarm"

FAULTS: tuple[tuple[str, Config, str, str], ...] = (
    ("a microphone by a source's name", heard(id="square"), "microphones[0].id", "has the name of a source"),
    (
        "a microphone twice",
        Config(microphones=(Microphone("mast", "a.wav"), Microphone("mast", "b.wav"))),
        "microphones[1].id",
        "microphone 'mast' stands twice",
    ),
    (
        "played once by the wall clock",
        heard(pace="wall-clock"),
        "microphones[0].pace",
        "goes round: set repeat = true",
    ),
    (
        "a place too few",
        heard(channels=4, positions=PAIR, where=Where(51.0, 3.7, heading=0.0)),
        "microphones[0].positions",
        "2 positions for 4 channels; give one each, or none",
    ),
    (
        "an array that looks nowhere",
        heard(channels=2, positions=PAIR, where=Where(51.0, 3.7)),
        "microphones[0].where.heading",
        "a direction needs the heading",
    ),
    (
        "beside the picture",
        zone(((0.1, 0.1), (1.001, 0.1), (0.5, 0.9))),
        ZONE_PATH,
        "point 2 (1.001, 0.1) lies outside",
    ),
    ("above the picture", zone(((0.1, -0.001), (0.9, 0.1), (0.5, 0.9))), ZONE_PATH, "point 1 (0.1, -0.001) lies outside"),
    ("in pixels", zone(((10, 10), (300, 10), (300, 200))), ZONE_PATH, "fractions of its width and height, 0 to 1"),
    ("not a number", zone(((0.1, 0.1), (float("nan"), 0.1), (0.5, 0.9))), ZONE_PATH, "outside the picture"),
    ("infinite", zone(((0.1, 0.1), (0.5, float("inf")), (0.5, 0.9))), ZONE_PATH, "outside the picture"),
    ("a bow tie", zone(((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9))), ZONE_PATH, "the edge from vertex 1 crosses"),
    ("touching itself", zone(((0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1))), ZONE_PATH, "crosses the edge from vertex"),
    ("folded back", zone(((0.1, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.9))), ZONE_PATH, "the edge from vertex 1 crosses"),
    (
        "a vertex twice",
        zone(((0.1, 0.1), (0.9, 0.1), (0.9, 0.1), (0.5, 0.9))),
        ZONE_PATH,
        "vertices 2 and 3 are the same",
    ),
    ("closed by hand", zone((*SQUARE, SQUARE[0])), ZONE_PATH, "vertices 5 and 1 are the same point"),
    ("no vertices", zone(()), ZONE_PATH, "0 vertices; a zone needs 3 to 64"),
    ("two vertices", zone(SQUARE[:2]), ZONE_PATH, "2 vertices"),
    ("too many", zone(tuple((n / 200, n * n / 40000) for n in range(65))), ZONE_PATH, "65 vertices"),
    ("on one line", zone(((0.1, 0.1), (0.5, 0.5), (0.9, 0.9))), ZONE_PATH, "has no area; draw it larger"),
    ("a slip of the hand", zone(((0.5, 0.5), (0.504, 0.5), (0.5, 0.504))), ZONE_PATH, "has no area; draw it larger"),
    ("a line outside", line((0.1, 0.5), (1.2, 0.5)), LINE_PATH, "point 2 (1.2, 0.5) lies outside the picture"),
    ("a line from nowhere", line((float("nan"), 0.5), (0.2, 0.5)), LINE_PATH, "point 1 (nan, 0.5) lies outside the picture"),
    ("a line of no length", line((0.5, 0.5), (0.5, 0.5)), LINE_PATH, "start and end are the same point"),
    ("a very short line", line((0.5, 0.5), (0.502, 0.502)), LINE_PATH, "draw it longer"),
    (
        "thresholds alike",
        zone(SQUARE, ZoneAlarm(10, 10)),
        ALARM_PATH,
        "leave_at 10 must be below enter_at 10",
    ),
    ("thresholds crossed", zone(SQUARE, ZoneAlarm(10, 12)), ALARM_PATH, "would ring without end"),
    ("a density alarm without a ground", dense(DensityAlarm()), DENSITY_PATH, "calibrate source"),
    (
        "densities crossed",
        dense(DensityAlarm(warn_at=1.5, leave_at=1.5), CALIBRATION),
        DENSITY_PATH,
        "leave_at 1.5 must be below warn_at 1.5",
    ),
    (
        "a critical density that is reached before it is warned of",
        dense(DensityAlarm(critical=1.2), CALIBRATION),
        DENSITY_PATH,
        "that below critical 1.2",
    ),
    (
        "two sources of one name",
        Config(sources=(Source("a", "x"), Source("b", "x"), Source("a", "y"))),
        "sources[2].id",
        "source 'a' stands twice; give each its own name",
    ),
    (
        "two zones of one name",
        config(zones=(Zone("z", SQUARE),) * 2),
        "sources[1].zones[1].id",
        "zone 'z' stands twice",
    ),
    (
        "two lines of one name",
        config(lines=(Line("l", (0, 0), (1, 1)), Line("k", (0, 0), (1, 1)), Line("l", (0, 1), (1, 0)))),
        "sources[1].lines[2].id",
        "line 'l' stands twice",
    ),
)


@pytest.mark.parametrize(("faulty", "path", "words"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_named_by_its_path_with_the_remedy(faulty: Config, path: str, words: str) -> None:
    (refusal,) = check_config(faulty)
    assert refusal.path == path
    assert words in refusal.message
    if path in {ZONE_PATH, LINE_PATH}:
        assert "of source 'square'" in refusal.message
    assert msgspec.json.decode(encode_body(refusal), type=Refusal) == refusal


def test_the_check_never_stops_at_the_first_fault() -> None:
    sources = tuple(
        msgspec.structs.replace(s, id=f"s{i}-{j}") for i, f in enumerate(FAULTS) for j, s in enumerate(f[1].sources)
    )
    found = 0
    for start in range(0, len(sources), 16):
        found += len(check_config(Config(sources=sources[start : start + 16])))
    unheard = [faulty for _, faulty, _, _ in FAULTS if not faulty.microphones]
    assert found == len(unheard) - 1, "all but two sources of one name, which have got their own"


GOOD: tuple[tuple[str, Config], ...] = (
    ("nothing", Config()),
    ("no zones", config()),
    ("the whole picture", zone(((0, 0), (1, 0), (1, 1), (0, 1)))),
    ("the other way round", zone(SQUARE[::-1])),
    ("a triangle", zone(SQUARE[:3])),
    ("a concave zone", zone(((0.1, 0.1), (0.9, 0.1), (0.5, 0.3), (0.5, 0.9)))),
    ("a straight vertex", zone(((0.1, 0.1), (0.5, 0.1), (0.9, 0.1), (0.5, 0.9)))),
    ("64 vertices", zone(tuple((n / 200, n * n / 40000) for n in range(MAX_VERTICES)))),
    ("zones that overlap", config(zones=(Zone("a", SQUARE), Zone("b", SQUARE)))),
    ("lines that cross", config(lines=(Line("a", (0, 0), (1, 1)), Line("b", (0, 1), (1, 0))))),
    ("a zone and a line of one name", config(zones=(Zone("a", SQUARE),), lines=(Line("a", (0, 0), (1, 1)),))),
    ("zones of one name at two sources", Config(sources=tuple(Source(n, "x", zones=(Zone("z", SQUARE),)) for n in ("a", "b")))),
    ("an array", heard(channels=2, positions=PAIR, where=Where(51.0, 3.7, heading=90.0), rate_hz=48_000)),
    ("leaving at nobody", zone(SQUARE, ZoneAlarm(0.5, 0))),
)


@pytest.mark.parametrize("good", [c for _, c in GOOD], ids=[n for n, _ in GOOD])
def test_what_is_right_is_not_refused(good: Config) -> None:
    assert check_config(good) == ()


# what the types say

SOURCE = {"id": "square", "uri": "clip.mp4"}
ZONE = {"id": "steps", "polygon": [[0, 0], [1, 0], [1, 1]]}
ALARM = {"enter_at": 10, "leave_at": 8}


def _point(u: float, v: float, x: float, y: float) -> dict[str, Any]:
    return {"picture": [u, v], "ground": [x, y]}


GROUND: dict[str, Any] = {
    "points": [_point(0.2, 0.9, 0, 0), _point(0.8, 0.9, 6, 0), _point(0.6, 0.5, 6, 8), _point(0.4, 0.5, 0, 8)],
    "size": [800, 600],
}


def _source(**fields: Any) -> dict[str, Any]:
    return {"sources": [{**SOURCE, **fields}]}


REFUSED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("an unknown key", {"source": []}, "unknown field `source`"),
    ("an unknown key of a source", _source(zone=[]), r"unknown field `zone` - at `\$.sources\[0\]`"),
    ("17 sources", {"sources": [SOURCE] * 17}, r"length <= 16 - at `\$.sources`"),
    ("17 zones", _source(zones=[ZONE] * 17), r"`\$.sources\[0\].zones`"),
    ("17 lines", _source(lines=[{"id": "a", "start": [0, 0], "end": [1, 1]}] * 17), r"`\$.sources\[0\].lines`"),
    ("65 vertices", _source(zones=[{**ZONE, "polygon": [[0, 0]] * 65}]), "polygon"),
    ("a vertex of three", _source(zones=[{**ZONE, "polygon": [[0, 0, 0]]}]), "polygon"),
    ("a long label", _source(zones=[{**ZONE, "label": "x" * 49}]), "label"),
    ("no id", {"sources": [{"uri": "x"}]}, "missing required field `id`"),
    ("no name", _source(id="Square North"), "id"),
    ("no address", _source(uri=""), "uri"),
    ("a long address", _source(uri="x" * 513), "uri"),
    ("another kind", _source(kind="carrier-pigeon"), "kind"),
    ("another pace", _source(pace="slow"), "pace"),
    ("three points of a ground", _source(calibration={**GROUND, "points": GROUND["points"][:3]}), "length >= 4"),
    ("33 points of a ground", _source(calibration={**GROUND, "points": GROUND["points"][:1] * 33}), "length <= 32"),
    ("a click of no deviation", _source(calibration={**GROUND, "sigma_px": 0}), "sigma_px"),
    ("a ground clicked nowhere", _source(calibration={**GROUND, "size": [0, 600]}), "size"),
    ("a ground clicked on nothing", _source(calibration={"points": GROUND["points"]}), "missing required field `size`"),
    ("a ground in another town", _source(calibration={**GROUND, "points": [_point(0, 0, 10_001, 0)] * 4}), "ground"),
    ("no pictures", _source(fps=0), "fps"),
    ("too many pictures", _source(fps=241), "fps"),
    ("no name of a model", _source(model="../other"), "model"),
    ("regions: none", _source(gate={"max_regions": 0}), "max_regions"),
    ("regions: nine", _source(gate={"max_regions": 9}), "max_regions"),
    ("regions: a fraction", _source(gate={"max_regions": 1.5}), "max_regions"),
    ("a small region", _source(gate={"region_px": 63}), "region_px"),
    ("a large region", _source(gate={"region_px": 2049}), "region_px"),
    ("looks in the past", _source(gate={"look_every_s": -0.1}), "look_every_s"),
    ("looks too seldom", _source(gate={"look_every_s": 60.1}), "look_every_s"),
    ("never the whole picture", _source(gate={"whole_every_s": 0}), "whole_every_s"),
    ("seldom the whole picture", _source(gate={"whole_every_s": 86_401}), "whole_every_s"),
    ("a gate that is no switch", _source(gate={"enabled": 1}), "enabled"),
    ("an unknown key of a gate", _source(gate={"treshold": 1}), "unknown field `treshold`"),
    ("an alarm at nobody", _source(zones=[{**ZONE, "alarm": {**ALARM, "enter_at": 0}}]), "enter_at"),
    ("an alarm below nobody", _source(zones=[{**ZONE, "alarm": {**ALARM, "leave_at": -1}}]), "leave_at"),
    ("an alarm without an end", _source(zones=[{**ZONE, "alarm": {"enter_at": 3}}]), "missing required field `leave_at`"),
    ("a wait below nothing", _source(zones=[{**ZONE, "alarm": {**ALARM, "min_duration_s": -1}}]), "min_duration_s"),
    ("updates without end", _source(zones=[{**ZONE, "alarm": {**ALARM, "update_interval_s": 0}}]), "update_interval_s"),
    ("beyond the pole", _source(where={"lat": 90.1, "lon": 0}), "lat"),
    ("in orbit", _source(where={"lat": 0, "lon": 0, "alt": 200_000}), "alt"),
    ("counts of the past", {"report": {"count_interval_s": -1}}, "count_interval_s"),
    ("telemetry without end", {"report": {"telemetry_interval_s": 0.5}}, "telemetry_interval_s"),
)


@pytest.mark.parametrize(("raw", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_the_types_refuse(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.json.decode(json.dumps(raw), type=Config)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
@pytest.mark.parametrize(
    "place",
    [
        "sources.0.zones.0.alarm.enter_at",
        "sources.0.zones.0.alarm.leave_at",
        "sources.0.zones.0.alarm.min_duration_s",
        "sources.0.zones.0.alarm.update_interval_s",
        "sources.0.zones.0.polygon.0.0",
        "sources.0.lines.0.start.0",
        "sources.0.lines.0.end.1",
        "sources.0.gate.look_every_s",
        "sources.0.gate.whole_every_s",
        "sources.0.fps",
        "sources.0.where.lat",
        "sources.0.where.lon",
        "sources.0.where.alt",
        "sources.0.where.heading",
        "sources.0.where.accuracy",
        "sources.0.calibration.sigma_px",
        "sources.0.calibration.points.0.picture.0",
        "sources.0.calibration.points.3.ground.1",
        "report.count_interval_s",
        "report.telemetry_interval_s",
    ],
)
def test_what_json_cannot_say_is_refused_in_a_file_too(number: float, place: str) -> None:
    """TOML knows ``inf`` and ``nan``; a box that took them would report ``null``, which no manager can read."""
    raw: Any = {
        "sources": [
            {
                **SOURCE,
                "fps": 5.0,
                "gate": {"look_every_s": 0.75, "whole_every_s": 2.0},
                "zones": [{**ZONE, "polygon": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], "alarm": {**ALARM}}],
                "lines": [{"id": "a", "start": [0.0, 0.0], "end": [1.0, 1.0]}],
                "where": {"lat": 0.0, "lon": 0.0},
                "calibration": copy.deepcopy(GROUND),
            }
        ],
        "report": {},
    }
    assert check_config(msgspec.convert(raw, Config)) == ()
    at = raw
    *way, last = place.split(".")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = number
    try:
        taken = msgspec.convert(raw, Config)
    except msgspec.ValidationError:
        return
    assert check_config(taken) != ()


def test_every_number_of_a_configuration_is_in_that_list() -> None:
    """The list above is made by hand; here it is held against the types."""
    numbers = [
        (kind.__name__, field.name)
        for kind in (Config, Source, Gate, Zone, ZoneAlarm, Line, GroundPoint, Calibration, Report)
        for field in msgspec.inspect.type_info(kind).fields  # type: ignore[attr-defined]  # all are structs
        if "FloatType" in str(field.type) and "StructType" not in str(field.type)
    ]
    assert numbers == [
        ("Source", "fps"),
        ("Gate", "look_every_s"),
        ("Gate", "whole_every_s"),
        ("Zone", "polygon"),
        ("ZoneAlarm", "enter_at"),
        ("ZoneAlarm", "leave_at"),
        ("ZoneAlarm", "min_duration_s"),
        ("ZoneAlarm", "update_interval_s"),
        ("Line", "start"),
        ("Line", "end"),
        ("GroundPoint", "picture"),
        ("GroundPoint", "ground"),
        ("Calibration", "sigma_px"),
        ("Report", "count_interval_s"),
        ("Report", "telemetry_interval_s"),
    ]
