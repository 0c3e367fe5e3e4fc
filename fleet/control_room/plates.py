"""Hits and clones on the board: what a page is told of them. Pure.

Rules:

- A hit and a clone are moments: they do not run, and wait for a person all the same.
- A plate is shown to whoever may ask about plates; to everybody else the alert stands without it (:func:`without_plates`).
- An event that says less than what is known (fewer pictures) changes nothing; ``end`` is final.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fleet.control_room.views import (
    AlternateView,
    CloneView,
    CueView,
    HitView,
    IncidentView,
    ModelView,
    PlaceView,
    VerdictView,
    clock_view,
)
from fleet.control_room.wording import JOINING, Limits
from fleet.fusion.anpr.told import CloneSeen, Place
from fleet.fusion.made import MadeBody
from protocol.events import AnprHit, Assessed, Event, Phase


def hit_incident(  # noqa: PLR0913 - a card is all of this
    known: IncidentView | None, event: Event, hit: AnprHit, received_at: int, limits: Limits, verdict: VerdictView | None
) -> IncidentView:
    """A hit as it is known after one more event of it.

    Args:
        known: until now.
        event: decoded.
        hit: what it observed.
        received_at: ms, the manager's clock.
        limits: what the model can and cannot do.
        verdict: where one stands already.
    """
    body = event.body
    at = round(body.captured_at.timestamp() * 1000)
    if known is not None and known.hit is not None:
        late = known.phase == Phase.END.value or hit.passage.pictures < known.hit.pictures
        if late and body.phase is not Phase.END:
            return msgspec.structs.replace(known, raised_at=min(known.raised_at, at))
    phase = body.phase or Phase.NEW
    sensor, where, model = body.sensor, body.where, body.model
    return IncidentView(
        id=body.incident or event.id,
        title=f"Plate on list {hit.list}",
        what=body.assessed.what if body.assessed else "",
        device=event.device,
        device_label=event.device,
        zone=sensor.id if sensor else "",
        zone_label=sensor.id if sensor else "",
        phase=phase.value,
        raised_at=at if known is None else min(known.raised_at, at),
        updated_at=at,
        heard_at=received_at,
        ended_at=at if phase is Phase.END else None,
        duration_s=hit.passage.duration_s,
        probability=body.assessed.probability if body.assessed else None,
        cues=_cues(body.assessed),
        model=ModelView(model.name, model.version, model.digest, model.operating_point) if model else None,
        can=limits.can,
        cannot=limits.cannot,
        sensor=sensor.id if sensor else "",
        reference=sensor.reference if sensor else "",
        lat=where.lat if where else None,
        lon=where.lon if where else None,
        clock=clock_view(body.clock),
        verdict=verdict,
        hit=hit_view(hit),
    )


def hit_view(hit: AnprHit) -> HitView:
    """Show a hit."""
    passage = hit.passage
    return HitView(
        plate=hit.plate,
        list=hit.list,
        version=hit.version,
        posterior=hit.posterior,
        through=hit.through,
        alternates=tuple(AlternateView(a.plate, a.probability, a.plate == hit.plate) for a in hit.alternates),
        pictures=passage.pictures,
        plate_px=passage.plate_px,
        direction=passage.direction.value,
        lane=passage.lane or "",
        kind=passage.kind.value,
        kind_p=passage.kind_probability,
        colour=passage.colour.value,
        colour_p=passage.colour_probability,
    )


def clone_incident(
    known: IncidentView | None, body: MadeBody[CloneSeen], made_at: int, verdict: VerdictView | None
) -> IncidentView:
    """A clone as it was told last; ``made_at`` in ms."""
    seen = body.observed
    return IncidentView(
        id=body.incident,
        title="One plate at two places",
        what=body.assessed.what,
        device=seen.first.device,
        device_label=seen.first.device,
        zone=seen.first.source,
        zone_label=f"{seen.first.device} and {seen.second.device}",
        phase=body.phase.value,
        raised_at=made_at if known is None else min(known.raised_at, made_at),
        updated_at=seen.last_at,
        heard_at=made_at,
        ended_at=None,
        duration_s=0.0,
        probability=body.assessed.probability,
        cues=_cues(body.assessed),
        model=None,
        can=JOINING.can,
        cannot=JOINING.cannot,
        sensor=seen.first.source,
        reference="",
        lat=seen.first.lat,
        lon=seen.first.lon,
        clock=None,
        verdict=verdict,
        clone=CloneView(
            purpose=seen.purpose,
            first=_place(seen.first),
            second=_place(seen.second),
            took_s=seen.took_s,
            needs_s=seen.needs_s,
            contradictions=seen.contradictions,
            wrong=seen.wrong,
        ),
    )


def without_plates(incidents: Iterable[IncidentView]) -> tuple[IncidentView, ...]:
    """The same for whoever may not ask about plates."""
    return tuple(
        incident
        if incident.hit is None
        else msgspec.structs.replace(incident, hit=msgspec.structs.replace(incident.hit, plate="", alternates=()))
        for incident in incidents
    )


def _cues(assessed: Assessed | None) -> tuple[CueView, ...]:
    return () if assessed is None else tuple(CueView(cue.name, cue.value, cue.unit) for cue in assessed.cues)


def _place(place: Place) -> PlaceView:
    return PlaceView(place.device, place.source, place.at, place.lat, place.lon, place.kind, place.colour)
