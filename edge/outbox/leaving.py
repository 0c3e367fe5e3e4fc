"""What was let go and may still lie on the disk: rows to delete, and bytes to erase. Pure.

Rules:

- Deleting waits for another commit, and erasing for :data:`ERASE_S` from the first thing that was let go: both cost a card.
- Only what tells of somebody (:data:`edge.outbox.entry.PERSONAL`) has to be erased. Whether its row was ever written does not
  matter: a write that failed in the middle leaves bytes without a row.
- While much else is held, copies may be left (:meth:`edge.outbox.store.Store.erase`): then it is erased again as the rest goes.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.outbox.entry import PERSONAL, Entry

ERASE_S = 300.0
"""Longest that a plate stays on the disk after it was let go, but for the tick that notices."""


class Leaving:
    """Collects until it is done.

    Attributes:
        rows: to delete.
    """

    def __init__(self) -> None:
        self.rows: list[int] = []
        self._since_s: float | None = None
        self._copies = False

    def add(self, entry: Entry, now_s: float) -> None:
        """An entry is let go, at monotonic seconds."""
        if entry.row is not None:
            self.rows.append(entry.row)
        if entry.type in PERSONAL or self._copies:
            self.suspect((), now_s)

    def suspect(self, rows: Iterable[int], now_s: float) -> None:
        """Nobody knows what these rows say, or what an earlier run left: it is erased like a plate."""
        self.rows.extend(rows)
        if self._since_s is None:
            self._since_s = now_s

    def deleted(self) -> None:
        """The rows are deleted."""
        self.rows.clear()

    def due(self, now_s: float) -> bool:
        """Whether to erase now."""
        return self._since_s is not None and now_s - self._since_s >= ERASE_S

    def erased(self, *, whole: bool) -> None:
        """No byte of what was let go is left, unless as a copy."""
        self._since_s, self._copies = None, not whole
