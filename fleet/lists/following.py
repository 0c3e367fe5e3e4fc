"""Twins follow the lists: a box is told of those that its sources name, as soon as there are, and no longer than they stand.

Rules: a twin is made of what the row holds within the transaction that writes it, so that orders and configurations of other
processes are kept; a few boxes in one transaction; a box for whose twin a list is too large is named, and keeps what it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, delete, insert, select, update

from fleet.audit.log import record
from fleet.lists.boxes import Box, Boxes
from fleet.lists.ledger import SYSTEM, Version
from fleet.lists.orders import stands, twin_with
from fleet.store.database import writing
from fleet.store.tables import device, list_box
from fleet.twins import read_twin, write_desired
from protocol.twin import ListOrder

BATCH = 40
"""Boxes in one transaction: about 15 ms of it on SQLite."""


class Following:
    """Keeps twins and what boxes say of their lists.

    Args:
        engine: the store.
        boxes: of the fleet.
        now: clock, ms.
    """

    def __init__(self, engine: Engine, boxes: Boxes, now: Callable[[], int]) -> None:
        self._engine, self._boxes, self._now = engine, boxes, now
        self._uses: dict[str, dict[str, int]] = {}
        self.crowded: tuple[str, ...] = ()
        """Boxes for whose twins the lists are too large, after the last :meth:`follow`."""

    def follow(self, names: Iterable[str], active: Mapping[str, Version]) -> int:
        """Bring twins up to date. Returns how many were written.

        Args:
            names: boxes that are looked at.
            active: versions that stand, by list.
        """
        orders = {name: version.order() for name, version in active.items()}
        known = self._boxes.known
        behind = sorted(name for name in names if name in known and not stands(known[name].twin, orders))
        crowded: list[str] = []
        written = 0
        for at in range(0, len(behind), BATCH):
            with writing(self._engine) as connection:
                written += self._write(connection, behind[at : at + BATCH], orders, crowded)
        self.crowded = tuple(crowded)
        return written

    def note(self, names: Iterable[str]) -> None:
        """Write down which versions boxes say they use, and since when."""
        for name in names:
            box = self._boxes.known.get(name)
            if box is None or box.state is None:
                continue
            if name not in self._uses:
                with self._engine.connect() as connection:
                    rows = connection.execute(select(list_box.c.list, list_box.c.version).where(list_box.c.device == name))
                    self._uses[name] = {row.list: row.version for row in rows}
            if self._uses[name] != box.state.lists:
                self._note(box, self._uses[name], dict(box.state.lists))
                self._uses[name] = dict(box.state.lists)

    def _write(self, connection: Connection, names: Sequence[str], orders: Mapping[str, ListOrder], crowded: list[str]) -> int:
        written = 0
        query = select(device.c.name, device.c.desired, device.c.reported).where(device.c.name.in_(names))
        query = query.where(device.c.withdrawn_at.is_(None)).order_by(device.c.name).with_for_update()
        for row in connection.execute(query).all():
            twin = read_twin(row.desired, row.reported)
            if twin.config is None or stands(twin, orders):
                continue
            payload = twin_with(twin, orders)
            if payload is None:
                crowded.append(row.name)
                continue
            write_desired(connection, row.name, payload)
            named = " ".join(f"{name} {orders[name].version}" for name in sorted(orders))
            record(connection, SYSTEM, "list.tell", row.name, named)
            written += 1
        return written

    def _note(self, box: Box, before: Mapping[str, int], now: Mapping[str, int]) -> None:
        with writing(self._engine) as connection:
            for name in before.keys() - now.keys():
                connection.execute(delete(list_box).where(list_box.c.device == box.name, list_box.c.list == name))
            for name, version in now.items():
                values = {"version": version, "since": self._now()}
                row = (list_box.c.device == box.name) & (list_box.c.list == name)
                if name not in before:
                    connection.execute(insert(list_box).values(device=box.name, list=name, **values))
                elif before[name] != version:
                    connection.execute(update(list_box).where(row).values(**values))
