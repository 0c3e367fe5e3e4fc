"""A broker, boxes with the real uplink, and a manager that does no more than the contract asks: it counts and acknowledges."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives import serialization
from paho.mqtt.enums import CallbackAPIVersion

from edge.clock import Clock, SystemClock
from edge.identity.files import Identity, IdentityFiles
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.config import TlsFiles, UplinkConfig
from edge.uplink.tls import client_context
from edge.uplink.uplink import Uplink
from fleet.broker.embedded import BrokerError, EmbeddedBroker, ServerFiles
from fleet.broker.mosquitto import MANAGER, Mosquitto, find
from fleet.identity.authority import Authority
from protocol.acks import SeqSet
from protocol.codec import decode_event, encode_body
from protocol.commands import Command, Reply
from protocol.enrolment import EnrolResponse
from protocol.events import EventType
from protocol.state import State, Status
from protocol.twin import Desired
from tests.edge.bodies import ALERT, BODY
from tests.fleet.site import free_port, until

FLEET = "town"
BASE = f"lamplighter/v1/{FLEET}"
HOST = "127.0.0.1"
BROKERS = ("mosquitto", "embedded")


class Town:
    """A broker with the fleet's certificates."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.hands = threading.Lock()
        """Held by whoever stops and starts the broker."""
        self._over = threading.Event()
        self.manager: Manager
        self.authority = Authority(folder / "keys", FLEET)
        certificate, key = self.authority.server_files("broker", (HOST, "localhost"), _now())
        files = ServerFiles(certificate, key, self.authority.certificate_path)
        for left in range(5, -1, -1):
            self.port = free_port()
            with contextlib.ExitStack() as stack:
                if left:  # somebody else may take the port in between
                    stack.enter_context(contextlib.suppress(BrokerError))
                self.broker = (
                    EmbeddedBroker(folder / "broker", self.port, files)
                    if kind == "embedded"
                    else Mosquitto(folder / "broker", self.port, HOST, FLEET, files)
                )
                return
        raise AssertionError

    def tend(self) -> None:
        """Start the broker again when it takes no connections any more, as the manager does; until the end."""
        while not self._over.wait(1.0):
            with self.hands:
                if not self.broker.alive:
                    self.broker.start()

    def close(self) -> None:
        """End manager and broker."""
        self._over.set()
        with self.hands:
            self.manager.close()
            self.broker.stop()

    def identity(self, name: str, authority: Authority | None = None) -> Identity:
        """As enrolment gives it."""
        authority = authority or self.authority
        files = IdentityFiles(self.folder / "boxes" / name)
        certificate, _ = authority.sign_device(files.request(name), name, _now())
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        return files.store(EnrolResponse(FLEET, pem, self.authority.pem, HOST, self.port))

    def wait_for(self, name: str, status: Status) -> State:
        """Wait until the retained state of a box is this."""
        found: list[State | None] = [None]

        def holds() -> bool:
            found[0] = self.state(name, 1.0)
            return found[0] is not None and found[0].status is status

        until(holds, f"{name} is {status.value}")
        assert found[0] is not None
        return found[0]

    def listen(self) -> Manager:
        """Begin a manager that hears everything; ``manager`` from now on. Mosquitto knows one, by its certificate."""
        self.manager = Manager(self, (f"{BASE}/+/event/+", f"{BASE}/+/state", f"{BASE}/+/twin/reported"))
        until(lambda: self.manager.listening, "the manager listens")
        return self.manager

    def state(self, name: str, patience_s: float = 20.0) -> State | None:
        """The retained state of a box, as a control room that is opened now sees it; ``None`` where there is none so long."""
        topic = f"{BASE}/{name}/state"
        if self.kind == "mosquitto":
            return self.manager.again(topic, patience_s)
        reader = Manager(self, (topic,))
        try:
            with contextlib.suppress(AssertionError):
                until(lambda: reader.states, "a state is retained", patience_s)
            return reader.states[-1][1] if reader.states else None
        finally:
            reader.close()

    @contextlib.contextmanager
    def box(self, name: str, identity: Identity | None = None, clock: Clock | None = None, **config: Any) -> Iterator[Box]:
        """A box with its uplink started.

        Args:
            name: of the box.
            identity: a fresh one by default.
            clock: the system's by default.
            config: what is different from a box that connects at once; ``outbox`` names the outbox that it takes over.
        """
        made = Box(self, name, identity or self.identity(name), clock or SystemClock(), config)
        made.uplink.start()
        try:
            yield made
        finally:
            made.uplink.stop(0)
            made.outbox.close()


class Box:
    """The real outbox and the real uplink."""

    def __init__(self, town: Town, name: str, identity: Identity, clock: Clock, more: dict[str, Any]) -> None:
        self.name = name
        path = identity.key.parent / f"outbox-{more.pop('outbox', id(self))}.sqlite"
        self.outbox = Outbox.open(path, Limits(), clock, FLEET, name)
        tls = TlsFiles(identity.ca, identity.certificate, identity.key)
        settings: dict[str, Any] = {
            "host": HOST,
            "port": town.port,
            "tls": tls,
            "keepalive_s": 5,
            "longest_wait_s": 0.3,
            **more,
        }
        self.desired: list[Desired] = []
        self.status = Status.ONLINE
        config = UplinkConfig(FLEET, name, **settings)
        self.uplink = Uplink(config, self.outbox, self.birth, self.desired.append, self._answer, clock)

    def birth(self) -> State:
        """Its birth certificate."""
        return State(self.status, self.outbox.boot, _now())

    def say(self, *kinds: EventType) -> list[int]:
        """Append events and tell the link. Returns their numbers."""
        made = [self.outbox.append(kind, BODY[kind]()).seq for kind in kinds or (ALERT,)]
        self.uplink.notify()
        return made

    @property
    def error(self) -> str:
        """Why there is no connection."""
        return self.uplink.status().last_error

    @property
    def pending(self) -> int:
        """Events that the manager has not acknowledged."""
        return self.outbox.status().pending

    def _answer(self, name: str, _command: Command) -> Reply:
        return Reply(name, ok=True, message="here")


class Manager:
    """Hears, counts, and acknowledges when told to."""

    def __init__(self, town: Town, topics: tuple[str, ...]) -> None:
        certificate, key = town.authority.client_files(MANAGER, _now())
        files = TlsFiles(town.authority.certificate_path, certificate, key)
        self._lock = threading.Lock()
        self._topics = topics
        self._known: dict[tuple[str, str], SeqSet] = {}
        self.heard: Counter[tuple[str, str, int]] = Counter()
        """How often each (device, boot, number) arrived."""
        self.order: list[tuple[str, int]] = []
        """(device, number) as they arrived."""
        self._fresh: dict[str, State] = {}
        self.states: list[tuple[str, State]] = []
        self.reported: list[str] = []
        self.listening = False
        self.acknowledging = True
        """Whether each event is acknowledged at once."""
        # Mosquitto takes the name from the certificate; the embedded broker from here.
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, f"{MANAGER}-{id(self)}", protocol=mqtt.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.tls_set_context(client_context(files))
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._gone
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._take
        self._client.connect_async(HOST, town.port, 5)
        self._client.loop_start()

    def numbers(self, name: str) -> list[int]:
        """Numbers of a box that arrived, each once."""
        with self._lock:
            return sorted(seq for device, _, seq in self.heard if device == name)

    def again(self, topic: str, patience_s: float) -> State | None:
        """What is retained on a box's topic, heard once more."""
        with self._lock:
            self._fresh.clear()
        self._client.subscribe(topic, 1)
        with contextlib.suppress(AssertionError):
            until(lambda: topic in self._fresh, "a state is retained", patience_s)
        return self._fresh.get(topic)

    def acknowledge(self) -> None:
        """Account for all that was heard so far."""
        with self._lock:
            for (device, boot), known in self._known.items():
                self._client.publish(f"{BASE}/{device}/ack", encode_body(known.to_ack(boot)), 1)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Say anything."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(10)

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topic, 1) for topic in self._topics])

    def _gone(self, *_: Any) -> None:
        self.listening = False

    def _subscribed(self, *_: Any) -> None:
        self.listening = True

    def _take(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        device, _, channel = message.topic.removeprefix(f"{BASE}/").partition("/")
        if channel == "state":
            state = msgspec.json.decode(message.payload, type=State)
            self.states.append((device, state))
            if message.retain:
                with self._lock:
                    self._fresh[message.topic] = state
        elif channel == "twin/reported":
            self.reported.append(device)
        else:
            properties = getattr(message.properties, "UserProperty", [])
            event = decode_event(message.topic, bytes(message.payload), properties)
            with self._lock:
                self.heard[device, event.boot, event.seq] += 1
                self.order.append((device, event.seq))
                known = self._known.setdefault((device, event.boot), SeqSet())
                known.add(event.seq)
                if self.acknowledging:
                    client.publish(f"{BASE}/{device}/ack", encode_body(known.to_ack(event.boot)), 1)


@contextlib.contextmanager
def plain_mosquitto(folder: Path, lines: str) -> Iterator[int]:
    """A mosquitto without TLS that is configured by hand; yields its port, and skips where it is not installed."""
    try:
        program = find()
    except BrokerError as error:
        pytest.skip(str(error))
    user = "user root\n" if os.geteuid() == 0 else ""
    port = free_port()
    (folder / "conf").write_text(f"{user}listener {port} {HOST}\nlog_type none\n{lines}")
    process = subprocess.Popen([str(program), "-c", str(folder / "conf")], stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), "mosquitto answers")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1.0):
        return True
    return False


@contextlib.contextmanager
def open_town(folder: Path, kind: str) -> Iterator[Town]:
    """A town with a broker; skips where it is not installed."""
    if kind == "mosquitto":
        try:
            find()
        except BrokerError as error:
            pytest.skip(str(error))
    made = Town(folder, kind)
    try:
        made.listen()
        threading.Thread(target=made.tend, name="tends the broker", daemon=True).start()
        yield made
    finally:
        made.close()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)
