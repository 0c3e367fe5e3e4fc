"""An incident in words for people: what was heard, from where, by whom, and what speaks for it. Pure.

Rules: everything that a person needs to doubt it stands beside it; it is told again when somebody would see another picture,
and not for a metre.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.heard import Heard
from fleet.fusion.gunshot.incidents import Incident
from fleet.fusion.gunshot.locate import Residual
from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.regions import Curve, Disc, Ellipse, Sector
from fleet.fusion.gunshot.told import (
    BoxHeard,
    CurveOnMap,
    DiscOnMap,
    EllipseOnMap,
    PlaceOnMap,
    Point,
    RegionOnMap,
    SectorOnMap,
    ShotsTold,
)
from protocol.basis import Estimate
from protocol.events import Assessed, Cue

WHAT = "gunshot"
MOVED_SHARE = 0.1
"""Of the region's largest axis: a place that moved less is the same place,"""
MOVED_M = 1.0
"""and so is one that moved less than this."""
SURER = 0.05
_METRES_A_DEGREE = 111_195.0
_ASTRAY = "astray"


def shots_told(  # noqa: PLR0913 - what is beside the incident itself
    incident: Incident,
    heard: Sequence[Heard],
    plane: Plane,
    trust: Callable[[str], float],
    *,
    held: bool,
    echo_of: str | None = None,
) -> ShotsTold:
    """What is observed of an incident.

    Args:
        incident: as it is.
        heard: what each of its detections was made of, in their order.
        plane: of the city.
        trust: of a box.
        held: whether alerts are, or were, held to high confidence.
        echo_of: id of the incident of which it is an echo.
    """
    at = incident.located
    pairs = [*zip(incident.detections, heard, strict=True)]
    residuals = {id(d): r for d, r in zip(incident.detections, at.residuals, strict=True)}
    best = max(heard, key=lambda one: one.body.observed.hearing.snr_db).body.observed
    ordered = sorted(pairs, key=lambda pair: _nearness(pair[0], incident))
    confusers = [one.body.observed.confuser for one in heard if one.body.observed.confuser is not None]
    return ShotsTold(
        fired_at=_fired_at(incident, heard),
        region=_region(at.region, plane),
        shots=_shots(incident, heard),
        mode=best.mode,
        boxes=tuple(_box(d, one, residuals[id(d)], trust(d.node), plane) for d, one in ordered),
        places=tuple(PlaceOnMap(*_degrees(plane, spot.x, spot.y), round(spot.probability, 3)) for spot in at.spots),
        cadence_rpm=best.cadence_rpm,
        fit=_rounded(at.fit, 2),
        speed=_rounded(at.speed, 1),
        wind_east=None if at.wind is None else round(at.wind[0], 2),
        wind_north=None if at.wind is None else round(at.wind[1], 2),
        confuser=max(confusers, key=lambda one: one.probability, default=None),
        held=held,
        echo_of=echo_of,
    )


def assessed(told: ShotsTold, probability: float) -> Assessed:
    """What speaks for it, and against."""
    cues = [
        Cue("boxes", float(len({box.device for box in told.boxes}))),
        Cue("boxes-believed", float(sum(box.rejected is None for box in told.boxes))),
        Cue("snr-best", round(max(box.snr_db for box in told.boxes), 1), "dB"),
        Cue("shots", told.shots.value),
        Cue("region", round(largest_m(told.region), 1), "m"),
    ]
    if told.fit is not None:
        cues.append(Cue("fit", told.fit))
    if told.cadence_rpm is not None:
        cues.append(Cue("cadence", round(told.cadence_rpm.value, 1), "rpm"))
    if told.confuser is not None:
        cues.append(Cue("confuser", round(told.confuser.probability, 3)))
    if told.echo_of is not None:
        cues.append(Cue("echo", 1.0))
    return Assessed(WHAT, round(probability, 3), tuple(cues))


def became(told: ShotsTold, said: Assessed, other: str) -> tuple[ShotsTold, Assessed]:
    """An incident that turned out to be part of another: the same, with why it ends."""
    kept = {name: getattr(told, name) for name in told.__struct_fields__}
    return ShotsTold(**kept | {"became": other}), Assessed(said.what, said.probability, (*said.cues, Cue("became-part", 1.0)))


def materially(before: ShotsTold, after: ShotsTold, surer: float) -> bool:
    """Whether somebody who saw the one should see the other.

    Args:
        before: as it was told last.
        after: as it is.
        surer: by how much its probability has changed.
    """
    who = ({(box.device, box.source) for box in one.boxes} for one in (before, after))
    said = ((one.shots.value, one.mode, one.echo_of, len(one.places), type(one.region)) for one in (before, after))
    if len({frozenset(boxes) for boxes in who}) > 1 or len(set(said)) > 1 or abs(surer) > SURER:
        return True
    size, was = largest_m(after.region), largest_m(before.region)
    if abs(size - was) > max(MOVED_M, MOVED_SHARE * was):
        return True
    here, there = _middle(after.region), _middle(before.region)
    return _apart_m(here, there) > max(MOVED_M, MOVED_SHARE * was)


def largest_m(region: RegionOnMap) -> float:
    """From the middle of a region to its farthest edge, or how wide it is where it is a line; metres."""
    match region:
        case EllipseOnMap():
            return region.major_m
        case CurveOnMap():
            return region.across_m
        case SectorOnMap():
            return region.reach_m
        case DiscOnMap():
            return region.radius_m


def _middle(region: RegionOnMap) -> Point:
    match region:
        case CurveOnMap():
            return region.points[len(region.points) // 2]
        case EllipseOnMap() | SectorOnMap() | DiscOnMap():
            return Point(region.lat, region.lon)


def _apart_m(one: Point, other: Point) -> float:
    away = (other.lon - one.lon + 180) % 360 - 180
    return _METRES_A_DEGREE * math.hypot(other.lat - one.lat, away * math.cos(math.radians(one.lat)))


def _nearness(heard: Detection, incident: Incident) -> tuple[float, str]:
    at = incident.located
    far = heard.at_s if at.x is None or at.y is None else math.hypot(at.x - heard.x, at.y - heard.y)
    return far, heard.node


def _fired_at(incident: Incident, heard: Sequence[Heard]) -> int:
    """Microseconds. A clock that is not set says nothing of when: then it is when the manager was told."""
    if incident.located.at_s is not None:
        return round(incident.located.at_s * 1e6)
    if any(d.synchronised for d in incident.detections):
        return round(incident.first_s * 1e6)
    return min(one.received for one in heard) * 1000


def _shots(incident: Incident, heard: Sequence[Heard]) -> Estimate:
    said = [one.body.observed.shots for one in heard]
    low, high = statistics.median_low(one.low for one in said), statistics.median_high(one.high for one in said)
    value = float(incident.shots)
    return Estimate(value, min(low, value), max(high, value), min(one.level for one in said))


def _box(made: Detection, heard: Heard, told: Residual, trust: float, plane: Plane) -> BoxHeard:
    """Where the box was is what its detection was made of: a later word on the same need not say it again."""
    seen = heard.body.observed
    lat, lon = _degrees(plane, made.x, made.y)
    why = told.rejected.value if told.rejected is not None else _ASTRAY if told.astray else None
    return BoxHeard(
        device=heard.device,
        source=heard.source,
        event=heard.event,
        at=heard.at_us,
        synchronised=made.synchronised,
        sigma_ms=round(made.onset_sigma_s * 1e3, 3),
        lat=lat,
        lon=lon,
        shots=len(made.onsets_s),
        mode=seen.mode,
        posterior=round(made.posterior, 3),
        snr_db=round(seen.hearing.snr_db, 1),
        clipped=round(seen.hearing.clipped, 3),
        trust=round(trust, 3),
        cadence_rpm=seen.cadence_rpm,
        azimuth_deg=None if seen.bearing is None else seen.bearing.azimuth_deg,
        azimuth_sigma_deg=None if seen.bearing is None else seen.bearing.sigma_deg,
        shock=seen.shock,
        confuser=seen.confuser,
        residual_ms=_rounded(told.onset_ms, 2),
        residual_deg=_rounded(told.bearing_deg, 2),
        rejected=why,
    )


def _region(region: Ellipse | Curve | Sector | Disc, plane: Plane) -> RegionOnMap:
    match region:
        case Ellipse(x, y, major, minor, turn, level):
            return EllipseOnMap(*_degrees(plane, x, y), round(major, 2), round(minor, 2), round(turn, 1), level)
        case Curve(points, across):
            return CurveOnMap(tuple(Point(*_degrees(plane, x, y)) for x, y in points), round(across, 2))
        case Sector(x, y, azimuth, half, reach):
            return SectorOnMap(*_degrees(plane, x, y), round(azimuth, 2), round(half, 2), reach)
        case Disc(x, y, radius):
            return DiscOnMap(*_degrees(plane, x, y), radius)


def _degrees(plane: Plane, x: float, y: float) -> tuple[float, float]:
    """A hundred-thousandth of a degree is a metre; two more are kept."""
    lat, lon = plane.degrees(x, y)
    return round(lat, 7), round(lon, 7)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
