"""Thirty boxes of an invented town in a real store, through the real ingest core: what the pages are tested with."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from fleet.ingest.quarantine import Quarantine
from fleet.ingest.sink import Sink
from fleet.ingest.standing import Standing
from fleet.store.database import writing
from fleet.store.tables import device as device_table
from protocol.basis import Estimate
from protocol.codec import Message, encode_body, encode_event
from protocol.events import (
    Assessed,
    Clock,
    ClockSource,
    CrowdAlert,
    CrowdCount,
    CrowdDensity,
    CrowdFlow,
    Cue,
    Event,
    EventBody,
    EventType,
    ModelRef,
    Phase,
    Reason,
    Sensor,
    ServiceLevel,
)
from protocol.identifiers import uuid7
from protocol.state import (
    AcceleratorTelemetry,
    LinkTelemetry,
    OutboxTelemetry,
    SourceTelemetry,
    State,
    Status,
    Telemetry,
    Versions,
)
from protocol.topics import RULES, Channel, Topic
from protocol.twin import Reported
from tests.fleet.control_room.box import CITY, SITES, WINDOW_S, Box
from tests.fleet.control_room.events import FREE, moment

FLEET = "north"
MODEL = ModelRef("person-vehicle-fast", "1.0.0", "5f1c" * 16, "default")


class Town:
    """Boxes that speak into a store.

    Args:
        engine: the store, with its schema.
        seed: of everything that is not the clock.
        telemetry_s: between telemetry of a box, as its configuration says.
    """

    def __init__(self, engine: Engine, seed: int = 5, telemetry_s: float = 10.0) -> None:
        quarantine = Quarantine()
        self.sink = Sink(engine, quarantine=quarantine)
        self.standing = Standing(engine, quarantine)
        self.rng = random.Random(seed)
        self.boxes = {site.device: Box(site, random.Random(f"{seed}/{site.device}"), telemetry_s=telemetry_s) for site in SITES}
        self.engine = engine
        self._events: list[Message] = []
        self._others: list[Message] = []

    def register(self) -> None:
        """Make the boxes known."""
        now = now_ms()
        rows = [{"name": b.name, "label": b.site.label, "registered_at": now, "changed": 1} for b in self.boxes.values()]
        with writing(self.engine) as connection:
            connection.execute(insert(device_table), rows)

    def flush(self) -> None:
        """Store what was said."""
        events, self._events = self._events, []
        others, self._others = self._others, []
        if events:
            stored = self.sink.store(events)
            assert stored.stored == len(events), stored
        if others:
            taken = self.standing.take([(message, None) for message in others])
            assert not taken.quarantined, taken

    def say(self, box: Box, kind: EventType, observed: Any, at: int | None = None, **body: Any) -> Event:
        """One event, made at a time (ms)."""
        at = now_ms() - self.rng.randint(8, 40) if at is None else at
        box.seq += 1
        event = Event(
            fleet=FLEET,
            device=box.name,
            id=uuid7(at),
            type=kind,
            time=moment(at),
            boot=box.boot,
            seq=box.seq,
            body=EventBody(
                captured_at=moment(at),
                clock=box.clock,
                observed=observed,
                sensor=Sensor("cam", f"CAM-{box.name.upper()}"),
                where=box.where(at),
                model=MODEL,
                **body,
            ),
        )
        self._events.append(encode_event(event))
        return event

    def count(self, box: Box, at: int | None = None) -> None:
        """People in its zone."""
        people = box.people(now_ms() if at is None else at)
        observed = CrowdCount(box.site.zone, estimate(people), WINDOW_S, 35, int(0.7 * people), int(1.3 * people) + 1)
        self.say(box, EventType.CROWD_COUNT, observed, at)

    def look_elsewhere(self, box: Box) -> str:
        """Its camera was turned: it says so, and so does what it counts; returns the incident that runs all the same."""
        fault = Reason("scene-moved", "source cam", "moved by 4.2% of its width, 1.3 degrees; turn it back or calibrate anew")
        box.status, box.reasons = (
            Status.DEGRADED,
            (fault, Reason("scene-dark", "source cam", "uncover the lens, mend the lamp")),
        )
        self.birth(box)
        around = estimate(12.0)
        self.say(box, EventType.CROWD_COUNT, CrowdCount(box.site.zone, around, WINDOW_S, 35, 9, 14, moved=True))
        self.say(box, EventType.CROWD_FLOW, CrowdFlow(box.site.line, around, around, WINDOW_S, 35, moved=True))
        observed = CrowdAlert(box.site.zone, around, 12.0, 10.0, 8.0, 4.0, moved=True)
        incident = uuid7(now_ms())
        self.say(box, EventType.CROWD_ALERT, observed, incident=incident, phase=Phase.NEW)
        return incident

    def density(self, box: Box, value: float, trusted_to: float) -> None:
        """How close people stand in its zone, beside a count of more than are trusted."""
        people = CrowdCount(box.site.zone, estimate(3 * trusted_to), WINDOW_S, 35, 1, 400, trusted_to=trusted_to)
        self.say(box, EventType.CROWD_COUNT, people)
        around = Estimate(value, 0.9 * value, 1.1 * value)
        level = ServiceLevel.E
        self.say(box, EventType.CROWD_DENSITY, CrowdDensity(box.site.zone, around, around, level, estimate(40), WINDOW_S, 35))

    def crush(self, box: Box) -> str:
        """A crush seems to be coming in its zone, where there are more people than are trusted; returns the incident."""
        density = Estimate(3.9, 3.5, 4.3)
        observed = CrowdAlert(box.site.zone, estimate(60.0), 62.0, 38.0, 30.0, 25.0, density, trusted_to=50.0)
        cues = (Cue("density", 3.9, "1/m2"), Cue("density-expected", 5.9, "1/m2"), Cue("trend", 1.6, "1/m2/min"))
        incident = uuid7(now_ms())
        assessed = Assessed("crush", 0.91, cues)
        self.say(box, EventType.CROWD_ALERT, observed, incident=incident, phase=Phase.NEW, assessed=assessed)
        return incident

    def flow(self, box: Box, at: int | None = None) -> None:
        """People over its line."""
        share = max(1, int(box.site.size / 4))
        forward, backward = self.rng.randint(0, share), self.rng.randint(0, share)
        observed = CrowdFlow(box.site.line, estimate(forward), estimate(backward), WINDOW_S, 35)
        self.say(box, EventType.CROWD_FLOW, observed, at)

    def alert(self, box: Box, phase: Phase, at: int | None = None) -> str:
        """The next event of its incident."""
        at = now_ms() if at is None else at
        if phase is Phase.NEW:
            box.incident, box.raised, box.peak = uuid7(at), at, 0.0
        people = max(box.people(at), box.limit + 0.4) if phase is not Phase.END else box.limit * 0.7
        box.peak = max(box.peak, people)
        lasted = 3.0 + (at - box.raised) / 1000
        observed = CrowdAlert(box.site.zone, estimate(people), round(box.peak, 1), box.limit, round(box.limit * 0.75), lasted)
        cues = (
            Cue("people-in-zone", round(people, 1), "people"),
            Cue("above-limit-for", round(lasted, 1), "s"),
            Cue("pictures-looked-at", 35.0),
        )
        incident = box.incident
        self.say(
            box,
            EventType.CROWD_ALERT,
            observed,
            at,
            incident=incident,
            phase=phase,
            assessed=Assessed("zone-too-full", 0.93, cues),
        )
        if phase is Phase.END:
            box.incident = ""
        return incident

    def birth(self, box: Box) -> None:
        """Its birth certificate."""
        model = (MODEL,)
        versions = Versions("0.1.0", "3.11.2", "Debian 12", "Raspberry Pi 5")
        state = State(box.status, box.boot, moment(now_ms()), box.reasons, versions, ("crowd",), model, box.where(now_ms()), 1)
        self.publish(box, Channel.STATE, state)

    def will(self, box: Box) -> None:
        """The broker says that it is gone."""
        self.publish(box, Channel.STATE, State(Status.OFFLINE, box.boot))

    def twin(self, box: Box) -> None:
        """What it runs."""
        self.publish(box, Channel.TWIN_REPORTED, Reported(1, box.config()))

    def telemetry(self, box: Box) -> None:
        """Last values."""
        hot = any(reason.code == "too-hot" for reason in box.reasons)
        frozen = any(reason.code == "source-frozen" for reason in box.reasons)
        telemetry = Telemetry(
            at=moment(now_ms()),
            uptime_s=86_400 + self.rng.random() * 9000,
            clock=box.clock if box.clock is FREE else Clock(ClockSource.NTP, True, 0.4, round(self.rng.uniform(1, 9), 1)),
            load=round(self.rng.uniform(0.4, 1.4), 2),
            memory_mb=round(self.rng.uniform(205, 225), 1),
            disk_free_mb=9120.0,
            temperature_c=round(self.rng.uniform(78, 81) if hot else self.rng.uniform(46, 58), 1),
            sources={
                "cam": SourceTelemetry(
                    "retrying" if frozen else "running",
                    0.0 if frozen else round(self.rng.uniform(3.4, 3.6) if hot else self.rng.uniform(6.8, 7.1), 2),
                    412_000,
                    96_000,
                    {"queue-full": 3 + len(box.name), "late": 2},
                    48.0,
                )
            },
            accelerators={"cpu": AcceleratorTelemetry("ready", MODEL.name, round(self.rng.uniform(9, 13), 1))},
            outbox=OutboxTelemetry(pending=self.rng.randint(0, 3), stored_bytes=20_480),
            link=LinkTelemetry(True, 2, 4_100_000, 380_000),
        )
        self.publish(box, Channel.TELEMETRY, telemetry)

    def publish(self, box: Box, channel: Channel, body: object) -> None:
        """Anything that is no event."""
        rule = RULES[channel]
        self._others.append(Message(str(Topic(FLEET, box.name, channel)), encode_body(body), qos=rule.qos, retain=rule.retain))

    def wake(self) -> None:
        """Births, twins and telemetry of all."""
        for box in self.boxes.values():
            self.twin(box)
            self.birth(box)
            self.telemetry(box)
        self.flush()

    def past(self, minutes: float = 8.0) -> None:
        """What was said in the last minutes (by the boxes' clocks)."""
        now = now_ms()
        for at in range(now - int(minutes * 60_000), now, 6000):
            for box in self.boxes.values():
                if not box.silent:
                    self.count(box, at + self.rng.randint(0, 3000))
                    if box.site.line and at % 12_000 < 6000:
                        self.flow(box, at + self.rng.randint(0, 3000))
            self.flush()

    def step(self, tick: int) -> None:
        """A quarter of a second in the life of the town."""
        for i, box in enumerate(self.boxes.values()):
            if box.silent:
                continue
            if (tick + 7 * i) % int(4 * WINDOW_S) == 0:
                self.count(box)
            if box.site.line and (tick + 7 * i) % int(4 * WINDOW_S) == 9:
                self.flow(box)
            if (tick + 3 * i) % 40 == 0:
                self.telemetry(box)
            if box.incident and (tick + i) % 16 == 0:
                self.alert(box, Phase.UPDATE)
        self.flush()


def write_plan(path: Path) -> Path:
    """The town's plan as a file."""
    path.write_text(json.dumps(CITY.geojson()), "utf-8")
    return path


def estimate(value: float) -> Estimate:
    """An interval as wide as counts of such crowds have."""
    half = 0.4 + 0.13 * value
    return Estimate(round(value, 2), round(max(0.0, value - half), 2), round(value + half, 2))


def now_ms() -> int:
    """Wall clock."""
    return time.time_ns() // 1_000_000
