"""Incidents on the board: many events, one row, and the verdict.

Rules:

- An event of an incident older than what is known of it changes nothing but the peak; ``end`` is final. Older is whoever says
  a shorter duration, which a box measures without its wall clock: a clock that is set back must not keep an alarm ringing.
  What the manager itself says of shots is older where it stands before in the store.
- A verdict may come before its incident (another process saw it first) and waits for it.
- Bounded: judged incidents leave first, then the oldest unjudged. What leaves the board stays in the store.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fleet.control_room.basis import estimate_view
from fleet.control_room.plates import clone_incident, hit_incident
from fleet.control_room.shots import shots_incident
from fleet.control_room.views import CueView, IncidentView, ModelView, VerdictView, clock_view
from fleet.control_room.wording import READING, Limits, model_limits, title_of
from fleet.fusion.gunshot.told import ShotsTold
from fleet.fusion.made import MadeBody
from protocol.events import AnprHit, CrowdAlert, Event, Phase

MAX_UNJUDGED = 300
MAX_JUDGED = 60


class IncidentBook:
    """The incidents that pages show.

    Args:
        limits: what each (model, version) can and cannot do.
    """

    def __init__(self, limits: dict[tuple[str, str], Limits]) -> None:
        self._limits = limits
        self._views: dict[str, IncidentView] = {}
        self._early: dict[str, VerdictView] = {}
        self._changed: set[str] = set()
        self._gone: set[str] = set()

    def __contains__(self, incident: str) -> bool:
        return incident in self._views

    def all(self) -> tuple[IncidentView, ...]:
        """Every incident on the board."""
        return tuple(self._views.values())

    def unjudged(self) -> int:
        """How many on the board wait for a verdict."""
        return sum(view.verdict is None for view in self._views.values())

    def event(self, event: Event, observed: CrowdAlert, received_at: int) -> None:
        """Take one event of an incident; one without an incident id stands for itself."""
        key = event.body.incident or event.id
        at = _ms(event)
        known = self._views.get(key)
        if known is None:
            view = self._first(key, event, observed, received_at)
        elif known.phase == Phase.END.value or (event.body.phase is not Phase.END and observed.duration_s < known.duration_s):
            raised = min(known.raised_at, at)
            view = msgspec.structs.replace(known, raised_at=raised, peak=max(known.peak or 0.0, observed.peak))
        else:
            view = self._later(known, event, observed, received_at)
        self._put(key, view)

    def hit(self, event: Event, observed: AnprHit, received_at: int) -> None:
        """Take one event of a hit; one without an incident id stands for itself."""
        key = event.body.incident or event.id
        known = self._views.get(key)
        limits = model_limits(event.body.model, self._limits, READING)
        self._put(key, hit_incident(known, event, observed, received_at, limits, self._verdict_of(key)))

    def made(self, body: MadeBody[Any], made_at: int, row: int) -> None:
        """Take what the manager made of several boxes' events; ``row`` is its place in the store."""
        key = body.incident
        known = self._views.get(key)
        if isinstance(body.observed, ShotsTold):
            view = shots_incident(known, body, made_at, row, self._verdict_of(key))
        else:
            view = clone_incident(known, body, made_at, self._verdict_of(key))
        self._put(key, view)

    def _verdict_of(self, key: str) -> VerdictView | None:
        known = self._views.get(key)
        return self._early.pop(key, None) if known is None else known.verdict

    def verdict(self, incident: str, verdict: VerdictView) -> None:
        """Take a decision on an incident."""
        known = self._views.get(incident)
        if known is None:
            self._early[incident] = verdict
            while len(self._early) > MAX_UNJUDGED:
                del self._early[next(iter(self._early))]
            return
        self._put(incident, msgspec.structs.replace(known, verdict=verdict))

    def touch(self, device: str) -> None:
        """Send the incidents of a box again: its names have changed."""
        self._changed.update(key for key, view in self._views.items() if view.device == device)

    def take_changed(self) -> tuple[IncidentView, ...]:
        """Incidents that changed since the last call."""
        changed = tuple(self._views[key] for key in sorted(self._changed) if key in self._views)
        self._changed.clear()
        return changed

    def take_gone(self) -> tuple[str, ...]:
        """Incidents that left the board since the last call."""
        gone = tuple(sorted(self._gone))
        self._gone.clear()
        return gone

    def _put(self, key: str, view: IncidentView) -> None:
        self._views[key] = view
        self._changed.add(key)
        self._gone.discard(key)
        self._bound(judged=False, limit=MAX_UNJUDGED)
        self._bound(judged=True, limit=MAX_JUDGED)

    def _bound(self, *, judged: bool, limit: int) -> None:
        keys = [key for key, view in self._views.items() if (view.verdict is not None) is judged]
        if len(keys) <= limit:
            return
        keys.sort(key=lambda key: self._views[key].raised_at)
        for key in keys[: len(keys) - limit]:
            del self._views[key]
            self._changed.discard(key)
            self._gone.add(key)

    def _first(self, key: str, event: Event, observed: CrowdAlert, received_at: int) -> IncidentView:
        body = event.body
        limits = model_limits(body.model, self._limits)
        at = _ms(event)
        return self._later(
            IncidentView(
                id=key,
                title=title_of(event),
                what="",
                device=event.device,
                device_label=event.device,
                zone=observed.zone,
                zone_label=observed.zone,
                phase="",
                raised_at=at,
                updated_at=at,
                heard_at=received_at,
                ended_at=None,
                people=estimate_view(observed.people),
                peak=observed.peak,
                enter_at=observed.enter_at,
                leave_at=observed.leave_at,
                duration_s=observed.duration_s,
                probability=None,
                cues=(),
                model=None,
                can=limits.can,
                cannot=limits.cannot,
                sensor=body.sensor.id if body.sensor is not None else "",
                reference=body.sensor.reference if body.sensor is not None else "",
                lat=None,
                lon=None,
                clock=None,
                verdict=self._early.pop(key, None),
            ),
            event,
            observed,
            received_at,
        )

    def _later(self, known: IncidentView, event: Event, observed: CrowdAlert, received_at: int) -> IncidentView:
        body = event.body
        assessed, model, where = body.assessed, body.model, body.where
        phase, at = body.phase or Phase.NEW, _ms(event)
        return msgspec.structs.replace(
            known,
            phase=phase.value,
            updated_at=at,
            heard_at=received_at,
            ended_at=at if phase is Phase.END else None,
            people=estimate_view(observed.people),
            peak=max(known.peak or 0.0, observed.peak),
            enter_at=observed.enter_at,
            leave_at=observed.leave_at,
            duration_s=observed.duration_s,
            density=None if observed.density is None else estimate_view(observed.density),
            trusted_to=observed.trusted_to,
            moved=observed.moved,
            what=assessed.what if assessed is not None else known.what,
            probability=assessed.probability if assessed is not None else known.probability,
            cues=tuple(CueView(cue.name, cue.value, cue.unit) for cue in assessed.cues) if assessed is not None else known.cues,
            model=ModelView(model.name, model.version, model.digest, model.operating_point) if model else known.model,
            lat=where.lat if where is not None else known.lat,
            lon=where.lon if where is not None else known.lon,
            clock=clock_view(body.clock),
        )


def _ms(event: Event) -> int:
    return round(event.body.captured_at.timestamp() * 1000)
