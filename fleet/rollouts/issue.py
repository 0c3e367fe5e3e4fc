"""Giving orders to boxes, giving them further windows, and taking orders back. A batch at a time.

Rules:

- Whether a rollout may give orders is read in the transaction that gives them: what was paused, aborted or stopped a moment ago
  gives none.
- A batch is small, so that ingest, which writes the same store, never waits for it; an order, its nonce and its box's new twin
  are stored together or not at all.
- An order of a plan with a window always has windows. Where none comes any more the box is set aside: without one it would
  switch at once.
- One order for a bundle stands in a box: whatever another rollout had given it is over.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, exists, select, update

from fleet.audit.log import record
from fleet.rollouts.boxes import key_of
from fleet.rollouts.hours import upcoming
from fleet.rollouts.ledger import SYSTEM, Rollout, read_rollout
from fleet.rollouts.orders import WINDOWS, Desk, Sign
from fleet.rollouts.states import ACTIVE, PENDING, BoxState, RolloutState
from fleet.store.database import ROLLOUT_ORDER, one_at_a_time, writing
from fleet.store.tables import device, rollout, rollout_box
from fleet.twins import read_twin, write_desired
from protocol.orders import Order, Window

BATCH = 40
"""Boxes in one transaction: about 15 ms of it on SQLite."""
_AHEAD = 3
"""Windows left at which a box is given further ones."""
_TO_RENEW = (BoxState.ORDERED, BoxState.ACCEPTED, BoxState.FETCHED)
WITHDRAWS = (RolloutState.ABORTED, RolloutState.STOPPED)
_TO_WITHDRAW = (*_TO_RENEW, BoxState.FAILED)
"""A box on probation runs the release already and ends by itself; one that failed would begin again when it is set up anew."""


class Issuer:
    """Gives orders. One at a time in a fleet: see :data:`fleet.store.database.ROLLOUT_ORDER`.

    Args:
        engine: the store.
        fleet: its name.
        sign: signs orders.
        now: clock, ms.
        draw: draws a nonce.
    """

    def __init__(
        self,
        engine: Engine,
        fleet: str,
        sign: Sign,
        now: Callable[[], int],
        draw: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._engine, self._fleet, self._sign, self._now, self._draw = engine, fleet, sign, now, draw

    def order(self, number: int) -> int:
        """Give orders to the next boxes whose turn it is. Returns how many rows that changed."""

        def due(found: Rollout) -> ColumnElement[bool] | None:
            if found.state is not RolloutState.RUNNING or found.joined_at is None:
                return None
            return _in(BoxState.WAITING) & (rollout_box.c.stage <= found.stage)

        def give(connection: Connection, found: Rollout, rows: Sequence[Any]) -> None:
            self._supersede(connection, found, [row.name for row in rows])
            self._give(connection, found, rows, "orders")

        return self._batch(number, due, give)

    def renew(self, number: int) -> int:
        """Give further windows to boxes that have hardly any left. Returns how many rows that changed."""

        def due(found: Rollout) -> ColumnElement[bool] | None:
            return _in(*_TO_RENEW) & (rollout_box.c.renew_at <= self._now()) if found.state in ACTIVE else None

        def give(connection: Connection, found: Rollout, rows: Sequence[Any]) -> None:
            self._give(connection, found, rows, "windows")

        return self._batch(number, due, give)

    def withdraw(self, number: int) -> int:
        """Take orders of a rollout that was aborted or stopped back. Returns how many rows that changed."""

        def due(found: Rollout) -> ColumnElement[bool] | None:
            return _in(*_TO_WITHDRAW) & rollout_box.c.stands if found.state in WITHDRAWS else None

        return self._batch(number, due, self._take_back)

    def _batch(
        self,
        number: int,
        due: Callable[[Rollout], ColumnElement[bool] | None],
        work: Callable[[Connection, Rollout, Sequence[Any]], None],
    ) -> int:
        with self._engine.connect() as connection:  # nearly always nothing is due, and no lock is needed to see that
            which = due(read_rollout(connection, number))
            if which is None or connection.execute(_rows(number).where(which).limit(1)).first() is None:
                return 0
        with writing(self._engine) as connection:
            one_at_a_time(connection, ROLLOUT_ORDER)
            found = read_rollout(connection, number)
            which = due(found)
            if which is None:
                return 0
            rows = connection.execute(_rows(number).where(which).with_for_update(of=device)).all()
            if rows:
                work(connection, found, rows)
        return len(rows)

    def _take_back(self, connection: Connection, found: Rollout, rows: Sequence[Any]) -> None:
        counters = {}
        for row in rows:
            made = self._desk(row).without(row.nonce)
            if made is not None:
                write_desired(connection, row.name, made.payload, orders=made.counter)
                counters[row.name] = made.counter
        _change(connection, found, [{"name": row.name, "stands": False} for row in rows])
        self._record(connection, found, "withdraw", counters)

    def _give(self, connection: Connection, found: Rollout, rows: Sequence[Any], action: str) -> None:
        now = self._now()
        hours = found.plan.window
        windows = () if hours is None else upcoming(hours, _moment(now), WINDOWS + 1)
        counters, changes = {}, []
        for row in rows:
            fresh = row.state == BoxState.WAITING.value
            nonce = self._draw() if fresh else row.nonce
            order = Order(found.bundle, found.release, nonce, found.id, windows[:WINDOWS])
            no_window = hours is not None and not windows
            made = None if no_window else self._desk(row).with_order(order)
            if made is None:
                changes.append(_aside(row.name, "no-window" if no_window else "no-room", now))
                continue
            write_desired(connection, row.name, made.payload, orders=made.counter)
            counters[row.name] = made.counter
            change = {"name": row.name, "renew_at": _renew_at(windows, made.windows)}
            if fresh:
                change |= {"state": BoxState.ORDERED.value, "nonce": nonce, "counter": made.counter, "stands": True}
                change |= {"ordered_at": now, "key": key_of(row.public_key)}
            changes.append(change)
        _change(connection, found, changes)
        self._record(connection, found, action, counters)

    def _desk(self, row: Any) -> Desk:
        now = self._now()
        return Desk(self._fleet, row.name, read_twin(row.desired, row.reported), row.orders, now, self._sign)

    @staticmethod
    def _supersede(connection: Connection, found: Rollout, names: list[str]) -> None:
        b = rollout_box.c
        others = select(rollout.c.number).where(rollout.c.bundle == found.bundle, rollout.c.number != found.number)
        over = update(rollout_box).where(b.device.in_(names), b.rollout.in_(others))
        # What it ended with before stays; its order is gone from the twin in any case.
        connection.execute(over.values(stands=False))
        pending = over.where(b.state.in_([state.value for state in PENDING]))
        words = f"rollout {found.number} gave it another order"
        connection.execute(pending.values(state=BoxState.ASIDE.value, reason="superseded", detail=words))

    @staticmethod
    def _record(connection: Connection, found: Rollout, action: str, counters: dict[str, int]) -> None:
        record(
            connection, SYSTEM, f"rollout.{action}", str(found.number), msgspec.json.encode(counters, order="sorted").decode()
        )


def orders_left() -> ColumnElement[bool]:
    """Of a rollout's row: an order that is to be taken back stands in some box of the fleet."""
    b = rollout_box.c
    left = select(b.device).join(device, device.c.name == b.device).where(b.rollout == rollout.c.number, b.stands)
    return exists(left.where(_in(*_TO_WITHDRAW), device.c.withdrawn_at.is_(None)))


def _in(*states: BoxState) -> ColumnElement[bool]:
    return rollout_box.c.state.in_([state.value for state in states])


def _rows(number: int) -> Select[Any]:
    """Boxes of a rollout with what their next twin is made of, in the order in which their rows are locked."""
    d, b = device.c, rollout_box.c
    columns = (d.name, d.desired, d.reported, d.orders, d.public_key, b.state, b.nonce)
    joined = select(*columns).join(rollout_box, b.device == d.name).where(b.rollout == number)
    # A box that was withdrawn, or of which nothing is known to send, keeps waiting for what becomes of it.
    joined = joined.where(d.withdrawn_at.is_(None), d.desired.is_not(None) | d.reported.is_not(None))
    return joined.order_by(d.name).limit(BATCH)


def _change(connection: Connection, found: Rollout, changes: list[dict[str, Any]]) -> None:
    """Change rows of boxes, those with the same columns together."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        kinds.setdefault(tuple(sorted(change)), []).append(change)
    for columns, alike in kinds.items():
        values: dict[str, Any] = {column: bindparam(f"to_{column}") for column in columns if column != "name"}
        statement = update(rollout_box).where(
            rollout_box.c.rollout == found.number, rollout_box.c.device == bindparam("to_name")
        )
        rows = [{f"to_{column}": change[column] for column in columns} for change in alike]
        connection.execute(statement.values(**values), rows)


def _aside(name: str, reason: str, now: int) -> dict[str, Any]:
    words = {
        "no-window": "its maintenance window does not open any more",
        "no-room": "its configuration and its other orders leave no room for one more",
    }
    return {"name": name, "state": BoxState.ASIDE.value, "reason": reason, "detail": words[reason], "ended_at": now}


def _renew_at(windows: Sequence[Window], carried: int) -> int | None:
    if not windows:
        return None
    further = len(windows) > carried
    last = windows[max(0, carried - _AHEAD) if further else carried - 1]
    return round(last.closes.timestamp() * 1000)


def _moment(now: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(now / 1000, dt.timezone.utc)
