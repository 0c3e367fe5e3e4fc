"""Questions about plates: where one was read, what was read somewhere, the path of a hit, clones, how right cameras are.

Rules:

- Every question goes through :mod:`fleet.fusion.anpr.disclosing`; what is shown is bounded, the newest first.
- A plate is turned into pseudonyms under the keys that the purpose holds: when a key is destroyed nobody can ask any more, and
  the plate itself is kept nowhere.
- A read is shown without its pseudonym: whoever may see places and times still cannot follow a car that nobody asked for.
- What is older than a month is shown with a prosecutor's decision or not at all (:func:`fleet.fusion.anpr.disclosing.reach`).
- A hit's path is hits of the same plate under the same purpose; purposes are never joined.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, func, select, tuple_

from fleet.accounts.accounts import Person
from fleet.fusion.anpr.disclosing import Asked, check, check_reason, check_role, disclosed, reach
from fleet.fusion.anpr.errors import PurposeError, QuestionError, UnknownHitError
from fleet.fusion.anpr.precision import Camera, cameras
from fleet.fusion.anpr.register import NoRegister, Register, hint
from fleet.fusion.anpr.told import CloneSeen
from fleet.fusion.anpr.views import Answer, CloneFound, HitFacts, Sighting
from fleet.fusion.made import CLONE, MadeBody
from fleet.policy.policy import Policy, Purpose
from fleet.store.anpr import anpr_clone, anpr_hit, anpr_read
from fleet.store.database import writing
from fleet.store.tables import event
from protocol.plates import fold, normalise
from protocol.pseudonyms import pseudonym

_Where = list[ColumnElement[bool]] | None
_clone = msgspec.json.Decoder(MadeBody[CloneSeen])
MOST = 500
"""Sightings in one answer."""
MOST_DEVICES = 50
UNKNOWN = Purpose("", "")
"""Of a list that this manager does not know."""
_SEEN = (
    *("event", "device", "source", "at", "synchronised", "lat", "lon", "posterior", "direction", "lane"),
    *("kind", "kind_p", "colour", "colour_p"),
)


class Keys(Protocol):
    """Whoever holds the keys of pseudonyms."""

    def keys(self, purpose: str, at: int) -> list[tuple[str, bytes]]:
        """Ids and keys, 32 bytes each, that the purpose holds at a time (ms); destroyed ones are gone."""


class NoKeys:
    """Of a manager without a key store: plates on no list cannot be asked for."""

    def keys(self, purpose: str, at: int) -> list[tuple[str, bytes]]:  # noqa: ARG002 - of the port
        """None."""
        return []


class Plates:
    """Answers. Safe to share between threads.

    Args:
        engine: the store.
        policy: of the fleet.
        keys: of pseudonyms.
        register: of vehicles.
        now: the manager's clock, ms.
    """

    def __init__(
        self,
        engine: Engine,
        policy: Policy,
        keys: Keys | None = None,
        register: Register | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._engine, self.policy, self._now = engine, policy, now
        self._keys, self._register = keys or NoKeys(), register or NoRegister()

    def plate(self, asked: Asked, text: str, since: int | None = None, until: int | None = None) -> Answer:
        """Where a plate was read or hit.

        Raises:
            PlatesError: see :mod:`fleet.fusion.anpr.errors`.
            PlateError: it is none.
        """
        purpose = check(asked, self.policy)
        plate = normalise(text)
        hits: _Where = [anpr_hit.c.folded == fold(plate)] if purpose.lists else None
        reads: _Where = None
        if purpose.pseudonyms:
            pairs = [(name, pseudonym(key, plate)) for name, key in self._keys.keys(asked.purpose, self._now())]
            if not pairs and hits is None:
                msg = f"the purpose {asked.purpose!r} holds no key: nobody can say which pseudonym stands for a plate"
                raise QuestionError(msg)
            reads = [tuple_(anpr_read.c.key, anpr_read.c.pseudonym).in_(pairs)] if pairs else None
        return self._answer(asked, "plate", plate, reads, hits, (since, until))

    def place(self, asked: Asked, devices: Sequence[str], since: int, until: int) -> Answer:
        """What was read at boxes in a time; reads without their pseudonyms.

        Raises:
            PlatesError: see :mod:`fleet.fusion.anpr.errors`.
        """
        purpose = check(asked, self.policy)
        if not 1 <= len(devices) <= MOST_DEVICES or since >= until:
            msg = f"name 1 to {MOST_DEVICES} boxes, and a time that begins before it ends"
            raise QuestionError(msg)
        reads: _Where = [anpr_read.c.device.in_(devices)] if purpose.pseudonyms else None
        hits: _Where = [anpr_hit.c.device.in_(devices)] if purpose.lists else None
        return self._answer(asked, "place", ",".join(devices), reads, hits, (since, until))

    def hits(self, asked: Asked, since: int | None = None, until: int | None = None) -> Answer:
        """Hits of a purpose.

        Raises:
            PlatesError: see :mod:`fleet.fusion.anpr.errors`.
        """
        if not check(asked, self.policy).lists:
            msg = f"the purpose {asked.purpose!r} has no lists, so it has no hits"
            raise PurposeError(msg)
        return self._answer(asked, "hits", "", None, [], (since, until))

    def hit(self, person: Person, incident: str) -> HitFacts:
        """What stands beside a hit. The alert itself is the reason.

        Raises:
            PlatesError: see :mod:`fleet.fusion.anpr.errors`.
        """
        check_role(person)
        with writing(self._engine) as connection:
            found = self._hit(connection, incident)
            asked = Asked(person, found.purpose, f"alert {incident}")
            # A list that this manager does not know has no purpose here; its hits are shown all the same: they are alerts.
            purpose = check(asked, self.policy) if found.purpose else UNKNOWN
            earliest = reach(asked, purpose, self._now(), found.since)
            of = anpr_hit.c
            same = (of.folded == found.folded, of.purpose == found.purpose, of.since >= earliest)
            hits = int(connection.execute(select(func.count(of.incident.distinct())).where(*same)).scalar_one())
            camera = next((c for c in cameras(connection) if (c.device, c.source) == (found.device, found.source)), None)
            disclosed(connection, asked, "hit", [found.event], incident)
        said = hint(self._register.look(found.plate), found.kind, found.kind_p, found.colour, found.colour_p)
        right = camera.confirmed if camera else None
        return HitFacts(incident, found.purpose, purpose.label, said, right, hits, purpose.decision, purpose.free_days)

    def path(self, person: Person, incident: str, reason: str, decision: str = "") -> Answer:
        """Hits of the plate of a hit under its purpose, oldest first, each passage once.

        Raises:
            PlatesError: see :mod:`fleet.fusion.anpr.errors`.
        """
        check_role(person)
        with writing(self._engine) as connection:
            found = self._hit(connection, incident)
            asked = Asked(person, found.purpose, reason, decision)
            check_reason(reason)
            purpose = check(asked, self.policy) if found.purpose else UNKNOWN
            earliest = reach(asked, purpose, self._now(), found.since)
            of = anpr_hit.c
            same = (of.folded == found.folded, of.purpose == found.purpose, of.since >= earliest)
            rows = connection.execute(select(anpr_hit).where(*same).order_by(of.at.desc()).limit(MOST + 1)).all()
            once = list({row.incident: _sighting(row) for row in rows[:MOST]}.values())[::-1]
            disclosed(connection, asked, "path", [row.event for row in rows[:MOST]], incident)
        return Answer(tuple(sorted(once, key=lambda one: one.at)), len(rows) > MOST)

    def clones(self, asked: Asked) -> tuple[CloneFound, ...]:
        """Clones of a purpose, the latest told first; without pseudonyms.

        Raises:
            PlatesError: see :mod:`fleet.fusion.anpr.errors`.
        """
        check(asked, self.policy)
        with writing(self._engine) as connection:
            c = anpr_clone.c
            last = select(func.max(event.c.row)).where(event.c.type == CLONE).group_by(event.c.incident)
            query = select(c.incident, c.probability, c.told_at, event.c.row, event.c.body)
            query = query.join(event, event.c.incident == c.incident).where(event.c.row.in_(last), c.purpose == asked.purpose)
            rows = connection.execute(query.order_by(c.told_at.desc()).limit(MOST)).all()
            disclosed(connection, asked, "clones", [row.row for row in rows], "")
        return tuple(CloneFound(row.incident, row.probability, row.told_at, _clone.decode(row.body).observed) for row in rows)

    def cameras(self) -> tuple[Camera, ...]:
        """How right each camera's hits were, as people judged them."""
        with self._engine.connect() as connection:
            return tuple(cameras(connection))

    @staticmethod
    def _hit(connection: Connection, incident: str) -> Row[Any]:
        query = select(anpr_hit).where(anpr_hit.c.incident == incident).order_by(anpr_hit.c.event.desc()).limit(1)
        found = connection.execute(query).first()
        if found is None:
            msg = f"there is no hit {incident[:36]!r}, or its time is over"
            raise UnknownHitError(msg)
        return found

    def _answer(  # noqa: PLR0913 - a question is all of this
        self,
        asked: Asked,
        what: str,
        question: str,
        reads: _Where,
        hits: _Where,
        span: tuple[int | None, int | None],
    ) -> Answer:
        earliest = reach(asked, self.policy.purpose(asked.purpose), self._now(), span[0])
        with writing(self._engine) as connection:
            found: list[Sighting] = []
            for table, where in ((anpr_read, reads), (anpr_hit, hits)):
                if where is not None:
                    mine = [table.c.purpose == asked.purpose, table.c.since >= earliest, *where, *_within(table, span)]
                    query = select(table).where(*mine).order_by(table.c.at.desc()).limit(MOST + 1)
                    found += map(_sighting, connection.execute(query))
            found.sort(key=lambda one: -one.at)
            shown = tuple(found[:MOST])
            disclosed(connection, asked, what, [one.event for one in shown], f"{question} {span}")
        return Answer(shown, len(found) > MOST)


def _within(table: Table, span: tuple[int | None, int | None]) -> list[ColumnElement[bool]]:
    since, until = span
    return ([] if since is None else [table.c.at >= since]) + ([] if until is None else [table.c.at < until])


def _sighting(row: Row[Any]) -> Sighting:
    seen = {name: getattr(row, name) for name in _SEEN}
    if hasattr(row, "plate"):
        seen |= {"plate": row.plate, "list": row.list, "through": row.through, "incident": row.incident}
    return Sighting(**seen)
