"""The keys under which a plate is looked for among pseudonyms, out of the key store.

Rule: a key that was destroyed is not here, and what it made can be asked for by nobody; a key store that is not open is an
error and no empty answer.
"""

from __future__ import annotations

from sqlalchemy import Engine

from fleet.lists.access import Access
from fleet.lists.keystore import live_keys


class PseudonymKeys:
    """Behind the port :class:`fleet.fusion.anpr.search.Keys`.

    Args:
        engine: the store.
        access: to the key store.
    """

    def __init__(self, engine: Engine, access: Access) -> None:
        self._engine, self._access = engine, access

    def keys(self, purpose: str, at: int) -> list[tuple[str, bytes]]:
        """Ids and keys of a purpose that had begun at a time, ms, oldest first.

        Raises:
            NotLoadedError: the key store is not open; the message says what to do.
            KeyGoneError: one cannot be opened.
        """
        opened = self._access.open()
        with self._engine.connect() as connection:
            rows = [row for row in live_keys(connection, "pseudonym", purpose) if row.begins <= at]
        return [(row.id, opened.keys.secret(row.id)) for row in rows]
