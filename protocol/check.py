"""What is wrong with a configuration that types cannot say: geometry, what belongs together, names, the size of the whole.

Rules: each fault is named by its path with what to do, and the first is not the last that is looked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from protocol.addresses import address_faults
from protocol.config import Anpr, Calibration, Config, Microphone, Refusal, Source, Zone
from protocol.correspondence import check_correspondences
from protocol.errors import GeometryError
from protocol.geometry import check_inside, check_line, check_polygon
from protocol.limits import CONFIG_BYTES


def check_config(config: Config) -> tuple[Refusal, ...]:
    """Check what types cannot. Returns every fault found; empty when the configuration can be used."""
    return tuple(_faults(config))


def check_calibration(calibration: Calibration, what: str) -> None:
    """Check that points lie in the picture and determine a ground that a camera can see.

    Raises:
        GeometryError: naming ``what``, the points (counted from 1) and the remedy.
    """
    points, (width, height) = calibration.points, calibration.size
    check_inside([point.picture for point in points], what)
    for i, point in enumerate(points, start=1):
        if not all(map(math.isfinite, point.ground)):
            msg = f"{what}: point {i} has no place on the ground; give x and y in metres"
            raise GeometryError(msg)
    pixels = [(x * width, y * height) for x, y in (point.picture for point in points)]
    check_correspondences(pixels, [point.ground for point in points], calibration.sigma_px, what)


def _faults(config: Config) -> Iterator[Refusal]:
    yield from _too_large(config)
    yield from _twice([source.id for source in config.sources], "sources", "source")
    yield from _twice([microphone.id for microphone in config.microphones], "microphones", "microphone")
    for i, microphone in enumerate(config.microphones):
        yield from _of_microphone(microphone, {source.id for source in config.sources}, f"microphones[{i}]")
    for i, source in enumerate(config.sources):
        yield from _of_source(source, f"sources[{i}]")


def _of_source(source: Source, at: str) -> Iterator[Refusal]:
    for field, message in address_faults(source.kind, source.uri):
        yield Refusal(f"{at}.{field}", f"source {source.id!r}: {message}")
    yield from _of_camera(source, at)
    yield from _twice([zone.id for zone in source.zones], f"{at}.zones", "zone")
    yield from _twice([line.id for line in source.lines], f"{at}.lines", "line")
    for j, zone in enumerate(source.zones):
        yield from _of_zone(zone, source.id, f"{at}.zones[{j}]")
        yield from _of_density(zone, source, f"{at}.zones[{j}].density_alarm")
    if source.anpr is not None:
        yield from _of_anpr(source.anpr, source.id, f"{at}.anpr")
    if source.calibration is not None:
        yield from _of_calibration(source.calibration, source.id, f"{at}.calibration")
    for j, line in enumerate(source.lines):
        try:
            check_line(line.start, line.end, f"line {line.id!r} of source {source.id!r}")
        except GeometryError as error:
            yield Refusal(f"{at}.lines[{j}]", str(error))


def _of_zone(zone: Zone, source: str, at: str) -> Iterator[Refusal]:
    try:
        check_polygon(zone.polygon, f"zone {zone.id!r} of source {source!r}")
    except GeometryError as error:
        yield Refusal(f"{at}.polygon", str(error))
    alarm = zone.alarm
    if alarm is not None and alarm.leave_at >= alarm.enter_at:
        yield Refusal(
            f"{at}.alarm.leave_at",
            f"zone {zone.id!r}: leave_at {alarm.leave_at:g} must be below enter_at {alarm.enter_at:g}, "
            "or the alarm would ring without end",
        )


def _of_camera(source: Source, at: str) -> Iterator[Refusal]:
    """What belongs to some kinds only."""
    live = source.kind != "file"
    misplaced = {
        "pace": (live and source.pace != "real-time", "a camera goes as the clock does; leave pace out"),
        "repeat": (live and source.repeat, "a camera has no end to begin again at; leave repeat out"),
        "fps": (
            source.kind in {"rtsp", "mjpeg"} and source.fps is not None,
            "how many pictures come is set in the camera; leave fps out",
        ),
        "transport": (source.kind != "rtsp" and source.transport != "tcp", "only RTSP has a choice; leave transport out"),
        "credential": (
            source.kind in {"file", "v4l2"} and source.credential is not None,
            "neither a file nor a device asks for a password; leave credential out",
        ),
    }
    for field, (is_misplaced, message) in misplaced.items():
        if is_misplaced:
            yield Refusal(f"{at}.{field}", f"source {source.id!r}: {message}")


def _of_density(zone: Zone, source: Source, at: str) -> Iterator[Refusal]:
    alarm = zone.density_alarm
    if alarm is None:
        return
    if source.calibration is None:
        yield Refusal(
            at, f"zone {zone.id!r}: density needs square metres; calibrate source {source.id!r}, or give an alarm of people"
        )
    if not alarm.leave_at < alarm.warn_at < alarm.critical:
        yield Refusal(
            at,
            f"zone {zone.id!r}: leave_at {alarm.leave_at:g} must be below warn_at {alarm.warn_at:g}, and that below critical "
            f"{alarm.critical:g}",
        )


def _of_anpr(anpr: Anpr, source: str, at: str) -> Iterator[Refusal]:
    yield from _twice([lane.id for lane in anpr.lanes], f"{at}.lanes", "lane")
    for j, lane in enumerate(anpr.lanes):
        try:
            check_polygon(lane.polygon, f"lane {lane.id!r} of source {source!r}")
        except GeometryError as error:
            yield Refusal(f"{at}.lanes[{j}].polygon", str(error))
    if (anpr.others == "pseudonym") != (anpr.purpose is not None):
        yield Refusal(
            f"{at}.purpose",
            f'source {source!r}: pseudonyms have a purpose, and where nothing leaves there is none: give others = "pseudonym" '
            "and a purpose of the fleet's policy, or neither",
        )


def _of_calibration(calibration: Calibration, source: str, at: str) -> Iterator[Refusal]:
    try:
        check_calibration(calibration, f"calibration of source {source!r}")
    except GeometryError as error:
        yield Refusal(f"{at}.points", str(error))


def _of_microphone(microphone: Microphone, sources: set[str], at: str) -> Iterator[Refusal]:
    name, known = microphone.id, len(microphone.positions)
    if name in sources:
        yield Refusal(f"{at}.id", f"microphone {name!r} has the name of a source; give each its own name")
    if microphone.kind == "file" and microphone.pace == "wall-clock" and not microphone.repeat:
        yield Refusal(
            f"{at}.pace", f"microphone {name!r}: a recording that is played by the wall clock goes round: set repeat = true"
        )
    if known not in {0, microphone.channels}:
        yield Refusal(
            f"{at}.positions",
            f"microphone {name!r}: {known} positions for {microphone.channels} channels; give one each, or none",
        )
    if known and (microphone.where is None or microphone.where.heading is None):
        yield Refusal(
            f"{at}.where.heading", f"microphone {name!r}: a direction needs the heading that its positions are seen along"
        )


def _too_large(config: Config) -> Iterator[Refusal]:
    """Sources and microphones that do not fit; without them the configuration does."""
    room = CONFIG_BYTES - len(msgspec.json.encode(Config(report=config.report))) - len('"sources":[],"microphones":[],')
    items: list[tuple[str, str, Source | Microphone, str]] = []
    items += [(f"sources[{i}]", "source", each, "fewer zones, lines or vertices") for i, each in enumerate(config.sources)]
    items += [(f"microphones[{i}]", "microphone", each, "a shorter address") for i, each in enumerate(config.microphones)]
    for path, what, item, remedy in items:
        size = len(msgspec.json.encode(item)) + 1
        if size <= room:
            room -= size
        else:
            yield Refusal(
                path,
                f"{what} {item.id!r} takes {size} bytes, and {room} of the {CONFIG_BYTES} of a configuration are left; "
                f"give it {remedy}",
            )


def _twice(names: list[str], path: str, what: str) -> Iterator[Refusal]:
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            yield Refusal(f"{path}[{i}].id", f"{what} {name!r} stands twice; give each its own name")
        seen.add(name)
