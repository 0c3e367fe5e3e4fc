"""A box of the demo that is real: a process of `lamplighter edge run` in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from edge.outbox.store import Store
from protocol.config import Microphone, Report, Source
from simulator.rollouts.plans import PROBATION_S, SHADOW_S

AGENT = "import ctypes; ctypes.CDLL(None).prctl(1, 15); import lamplighter; lamplighter.main()"
"""An agent that dies with its parent."""

_REPORT = Report(count_interval_s=5.0, telemetry_interval_s=10.0)
_ROOT_FILE = "1.root.json"
_STOP_S = 15.0


@dataclass(frozen=True)
class Kept:
    """What a box that has ended holds.

    Attributes:
        highest: last sequence number by boot.
        unsent: boot and number of events on its disk that the manager has not acknowledged.
    """

    highest: dict[str, int]
    unsent: tuple[tuple[str, int], ...]


class RealBox:
    """One box: an agent's process and its folder.

    Args:
        device: its name.
        inputs: what it looks at and listens to.
        folder: for its file and its state.
        manager: address of the manager.
        code: one-time enrolment code.
        root: metadata of the repository whose updates it takes; ``None`` = it takes none.
        agent: program that the agent runs in, called with the arguments of `lamplighter`.
    """

    def __init__(  # noqa: PLR0913 - what a box follows from
        self,
        device: str,
        inputs: tuple[Source | Microphone, ...],
        folder: Path,
        manager: str,
        code: str,
        root: bytes | None = None,
        agent: str = AGENT,
    ) -> None:
        self.device, self.folder = device, folder
        folder.mkdir(parents=True)
        parts = {
            "box": {"fleet": "city", "device": device, "state": "state"},
            "manager": {"url": manager, "code": code},
            "report": msgspec.to_builtins(_REPORT),
            "sources": [msgspec.to_builtins(one) for one in inputs if isinstance(one, Source)],
            "microphones": [msgspec.to_builtins(one) for one in inputs if isinstance(one, Microphone)],
        }
        if root is not None:
            (folder / _ROOT_FILE).write_bytes(root)
            parts["updates"] = {"root": _ROOT_FILE, "shadow_s": SHADOW_S, "probation_s": PROBATION_S}
        self.file = folder / "box.toml"
        self.file.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in parts.items()), "utf-8")
        self.log = folder / "agent.log"
        self._agent = agent
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the agent; call from the main thread, with which it ends."""
        command = [sys.executable, "-c", self._agent, "edge", "run", "--config", str(self.file)]
        theirs = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHTER_")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=theirs
            )

    def terminate(self) -> None:
        """Ask it to end in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int | None:
        """Wait for its end; returns its status, negative for a signal."""
        if self._process is None:
            return None
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kept(self) -> Kept:
        """Look into the outbox of an agent that has ended; one that never came so far holds nothing."""
        path = self.folder / "state" / "outbox.sqlite"
        if not path.exists():
            return Kept({}, ())
        store = Store(path)
        try:
            boots, entries = store.load(0.0)
        finally:
            store.close()
        return Kept({boot.name: boot.highest for boot in boots}, tuple(entry.key for entry in entries))

    def words(self) -> str:
        """What it last wrote to its log."""
        try:
            return self.log.read_text("utf-8", "replace")[-2000:].strip()
        except OSError:
            return ""


def _toml(value: Any) -> str:
    """A value as TOML writes it, tables in line; nothing stands for ``None``."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items() if item is not None) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value)
