"""The boxes of the demo that are real: processes of `lamplighter edge run`, looking at recordings.

Two look at a square and count people; one looks at a street and reads plates.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from edge.outbox.store import Store
from protocol.config import Anpr, Gate, Lane, Line, Report, Source, Zone, ZoneAlarm
from simulator.lists.wanted import LIST, PSEUDONYMS
from simulator.rollouts.plans import PROBATION_S, SHADOW_S
from simulator.worlds.city import City
from simulator.worlds.sites import Site, camera_sites, gate_site

SCENE_FPS = 7.0
"""The square was recorded at 7 pictures a second."""
STREET_FPS = 6.0
"""The street was drawn at 10 pictures a second, and is played slower: all boxes of the demo may share two cores."""

_REPORT = Report(count_interval_s=5.0, telemetry_interval_s=10.0)
_ROOT_FILE = "1.root.json"
_STOP_S = 15.0
_DIE_WITH_PARENT = "import ctypes; ctypes.CDLL(None).prctl(1, 15); import lamplighter; lamplighter.main()"

_ZONES = {
    "square-west": Zone(
        "crossing",
        ((0.02, 0.20), (0.98, 0.20), (0.98, 0.98), (0.02, 0.98)),
        "Markt, westkant",
        ZoneAlarm(enter_at=6.0, leave_at=4.5, min_duration_s=1.0, update_interval_s=10.0),
    ),
    "square-east": Zone("terrace", ((0.40, 0.15), (0.98, 0.15), (0.98, 0.75), (0.40, 0.75)), "Markt, oostkant"),
}
_LINES = {
    "square-west": Line("gate", (0.50, 0.15), (0.50, 0.98), "Markt west, doorgang"),
    "square-east": Line("arcade", (0.30, 0.20), (0.75, 0.95), "Markt oost, doorgang"),
}
_MIDDLE = ((0.91, 0.0), (0.81, 0.13), (0.45, 0.61), (0.14, 1.0))
"""The line that parts the lanes of the street."""
_LANES = (Lane("inbound", (*_MIDDLE, (0.0, 1.0), (0.0, 0.0))), Lane("outbound", (*_MIDDLE, (1.0, 1.0), (1.0, 0.0))))


@dataclass(frozen=True)
class Kept:
    """What a box that has ended holds.

    Attributes:
        highest: last sequence number by boot.
        unsent: boot and number of events on its disk that the manager has not acknowledged.
    """

    highest: dict[str, int]
    unsent: tuple[tuple[str, int], ...]


class Camera:
    """One box: an agent's process and its folder.

    Args:
        device: its name.
        source: what it looks at.
        folder: for its file and its state.
        manager: address of the manager.
        code: one-time enrolment code.
        root: metadata of the repository whose updates it takes; ``None`` = it takes none.
    """

    def __init__(  # noqa: PLR0913 - what a box follows from
        self, device: str, source: Source, folder: Path, manager: str, code: str, root: bytes | None = None
    ) -> None:
        self.device, self.folder = device, folder
        folder.mkdir(parents=True)
        parts = {
            "box": {"fleet": "city", "device": device, "state": "state"},
            "manager": {"url": manager, "code": code},
            "report": msgspec.to_builtins(_REPORT),
            "sources": [msgspec.to_builtins(source)],
        }
        if root is not None:
            (folder / _ROOT_FILE).write_bytes(root)
            parts["updates"] = {"root": _ROOT_FILE, "shadow_s": SHADOW_S, "probation_s": PROBATION_S}
        self.file = folder / "box.toml"
        self.file.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in parts.items()), "utf-8")
        self.log = folder / "agent.log"
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
        command = [sys.executable, "-c", _DIE_WITH_PARENT, "edge", "run", "--config", str(self.file)]
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


def make_cameras(city: City, folder: Path, manager: str, codes: dict[str, str], root: bytes | None = None) -> list[Camera]:
    """Prepare the two boxes on the market."""
    return [
        Camera(site.device, _square(site, city), folder / site.device, manager, codes[site.device], root)
        for site in camera_sites(city)
    ]


def make_gate(city: City, folder: Path, manager: str, codes: dict[str, str]) -> Camera:
    """Prepare the box that reads plates; it takes no updates."""
    site = gate_site(city)
    return Camera(site.device, _street(site, city), folder / site.device, manager, codes[site.device])


def _square(site: Site, city: City) -> Source:
    return Source(
        "square",
        _recording("square.mp4"),
        fps=SCENE_FPS,
        repeat=True,
        zones=(_ZONES[site.device],),
        lines=(_LINES[site.device],),
        where=site.where(city.origin, 0.0),
    )


def _street(site: Site, city: City) -> Source:
    return Source(
        "street",
        _recording("traffic.mp4"),
        fps=STREET_FPS,
        repeat=True,
        gate=Gate(enabled=False),  # one look at the whole: as many plates are read as with three in parts of it
        anpr=Anpr(lists=(LIST,), others="pseudonym", purpose=PSEUDONYMS, lanes=_LANES),
        where=site.where(city.origin, 0.0),
    )


def _recording(name: str) -> str:
    return str(resources.files("simulator") / "media" / name)


def _toml(value: Any) -> str:
    """A value as TOML writes it, tables in line; nothing stands for ``None``."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items() if item is not None) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value)
