"""Boxes as lists and keys look at them: read when their row changed, remembered until it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine, select

from fleet.lists.wanted import Plates, plates_of
from fleet.store.tables import device
from fleet.twins import Twin, read_twin
from protocol.state import State, Status

_AT_ONCE = 200
"""Rows read in one query: a megabyte or two."""
_state = msgspec.json.Decoder(State)


@dataclass(frozen=True)
class Box:
    """One box.

    Attributes:
        public_key: Ed25519, raw; ``None`` = it was never enrolled.
        state: its last word of its own; ``None`` when it is away, or said nothing that can be read.
        twin: what it should be.
        plates: what its configuration says of plates.
    """

    name: str
    public_key: bytes | None
    state: State | None
    twin: Twin
    plates: Plates


class Boxes:
    """All boxes of the fleet that were not withdrawn.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[str, int] = {}
        self.known: dict[str, Box] = {}

    def look(self) -> list[str]:
        """See which changed. Returns their names, those of boxes that are new among them."""
        query = select(device.c.name, device.c.changed).where(device.c.withdrawn_at.is_(None))
        with self._engine.connect() as connection:
            now = {row.name: row.changed for row in connection.execute(query)}
        for gone in self._seen.keys() - now.keys():
            del self._seen[gone]
            self.known.pop(gone, None)
        changed = [name for name, number in now.items() if self._seen.get(name) != number]
        for at in range(0, len(changed), _AT_ONCE):
            self._read(changed[at : at + _AT_ONCE])
        return changed

    def _read(self, names: Sequence[str]) -> None:
        d = device.c
        query = select(d.name, d.public_key, d.state, d.desired, d.reported, d.changed).where(d.name.in_(names))
        with self._engine.connect() as connection:
            for row in connection.execute(query.where(d.withdrawn_at.is_(None))):
                twin = read_twin(row.desired, row.reported)
                self.known[row.name] = Box(row.name, row.public_key, _said(row.state), twin, plates_of(twin.config))
                self._seen[row.name] = row.changed


def _said(state: bytes | None) -> State | None:
    try:
        found = None if state is None else _state.decode(state)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None  # of a later version of the contract
    return None if found is None or found.status is Status.OFFLINE else found
