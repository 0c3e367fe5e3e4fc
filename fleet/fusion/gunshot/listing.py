"""Incidents of shots for whoever asks: those that people were told of and those that they were not, and how boxes do.

Rule: reading only; what was not told is shown with why as far as it is known: held back, an echo, part of another.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine, func, select

from fleet.fusion.gunshot.precision import BoxPrecision, judged, precision
from fleet.fusion.gunshot.told import ShotsTold
from fleet.fusion.gunshot.trust import Record, Trust
from fleet.rollouts.statistics import Share
from fleet.store.gunshot import gunshot_box, gunshot_heard, gunshot_incident
from fleet.store.tables import verdict
from protocol.events import Assessed

MOST_PAGE = 100
_seen = msgspec.json.Decoder(ShotsTold)
_assessed = msgspec.json.Decoder(Assessed)


class IncidentFound(msgspec.Struct, frozen=True):
    """One incident as it stands; times in ms.

    Attributes:
        id: of its events, if people were told.
        begun, closed: when the first box was heard of, and since when it does not grow.
        raised: when people were told; ``None`` = they were not.
        withheld: whether they were not for the sole reason that alerts were held to high confidence.
        verdict: the decision that stands.
        seen, assessed: what is known of it.
    """

    id: str
    begun: int
    closed: int | None
    raised: int | None
    held: bool
    withheld: bool
    verdict: str | None
    seen: ShotsTold
    assessed: Assessed


class Page(msgspec.Struct, frozen=True):
    """Some incidents, newest first; ``next`` is where the following page begins."""

    incidents: tuple[IncidentFound, ...]
    next: str | None


class BoxFound(msgspec.Struct, frozen=True):
    """How one box does.

    Attributes:
        heard: incidents of its own that are kept, and of how many of them nothing could be made.
        trust: share of its detections that hold, as they are weighed now.
        shouts: whether hardly anybody confirms what it says.
        confirmed: of incidents that it took part in and that were judged.
    """

    device: str
    heard: int
    doubted: int
    trust: float
    shouts: bool
    confirmed: Share | None


class Gunshots:
    """Answers from the store; may be shared by threads.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def incidents(self, before: str | None = None, limit: int = MOST_PAGE, *, raised: bool | None = None) -> Page:
        """Incidents by when they were made, which their ids say, newest first.

        Args:
            before: ``next`` of the page before.
            limit: at most :data:`MOST_PAGE`.
            raised: only those that people were told of, or were not; ``None`` = all.
        """
        limit = max(1, min(limit, MOST_PAGE))
        i = gunshot_incident.c
        query = select(gunshot_incident).order_by(i.id.desc())
        if before is not None:
            query = query.where(i.id < before)
        if raised is not None:
            query = query.where(i.raised.is_not(None) if raised else i.raised.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit + 1)).all()
            ids = [row.id for row in rows]
            standing = select(func.max(verdict.c.row)).where(verdict.c.incident.in_(ids)).group_by(verdict.c.incident)
            decided = select(verdict.c.incident, verdict.c.decision).where(verdict.c.row.in_(standing))
            decisions = {row.incident: row.decision for row in connection.execute(decided)}
        page = rows[:limit]
        found = tuple(
            IncidentFound(
                row.id, row.begun, row.closed, row.raised, row.held, row.withheld, decisions.get(row.id),
                _seen.decode(row.seen), _assessed.decode(row.assessed),
            )
            for row in page
        )  # fmt: skip
        return Page(found, page[-1].id if len(rows) > limit else None)

    def precision(self) -> list[BoxPrecision]:
        """Of every box with a judged incident, by name."""
        with self._engine.connect() as connection:
            return precision(connection)

    def boxes(self, now: int) -> list[BoxFound]:
        """Every box that heard something, those that shout first; ``now`` in ms."""
        h, trust = gunshot_heard.c, Trust()
        with self._engine.connect() as connection:
            shares = {one.device: one.confirmed for one in precision(connection)}
            for row in connection.execute(select(gunshot_box)):
                trust.restore(row.device, Record(row.confirmed, row.alone, row.at / 1000))
            trust.judge(judged(connection, now))
            counts = select(h.device, func.count().label("heard"), func.count(h.doubt).label("doubted")).group_by(h.device)
            rows = connection.execute(counts).all()
        shouting = {one.node for one in trust.shouting()}
        found = [
            BoxFound(
                row.device, row.heard, row.doubted, round(trust.of(row.device), 3), row.device in shouting,
                shares.get(row.device),
            )
            for row in rows
        ]  # fmt: skip
        return sorted(found, key=lambda one: (not one.shouts, one.trust, one.device))
