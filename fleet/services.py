"""What the API and the control room ask of the manager. One object, made once per process; every answer is from the store.

Rule: the live stream is a tail of the store by ``row``: what a person sees has been stored, in the order in which it was.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Engine, func, select, update

from fleet.accounts.accounts import Accounts, Person, Right
from fleet.audit.log import Verification, record, verify
from fleet.fusion.anpr.search import Plates
from fleet.fusion.gunshot.listing import Gunshots
from fleet.fusion.gunshot.standing import Standing
from fleet.identity.enrolment import Enrolment
from fleet.ingest.outgoing import ask
from fleet.lists.access import NoAccess
from fleet.lists.decisions import Lists
from fleet.lists.ledger import active_lists
from fleet.lists.orders import orders_for, twin_with
from fleet.lists.overview import Overviews
from fleet.lists.views import ListViews
from fleet.lists.wanted import refusals
from fleet.oversight.verdicts import Verdicts
from fleet.policy.policy import read_policy
from fleet.rollouts.catalogue import Catalogue, NothingPublished
from fleet.rollouts.decisions import Decisions
from fleet.rollouts.hours import Hours, check_hours
from fleet.rollouts.progress import Progress
from fleet.rollouts.quality import FieldQuality
from fleet.store.database import writing
from fleet.store.tables import audit, device, event, outgoing, quarantine
from fleet.twins import LARGEST, read_twin, write_desired
from protocol.check import check_config
from protocol.codec import encode_body
from protocol.commands import Command, CommandName, Reply
from protocol.config import Config, Refusal
from protocol.twin import Desired


class RefusedError(Exception):
    """Something that cannot be done; the message says why."""


class TwinRefusedError(RefusedError):
    """A configuration with faults."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__("; ".join(f"{refusal.path}: {refusal.message}" for refusal in refusals))
        self.refusals = refusals


@dataclass(frozen=True)
class StoredEvent:
    """One event as stored. Times: ``time`` microseconds by the box's clock, ``received`` milliseconds by the manager's."""

    row: int
    device: str
    boot: str
    seq: int
    id: str
    type: str
    priority: int
    time: int
    received: int
    incident: str | None
    phase: str | None
    schema: str
    body: bytes


@dataclass(frozen=True)
class DeviceRecord:
    """One box as last known. Bytes are JSON of the wire contract's structs."""

    name: str
    label: str
    registered_at: int | None
    withdrawn_at: int | None
    last_word: int | None
    state: bytes | None
    state_at: int | None
    telemetry: bytes | None
    telemetry_at: int | None
    desired: bytes | None
    reported: bytes | None
    changed: int
    conflict_at: int | None
    """When two boxes last seemed to share its name."""
    site: str
    tags: str
    """JSON."""
    powered: str | None
    """Hours with power, JSON; ``None`` = always."""


_EVENT_COLUMNS = [event.c[name] for name in StoredEvent.__dataclass_fields__]
_DEVICE_COLUMNS = [device.c[name] for name in DeviceRecord.__dataclass_fields__]


class Services:
    """Everything that a page or a request may ask."""

    def __init__(  # noqa: PLR0913 - a manager's parts
        self,
        engine: Engine,
        enrolment: Enrolment,
        fleet: str,
        profile: str = "demo",
        catalogue: Catalogue | None = None,
        lists: Lists | None = None,
        plates: Plates | None = None,
    ) -> None:
        self.engine, self.enrolment, self.fleet, self.profile = engine, enrolment, fleet, profile
        self.accounts = Accounts(engine)
        self.verdicts = Verdicts(engine)
        self.catalogue = catalogue or NothingPublished()
        self.rollouts = Decisions(engine, self.catalogue)
        self.progress = Progress(engine)
        self.quality = FieldQuality(engine)
        self.lists = lists or Lists(engine, read_policy(), NoAccess())
        self.list_views = ListViews(engine)
        self.list_overviews = Overviews(engine, self.lists.policy, self.lists.access)
        self.plates = plates or Plates(engine, read_policy())
        self.standing = Standing(engine)
        self.gunshots = Gunshots(engine)

    def events_after(self, row: int, limit: int = 1000) -> list[StoredEvent]:
        """Events stored after a row, in order."""
        return self._events(select(*_EVENT_COLUMNS).where(event.c.row > row).order_by(event.c.row).limit(limit))

    def events(
        self,
        *,
        name: str | None = None,
        kind: str | None = None,
        incident: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[StoredEvent]:
        """The latest events, newest first."""
        query = select(*_EVENT_COLUMNS).order_by(event.c.row.desc()).limit(min(limit, 1000))
        if name is not None:
            query = query.where(event.c.device == name)
        if kind is not None:
            query = query.where(event.c.type == kind)
        if incident is not None:
            query = query.where(event.c.incident == incident)
        if before is not None:
            query = query.where(event.c.row < before)
        return self._events(query)

    def last_row(self) -> int:
        """The latest row of the store."""
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.coalesce(func.max(event.c.row), 0))).scalar_one())

    def devices(self) -> list[DeviceRecord]:
        """All boxes."""
        with self.engine.connect() as connection:
            return [DeviceRecord(*row) for row in connection.execute(select(*_DEVICE_COLUMNS).order_by(device.c.name))]

    def device(self, name: str) -> DeviceRecord | None:
        """One box."""
        with self.engine.connect() as connection:
            row = connection.execute(select(*_DEVICE_COLUMNS).where(device.c.name == name)).first()
        return None if row is None else DeviceRecord(*row)

    def want(self, person: Person, name: str, config: Config) -> Desired:
        """Give a box another configuration.

        Raises:
            TwinRefusedError: it has faults.
            RefusedError: no such box, or the role may not.
        """
        self._require(person, Right.CONFIGURE)
        faults = (*check_config(config), *refusals(msgspec.json.encode(config), self.lists.policy))
        if faults:
            raise TwinRefusedError(faults)
        with writing(self.engine) as connection:
            query = select(device.c.desired, device.c.reported).where(device.c.name == name)
            found = connection.execute(query.with_for_update()).first()  # orders are written by another process
            if found is None:
                msg = f"there is no device {name!r}"
                raise RefusedError(msg)
            twin = read_twin(found.desired, found.reported)
            now = time.time_ns() // 1_000_000
            orders = {listed: version.order() for listed, version in active_lists(connection, now).items()}
            payload = twin_with(twin, orders, config)
            if payload is None:
                message = (
                    f"with its orders and hit lists the twin is over {LARGEST} bytes; give it fewer zones, lines or vertices"
                )
                raise TwinRefusedError((Refusal("", message),))
            write_desired(connection, name, payload)
            record(connection, person.name, "twin.desired", name, payload.decode())
        return Desired(twin.version + 1, config, twin.orders, orders_for(msgspec.json.encode(config), orders))

    def place(self, person: Person, name: str, site: str, tags: Iterable[str], powered: Hours | None) -> None:
        """Say where a box stands, how it is tagged and when it has power; rollouts choose by it.

        Raises:
            RefusedError: no such box, or the role may not.
            PlanError: hours with power that never come.
        """
        self._require(person, Right.CONFIGURE)
        if powered is not None:
            check_hours(powered, dt.datetime.now(dt.timezone.utc))
        values = {
            "site": site,
            "tags": msgspec.json.encode(sorted(set(tags))).decode(),
            "powered": None if powered is None else msgspec.json.encode(powered).decode(),
        }
        with writing(self.engine) as connection:
            changed = update(device).where(device.c.name == name)
            if not connection.execute(changed.values(**values, changed=device.c.changed + 1)).rowcount:
                msg = f"there is no device {name!r}"
                raise RefusedError(msg)
            record(connection, person.name, "device.place", name, msgspec.json.encode(values, order="sorted").decode())

    def command(self, person: Person, name: str, command: CommandName, subject: str | None = None) -> str:
        """Ask a box something; returns the correlation under which :meth:`reply` finds the answer.

        Raises:
            RefusedError: no such box, or the role may not.
        """
        self._require(person, Right.COMMAND)
        if command is CommandName.KEYS:
            msg = "keys are handed out by the manager itself, as soon as a box that should hold them offers a lock"
            raise RefusedError(msg)
        payload = encode_body(Command(dt.datetime.now(dt.timezone.utc), subject))
        with writing(self.engine) as connection:
            if connection.execute(select(device.c.name).where(device.c.name == name)).first() is None:
                msg = f"there is no device {name!r}"
                raise RefusedError(msg)
            correlation = ask(connection, name, command.value, payload)
            record(connection, person.name, f"command.{command.value}", name, subject or "")
        return correlation

    def reply(self, correlation: str) -> Reply | None:
        """The answer to a command, once it is there."""
        with self.engine.connect() as connection:
            found = connection.execute(select(outgoing.c.reply).where(outgoing.c.correlation == correlation)).scalar()
        return None if found is None else msgspec.json.decode(found, type=Reply)

    def audit_rows(self, limit: int = 200) -> list[Any]:
        """The latest rows of the audit log, newest first."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(audit).order_by(audit.c.row.desc()).limit(limit)))

    def verify_audit(self) -> Verification:
        """Walk the audit chain."""
        return verify(self.engine)

    def quarantined(self, limit: int = 100) -> list[Any]:
        """The latest refused messages, newest first."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(quarantine).order_by(quarantine.c.row.desc()).limit(limit)))

    def counts(self) -> dict[str, int]:
        """Events by type."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(event.c.type, func.count()).group_by(event.c.type))
            return {kind: int(count) for kind, count in rows}

    def _events(self, query: Any) -> list[StoredEvent]:
        with self.engine.connect() as connection:
            return [StoredEvent(*row) for row in connection.execute(query)]

    @staticmethod
    def _require(person: Person, right: Right) -> None:
        if not person.may(right):
            msg = f"the role {person.role.value} does not include: {right.value}"
            raise RefusedError(msg)
