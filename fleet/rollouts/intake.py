"""Reports of boxes, from the store's events into the rows of rollouts.

Rules:

- Ingest has stored and acknowledged a report before it is looked at here; how far was looked moves in the transaction that
  holds what it changed, so that a report is worked exactly once, whoever is killed when.
- A report is verified before it counts, and whatever it is worth it leaves a row; see :mod:`fleet.rollouts.verification`.
- When a box accepted its order is when its word arrived: by the manager's clock, since a box's may be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fleet.rollouts.states import AFTER_STEP, FINAL, BoxState
from fleet.rollouts.verification import Flag, Given, classify, genuine
from fleet.store.database import ROLLOUT_ORDER, one_at_a_time, writing
from fleet.store.tables import device, device_release, event, rollout, rollout_box, rollout_report, setting
from protocol.events import EventBody, EventType, OtaReport

BATCH = 100
"""Reports in one transaction: about 15 ms of it; they were verified before it began."""
_CURSOR = "rollout-reports"
_body = msgspec.json.Decoder(EventBody[OtaReport])


@dataclass(frozen=True)
class _Said:
    """A report as stored by ingest."""

    row: int
    device: str
    received: int
    report: OtaReport
    genuine: bool


@dataclass
class _Order:
    """An order, and how far its box is."""

    rollout: int
    device: str
    given: Given
    change: dict[str, Any] = field(default_factory=dict)


class Intake:
    """Works reports. One thread at a time.

    Args:
        engine: the store.
        fleet: its name.
    """

    def __init__(self, engine: Engine, fleet: str) -> None:
        self._engine, self._fleet = engine, fleet

    def take(self) -> int:
        """Work the next reports. Returns how many."""
        with self._engine.connect() as connection:
            cursor = _cursor(connection)
            query = select(event.c.row, event.c.device, event.c.received, event.c.body).order_by(event.c.row).limit(BATCH)
            rows = connection.execute(query.where(event.c.type == EventType.OTA_REPORT.value, event.c.row > cursor)).all()
            if not rows:
                return 0
            keys = select(device.c.name, device.c.public_key).where(device.c.name.in_({row.device for row in rows}))
            public_keys: dict[str, bytes | None] = {row.name: row.public_key for row in connection.execute(keys)}
        said = [found for row in rows if (found := self._read(row, public_keys)) is not None]
        with writing(self._engine) as connection:
            one_at_a_time(connection, ROLLOUT_ORDER)
            if _cursor(connection) == cursor:  # nobody else has worked them meanwhile
                self._work(connection, said)
                _move_cursor(connection, rows[-1].row)
        return len(rows)

    def _read(self, row: Any, public_keys: Mapping[str, bytes | None]) -> _Said | None:
        try:
            report = _body.decode(row.body).observed
        except msgspec.DecodeError:
            return None  # of a newer contract, kept as it came; its box is left to its time-out
        trusted = genuine(self._fleet, row.device, report, public_keys.get(row.device))
        return _Said(row.row, row.device, row.received, report, trusted)

    def _work(self, connection: Connection, said: Sequence[_Said]) -> None:
        orders = _orders(connection, said)
        kept, runs = [], {}
        for one in said:
            order = orders.get((one.device, one.report.nonce))
            flag = classify(one.report, order.given if order else None) if one.genuine else Flag.FORGED
            if flag is Flag.COUNTED and order is not None:
                _advance(order, one)
            if flag in {Flag.COUNTED, Flag.DOUBLED, Flag.LATE, Flag.STICK}:
                key = {"device": one.device, "bundle": one.report.bundle}
                runs[one.device, one.report.bundle] = key | {"release": one.report.running, "at": one.received}
            named = flag not in {Flag.FORGED, Flag.FOREIGN, Flag.STICK}
            kept.append(_row(one, flag, order.rollout if order and named else None))
        if kept:
            connection.execute(insert(rollout_report), kept)
        for order in orders.values():
            if order.change:
                b = rollout_box.c
                row = update(rollout_box).where(b.rollout == order.rollout, b.device == order.device)
                connection.execute(row.values(**order.change))
        if runs:
            make = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
            upsert = make(device_release)
            values = {name: upsert.excluded[name] for name in ("release", "at")}
            rows = [runs[key] for key in sorted(runs)]
            connection.execute(upsert.on_conflict_do_update(index_elements=["device", "bundle"], set_=values), rows)


def _orders(connection: Connection, said: Sequence[_Said]) -> dict[tuple[str, str], _Order]:
    b = rollout_box.c
    columns = (b.rollout, b.device, b.nonce, b.counter, b.state, b.reason, rollout.c.bundle, rollout.c.release, device.c.orders)
    joined = select(*columns).join(rollout, rollout.c.number == b.rollout).join(device, device.c.name == b.device)
    nonces = {one.report.nonce for one in said if one.genuine}
    found = {}
    for row in connection.execute(joined.where(b.nonce.in_(nonces))):
        state = BoxState(row.state)
        given = Given(row.bundle, row.release, row.nonce, row.counter, row.orders, state, revivable=row.reason == "unreached")
        found[row.device, row.nonce] = _Order(row.rollout, row.device, given)
    return found


def _advance(order: _Order, one: _Said) -> None:
    report, state = one.report, AFTER_STEP[one.report.step]
    change = order.change
    if "accepted_at" not in change and order.given.state in {BoxState.ORDERED, BoxState.ASIDE}:
        change["accepted_at"] = one.received
    change |= {"state": state.value, "ended_at": one.received if state in FINAL else None, "reason": "", "detail": ""}
    if state is BoxState.FAILED:
        reason = report.reason
        change |= {"reason": reason.code if reason else report.step.value, "detail": reason.detail[:120] if reason else ""}
    if report.fetched_bytes:
        change["fetched_bytes"] = report.fetched_bytes
    change |= {name: value for name in ("agreement", "latency_ratio") if (value := getattr(report, name)) is not None}
    order.given = replace(order.given, state=state, revivable=False)


def _row(one: _Said, flag: Flag, number: int | None) -> dict[str, object]:
    report = one.report
    return {
        "event": one.row,
        "rollout": number,
        "device": one.device,
        "bundle": report.bundle,
        "release": report.release,
        "running": report.running,
        "step": report.step.value,
        "flag": flag.value,
        "received": one.received,
    }


def _cursor(connection: Connection) -> int:
    return int(connection.execute(select(setting.c.value).where(setting.c.name == _CURSOR)).scalar() or 0)


def _move_cursor(connection: Connection, row: int) -> None:
    if not connection.execute(update(setting).where(setting.c.name == _CURSOR).values(value=str(row))).rowcount:
        connection.execute(insert(setting).values(name=_CURSOR, value=str(row)))
