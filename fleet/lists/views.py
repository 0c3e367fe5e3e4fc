"""Hit lists as people see them: what there is, who decided, which boxes use which version since when, and keys.

Rule: no plate is in any of it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Engine, func, select

from fleet.lists.keystore import KeyRow, read_key
from fleet.lists.ledger import OPEN, State, Version, in_states, read_version, versions
from fleet.store.tables import audit, device, key_handout, list_box, list_version, plate_key, setting

MOST_ROWS = 500
_SALT = "audit-salt"


class VersionView(msgspec.Struct, frozen=True):
    """A draft or version. Times: ms."""

    number: int
    list: str
    version: int | None
    state: str
    purpose: str
    basis: str
    expires: int
    least: float
    entries: int
    added: int
    removed: int
    proof: str
    drafted_by: str
    drafted_at: int
    approved_by: str | None
    approved_at: int | None
    published_at: int | None
    ended_by: str | None
    ended_at: int | None
    words: str
    key: str | None
    digest: str | None
    size: int | None


class BoxView(msgspec.Struct, frozen=True):
    """A box that uses a list: which version, since when (ms), and with which keys it was sent."""

    device: str
    version: int
    since: int
    keys: tuple[str, ...]


class ListView(msgspec.Struct, frozen=True):
    """A list with its history, newest first, and its boxes."""

    list: str
    versions: tuple[VersionView, ...]
    boxes: tuple[BoxView, ...]


class Proof(msgspec.Struct, frozen=True):
    """What shows that a key was destroyed: the rows of the audit log that hold its commitment."""

    id: str
    commitment: str
    destroyed_at: int | None
    made_row: int | None
    destroyed_row: int | None

    @property
    def shown(self) -> bool:
        """Whether the log holds both."""
        return self.destroyed_at is not None and self.made_row is not None and self.destroyed_row is not None


@dataclass(frozen=True)
class _Box:
    device: str
    version: int
    since: int
    ids: str | None


class ListViews:
    """Answers from the store.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lists(self) -> list[VersionView]:
        """What stands, what waits, and, of lists of which nothing does, what stood last."""
        with self._engine.connect() as connection:
            found = versions(connection, in_states(*OPEN))
            there = {one.list for one in found}
            last = (
                select(func.max(list_version.c.number)).where(list_version.c.list.not_in(there)).group_by(list_version.c.list)
            )
            found += versions(connection, select(list_version).where(list_version.c.number.in_(last)).limit(MOST_ROWS))
        return [view(one) for one in sorted(found, key=lambda one: (one.list, -one.number))]

    def of(self, name: str) -> ListView | None:
        """One list; ``None`` when there never was one of this name."""
        query = select(list_version).where(list_version.c.list == name).limit(MOST_ROWS)
        joined = select(list_box.c.device, list_box.c.version, list_box.c.since, key_handout.c.ids)
        joined = joined.join(device, device.c.name == list_box.c.device).where(device.c.withdrawn_at.is_(None))
        joined = joined.outerjoin(key_handout, key_handout.c.device == list_box.c.device)
        with self._engine.connect() as connection:
            found = versions(connection, query)
            rows = [_Box(*row) for row in connection.execute(joined.where(list_box.c.list == name).order_by(list_box.c.device))]
        if not found:
            return None
        boxes = tuple(BoxView(row.device, row.version, row.since, _ids(row.ids)) for row in rows)
        return ListView(name, tuple(view(one) for one in found), boxes)

    def version(self, number: int) -> VersionView:
        """One draft or version.

        Raises:
            UnknownListError: there is none of this number.
        """
        with self._engine.connect() as connection:
            return view(read_version(connection, number))

    def known_keys(self) -> list[KeyRow]:
        """Keys of lists and pseudonyms, newest first."""
        columns = [plate_key.c[field] for field in KeyRow.__dataclass_fields__]
        query = select(*columns).where(plate_key.c.use != "entries").order_by(plate_key.c.made_at.desc()).limit(MOST_ROWS)
        with self._engine.connect() as connection:
            return [KeyRow(*row) for row in connection.execute(query)]

    def proof(self, name: str) -> Proof:
        """What the audit log holds of a key.

        Raises:
            UnknownListError: there is none of this id.
        """
        with self._engine.connect() as connection:
            key = read_key(connection, name)
            salt = bytes.fromhex(str(connection.execute(select(setting.c.value).where(setting.c.name == _SALT)).scalar() or ""))
            digest = hmac.new(salt, key.commitment.encode(), sha256).hexdigest()
            query = select(audit.c.action, audit.c.row).where(audit.c.subject == name, audit.c.digest == digest)
            rows = {action: row for action, row in connection.execute(query.order_by(audit.c.row))}  # noqa: C416 - rows are no pairs
        return Proof(name, key.commitment, key.destroyed_at, rows.get("key.make"), rows.get("key.destroy"))


def view(found: Version) -> VersionView:
    """A version without what people need not see."""
    values: dict[str, Any] = {field: getattr(found, field) for field in VersionView.__struct_fields__}
    return VersionView(**{**values, "state": State(found.state).value})


def _ids(text: str | None) -> tuple[str, ...]:
    return () if text is None else msgspec.json.decode(text, type=tuple[str, ...])
