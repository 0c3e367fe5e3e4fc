"""An approved draft becomes a version: digests under the list's key, a signed header, files.

Rules:

- Versions only rise, whatever was withdrawn meanwhile. What is signed is held against the proof and seal that were approved.
- A change leads from one of the last :data:`BASES` versions straight to this one, and only from versions under the same key:
  under another key every digest is another, and the whole list is what travels.
- Files are written before the store names them: whoever is killed in between leaves a file that nobody names, which is removed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Engine, func, insert, select

from fleet.audit.log import record
from fleet.lists.access import Opened
from fleet.lists.authority import ListAuthority
from fleet.lists.entries import key_of
from fleet.lists.errors import HitListError
from fleet.lists.files import ListFiles
from fleet.lists.keystore import live_keys, read_key
from fleet.lists.ledger import SYSTEM, WORDS, State, Version, active_of, in_states, move, note_wait, read_version, versions
from fleet.lists.seals import check_seal, seal_of, values_of
from fleet.store.database import LIST_ORDER, one_at_a_time, writing
from fleet.store.tables import list_version
from protocol.errors import ProtocolError
from protocol.lists import (
    ListHeader,
    Part,
    change_body,
    cut,
    digest,
    read_file,
    read_whole,
    whole_body,
    write_file,
)
from protocol.twin import ListChange

BASES = 4
"""Versions from which a change leads; as many as a twin names."""
KEY_AGE_MS = 28 * 86_400_000
"""A list's key is replaced at this age: as long as a pseudonym's may be used."""

Sealed = dict[str, tuple[bytes, ...]]


class Publisher:
    """Publishes. One at a time in a fleet.

    Args:
        engine: the store.
        fleet: its name.
        files: where they go.
        now: clock, ms.
    """

    def __init__(self, engine: Engine, fleet: str, files: ListFiles, now: Callable[[], int]) -> None:
        self._engine, self._fleet, self._files, self._now = engine, fleet, files, now
        self.faults: list[str] = []
        """What could not be signed or written in the last :meth:`publish` and :meth:`rotate`; it waits, and holds up no
        other."""

    def publish(self, opened: Opened, authority: ListAuthority) -> None:
        """Publish what was approved, the first first."""
        self.faults = []
        with self._engine.connect() as connection:
            approved = versions(connection, in_states(State.APPROVED))
        for found in reversed(approved):
            try:
                self._publish(found, opened, authority)
            except (HitListError, ProtocolError, OSError) as error:
                self.faults.append(f"list {found.list}: {error}")
                self._note(found, str(error))

    def rotate(self, opened: Opened, authority: ListAuthority) -> None:
        """Give lists whose key's time has come, or whose key was lost, another key."""
        due = []
        with self._engine.connect() as connection:
            for found in versions(connection, in_states(State.ACTIVE)):
                key = read_key(connection, found.key or "")
                old = self._now() - key.begins >= KEY_AGE_MS
                if found.expires > self._now() and (old or key.rotate_asked_at is not None or not opened.keys.holds(key.id)):
                    due.append(found)
        for found in due:
            try:
                self._rotate(found, opened, authority)
            except (HitListError, ProtocolError, OSError) as error:
                self.faults.append(f"list {found.list}: {error}")

    def wait(self, words: str) -> None:
        """Write beside what waits for its signature why it does."""
        with self._engine.connect() as connection:
            waiting = versions(connection, in_states(State.APPROVED))
        for found in waiting:
            self._note(found, words)

    def _publish(self, found: Version, opened: Opened, authority: ListAuthority) -> None:
        check_seal(opened.contents, found, approved=True)
        with self._engine.connect() as connection:
            standing = active_of(connection, found.list)
        if found.based_on != (standing.content if standing else None):
            self._let_go(found)
            return
        made = self._make(found, opened, authority, self._key_of(found, opened))
        with writing(self._engine) as connection:
            one_at_a_time(connection, LIST_ORDER)
            again = read_version(connection, found.number)
            if again.state is not State.APPROVED:
                return  # withdrawn while it was being signed
            before = active_of(connection, found.list)
            if before is not None:
                move(connection, before, State.SUPERSEDED, SYSTEM, ended_by=SYSTEM, ended_at=self._now())
            move(connection, again, State.ACTIVE, SYSTEM, published_at=self._now(), **made)

    def _rotate(self, found: Version, opened: Opened, authority: ListAuthority) -> None:
        check_seal(opened.contents, found, approved=True)
        made = self._make(found, opened, authority, self._new_key(found, opened))
        values = {**values_of(found), "added": 0, "removed": 0}
        values |= {"seal": seal_of(opened.contents, values), "state": State.ACTIVE.value, "published_at": self._now(), **made}
        values["words"] = "the same list under another key"
        with writing(self._engine) as connection:
            one_at_a_time(connection, LIST_ORDER)
            if read_version(connection, found.number).state is not State.ACTIVE:
                return
            move(connection, found, State.SUPERSEDED, SYSTEM, "its key was replaced", ended_by=SYSTEM, ended_at=self._now())
            connection.execute(insert(list_version).values(**values))
            opened.keys.retire(connection, found.key or "")
            record(connection, SYSTEM, "list.publish", f"{found.list} {made['version']}", str(made["digest"]))

    def _note(self, found: Version, words: str) -> None:
        if found.words != words[:WORDS]:
            with writing(self._engine) as connection:
                note_wait(connection, found.number, words)

    def _let_go(self, found: Version) -> None:
        with writing(self._engine) as connection:
            one_at_a_time(connection, LIST_ORDER)
            again = read_version(connection, found.number)
            if again.state is State.APPROVED:
                words = "the version of which it was made no longer stands; draft it anew"
                move(connection, again, State.WITHDRAWN, SYSTEM, words, ended_by=SYSTEM, ended_at=self._now())

    def _key_of(self, found: Version, opened: Opened) -> str:
        """The key under which a list is, made when there is none."""
        with self._engine.connect() as connection:
            live = [key for key in live_keys(connection, "list", name=found.list) if key.retired_at is None]
        usable = [key.id for key in live if opened.keys.holds(key.id)]
        return usable[-1] if usable else self._new_key(found, opened)

    def _new_key(self, found: Version, opened: Opened) -> str:
        name = f"l-{found.list}-{secrets.token_hex(6)}"
        return opened.keys.make(name, "list", found.purpose, self._now(), None, found.list).id

    def _make(self, found: Version, opened: Opened, authority: ListAuthority, key: str) -> dict[str, Any]:
        entries = opened.contents.read(found.content, found.proof)
        sealed = seal_texts(opened.keys.secret(key), (text for text, _ in entries))
        body = whole_body(sealed)
        with self._engine.connect() as connection:
            last = connection.execute(
                select(func.max(list_version.c.version)).where(list_version.c.list == found.list)
            ).scalar()
        now = dt.datetime.fromtimestamp(self._now() / 1000, dt.timezone.utc)
        until = dt.datetime.fromtimestamp(found.expires / 1000, dt.timezone.utc)
        parts = tuple(Part(mask, len(digests)) for mask, digests in sealed.items())
        header = ListHeader(
            self._fleet, found.list, (last or 0) + 1, found.purpose, found.basis, now, until, key, found.least, parts,
            hashlib.sha256(body).hexdigest(),
        )  # fmt: skip
        text = msgspec.json.encode(header)
        seal = authority.seal(text, until, now)
        whole = write_file(text, seal, body)
        named = self._files.write(whole)
        changes = []
        for base, before in self._bases(found.list, key):
            change = write_file(text, seal, change_body(base, before, sealed))
            if len(change) < len(whole):
                changes.append(ListChange(base, self._files.write(change), len(change)))
        values = {"version": header.version, "key": key, "header": text, "digest": named, "size": len(whole)}
        return {**values, "changes": msgspec.json.encode(changes)}

    def _bases(self, name: str, key: str) -> list[tuple[int, Sealed]]:
        """The last versions under this key whose files are here, newest first, with their digests."""
        query = select(list_version).where(list_version.c.list == name, list_version.c.key == key)
        with self._engine.connect() as connection:
            found = [one for one in versions(connection, query) if one.version is not None]
        bases = []
        for one in sorted(found, key=lambda one: -(one.version or 0))[:BASES]:
            path = self._files.path(one.digest or "")
            if path is None:
                continue
            file = read_file(path.read_bytes())
            digests = read_whole(file.header, file.body)
            bases.append((file.header.version, {mask: tuple(cut(data)) for mask, data in digests.items()}))
        return bases


def seal_texts(key: bytes, texts: Iterable[str]) -> Sealed:
    """What :func:`protocol.lists.seal_entries` makes, of entries that were checked when they were drafted: faster.

    Args:
        key: 32 bytes.
        texts: as typed.
    """
    found: dict[str, set[bytes]] = {}
    for text in texts:
        mask, _, known = key_of(text).partition(" ")
        found.setdefault(mask, set()).add(digest(key, mask, known))
    return {mask: tuple(sorted(found[mask])) for mask in sorted(found)}
