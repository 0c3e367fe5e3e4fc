"""The city as the control room shows it: one board per process, shared by all pages.

Rules:

- Pure: events, states, telemetry, twins and verdicts go in with their time of arrival, views come out; no clock, no store.
- Everything is bounded. An unjudged incident is the last thing to go: beyond the book's bound judged ones leave first, then
  the oldest unjudged, which stay in the store and are counted on the page.
- Only what changed since the last :meth:`Board.take` is sent, as whole objects.
- Nothing here says that a box is alive: views carry the last word and the silence limit, and who reads them compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fleet.control_room.incidents import IncidentBook
from fleet.control_room.shot_views import HeldView
from fleet.control_room.shots import with_label
from fleet.control_room.things import BoxOnBoard, LineOnBoard, ZoneOnBoard, stamp
from fleet.control_room.traffic import Traffic
from fleet.control_room.views import (
    IncidentView,
    Message,
    PointView,
    RowView,
    TotalsView,
    VerdictView,
)
from fleet.control_room.wording import Limits, line_of
from fleet.fusion.made import MadeBody
from protocol.config import Config
from protocol.events import AnprHit, CrowdAlert, CrowdCount, CrowdDensity, CrowdFlow, Event
from protocol.state import State, Status, Telemetry


class Board:
    """What every page shows.

    Args:
        limits: what each (model, version) can and cannot do.
    """

    def __init__(self, limits: Mapping[tuple[str, str], Limits] | None = None) -> None:
        self._boxes: dict[str, BoxOnBoard] = {}
        self._zones: dict[str, ZoneOnBoard] = {}
        self._lines: dict[str, LineOnBoard] = {}
        self._incidents = IncidentBook(dict(limits or {}))
        self._traffic = Traffic()
        self._dirty_boxes: set[str] = set()
        self._dirty_zones: set[str] = set()
        self._dirty_lines: set[str] = set()
        self._withdrawn: set[str] = set()
        self._unjudged = 0
        self._quarantined = 0
        self._held: HeldView | None = None

    def device(self, device: str, label: str, last_word: int | None, *, conflict: bool = False) -> None:
        """Know a registered box, when it spoke last (ms; ``None`` = never), and whether two boxes share its identity."""
        box = self._heard(device, last_word)
        box.conflict = conflict
        if box.label != (label or device):
            box.label = label or device
            self._rename(device)

    def withdraw(self, device: str) -> None:
        """Forget a box that was withdrawn. Its incidents stay: they wait for a person, not for a box."""
        self._boxes.pop(device, None)
        self._dirty_boxes.discard(device)
        self._zones = {key: zone for key, zone in self._zones.items() if zone.device != device}
        self._lines = {key: line for key, line in self._lines.items() if line.device != device}
        self._dirty_zones &= self._zones.keys()
        self._dirty_lines &= self._lines.keys()
        self._withdrawn.add(device)

    def event(self, event: Event, received_at: int, row: int) -> None:
        """Take an event as stored at ``received_at`` (ms, the manager's clock), ``row`` being its place in the store."""
        box = self._heard(event.device, received_at)
        if event.body.where is not None:
            box.where = event.body.where
        observed = event.body.observed
        match observed:
            case CrowdCount():
                self._people(event, observed, received_at)
            case CrowdDensity():
                self._dense(event, observed, received_at)
            case CrowdFlow():
                self._flow(event, observed, received_at)
            case CrowdAlert():
                zone = self._zones.get(f"{event.device}/{observed.zone}")
                if zone is not None and zone.enter_at is None:
                    zone.enter_at = observed.enter_at
                self._incidents.event(event, observed, received_at)
            case AnprHit():
                self._incidents.hit(event, observed, received_at)
            case _:
                pass
        self._traffic.passed(self.row(event, received_at, row), received_at)

    def row(self, event: Event, received_at: int, row: int) -> RowView:
        """An event as one line, with names for people."""
        box = self._boxes.get(event.device) or BoxOnBoard(event.device, event.device)
        observed = event.body.observed
        name: str = getattr(observed, "zone", "") or getattr(observed, "line", "")
        lag = max(0.0, round(received_at - event.time.timestamp() * 1000, 1))
        return RowView(
            n=row,
            id=event.id,
            type=event.type.value,
            device=event.device,
            device_label=box.label,
            time=_ms(event),
            lag_ms=lag if event.body.clock.synchronised else None,
            phase="" if event.body.phase is None else event.body.phase.value,
            text=line_of(event, box.label_of(name)),
        )

    def kept(self, row: RowView, received_at: int) -> None:
        """Take an event of which only the outside is known."""
        self._heard(row.device, received_at)
        self._traffic.passed(row, received_at)

    def made(self, row: RowView, body: MadeBody[Any], made_at: int) -> None:
        """Take an alert that the manager itself made; no box has spoken."""
        self._incidents.made(body, made_at, row.n)
        self._traffic.passed(row, made_at)

    def state(self, device: str, state: State, received_at: int) -> None:
        """Take a birth or a will. A will is the broker's word, not the box's: it is no sign of life."""
        own_word = state.status is not Status.OFFLINE or state.at is not None
        box = self._heard(device, received_at if own_word else None)
        box.state = state
        if state.where is not None:
            box.where = state.where

    def telemetry(self, device: str, telemetry: Telemetry, received_at: int) -> None:
        """Take last values."""
        box = self._heard(device, received_at)
        box.telemetry = telemetry
        view = box.view()
        box.history.append(PointView(received_at, view.fps, view.model_ms, view.queue, view.temperature_c, telemetry.memory_mb))

    def history(self, device: str) -> tuple[PointView, ...]:
        """Telemetry of one box since this process began, oldest first."""
        box = self._boxes.get(device)
        return () if box is None else tuple(box.history)

    def config(self, device: str, config: Config) -> None:
        """Take what a box runs (its reported twin): names of zones and lines, limits, intervals, place."""
        box = self._heard(device, None)
        box.config = config
        if box.where is None:
            box.where = next((source.where for source in config.sources if source.where is not None), None)
        self._rename(device)

    def verdict(self, incident: str, verdict: VerdictView) -> None:
        """Take a person's decision."""
        self._incidents.verdict(incident, verdict)

    def unjudged(self, count: int) -> None:
        """Take how many incidents in the store wait for a verdict, those beyond the board included."""
        self._unjudged = count

    def quarantined(self, count: int) -> None:
        """Take how many messages the manager has refused and kept."""
        self._quarantined = count

    def held(self, held: HeldView | None) -> None:
        """Take whether alerts of shots are held to high confidence."""
        self._held = held

    def take(self, now: int) -> Message:
        """What changed since the last call, and the totals."""
        message = Message(
            t=now,
            devices=tuple(self._boxes[key].view() for key in sorted(self._dirty_boxes)),
            zones=tuple(
                self._zones[key].view(self._box_of(self._zones[key]), whole=False) for key in sorted(self._dirty_zones)
            ),
            lines=tuple(self._lines[key].view(self._box_of(self._lines[key]), now) for key in sorted(self._dirty_lines)),
            incidents=self.named(self._incidents.take_changed()),
            gone=self._incidents.take_gone(),
            withdrawn=tuple(sorted(self._withdrawn)),
            rows=self._traffic.take_fresh(),
            totals=self._totals(now),
        )
        for dirty in (self._dirty_boxes, self._dirty_zones, self._dirty_lines, self._withdrawn):
            dirty.clear()
        return message

    def snapshot(self, now: int) -> Message:
        """Everything, for a page that opens."""
        return Message(
            t=now,
            snapshot=True,
            devices=tuple(box.view() for box in self._boxes.values()),
            zones=tuple(zone.view(self._box_of(zone), whole=True) for zone in self._zones.values()),
            lines=tuple(line.view(self._box_of(line), now) for line in self._lines.values()),
            incidents=self.named(self._incidents.all()),
            rows=self._traffic.tail(),
            totals=self._totals(now),
        )

    def named(self, incidents: Iterable[IncidentView]) -> tuple[IncidentView, ...]:
        """Give incidents their names for people."""
        return tuple(map(self._named, incidents))

    def _named(self, incident: IncidentView) -> IncidentView:
        box = self._boxes.get(incident.device)
        if incident.clone is not None:
            ends = (incident.clone.first.device, incident.clone.second.device)
            first, second = (self._boxes[name].label if name in self._boxes else name for name in ends)
            return msgspec.structs.replace(incident, device_label=first, zone_label=f"{first} and {second}")
        if incident.shots is not None:
            return with_label(incident, box.label if box is not None else incident.device)
        if box is None:
            return incident
        return msgspec.structs.replace(incident, device_label=box.label, zone_label=box.label_of(incident.zone))

    def _heard(self, device: str, received_at: int | None) -> BoxOnBoard:
        box = self._boxes.setdefault(device, BoxOnBoard(device, device))
        box.heard(received_at)
        self._dirty_boxes.add(device)
        self._withdrawn.discard(device)
        return box

    def _box_of(self, part: ZoneOnBoard | LineOnBoard) -> BoxOnBoard:
        return self._boxes[part.device]

    def _rename(self, device: str) -> None:
        self._dirty_zones.update(key for key, zone in self._zones.items() if zone.device == device)
        self._dirty_lines.update(key for key, line in self._lines.items() if line.device == device)
        self._incidents.touch(device)

    def _people(self, event: Event, count: CrowdCount, received_at: int) -> None:
        key, made = f"{event.device}/{count.zone}", stamp(event, received_at)
        zone = self._zones.get(key)
        if zone is None:
            zone = self._zones[key] = ZoneOnBoard(event.device, count.zone, count, made)
        elif made.is_before(zone.stamp):
            return  # held back on the box: the store has it, "now" does not
        if count.moved:
            zone.density = None
        zone.count, zone.stamp = count, made
        zone.series.append((made.as_of, count.people.value))
        self._dirty_zones.add(key)

    def _dense(self, event: Event, density: CrowdDensity, received_at: int) -> None:
        """Density of a zone; it is told after the count of the same window."""
        key = f"{event.device}/{density.zone}"
        zone = self._zones.get(key)
        made = stamp(event, received_at)
        if zone is not None and not made.is_before(zone.stamp):
            zone.density, zone.dense_at = density, made.at
            self._dirty_zones.add(key)

    def _flow(self, event: Event, flow: CrowdFlow, received_at: int) -> None:
        key, made = f"{event.device}/{flow.line}", stamp(event, received_at)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = LineOnBoard(event.device, flow.line, flow, made)
        elif not made.is_before(line.stamp):
            line.flow, line.stamp = flow, made
        line.windows.append((made.as_of, flow))
        self._dirty_lines.add(key)

    def _totals(self, now: int) -> TotalsView:
        totals = self._traffic.totals(now, max(self._unjudged, self._incidents.unjudged()), self._quarantined)
        return msgspec.structs.replace(totals, held=self._held)


def _ms(event: Event) -> int:
    return round(event.body.captured_at.timestamp() * 1000)
