"""The key store: a key for each list, for each purpose and period of pseudonyms, and for each list's sealed entries.

What is known of a key (id, purpose, times, commitment) is a row of the store; the key itself is a file
(:mod:`fleet.lists.keyfiles`). The commitment is SHA-256 over the id and the key's 256 random bits: it says nothing of the key,
and shows, when somebody turns up with one, whether it was this one.

Rules: the file is written before the row and erased before the row says so, so that whoever is killed in between leaves a file
without a row, which is swept, or a row whose key is gone, which is destroyed once more; making and destroying are in the audit
log, which keeps the id and the salted digest of the commitment.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, insert, select, update

from fleet.audit.log import record
from fleet.lists.errors import KeyGoneError, StateError, UnknownListError
from fleet.lists.keyfiles import KeyFiles
from fleet.store.database import writing
from fleet.store.tables import plate_key
from protocol.keys import SECRET_BYTES

Use = Literal["list", "pseudonym", "entries"]
_COMMITMENT = b"lamplighter key commitment 1\n"
_SWEEP_MS = 3_600_000
"""A file without a row may be one whose row is being written."""


@dataclass(frozen=True)
class KeyRow:
    """What is known of a key. Times: ms."""

    id: str
    use: Use
    purpose: str
    list: str | None
    begins: int
    ends: int | None
    made_at: int
    rotate_asked_at: int | None
    retired_at: int | None
    commitment: str
    destroyed_at: int | None


def commitment(name: str, secret: bytes) -> str:
    """What shows later which key it was."""
    return hashlib.sha256(_COMMITMENT + name.encode() + b"\n" + secret).hexdigest()


def read_key(connection: Connection, name: str) -> KeyRow:
    """One key.

    Raises:
        UnknownListError: there is none of this id.
    """
    found = connection.execute(select(plate_key).where(plate_key.c.id == name)).first()
    if found is None:
        msg = f"there is no key {name[:64]!r}; `lamplighter lists keys list` names those that there are and were"
        raise UnknownListError(msg)
    return _row(found)


def live_keys(connection: Connection, use: Use, purpose: str | None = None, name: str | None = None) -> list[KeyRow]:
    """Keys that were not destroyed, oldest first.

    Args:
        connection: to the store.
        use: of the keys.
        purpose: of the fleet's policy; ``None`` = all.
        name: of a list; likewise.
    """
    query = select(plate_key).where(plate_key.c.use == use, plate_key.c.destroyed_at.is_(None))
    if purpose is not None:
        query = query.where(plate_key.c.purpose == purpose)
    if name is not None:
        query = query.where(plate_key.c.list == name)
    return [_row(row) for row in connection.execute(query.order_by(plate_key.c.made_at, plate_key.c.id))]


class KeyStore:
    """Makes, gives and destroys keys.

    Args:
        engine: the store.
        files: the keys themselves.
        now: clock, ms.
        draw: draws a key.
    """

    def __init__(
        self,
        engine: Engine,
        files: KeyFiles,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        draw: Callable[[], bytes] = lambda: secrets.token_bytes(SECRET_BYTES),
    ) -> None:
        self._engine, self._files, self._now, self._draw = engine, files, now, draw

    def make(self, name: str, use: Use, purpose: str, begins: int, ends: int | None, of: str | None = None) -> KeyRow:  # noqa: PLR0913 - a row
        """Make a key.

        Args:
            name: its id.
            use: what for.
            purpose: of the fleet's policy.
            begins: from when on it is used, ms.
            ends: from when on it is not; ``None`` = with its list.
            of: the list that it is for.

        Raises:
            StateError: there is or was one of this id, which is never written over.
            OSError: it cannot be written.
        """
        with self._engine.connect() as connection:
            if connection.execute(select(plate_key.c.id).where(plate_key.c.id == name)).first() is not None:
                msg = f"there is or was a key {name}, and no id is used twice; make one of another id"
                raise StateError(msg)
        secret = self._draw()
        self._files.write(name, secret)
        made = KeyRow(name, use, purpose, of, begins, ends, self._now(), None, None, commitment(name, secret), None)
        with writing(self._engine) as connection:
            connection.execute(
                insert(plate_key).values(**{field: getattr(made, field) for field in KeyRow.__dataclass_fields__})
            )
            record(connection, "system", "key.make", name, made.commitment)
        return made

    def secret(self, name: str) -> bytes:
        """A key's 32 bytes.

        Raises:
            KeyGoneError: it was destroyed, or cannot be opened.
        """
        return self._files.read(name)

    def retire(self, connection: Connection, name: str) -> None:
        """Another key stands in its place; it is destroyed when no box needs it, in the caller's writing transaction."""
        retired = update(plate_key).where(plate_key.c.id == name, plate_key.c.retired_at.is_(None))
        connection.execute(retired.values(retired_at=self._now()))
        record(connection, "system", "key.retire", name, "")

    def destroy(self, name: str) -> None:
        """Destroy a key: overwritten, removed, and written down that it was.

        Raises:
            OSError: the file cannot be erased; nothing is written down.
            UnknownListError: there is none of this id.
        """
        self._files.erase(name)
        with writing(self._engine) as connection:
            found = read_key(connection, name)
            if found.destroyed_at is None:
                connection.execute(update(plate_key).where(plate_key.c.id == name).values(destroyed_at=self._now()))
                record(connection, "system", "key.destroy", name, found.commitment)

    def holds(self, name: str) -> bool:
        """Whether a key can be opened here."""
        try:
            self._files.read(name)
        except KeyGoneError:
            return False
        return True

    def sweep(self) -> None:
        """Erase files without a row, and files of keys that were destroyed.

        Raises:
            OSError: one cannot be erased.
        """
        before = self._now() - _SWEEP_MS
        self._files.sweep(before)
        with self._engine.connect() as connection:
            query = select(plate_key.c.id).where(plate_key.c.destroyed_at.is_(None))
            known = set(connection.scalars(query))
        for name, written in self._files.names().items():
            if name not in known and written < before:
                self._files.erase(name)


def _row(found: Any) -> KeyRow:
    return KeyRow(**{field: getattr(found, field) for field in KeyRow.__dataclass_fields__})
