"""Shots on the board: what a page is told of an incident that the manager made of several boxes' detections. Pure.

Rules:

- An incident of shots is a moment: it does not run, and waits for a person all the same. It improves while boxes report.
- What stands before in the store than what is known changes nothing.
- What can be shown is bounded: boxes beyond :data:`MOST_BOXES` are counted.
- When nothing is known of the time (no box had its clock set), nothing is said of it.
"""

from __future__ import annotations

import math

import msgspec

from fleet.control_room.basis import estimate_view
from fleet.control_room.shot_views import ShotBoxView, ShotsView
from fleet.control_room.views import CueView, IncidentView, VerdictView
from fleet.control_room.wording import LOCATING, WHY_NOT, located
from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.told import BoxHeard, CurveOnMap, PlaceOnMap, ShotsTold
from fleet.fusion.made import MadeBody
from protocol.events import Phase
from protocol.gunshot import Confuser, Shock

MOST_BOXES = 64
MOST_PLACES = 8
MOST_POINTS = 256
"""Of a curve."""
_NORMAL_90 = 1.6449


def shots_incident(
    known: IncidentView | None, body: MadeBody[ShotsTold], made_at: int, row: int, verdict: VerdictView | None
) -> IncidentView:
    """Shots as they are known after one more event of theirs.

    Args:
        known: until now.
        body: of the event.
        made_at: ms, the manager's clock.
        row: its place in the store.
        verdict: where one stands already.
    """
    if known is not None and known.shots is not None and row < known.shots.row:
        return known
    told = body.observed
    shown = shots_view(told, row)
    nearest = told.boxes[0].device if told.boxes else ""
    place = told.places[0] if told.places else None
    return IncidentView(
        id=body.incident,
        title=_title(shown, nearest),
        what=body.assessed.what,
        device=nearest,
        device_label=nearest,
        zone="",
        zone_label=shown.located,
        phase=body.phase.value,
        raised_at=made_at if shown.fired_at is None else shown.fired_at,
        updated_at=made_at,
        heard_at=made_at,
        ended_at=made_at if body.phase is Phase.END else None,
        duration_s=0.0,
        probability=body.assessed.probability,
        cues=tuple(CueView(cue.name, cue.value, cue.unit) for cue in body.assessed.cues),
        model=None,
        can=LOCATING.can,
        cannot=LOCATING.cannot,
        sensor="",
        reference="",
        lat=None if place is None else place.lat,
        lon=None if place is None else place.lon,
        clock=None,
        verdict=verdict,
        shots=shown,
    )


def with_label(incident: IncidentView, label: str) -> IncidentView:
    """The same with its nearest box's name for people."""
    assert incident.shots is not None
    return msgspec.structs.replace(incident, title=_title(incident.shots, label), device_label=label)


def shots_view(told: ShotsTold, row: int) -> ShotsView:
    """Show an incident of shots."""
    place = told.places[0] if told.places else None
    region = told.region
    if isinstance(region, CurveOnMap):
        region = msgspec.structs.replace(region, points=region.points[:MOST_POINTS])
    wind = None if told.wind_east is None or told.wind_north is None else (told.wind_east, told.wind_north)
    return ShotsView(
        row=row,
        fired_at=round(told.fired_at / 1000) if any(box.synchronised for box in told.boxes) else None,
        region=region,
        located=located(region),
        places=told.places[:MOST_PLACES],
        shots=estimate_view(told.shots),
        mode=told.mode.value,
        cadence=None if told.cadence_rpm is None else estimate_view(told.cadence_rpm),
        boxes=tuple(_box(box, place) for box in told.boxes[:MOST_BOXES]),
        more=max(0, len(told.boxes) - MOST_BOXES),
        believed=sum(box.rejected is None for box in told.boxes),
        fit=told.fit,
        speed_ms=told.speed,
        wind_ms=None if wind is None else math.hypot(*wind),
        wind_from_deg=None if wind is None else math.degrees(math.atan2(-wind[0], -wind[1])) % 360,
        confuser=_words(told.confuser),
        confuser_p=0.0 if told.confuser is None else told.confuser.probability,
        held=told.held,
        echo_of=told.echo_of,
        became=told.became,
    )


def _title(shots: ShotsView, nearest: str) -> str:
    """``Shots near Market``; of a single one ``Shot``. Without a place nobody knows which box it was near to."""
    what = "Shot" if shots.shots.hi <= 1 else "Shots"
    return f"{what} {'near' if shots.places else 'heard at'} {nearest}"


def _box(box: BoxHeard, place: PlaceOnMap | None) -> ShotBoxView:
    residual = box.residual_ms
    return ShotBoxView(
        device=box.device,
        source=box.source,
        lat=box.lat,
        lon=box.lon,
        distance_m=None if place is None else _distance(box, place),
        residual_ms=residual,
        residual_sigmas=None if residual is None or box.sigma_ms <= 0 else residual / box.sigma_ms,
        sigma_ms=box.sigma_ms,
        bearing_deg=box.azimuth_deg,
        bearing_half_deg=None if box.azimuth_sigma_deg is None else _NORMAL_90 * box.azimuth_sigma_deg,
        bearing_off_deg=box.residual_deg,
        believed=box.rejected is None,
        why="" if box.rejected is None else WHY_NOT.get(box.rejected, box.rejected),
        synchronised=box.synchronised,
        shots=box.shots,
        mode=box.mode.value,
        posterior=box.posterior,
        snr_db=box.snr_db,
        clipped=box.clipped,
        trust=box.trust,
        shock=box.shock is Shock.FOUND,
        confuser=_words(box.confuser),
        confuser_p=0.0 if box.confuser is None else box.confuser.probability,
    )


def _distance(box: BoxHeard, place: PlaceOnMap) -> float | None:
    """Metres; ``None`` where they are in no one city."""
    try:
        return math.hypot(*Plane(place.lat, place.lon).metres(box.lat, box.lon))
    except ValueError:
        return None


def _words(confuser: Confuser | None) -> str:
    return "" if confuser is None else confuser.name.replace("-", " ")
