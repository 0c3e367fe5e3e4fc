"""A fleet on loopback: a real broker, a real store, the API over HTTP, ingest, and boxes enrolled as a technician does it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Engine, func, select

from edge.clock import Clock, SystemClock
from edge.identity.enrol import enrol
from edge.identity.files import Identity, IdentityFiles
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.config import TlsFiles, UplinkConfig
from edge.uplink.uplink import Uplink
from fleet.api.app import make_app
from fleet.broker.embedded import BrokerError, EmbeddedBroker, ServerFiles
from fleet.broker.mosquitto import Mosquitto
from fleet.identity.authority import Authority
from fleet.identity.enrolment import BrokerAddress, Enrolment
from fleet.ingest.service import Ingest
from fleet.manager import AnyBroker, BrokerKind, make_config
from fleet.processes import ManagerConfig, build_ingest, run_ingest
from fleet.services import DeviceRecord, Services
from fleet.store.database import migrate, open_engine
from fleet.store.tables import event
from protocol.commands import Command, Reply
from protocol.events import EventBody, EventType, Phase
from protocol.identifiers import uuid7
from protocol.state import State, Status
from protocol.twin import Desired
from simulator.loopback import HOST, free_port
from tests.fleet.events import FLEET, NOW, alert, message

PATIENCE_S = 40.0
"""Long, for a machine that does other things too; nothing waits for its end but what fails."""


def until(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + patience_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            msg = f"not within {patience_s:g} s: {what}"
            raise AssertionError(msg)
        time.sleep(0.01)
    return found


class Box:
    """A box: the real outbox and the real uplink, without a camera."""

    def __init__(
        self, name: str, identity: Identity, folder: Path, clock: Clock | None = None, limits: Limits | None = None
    ) -> None:
        clock = clock or SystemClock()
        self.name = name
        self.outbox = Outbox.open(folder / "outbox.sqlite", limits or Limits(), clock, FLEET, name)
        self.desired: list[Desired] = []
        self.commands: list[tuple[str, Command]] = []
        tls = TlsFiles(identity.ca, identity.certificate, identity.key)
        self.config = UplinkConfig(FLEET, name, identity.broker_host, identity.broker_port, tls, keepalive_s=5)
        self.uplink = Uplink(self.config, self.outbox, self.birth, self.desired.append, self._answer, clock)
        self.reply: Callable[[str], Reply] = lambda command: Reply(command, ok=True, message="here")

    def birth(self) -> State:
        """Its birth certificate."""
        return State(Status.ONLINE, self.outbox.boot, dt.datetime.now(dt.timezone.utc))

    def say(self, count: int = 1) -> None:
        """Append statistics and tell the link."""
        for _ in range(count):
            self.outbox.append(EventType.CROWD_COUNT, _body(EventType.CROWD_COUNT))
        self.uplink.notify()

    def ring(self) -> str:
        """Append an alert and tell the link. Returns its incident."""
        incident = uuid7(int(time.time() * 1000))
        self.outbox.append(EventType.CROWD_ALERT, _body(EventType.CROWD_ALERT, incident))
        self.uplink.notify()
        return incident

    def _answer(self, name: str, command: Command) -> Reply:
        self.commands.append((name, command))
        return self.reply(name)


def _body(kind: EventType, incident: str | None = None) -> EventBody[Any]:
    from protocol.codec import decode_event

    made = alert(1, incident or uuid7(1), Phase.NEW) if kind is EventType.CROWD_ALERT else message(1)
    return decode_event(made.topic, made.payload, made.properties).body


class Site:
    """Use :func:`open_site`."""

    def __init__(self, folder: Path, kind: BrokerKind) -> None:
        self.folder, self.kind = folder, kind
        data = folder / "fleet"
        data.mkdir(mode=0o700)
        self.broker, self.config = self._begin(data)
        self.engine: Engine = open_engine(self.config.store_url)
        migrate(self.engine)
        self.authority = Authority(self.config.keys, FLEET)
        address = BrokerAddress(HOST, self.config.mqtt_port)
        self.services = Services(self.engine, Enrolment(self.engine, self.authority, FLEET, address), FLEET)
        self.app = make_app(self.services)

    def _begin(self, data: Path) -> tuple[AnyBroker, ManagerConfig]:
        authority = Authority(data / "keys", FLEET)
        certificate, key = authority.server_files("broker", (HOST, "localhost"), dt.datetime.now(dt.timezone.utc))
        files = ServerFiles(certificate, key, authority.certificate_path)
        for left in range(5, -1, -1):
            config = make_config(data, fleet=FLEET, mqtt_port=free_port())
            with contextlib.ExitStack() as stack:
                if left:  # somebody else took the port in between
                    stack.enter_context(contextlib.suppress(BrokerError))
                if self.kind is BrokerKind.EMBEDDED:
                    return EmbeddedBroker(data / "broker", config.mqtt_port, files), config
                return Mosquitto(data / "broker", config.mqtt_port, HOST, FLEET, files), config
        raise AssertionError

    def enrol(self, name: str, url: str) -> Identity:
        """As a technician: a code from the manager, traded over HTTP for a certificate."""
        code = self.services.enrolment.make_code(name, "test")
        return enrol(IdentityFiles(self.folder / name), FLEET, name, url, code, None)

    def device(self, name: str) -> DeviceRecord:
        """What the manager knows of a box."""
        found = self.services.device(name)
        assert found is not None
        return found

    def seqs(self, name: str) -> list[int]:
        """Numbers stored of a box, in the order of the store."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(event.c.seq).where(event.c.device == name).order_by(event.c.row)))

    def stored(self, name: str) -> int:
        """How many events of a box are stored."""
        with self.engine.connect() as connection:
            query = select(func.count()).select_from(event).where(event.c.device == name)
            return int(connection.execute(query).scalar_one())

    def reasons(self, name: str) -> list[tuple[str, int | None]]:
        """Why messages of a box were set aside, and their numbers."""
        return [(row.reason, row.seq) for row in reversed(self.services.quarantined()) if row.device == name]

    def spawn_ingest(self, target: Callable[[ManagerConfig], None] = run_ingest) -> SpawnProcess:
        """Ingest as a process of its own."""
        process = multiprocessing.get_context("spawn").Process(target=target, args=(self.config,), daemon=True)
        process.start()
        return process


@contextlib.contextmanager
def open_site(folder: Path, kind: BrokerKind) -> Iterator[Site]:
    """Broker and store."""
    site = Site(folder, kind)
    try:
        yield site
    finally:
        site.broker.stop()
        site.engine.dispose()


@contextlib.contextmanager
def web_of(app: Any) -> Iterator[str]:
    """An application over HTTP; yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    listener = socket.socket()
    listener.bind((HOST, 0))
    thread = threading.Thread(target=server.run, args=([listener],), name="web", daemon=True)
    thread.start()
    try:
        until(lambda: server.started, "the API answers")
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        listener.close()


@contextlib.contextmanager
def ingest_of(site: Site) -> Iterator[Ingest]:
    """Ingest on a thread of this process."""
    ingest = build_ingest(site.config)
    loop = asyncio.new_event_loop()
    task = loop.create_task(ingest.run())

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run, name="ingest", daemon=True)
    thread.start()
    try:
        until(lambda: ingest.report().connected or not thread.is_alive(), "ingest is connected")
        yield ingest
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(task.cancel)
        thread.join(PATIENCE_S)
        ingest._engine.dispose()


@contextlib.contextmanager
def box_of(
    site: Site, name: str, identity: Identity, clock: Clock | None = None, limits: Limits | None = None
) -> Iterator[Box]:
    """A box with its link up."""
    box = Box(name, identity, site.folder / name, clock, limits)
    box.uplink.start()
    try:
        until(lambda: box.uplink.connected, f"{name} is connected")
        yield box
    finally:
        box.uplink.stop(0)
        box.outbox.close()


__all__ = ["HOST", "NOW", "Box", "Site", "box_of", "free_port", "ingest_of", "open_site", "until", "web_of"]
