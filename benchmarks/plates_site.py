"""A camera for plates with all that is real: manager, broker, a hit list with two people behind it, keys, and a box's process.

Rules: the list goes the way that every list goes (drafted, approved, signed, fetched), keys go to the lock that the box offers;
what is said by whom is heard by a client of the broker's own that may read everything, and kept as it came; what the manager's
processes print goes into a file of its folder.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.figure import Skipped
from benchmarks.real_box import RealBox
from benchmarks.real_manager import FLEET, RealManager, real_manager
from benchmarks.uplink_site import broker_kind
from fleet.accounts.accounts import Accounts, Role
from fleet.identity.authority import Authority
from fleet.lists.authority import PASSWORD, make_authority
from fleet.lists.master import MASTER
from fleet.manager import BrokerKind
from fleet.store.database import open_engine
from models.bundle.bundle import zoo
from protocol.codec import Message
from protocol.config import Anpr, Config, Gate, Report, Source
from protocol.keys import packed
from simulator.enrolment import make_codes, sign_in
from simulator.loopback import HOST

BOX, LIST, PURPOSE = "gate-north", "stolen", "travel-times"
MODELS = ("person-vehicle-fast", "plate-detector", "plate-reader")
"""That a camera for plates looks with."""
_AUDITOR = "auditor"
_KEYS = 2
"""Of the list, and of pseudonyms."""
_LIMIT_S = 120.0
_LOOK_S = 0.1
_ROOM = '[box]\nfleet = "{fleet}"\ndevice = "{device}"\nstate = "state"\n[manager]\nurl = "{url}"\ncode = "{code}"\n'


def check_models() -> None:
    """See that the models are there.

    Raises:
        Skipped: one is not.
    """
    missing = [name for name in MODELS if not (zoo() / name).is_dir()]
    if missing:
        msg = f"{', '.join(missing)}: not in the zoo; `lamplighter models build NAME`"
        raise Skipped(msg)


class Auditor:
    """Hears everything on the broker. Use with :class:`contextlib.closing`."""

    def __init__(self, manager: RealManager) -> None:
        self.heard: list[Message] = []
        self._ready = threading.Event()
        authority = Authority(manager.config.keys, FLEET)
        certificate, key = authority.client_files(_AUDITOR, dt.datetime.now(dt.timezone.utc))
        context = ssl.create_default_context(cafile=str(authority.certificate_path))
        context.load_cert_chain(str(certificate), str(key))
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, _AUDITOR, protocol=mqtt.MQTTv5)
        self._client.tls_set_context(context)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self._take(message)
        self._client.connect(HOST, manager.config.mqtt_port)
        self._client.loop_start()
        if not self._ready.wait(_LIMIT_S):
            msg = "the broker does not let the auditor listen"
            raise RuntimeError(msg)

    def close(self) -> None:
        """Hear no more."""
        self._client.disconnect()
        self._client.loop_stop()

    def said(self, kind: str) -> list[Any]:
        """Bodies of events of a type, decoded, in the order in which they came."""
        return [msgspec.json.decode(m.payload) for m in list(self.heard) if m.topic.endswith(f"/event/{kind}")]

    def _take(self, message: mqtt.MQTTMessage) -> None:
        pairs = tuple(getattr(message.properties, "UserProperty", ()))
        self.heard.append(Message(message.topic, bytes(message.payload), pairs, message.qos, message.retain))


@dataclass
class PlateSite:
    """What is there. Use :func:`plate_site`."""

    manager: RealManager
    auditor: Auditor
    box: RealBox
    log: Path

    def film(self, path: Path, *, repeat: bool = False, pace: str = "fastest") -> None:
        """Have the box look at a recording."""
        anpr = Anpr(lists=(LIST,), others="pseudonym", purpose=PURPOSE)
        source = Source("cam", str(path), pace=pace, repeat=repeat, gate=Gate(region_px=512), anpr=anpr)  # type: ignore[arg-type]
        self._want(Config((source,), Report(telemetry_interval_s=5.0)))

    def empty(self) -> None:
        """Have it look at nothing; it forgets lists and keys."""
        self._want(Config())

    def until(self, condition: Callable[[], object], what: str, limit_s: float = _LIMIT_S) -> None:
        """Wait for something, while the box lives.

        Raises:
            TimeoutError: it does not come.
            RuntimeError: the box has ended.
        """
        try:
            for _ in self.box.polls(_LOOK_S, limit_s):
                if condition():
                    return
        except TimeoutError as error:
            msg = f"{what}: {error}"
            raise TimeoutError(msg) from error

    @property
    def held(self) -> bool:
        """Whether the box has its list and both keys."""
        status = self.box.status()
        plates = None if status is None else status.plates
        return plates is not None and len(plates.keys) == _KEYS and bool(plates.lists)

    def _want(self, config: Config) -> None:
        url = f"{self.manager.config.url}/api/v1/devices/{BOX}/twin"
        answer = httpx.put(url, json=msgspec.to_builtins(config), headers=self.manager.headers, timeout=30, trust_env=False)
        answer.raise_for_status()


@contextlib.contextmanager
def plate_site(folder: Path, listed: Sequence[str], least: float = 0.5) -> Iterator[PlateSite]:
    """Everything, ready to look; it ends with the block.

    Args:
        folder: for everything.
        listed: what is on the list.
        least: probability from which the list takes a reading for a hit.
    """
    phrase, log = secrets.token_urlsafe(24), folder / "manager.log"
    with contextlib.ExitStack() as stack:
        stack.enter_context(_environment({MASTER: packed(secrets.token_bytes(32)), PASSWORD: phrase}))
        with _printed_to(log):
            manager = stack.enter_context(real_manager(folder, broker_kind()))
        make_authority(manager.config.keys, phrase)
        if broker_kind() is BrokerKind.MOSQUITTO:
            _let_read(manager)
        auditor = stack.enter_context(contextlib.closing(Auditor(manager)))
        code = make_codes(manager.config.url, manager.token, {BOX: ""})[BOX]
        room = _ROOM.format(fleet=FLEET, device=BOX, url=manager.config.url, code=code)
        (folder / "box").mkdir()
        box = stack.enter_context(contextlib.closing(RealBox(folder / "box", room)))
        _publish(manager, listed, least)
        yield PlateSite(manager, auditor, box, log)


def _publish(manager: RealManager, listed: Sequence[str], least: float) -> None:
    """Draft a list, and have another person approve it."""
    tokens = []
    engine = open_engine(manager.config.store_url)
    for name in ("ann", "bob"):
        password = secrets.token_urlsafe(18)
        Accounts(engine).add(name, Role.OPERATOR, password)
        tokens.append({"Authorization": f"Bearer {sign_in(manager.config.url, name, password)}"})
    engine.dispose()
    ends = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=20)).isoformat()
    head = {"list": LIST, "purpose": "stolen-vehicles", "basis": "bench", "expires": ends, "least": least, "mode": "whole"}
    body = msgspec.json.encode(head) + b"\n" + "\n".join(listed).encode() + b"\n"
    with httpx.Client(base_url=f"{manager.config.url}/api/v1/lists", timeout=60, trust_env=False) as client:
        kind = {"Content-Type": "application/octet-stream"}
        number = _asked(lambda: client.post("/drafts", content=body, headers=tokens[0] | kind))["number"]
        _asked(lambda: client.post(f"/drafts/{number}/approve", json={"reason": ""}, headers=tokens[1]))


def _asked(ask: Callable[[], httpx.Response]) -> Any:
    """An answer; the manager's process of lists takes a moment to load its keys."""
    deadline = time.monotonic() + _LIMIT_S
    while not (answer := ask()).is_success:
        if time.monotonic() > deadline:
            msg = f"the manager refuses the list: {answer.text[:300]}"
            raise RuntimeError(msg)
        time.sleep(_LOOK_S)
    return answer.json()


def _let_read(manager: RealManager) -> None:
    """Give the auditor leave, which mosquitto reads anew when it is told to."""
    broker = manager.manager.broker
    (acl,) = manager.config.data.rglob("acl")
    acl.write_text(f"user {_AUDITOR}\ntopic read #\n\n{acl.read_text('utf-8')}", "utf-8")
    if broker.pid is not None:
        os.kill(broker.pid, signal.SIGHUP)


@contextlib.contextmanager
def _environment(more: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _printed_to(path: Path) -> Iterator[None]:
    """What is started meanwhile prints into a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    with path.open("ab") as file:
        for number, _ in kept:
            os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        for number, own in kept:
            os.dup2(own, number)
            os.close(own)
