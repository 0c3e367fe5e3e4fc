"""An agent with a source that reads plates, between a manager that serves lists and a wire that carries commands."""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.identity.files import IdentityFiles
from protocol.commands import Command, Reply
from protocol.config import Config
from protocol.keys import PlateKey
from protocol.state import LinkTelemetry, State
from protocol.twin import Desired, ListOrder
from tests.edge.agent.offline import PATIENCE_S, Offline, source
from tests.edge.lists.desk import Desk, digest_of
from tests.ota.server import honest, serving

ANPR = 'anpr = { lists = ["stolen"], others = "pseudonym", purpose = "travel-times" }\n'
HEAD = """
[broker]
host = "127.0.0.1"
port = 1
tls = false

[manager]
url = "{url}"
"""


class Wire:
    """Stands for the link."""

    made: Wire

    def __init__(self, _config: Any, _outbox: Any, birth: Any, wanted: Any, command: Any, _clock: Any, _refused: Any) -> None:
        Wire.made = self
        self._birth, self._wanted, self._command = birth, wanted, command
        self.states: list[State] = []
        self.broker = "127.0.0.1:1"
        self.publish_reported = self.publish_telemetry = self.start = self.stop = self.notify = lambda *_: None

    def publish_state(self) -> None:
        self.states.append(self._birth())

    def faults(self) -> tuple[()]:
        return ()

    def status(self) -> LinkTelemetry:
        return LinkTelemetry()


class Plated:
    """The box and its manager."""

    def __init__(self, folder: Path, desk: Desk) -> None:
        self.folder, self.desk = folder, desk
        self.files: dict[str, bytes] = {}
        self.version = 0
        IdentityFiles(folder / "state" / "identity")
        (folder / "state" / "identity" / "ca.crt").write_bytes(desk.pem)

    @contextlib.contextmanager
    def running(
        self, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext | None = None, ca: Path | None = None
    ) -> Iterator[Offline]:
        """The agent; its manager serves over TLS where a context is given, and the box believes ``ca``."""
        monkeypatch.setattr("edge.agent.link.Uplink", Wire)
        with serving(honest(self.files), tls) as server:
            trust = "" if ca is None else f'ca = "{ca}"\n'
            self.box = Offline(self.folder, HEAD.format(url=server.url) + trust, source("gate") + ANPR)
            with self.box.running():
                self.state(lambda state: state.lock, "a lock is offered")
                yield self.box
        del Wire.made

    def publish(self, *files: bytes) -> None:
        self.files |= {f"lists/{digest_of(file)}": file for file in files}

    def want(self, *orders: ListOrder, config: Config | None = None) -> None:
        self.version += 1
        desired = Desired(self.version, config or self.box.agent._twin.config, lists=orders)
        Wire.made._wanted(msgspec.json.decode(msgspec.json.encode(desired), type=Desired))

    def give(self, *keys: PlateKey, state: State | None = None) -> Reply:
        state = state or Wire.made.states[-1]
        assert state.lock is not None
        sealed = self.desk.keys(state.lock.lock, *keys, boot=state.boot)
        return self.command(Command(dt.datetime.now(dt.timezone.utc), keys=sealed))

    def command(self, command: Command) -> Reply:
        reply: Reply = Wire.made._command("keys", command)
        return reply

    def state(self, condition: Callable[[State], Any], what: str) -> State:
        """The last state that the box told, once something holds of it."""
        deadline = time.monotonic() + PATIENCE_S
        while not (hasattr(Wire, "made") and Wire.made.states and condition(Wire.made.states[-1])):
            assert time.monotonic() < deadline, f"{what}: {Wire.made.states[-1:]}"
            time.sleep(0.02)
        return Wire.made.states[-1]


def reason(state: Any, code: str) -> str:
    return next((reason.detail for reason in state.reasons if reason.code == code), "")
