"""Hit lists in the store: drafts and versions, read whole, moved from state to state in one place.

Rules: a move is checked against the row as it stands within the transaction that makes it; each is in the audit log, under
``list NUMBER`` and with ids and digests only. A row is never deleted: the history of a list is its rows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from fleet.audit.log import record
from fleet.lists.errors import StateError, UnknownListError
from fleet.store.tables import list_version
from protocol.twin import ListChange, ListOrder

SYSTEM = "system"
"""Who acts when a list is published, rotated or over."""
WORDS = 240


class State(str, enum.Enum):
    """Of a draft, and then of a version."""

    DRAFT = "draft"
    APPROVED = "approved"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


_MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.APPROVED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.ACTIVE, State.WITHDRAWN, State.EXPIRED}),
    State.ACTIVE: frozenset({State.SUPERSEDED, State.WITHDRAWN, State.EXPIRED}),
    State.SUPERSEDED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.EXPIRED: frozenset(),
}
OPEN = tuple(state for state, after in _MOVES.items() if after)
"""States of which something may still come."""
_changes = msgspec.json.Decoder(tuple[ListChange, ...])


@dataclass(frozen=True)
class Version:
    """A draft or version as stored. Times: ms."""

    number: int
    list: str
    version: int | None
    state: State
    content: str
    based_on: str | None
    proof: str
    purpose: str
    basis: str
    expires: int
    least: float
    entries: int
    added: int
    removed: int
    drafted_by: str
    drafted_at: int
    approved_by: str | None
    approved_at: int | None
    seal: str | None
    published_at: int | None
    ended_by: str | None
    ended_at: int | None
    words: str
    key: str | None
    header: bytes | None
    digest: str | None
    size: int | None
    changes: tuple[ListChange, ...]

    def order(self) -> ListOrder:
        """As twins name it; of a version that was published."""
        assert self.version is not None
        assert self.digest is not None
        assert self.size is not None
        return ListOrder(self.list, self.version, self.digest, self.size, self.changes)

    def decided(self) -> str:
        """What was decided, for the audit log: no plate is in it."""
        known = (self.list, self.purpose, self.basis, self.expires, self.least, self.entries, self.proof, self.content)
        return msgspec.json.encode(known).decode()


def read_version(connection: Connection, number: int) -> Version:
    """One draft or version.

    Raises:
        UnknownListError: there is none of this number.
    """
    found = connection.execute(select(list_version).where(list_version.c.number == number)).first()
    if found is None:
        msg = f"there is no draft {number}; `lamplighter lists show` names those that there are"
        raise UnknownListError(msg)
    return _version(found)


def versions(connection: Connection, query: Select[Any] | None = None) -> list[Version]:
    """Several, newest first."""
    query = select(list_version) if query is None else query
    return [_version(row) for row in connection.execute(query.order_by(list_version.c.number.desc()))]


def in_states(*states: State) -> Select[Any]:
    """Query for versions in some states."""
    return select(list_version).where(list_version.c.state.in_([state.value for state in states]))


def active_lists(connection: Connection, now: int) -> dict[str, Version]:
    """Versions that should be used, by list."""
    found = versions(connection, in_states(State.ACTIVE).where(list_version.c.expires > now))
    return {one.list: one for one in found}


def active_of(connection: Connection, name: str) -> Version | None:
    """The version of a list that was published last and stands."""
    found = versions(connection, in_states(State.ACTIVE).where(list_version.c.list == name))
    return found[0] if found else None


def purpose_of(connection: Connection, name: str, version: int) -> str:
    """Purpose of a version of a list, whether it stands or not; empty when this manager has made none of the kind."""
    query = select(list_version.c.purpose).where(list_version.c.list == name, list_version.c.version == version)
    return connection.execute(query).scalar() or ""


def add_draft(connection: Connection, values: dict[str, Any]) -> Version:
    """Add a draft."""
    made = connection.execute(insert(list_version).values(state=State.DRAFT.value, words="", **values)).inserted_primary_key
    assert made is not None
    added = read_version(connection, made[0])
    record(connection, added.drafted_by, "list.draft", _subject(added), added.decided())
    return added


def move(connection: Connection, found: Version, state: State, actor: str, words: str = "", **values: object) -> Version:
    """Move a draft or version to another state, in the caller's writing transaction.

    Args:
        connection: that has read ``found``.
        found: as it stands.
        state: where to.
        actor: who does it.
        words: why.
        **values: other columns that change with it.

    Raises:
        StateError: it cannot go there.
    """
    if state not in _MOVES[found.state]:
        msg = f"draft {found.number} of list {found.list} is {found.state.value}: it cannot become {state.value}"
        raise StateError(msg)
    row = update(list_version).where(list_version.c.number == found.number)
    connection.execute(row.values(**{"state": state.value, "words": words[:WORDS], **values}))
    after = read_version(connection, found.number)
    content = f"{after.decided()} {after.version} {after.digest} {words}"
    record(connection, actor, f"list.{_ACTIONS[state]}", _subject(after), content)
    return after


_ACTIONS = {
    State.APPROVED: "approve",
    State.ACTIVE: "publish",
    State.SUPERSEDED: "supersede",
    State.WITHDRAWN: "withdraw",
    State.EXPIRED: "expire",
}


def note_wait(connection: Connection, number: int, words: str) -> None:
    """Say why a version waits."""
    connection.execute(update(list_version).where(list_version.c.number == number).values(words=words[:WORDS]))


def _subject(found: Version) -> str:
    return f"{found.list} {found.number}"


def _version(row: Any) -> Version:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    changes = _changes.decode(row.changes) if row.changes else ()
    return Version(**{**values, "state": State(row.state), "changes": changes})
