"""Field quality of a rollout's new version beside the one before it, from stored events and verdicts.

Rules: reading only, and bounded: the latest events of each kind, whichever rollouts run; an event says itself which model
spoke; of several verdicts on one alert the last stands. Of shots the alert is the incident that the manager made, and it counts
for every version that had a box take part. Versions are named as events name them: by bundle and version.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, Engine, func, select

from fleet.oversight.verdicts import Decision
from fleet.rollouts.ledger import Rollout, read_rollout
from fleet.rollouts.statistics import OutOfRange, Outputs, Share, out_of_range, summarise, wilson
from fleet.store.gunshot import gunshot_heard, gunshot_incident
from fleet.store.tables import event, rollout_box, verdict
from protocol.basis import Estimate
from protocol.events import CrowdCount, EventType, ModelRef

MOST_COUNTS = 20_000
MOST_ALERTS = 5_000
"""Events that are looked at, the latest: a fifth of a second of work."""
KEPT_S = 15.0
"""An answer is given again for so long: several pages may be open."""


class _Counted(msgspec.Struct):
    """As much of the body of a count as is needed."""

    observed: CrowdCount
    model: ModelRef | None = None


class _Alerted(msgspec.Struct):
    model: ModelRef | None = None


class VersionQuality(msgspec.Struct, frozen=True):
    """One version in the field."""

    version: str
    outputs: Outputs | None
    range: OutOfRange | None
    """Against the version before."""
    precision: Share | None
    """Confirmed alerts among those judged."""
    alerts: int
    judged: int


class Quality(msgspec.Struct, frozen=True):
    """The new version, and the one before it."""

    bundle: str
    new: VersionQuality
    before: VersionQuality | None
    looked_at: int
    """Events, the latest, of which this is made."""


@dataclass
class _Seen:
    values: list[float] = field(default_factory=list)
    half_widths: list[float] = field(default_factory=list)
    devices: set[str] = field(default_factory=set)
    missed: int = 0
    pictures: int = 0
    incidents: set[str] = field(default_factory=set)

    def count(self, device: str, counted: CrowdCount) -> None:
        people: Estimate = counted.people
        self.values.append(people.value)
        self.half_widths.append((people.high - people.low) / 2)
        self.devices.add(device)
        self.missed += counted.missed
        self.pictures += counted.pictures + counted.missed


_counted = msgspec.json.Decoder(_Counted)
_alerted = msgspec.json.Decoder(_Alerted)


class FieldQuality:
    """Answers from the store; may be shared by threads.

    Args:
        engine: the store.
        monotonic: clock of how long an answer holds, seconds.
    """

    def __init__(self, engine: Engine, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._monotonic = engine, monotonic
        self._lock = threading.Lock()
        self._answers: dict[int, tuple[float, Quality]] = {}

    def of(self, number: int) -> Quality:
        """Quality of what a rollout brings.

        Raises:
            UnknownRolloutError: there is none of this number.
        """
        with self._lock:
            now = self._monotonic()
            known = self._answers.get(number)
            if known is not None and now - known[0] < KEPT_S:
                return known[1]
            with self._engine.connect() as connection:
                answer = self._look(connection, read_rollout(connection, number))
            self._answers = {one: held for one, held in self._answers.items() if now - held[0] < KEPT_S}
            self._answers[number] = (now, answer)
            return answer

    def _look(self, connection: Connection, found: Rollout) -> Quality:
        seen: dict[str, _Seen] = {}
        looked = sum(look(connection, found.bundle, seen) for look in (_counts, _alerts, _shots))
        decisions = _decisions(connection, {incident for one in seen.values() for incident in one.incidents})
        new = found.published.version
        before = _version_before(connection, found, seen)
        old = seen.get(before or "")
        return Quality(
            found.bundle,
            _quality(new, seen.get(new, _Seen()), old, decisions),
            None if before is None else _quality(before, old or _Seen(), None, decisions),
            looked,
        )


def _counts(connection: Connection, bundle: str, seen: dict[str, _Seen]) -> int:
    query = select(event.c.device, event.c.body).where(event.c.type == EventType.CROWD_COUNT.value)
    looked = 0
    for row in connection.execute(query.order_by(event.c.row.desc()).limit(MOST_COUNTS)):
        looked += 1
        try:
            body = _counted.decode(row.body)
        except msgspec.DecodeError:
            continue  # of a later contract, kept as it came
        if body.observed.moved:
            continue  # says more of where the camera looks now than of the model
        if body.model is not None and body.model.name == bundle:
            seen.setdefault(body.model.version, _Seen()).count(row.device, body.observed)
    return looked


def _alerts(connection: Connection, bundle: str, seen: dict[str, _Seen]) -> int:
    query = select(event.c.incident, event.c.body).where(event.c.type == EventType.CROWD_ALERT.value)
    looked = 0
    for row in connection.execute(query.order_by(event.c.row.desc()).limit(MOST_ALERTS)):
        looked += 1
        try:
            model = _alerted.decode(row.body).model
        except msgspec.DecodeError:
            continue
        if model is not None and model.name == bundle and row.incident is not None:
            seen.setdefault(model.version, _Seen()).incidents.add(row.incident)
    return looked


def _shots(connection: Connection, bundle: str, seen: dict[str, _Seen]) -> int:
    """Incidents of shots that people were told of, for each version that a box which took part had."""
    h, i = gunshot_heard.c, gunshot_incident.c
    query = select(h.version, h.incident).join(gunshot_incident, i.id == h.incident)
    query = query.where(h.bundle == bundle, i.raised.is_not(None)).order_by(h.received.desc()).limit(MOST_ALERTS)
    looked = 0
    for row in connection.execute(query):
        looked += 1
        seen.setdefault(row.version, _Seen()).incidents.add(row.incident)
    return looked


def _decisions(connection: Connection, incidents: set[str]) -> dict[str, str]:
    """The verdict that stands, by incident."""
    found: dict[str, str] = {}
    line = sorted(incidents)
    for start in range(0, len(line), 500):
        part = line[start : start + 500]
        standing = select(func.max(verdict.c.row)).where(verdict.c.incident.in_(part)).group_by(verdict.c.incident)
        rows = connection.execute(select(verdict.c.incident, verdict.c.decision).where(verdict.c.row.in_(standing)))
        found.update({row.incident: row.decision for row in rows})
    return found


def _version_before(connection: Connection, found: Rollout, seen: dict[str, _Seen]) -> str | None:
    """What most of the rollout's boxes ran when they were placed; else what was said most."""
    new, b = found.published.version, rollout_box.c
    rows = connection.execute(select(b.version, func.count()).where(b.rollout == found.number).group_by(b.version))
    ran = Counter({version: int(count) for version, count in rows if version not in {"", new}})
    said = Counter({version: len(one.values) for version, one in seen.items() if version != new})
    best = (ran or said).most_common(1)
    return best[0][0] if best else None


def _quality(version: str, one: _Seen, before: _Seen | None, decisions: dict[str, str]) -> VersionQuality:
    judged = [decisions[incident] for incident in one.incidents if incident in decisions]
    confirmed = sum(decision == Decision.CONFIRM.value for decision in judged)
    return VersionQuality(
        version,
        summarise(one.values, one.half_widths, len(one.devices), (one.missed, one.pictures)),
        None if before is None else out_of_range(one.values, before.values),
        wilson(confirmed, len(judged)),
        len(one.incidents),
        len(judged),
    )
