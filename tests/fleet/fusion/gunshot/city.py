"""A store into which boxes say what they hear, and the process that joins it, by a clock set by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.incidents import Incident
from fleet.fusion.gunshot.job import Job
from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.raising import Standard
from fleet.fusion.gunshot.told import ShotsTold
from fleet.fusion.made import SHOTS, MadeBody
from fleet.policy.policy import GunshotTimes, Policy
from fleet.store.gunshot import gunshot_heard, gunshot_incident
from fleet.store.tables import event
from protocol.basis import Estimate
from protocol.codec import Message, encode_event
from protocol.events import (
    Assessed,
    Clock,
    ClockSource,
    Event,
    EventBody,
    EventType,
    ModelRef,
    Phase,
    Sensor,
    Where,
)
from protocol.gunshot import Bearing, Confuser, FireMode, GunshotDetected, Hearing
from protocol.identifiers import uuid7
from tests.fleet.events import BOOT, FLEET
from tests.fleet.fusion.anpr.events import store
from tests.fleet.fusion.gunshot.boxes import AT_S

PLANE = Plane(48.2, 16.37)
T0 = round(AT_S * 1000)
POLICY = Policy({}, GunshotTimes(heard_days=30, judged_days=365))
MODEL = ModelRef("gunshot", "1.0.0", "0" * 64, "default")
_numbers = itertools.count(1)


def three(incident: Incident, standard: Standard) -> bool:
    """Told from three boxes on, or six while alerts are held: what is told is not the subject here."""
    return incident.boxes >= (6 if standard is Standard.HIGH else 3) and incident.echo_of is None


def incident_of(name: str) -> str:
    """Incident of a box, by a name."""
    return uuid7(1, name.encode().ljust(10, b"-")[:10])


def word(one: Detection, incident: str = "", phase: Phase = Phase.NEW, **more: Any) -> Message:
    """What a box says of a detection, on the wire.

    Args:
        one: on the plane of the tests.
        incident: of the box; one of its own when empty.
        phase: of it.
        more: fields of the body that are otherwise than what follows from the detection.
    """
    number = next(_numbers)
    lat, lon = PLANE.degrees(one.x, one.y)
    when = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(seconds=one.at_s)
    count = float(len(one.onsets_s))
    seen = GunshotDetected(
        Estimate(count, count, count + 1), tuple(1e3 * s for s in one.onsets_s), max(1e3 * one.picker_sigma_s, 1e-3),
        FireMode.SINGLE if count == 1 else FireMode.BURST, Hearing(-6.0, more.pop("snr_db", 20.0)),
        more.pop("confuser", Confuser("fireworks", 0.2)),
        bearing=None if one.bearing is None else Bearing(one.bearing.azimuth * 57.29577951308232, one.bearing.sigma * 57.3),
    )  # fmt: skip
    body = EventBody(
        when,
        Clock(ClockSource.GNSS, one.synchronised, 0.0, 1e3 * one.clock_sigma_s),
        seen,
        Sensor("roof"),
        Where(lat, lon, accuracy=2.448 * one.position_sigma_m),
        more.pop("model", MODEL),
        incident or uuid7(number),
        phase,
        Assessed("gunshot", one.posterior, ()),
    )
    body = msgspec.structs.replace(body, **more)
    return encode_event(Event(FLEET, one.node, uuid7(number), EventType.GUNSHOT_DETECTED, when, BOOT, number, body))


@dataclasses.dataclass
class City:
    """A store and its process of shots."""

    engine: Engine
    now: int = T0 + 2000
    raising: Any = three

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another process takes over."""
        self.job = Job(self.engine, POLICY, lambda: self.now, self.raising)

    def hear(self, *messages: Message) -> None:
        """Boxes say something now, and ingest stores it."""
        store(self.engine, *messages, received=self.now)

    def run(self, seconds: float = 0.0) -> None:
        """Let time go by, and do what is due."""
        self.now += round(1000 * seconds)
        for _ in range(1000):
            if self.job.turn() > 0:
                return
        msg = "it does not come to rest"
        raise AssertionError(msg)

    def heard(self, detections: Iterable[Detection]) -> None:
        """Boxes hear something, and it is joined."""
        self.hear(*map(word, detections))
        self.run()

    def told(self) -> list[MadeBody[ShotsTold]]:
        """What people were told, in order."""
        with self.engine.connect() as connection:
            bodies = connection.execute(select(event.c.body).where(event.c.type == SHOTS).order_by(event.c.row)).scalars()
            return [msgspec.json.decode(body, type=MadeBody[ShotsTold]) for body in bodies]

    def phases(self) -> list[tuple[str, str]]:
        """Of each incident that people were told of, in order of the first word: all phases, one letter each."""
        found: dict[str, str] = {}
        for one in self.told():
            found[one.incident] = found.get(one.incident, "") + one.phase.value[0]
        return list(found.items())

    def rows(self) -> list[Any]:
        """What boxes heard."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(gunshot_heard).order_by(gunshot_heard.c.device, gunshot_heard.c.heard)))

    def incidents(self) -> list[Any]:
        """As they stand, the oldest first."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(gunshot_incident).order_by(gunshot_incident.c.begun, gunshot_incident.c.id)))
