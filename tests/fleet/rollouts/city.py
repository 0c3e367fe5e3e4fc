"""A city in a store: boxes with keys of their own, a manager's decisions and scheduler, and a clock that is set by hand."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.event import listen

from fleet.accounts.accounts import Person, Role
from fleet.identity.authority import Authority
from fleet.ingest.quarantine import Quarantine
from fleet.ingest.sink import Sink
from fleet.ingest.standing import Standing
from fleet.rollouts.catalogue import Published
from fleet.rollouts.decisions import Decisions
from fleet.rollouts.ledger import Rollout, read_rollout
from fleet.rollouts.plan import Group, Plan
from fleet.rollouts.scheduler import Scheduler
from fleet.rollouts.signer import OrderSigner
from fleet.store.database import writing
from fleet.store.tables import device, event, rollout_box, rollout_report
from protocol.codec import Message, encode_body, encode_event
from protocol.config import Config, Report
from protocol.events import Clock, ClockSource, Event, EventBody, EventType, ModelRef, OtaReport, Reason, UpdateStep
from protocol.identifiers import new_boot, uuid7
from protocol.orders import Order, Orders, SignedOrders, read_orders, report_bytes, signed_bytes
from protocol.state import State, Status, Versions
from protocol.topics import Channel, Topic
from protocol.twin import Desired, Reported
from tests.fleet.rollouts.fleet import BUNDLE

FLEET = "north"
ENG = Person("ellen", Role.ENGINEER)
SECOND = Person("sam", Role.ENGINEER)
START = dt.datetime(2026, 3, 2, 12, tzinfo=dt.timezone.utc)
"""A Monday."""


@dataclass
class FixedCatalogue:
    """Releases as a test wants them."""

    found: list[Published] = field(default_factory=list)
    says: str = ""

    def releases(self) -> tuple[Published, ...]:
        return tuple(self.found)

    def fault(self, now: dt.datetime) -> str:
        return self.says

    def add(self, release: int, version: str, content: str = "", **more: Any) -> None:
        digest = (content or version).encode().hex().ljust(64, "0")[:64]
        self.found.append(replace(Published(BUNDLE, release, version, (), "0.1", digest, 1000), **more))


@dataclass
class Key:
    """A box's key, and how many events it made."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    boot: str = field(default_factory=new_boot)
    seq: int = 0


class City:
    """See the module.

    Args:
        engine: a store with the schema.
        folder: for keys.
        boxes: how many to begin with.
    """

    def __init__(self, engine: Engine, folder: Path, boxes: int = 0) -> None:
        self.engine = engine
        if engine.dialect.name == "sqlite":  # what is synchronised is tested elsewhere
            engine.dispose()
            listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
        self.ms = round(START.timestamp() * 1000)
        self.authority = Authority(folder / "keys", FLEET)
        self.signer = OrderSigner(folder / "keys", self.authority)
        self.catalogue = FixedCatalogue()
        for number, version in ((3, "1.2.0"), (4, "1.3.0")):
            self.catalogue.add(number, version)
        self.decisions = Decisions(engine, self.catalogue, self.now)
        self.scheduler = self.new_scheduler()
        quarantine = Quarantine()
        self.sink, self.standing = Sink(engine, quarantine=quarantine), Standing(engine, quarantine)
        self.keys: dict[str, Key] = {}
        self.said: list[Message] = []
        for number in range(boxes):
            self.add(f"box-{number:03d}")

    def now(self) -> int:
        return self.ms

    def later(self, seconds: float) -> None:
        self.flush()
        self.ms += round(seconds * 1000)

    def new_scheduler(self) -> Scheduler:
        """As another process would have it."""
        return Scheduler(self.engine, FLEET, lambda orders: self.signer.sign(orders, START), self.now)

    def run(self, seconds: float = 0) -> None:
        """Let the time pass and the scheduler work until nothing is left."""
        self.later(seconds)
        for _ in range(500):
            if not self.scheduler.tick():
                return
        msg = "the scheduler never comes to rest"
        raise AssertionError(msg)

    def add(self, name: str, *, site: str = "", tags: tuple[str, ...] = (), hardware: str = "Raspberry Pi 5") -> None:
        """A box that was enrolled, was born and said what it runs."""
        self.keys[name] = Key()
        with writing(self.engine) as connection:
            row = {"name": name, "label": name, "registered_at": 1, "changed": 1, "public_key": self.public(name)}
            row |= {"site": site, "tags": msgspec.json.encode(tags).decode()}
            connection.execute(insert(device).values(**row))
        self.birth(name, hardware=hardware)
        self.tell(name, Channel.TWIN_REPORTED, Reported(0, Config(report=Report(60.0))))

    def adopt(self, name: str) -> None:
        """A box that is there already gets a key."""
        self.keys[name] = Key()
        self.put(name, public_key=self.public(name))

    def public(self, name: str) -> bytes:
        return self.keys[name].private.public_key().public_bytes_raw()

    def birth(self, name: str, version: str = "1.2.0", hardware: str = "Raspberry Pi 5") -> None:
        models = (ModelRef(BUNDLE, version, "0" * 64, "default"),)
        state = State(Status.ONLINE, self.keys[name].boot, START, (), Versions("0.1.0", hardware=hardware), models=models)
        self.tell(name, Channel.STATE, state)

    def will(self, name: str) -> None:
        self.tell(name, Channel.STATE, State(Status.OFFLINE, self.keys[name].boot))

    def tell(self, name: str, channel: Channel, body: object) -> None:
        taken = self.standing.take([(Message(str(Topic(FLEET, name, channel)), encode_body(body)), None)])
        assert not taken.quarantined
        heard = {"last_word": self.ms, "state_at": self.ms}
        self.put(name, **heard)

    def put(self, name: str, **values: object) -> None:
        with writing(self.engine) as connection:
            connection.execute(update(device).where(device.c.name == name).values(**values, changed=device.c.changed + 1))

    def replace(self, name: str) -> None:
        """Another box comes under its name."""
        self.keys[name] = Key()
        self.put(name, public_key=self.public(name))
        self.birth(name, version="1.0.0")

    # what a box sees

    def desired(self, name: str) -> Desired | None:
        with self.engine.connect() as connection:
            data = connection.execute(select(device.c.desired).where(device.c.name == name)).scalar()
        return None if data is None else msgspec.json.decode(data, type=Desired)

    def orders(self, name: str) -> Orders | None:
        """As a box would take them: verified down to the authority that it knows."""
        desired = self.desired(name)
        if desired is None or desired.orders is None:
            return None
        return verified(desired.orders, self.authority.pem, name)

    def order(self, name: str) -> Order | None:
        orders = self.orders(name)
        return next((one for one in orders.orders if one.bundle == BUNDLE), None) if orders else None

    def ordered(self) -> set[str]:
        return {name for name in self.keys if self.order(name) is not None}

    # what a box says

    def report(self, name: str, step: UpdateStep, *, by: str | None = None, **more: Any) -> None:
        """Report on the order that it has, as ingest stores it."""
        orders = self.orders(name)
        order = self.order(name)
        values: dict[str, Any] = {"bundle": BUNDLE, "release": 4, "running": 3, "nonce": "0" * 32, "counter": 1}
        if order is not None and orders is not None:
            running = order.release if step is UpdateStep.SUCCEEDED else order.release - 1
            values |= {"release": order.release, "running": running, "nonce": order.nonce, "counter": orders.counter}
        said = OtaReport(**{**values, "step": step, **more})
        key = self.keys[by or name].private
        signature = base64.urlsafe_b64encode(key.sign(report_bytes(FLEET, name, said))).rstrip(b"=").decode()
        self.say(name, msgspec.structs.replace(said, signature=signature))

    def say(self, name: str, observed: OtaReport) -> None:
        box = self.keys[name]
        box.seq += 1
        moment = dt.datetime.fromtimestamp(self.ms / 1000, dt.timezone.utc)
        body = EventBody(moment, Clock(ClockSource.NTP, True), observed)
        made = Event(FLEET, name, uuid7(self.ms), EventType.OTA_REPORT, moment, box.boot, box.seq, body)
        self.said.append(encode_event(made))

    def flush(self) -> None:
        """Ingest stores what was said, now by this city's clock."""
        said, self.said = self.said, []
        if not said:
            return
        with self.engine.connect() as connection:
            last = connection.execute(select(func.coalesce(func.max(event.c.row), 0))).scalar_one()
        assert self.sink.store(said).stored == len(said)
        with writing(self.engine) as connection:
            connection.execute(update(event).where(event.c.row > last).values(received=self.ms))
            names = {Topic.parse(one.topic).device for one in said}
            connection.execute(update(device).where(device.c.name.in_(names)).values(last_word=self.ms))

    def succeed(self, *names: str) -> None:
        for name in names:
            for step in (UpdateStep.ACCEPTED, UpdateStep.FETCHED, UpdateStep.ON_PROBATION, UpdateStep.SUCCEEDED):
                self.report(name, step)

    def fail(self, *names: str, code: str = "too-slow") -> None:
        for name in names:
            for step in (UpdateStep.ACCEPTED, UpdateStep.FETCHED, UpdateStep.ON_PROBATION):
                self.report(name, step)
            self.report(name, UpdateStep.ROLLED_BACK, reason=Reason(code, "model", "3 times the time"))

    # what the manager holds

    def begin(self, *groups: Group, **more: Any) -> Rollout:
        """Plan, approve, start."""
        made = self.decisions.plan(ENG, Plan(BUNDLE, more.pop("release", 4), groups or (Group("all"),), **more))
        self.decisions.approve(SECOND, made.number)
        return self.decisions.start(ENG, made.number)

    def read(self, number: int) -> Rollout:
        with self.engine.connect() as connection:
            return read_rollout(connection, number)

    def states(self, number: int = 1) -> dict[str, str]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(rollout_box).where(rollout_box.c.rollout == number))
            return {row.device: row.state for row in rows}

    def box(self, name: str, number: int = 1) -> Any:
        with self.engine.connect() as connection:
            query = select(rollout_box).where(rollout_box.c.rollout == number, rollout_box.c.device == name)
            return connection.execute(query).one()

    def stage(self, number: int, stage: int) -> set[str]:
        with self.engine.connect() as connection:
            query = select(rollout_box.c.device).where(rollout_box.c.rollout == number, rollout_box.c.stage == stage)
            return set(connection.scalars(query))

    def flags(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(rollout_report.c.flag).order_by(rollout_report.c.event)))


def verified(signed: SignedOrders, authority_pem: str, device_name: str) -> Orders:
    """Verify orders as a box does."""
    certificate = x509.load_pem_x509_certificate(signed.certificate_pem.encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority_pem.encode()))
    key = certificate.public_key()
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.urlsafe_b64decode(signed.signature + "=="), signed_bytes(signed.text))
    orders = read_orders(signed)
    assert (orders.fleet, orders.device) == (FLEET, device_name)
    return orders
