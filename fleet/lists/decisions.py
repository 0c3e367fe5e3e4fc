"""What people decide about hit lists: draft, approve, withdraw, look at entries, ask for another key.

Rules:

- Whoever drafts does not approve; a person who may not is told who may.
- What is approved is what was drafted, entries, comments and terms, by its seal (:mod:`fleet.lists.seals`), against the version
  that still stands.
- Nothing is approved that could not be activated: without the authority's key, past its end, or too large for a box's twin.
- Entries are seen with a reason, and who saw which is in the audit log before a single one is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from sqlalchemy import Engine, select, update

from fleet.accounts.accounts import Person, Right
from fleet.audit.log import record
from fleet.lists.access import Access
from fleet.lists.contents import Contents, Said
from fleet.lists.differences import Difference, differences
from fleet.lists.drafting import Drafting, Wanted, check_end, check_purpose
from fleet.lists.errors import NotLoadedError, ReasonError, RoleError, SecondPersonError, StateError, UnknownListError
from fleet.lists.ledger import OPEN, State, Version, active_lists, active_of, in_states, move, read_version, versions
from fleet.lists.orders import largest, twin_with
from fleet.lists.pulse import locked
from fleet.lists.seals import check_seal, seal_of, values_of
from fleet.lists.wanted import plates_of
from fleet.policy.policy import Policy
from fleet.store.database import LIST_ORDER, one_at_a_time, writing
from fleet.store.tables import device, list_version, plate_key
from fleet.twins import read_twin
from protocol.plates import fold, known_part, normalise, pattern_of

MOST_SHOWN = 1000
"""Entries of one look."""


@dataclass(frozen=True)
class Look:
    """Entries of a draft or version, as typed."""

    version: Version
    entries: tuple[Said, ...]


@dataclass(frozen=True)
class Changes:
    """What a draft would change."""

    version: Version
    rows: tuple[Difference, ...]


class Lists:
    """Takes decisions into the store.

    Args:
        engine: the store.
        policy: of the fleet.
        access: to the key store.
        now: clock, ms.
    """

    def __init__(
        self, engine: Engine, policy: Policy, access: Access, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._engine, self.policy, self._access, self._now = engine, policy, access, now

    @property
    def access(self) -> Access:
        """To the key store."""
        return self._access

    def begin(self, person: Person, wanted: Wanted) -> Drafting:
        """Begin a draft; a second person approves it.

        Raises:
            RoleError: the role may not.
            NotLoadedError: entries cannot be sealed.
            DraftError: it cannot be; see :func:`fleet.lists.drafting.check_terms`.
        """
        _require(person, Right.DRAFT_LIST)
        return Drafting(self._engine, self._access.open().contents, wanted, person.name, self.policy, self._now)

    def approve(self, person: Person, number: int, words: str = "") -> Version:
        """Approve another person's draft; it is signed and sent to the boxes within seconds.

        Raises:
            RoleError: the role may not.
            SecondPersonError: whoever drafted it.
            UnknownListError, StateError, DraftError: there is none to approve, it cannot be any more, or is not what was
                drafted.
            NotLoadedError: nothing can be signed.
        """
        _require(person, Right.APPROVE_LIST)
        now = self._now()
        with self._engine.connect() as connection:
            found = read_version(connection, number)
        if found.drafted_by != person.name:  # who may not is told that first
            self._check_ready(found)
        with writing(self._engine) as connection:
            one_at_a_time(connection, LIST_ORDER)
            found = read_version(connection, number)
            if found.drafted_by == person.name:
                msg = f"draft {number} of list {found.list} was drafted by {person.name}: a second person approves it"
                raise SecondPersonError(msg)
            by: dict[str, Any] = {"approved_by": person.name, "approved_at": now}
            if found.state is State.DRAFT:
                contents = self._access.open().contents
                check_seal(contents, found, approved=False)
                by["seal"] = seal_of(contents, {**values_of(found), **by})
            check_end(found.expires, check_purpose(found.purpose, self.policy), found.purpose, now)
            standing = active_of(connection, found.list)
            if found.state is State.DRAFT and found.based_on != (standing.content if standing else None):
                msg = f"draft {number} was made of another version of list {found.list} than the one that stands: draft it anew"
                raise StateError(msg)
            waiting = versions(connection, in_states(State.APPROVED).where(list_version.c.list == found.list))
            if waiting and waiting[0].number != number:
                msg = f"draft {waiting[0].number} of list {found.list} is approved and not yet published; draft anew after it"
                raise StateError(msg)
            return move(connection, found, State.APPROVED, person.name, words, **by)

    def discard(self, person: Person, number: int, words: str) -> Version:
        """Take a draft back, or a version by its number; one person may: a list does harm while it stands, and none without.

        Raises:
            RoleError: the role may not.
            ReasonError: no reason was given.
            UnknownListError, StateError: there is nothing to take back.
        """
        _may_withdraw(person, words)
        with writing(self._engine) as connection:
            one_at_a_time(connection, LIST_ORDER)
            found = read_version(connection, number)
            by = {"ended_by": person.name, "ended_at": self._now()}
            return move(connection, found, State.WITHDRAWN, person.name, words, **by)

    def withdraw(self, person: Person, name: str, words: str) -> Version:
        """Take a list back: the version that stands, and one that was approved after it.

        Raises:
            RoleError, ReasonError: as of :meth:`discard`.
            UnknownListError: no version of it stands.
        """
        _may_withdraw(person, words)
        with writing(self._engine) as connection:
            one_at_a_time(connection, LIST_ORDER)
            query = in_states(State.ACTIVE, State.APPROVED).where(list_version.c.list == name)
            standing = versions(connection, query)
            if not standing:
                msg = f"no version of list {name[:32]!r} stands, so that there is nothing to withdraw"
                raise UnknownListError(msg)
            by = {"ended_by": person.name, "ended_at": self._now()}
            return [move(connection, one, State.WITHDRAWN, person.name, words, **by) for one in standing][-1]

    def rotate(self, person: Person, name: str, words: str) -> str:
        """Ask for another key of a list: it goes to all boxes anew, within seconds. Returns the id of the key that goes.

        Raises:
            RoleError: the role may not.
            UnknownListError: no version of the list stands.
        """
        _require(person, Right.ROTATE_KEYS)
        with writing(self._engine) as connection:
            found = active_of(connection, name)
            if found is None or found.key is None:
                msg = f"no version of list {name[:32]} stands, so that there is no key to replace"
                raise UnknownListError(msg)
            asked = update(plate_key).where(plate_key.c.id == found.key)
            connection.execute(asked.values(rotate_asked_at=self._now()))
            record(connection, person.name, "key.rotate", found.key, words)
            return found.key

    def look(self, person: Person, number: int, reason: str, after: int = 0, limit: int = MOST_SHOWN) -> Look:
        """Entries of a draft or version.

        Args:
            person: who looks.
            number: of the draft or version.
            reason: why; kept as a digest in the audit log.
            after: how many are passed over.
            limit: how many are shown.

        Raises:
            RoleError: the role may not.
            ReasonError: no reason was given.
            UnknownListError, KeyGoneError: there are none to be seen.
            StateError: it waits for a decision and is not what was drafted or approved.
        """
        found = self._noted(person, number, reason, "list.look", f"{after} {limit}")
        entries = self._sound(found).read(found.content, found.proof)
        return Look(found, tuple(islice(entries, after, after + min(limit, MOST_SHOWN))))

    def changes(self, person: Person, number: int, reason: str, after: int = 0, limit: int = MOST_SHOWN) -> Changes:
        """What a draft would change of the version that it was made of: entries that go, then those that come.

        Args, Raises: as of :meth:`look`.
        """
        found = self._noted(person, number, reason, "list.look", f"changes {after} {limit}")
        contents = self._sound(found)
        with self._engine.connect() as connection:
            query = select(list_version).where(list_version.c.content == (found.based_on or ""))
            before = versions(connection, query.limit(1))
        rows = differences(
            lambda: chain.from_iterable(contents.read(base.content, base.proof) for base in before),
            lambda: contents.read(found.content, found.proof),
        )
        return Changes(found, tuple(islice(rows, after, after + min(limit, MOST_SHOWN))))

    def who(self, person: Person, number: int, plate: str, reason: str) -> Look:
        """Entries of a draft or version that a plate is on the list through: who a hit is.

        Raises:
            PlateError: it is no plate.
            RoleError, ReasonError, UnknownListError, KeyGoneError, StateError: as of :meth:`look`.
        """
        wanted = fold(normalise(plate))
        found = self._noted(person, number, reason, "list.who", "")
        shown = []
        for text, comment in self._sound(found).read(found.content, found.proof):
            mask, known = pattern_of(text)
            if known_part(mask, wanted) == known:
                shown.append((text, comment))
        return Look(found, tuple(shown[:MOST_SHOWN]))

    def _sound(self, found: Version) -> Contents:
        """Where its entries are; what waits for a decision is what was drafted, or approved."""
        contents = self._access.open().contents
        if found.state in {State.DRAFT, State.APPROVED}:
            check_seal(contents, found, approved=found.state is State.APPROVED)
        return contents

    def _noted(self, person: Person, number: int, reason: str, action: str, what: str) -> Version:
        _require(person, Right.SEE_ENTRIES)
        if not reason.strip():
            msg = "say why you look at entries, with a reason: it is kept in the audit log"
            raise ReasonError(msg)
        with writing(self._engine) as connection:
            found = read_version(connection, number)
            if found.state not in OPEN and not self._access.open().contents.holds(found.content):
                msg = f"the entries of draft {number} of list {found.list} were erased, for it is {found.state.value}"
                raise UnknownListError(msg)
            record(connection, person.name, action, f"{found.list} {number}", f"{reason} {what}")
        return found

    def _check_ready(self, found: Version) -> None:
        """Refuse a list that could not be signed, or for which a box's twin has no room."""
        self._access.open()
        name = found.list
        if why := locked(self._engine, self._now()):
            msg = f"draft {found.number} of list {name} cannot be activated: {why}"
            raise NotLoadedError(msg)
        crowded = self._crowded(name)
        if crowded:
            shown = ", ".join(crowded[:5])
            msg = f"the twin of {shown} has no room for list {name}: give it fewer zones, lines or lists, then approve again"
            raise StateError(msg)

    def _crowded(self, name: str) -> list[str]:
        now = self._now()
        crowded = []
        with self._engine.connect() as connection:
            orders = {other: version.order() for other, version in active_lists(connection, now).items()}
            orders[name] = largest(name)
            query = select(device.c.name, device.c.desired, device.c.reported).where(device.c.withdrawn_at.is_(None))
            for row in connection.execute(query):
                twin = read_twin(row.desired, row.reported)
                if twin.config is not None and name in plates_of(twin.config).lists and twin_with(twin, orders) is None:
                    crowded.append(row.name)
        return crowded


def _may_withdraw(person: Person, words: str) -> None:
    _require(person, Right.WITHDRAW_LIST)
    if not words.strip():
        msg = "say why it is withdrawn, with a reason"
        raise ReasonError(msg)


def _require(person: Person, right: Right) -> None:
    if not person.may(right):
        msg = f"the role {person.role.value} does not include: {right.value}"
        raise RoleError(msg)
