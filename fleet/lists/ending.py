"""What is over goes: lists past their end, keys past their time, entries that nobody needs, files that no box can need.

Rules: an end is an end, also when nothing can be signed; a key is overwritten before it is written down that it was; entries
and keys of a list that is over are kept :data:`fleet.lists.periods.GRACE_MS`, for whoever deals with its last hit, and no
longer. After entries were erased the store's own log is emptied too.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Engine, delete, select

from fleet.lists.access import Opened
from fleet.lists.contents import key_name
from fleet.lists.files import ListFiles
from fleet.lists.keystore import live_keys
from fleet.lists.ledger import OPEN, SYSTEM, State, Version, in_states, move, read_version, versions
from fleet.lists.periods import GRACE_MS, over
from fleet.lists.publishing import BASES
from fleet.store.database import LIST_ORDER, one_at_a_time, writing
from fleet.store.tables import device, list_part, list_version
from protocol.twin import ListOrder

FILES_MS = 3_600_000
"""A box that was told of a file a moment before another took its place may still be fetching it."""
_ORPHAN_MS = 3_600_000


class _Lists(msgspec.Struct):
    """A desired twin, as far as it must be understood here."""

    lists: tuple[ListOrder, ...] = ()


_twin = msgspec.json.Decoder(_Lists)


class Ending:
    """Ends things. One at a time in a fleet.

    Args:
        engine: the store.
        files: of lists.
        now: clock, ms.
    """

    def __init__(self, engine: Engine, files: ListFiles, now: Callable[[], int]) -> None:
        self._engine, self._files, self._now = engine, files, now

    def expire(self) -> int:
        """End drafts and versions whose end has come. Returns how many."""
        past = in_states(*OPEN).where(list_version.c.expires <= self._now())
        with self._engine.connect() as connection:
            numbers = [one.number for one in versions(connection, past)]
        for number in numbers:
            with writing(self._engine) as connection:
                one_at_a_time(connection, LIST_ORDER)
                found = read_version(connection, number)
                if found.state is State.DRAFT:
                    move(connection, found, State.WITHDRAWN, SYSTEM, "its end came", ended_by=SYSTEM, ended_at=self._now())
                elif found.state in OPEN:
                    move(connection, found, State.EXPIRED, SYSTEM, "its end came", ended_by=SYSTEM, ended_at=self._now())
        return len(numbers)

    def retire(self, opened: Opened) -> None:
        """Retire keys of lists of which nothing stands."""
        with self._engine.connect() as connection:
            standing = {one.list for one in versions(connection, in_states(State.ACTIVE, State.APPROVED))}
            loose = [key.id for key in live_keys(connection, "list") if not key.retired_at and key.list not in standing]
        for name in loose:
            with writing(self._engine) as connection:
                opened.keys.retire(connection, name)

    def destroy(self, opened: Opened) -> list[str]:
        """Destroy keys whose time is over. Returns their ids.

        Raises:
            OSError: a file cannot be erased.
        """
        now = self._now()
        with self._engine.connect() as connection:
            pseudonyms = [key.id for key in live_keys(connection, "pseudonym") if over(key.ends or 0, now)]
            retired = [key.id for key in live_keys(connection, "list") if key.retired_at and over(key.retired_at, now)]
        for name in (*pseudonyms, *retired):
            opened.keys.destroy(name)
        opened.keys.sweep()
        return [*pseudonyms, *retired]

    def erase(self, opened: Opened) -> int:
        """Erase entries that nobody needs. Returns how many contents went.

        Raises:
            OSError: a key cannot be erased.
        """
        now = self._now()
        with self._engine.connect() as connection:
            known = versions(connection)
            keys = {key.id: key.made_at for key in live_keys(connection, "entries")}
            parts = set(connection.scalars(select(list_part.c.content).distinct()))
        needed = {one.content for one in known if not _is_over(one, now)}
        drafted = {one.content for one in known}
        gone = 0
        for name, made_at in keys.items():
            content = name.removeprefix(key_name(""))
            if content not in needed and (content in drafted or now - made_at >= _ORPHAN_MS):
                opened.contents.erase(content)
                gone += 1
        for content in parts - needed - {name.removeprefix(key_name("")) for name in keys}:
            with writing(self._engine) as connection:  # killed between its key and its parts
                connection.execute(delete(list_part).where(list_part.c.content == content))
            gone += 1
        if gone:
            self._empty_log()
        return gone

    def clear(self) -> int:
        """Remove files that no box can need. Returns how many.

        Raises:
            OSError: one cannot be removed.
        """
        with self._engine.connect() as connection:
            active = versions(connection, in_states(State.ACTIVE))
            keys = {one.key for one in active}
            query = select(list_version).where(list_version.c.version.is_not(None), list_version.c.key.in_(keys))
            kin = versions(connection, query)
            twins = list(connection.scalars(select(device.c.desired).where(device.c.desired.is_not(None))))
        keep = {change.digest for one in active for change in one.changes}
        for one in active:
            same = sorted((other for other in kin if other.key == one.key), key=lambda other: -(other.version or 0))
            keep |= {other.digest for other in same[: BASES + 1] if other.digest is not None}
        for twin in twins:
            for order in _twin.decode(twin).lists:
                keep |= {order.digest, *(change.digest for change in order.changes)}
        return self._files.keep(keep, self._now() - FILES_MS)

    def _empty_log(self) -> None:
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_over(found: Version, now: int) -> bool:
    if found.state in OPEN:
        return False
    # What was never published had no hit.
    return found.version is None or now >= (found.ended_at or 0) + GRACE_MS
