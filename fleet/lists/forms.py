"""How many entries of a list are whole plates, and how many are patterns of which a part is unknown.

Rules: counts only; of a version they stand in the header that was signed, of a draft its entries are counted once, since a
content is never changed. Counting shows nobody an entry, and is no look.
"""

from __future__ import annotations

import threading

import msgspec

from fleet.lists.access import Access
from fleet.lists.errors import HitListError
from fleet.lists.ledger import Version
from protocol.lists import ListHeader

_REMEMBERED = 64
"""Contents: more drafts than wait at a time."""
_header = msgspec.json.Decoder(ListHeader)


class Forms(msgspec.Struct, frozen=True):
    """Entries by form."""

    exact: int
    partial: int


class Counting:
    """Counts.

    Args:
        access: to the key store.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: dict[str, Forms] = {}
        self._lock = threading.Lock()

    def of(self, found: Version) -> Forms | None:
        """Entries of a draft or version by form; ``None`` when they cannot be opened, or were erased."""
        if found.header is not None:
            parts = _header.decode(found.header).parts
            exact = sum(part.count for part in parts if set(part.mask) == {"."})
            return Forms(exact, sum(part.count for part in parts) - exact)
        with self._lock:
            if found.content in self._known:
                return self._known[found.content]
            try:
                texts = self._access.open().contents.read(found.content, found.proof)
                partial = sum("?" in text or "*" in text for text, _ in texts)
            except HitListError:
                return None
            if len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[found.content] = made = Forms(found.entries - partial, partial)
            return made
