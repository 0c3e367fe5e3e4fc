"""A real agent in this process, without a manager: what it would say is in its outbox."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from edge.agent.agent import Agent
from edge.agent.status import BoxStatus
from edge.boxfile import read_box_file
from edge.clock import Clock, SystemClock
from edge.outbox.store import Store
from tests.edge.capture.clips import SQUARE

PATIENCE_S = 40.0

HEAD = """
[box]
fleet = "city"
device = "box"
state = "state"
{box}

[report]
count_interval_s = 0.5
"""

SOURCE = """
[[sources]]
id = "{name}"
uri = "{uri}"
repeat = true
fps = 20
{more}
zones = [{{ id = "all", polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]{alarm} }}]
"""


def source(name: str, uri: str | Path = SQUARE, alarm: str = "", more: str = "") -> str:
    """``more``: keys of the source, a line each."""
    return SOURCE.format(name=name, uri=uri, alarm=f", {alarm}" if alarm else "", more=more)


class Offline:
    """The agent and its folder."""

    def __init__(self, folder: Path, *sources: str, box: str = "", clock: Clock | None = None) -> None:
        self.folder = folder
        file = folder / "box.toml"
        file.write_text(HEAD.format(box=box) + "".join(sources), "utf-8")
        self.agent = Agent(read_box_file(file), clock or SystemClock())
        self._thread = threading.Thread(target=self.agent.run, name="agent")

    @contextlib.contextmanager
    def running(self) -> Iterator[Offline]:
        self._thread.start()
        try:
            yield self
        finally:
            self.agent.stop()
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive()

    def until(self, condition: Callable[[BoxStatus], Any], what: str) -> BoxStatus:
        """Look at the status until something holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition(status := self.agent.status()):
            assert self._thread.is_alive(), "the agent has ended"
            assert time.monotonic() < deadline, f"{what}: {status}"
            time.sleep(0.05)
        return status

    def said(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and payload of every event in the outbox, in order; after the agent has ended."""
        return said_in(self.folder)


def said_in(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Type and payload of every event in the outbox of a box that has ended, in order."""
    store = Store(folder / "state" / "outbox.sqlite")
    try:
        _, entries = store.load(0.0)
        ordered = sorted(entries, key=lambda entry: entry.seq)
        return [(e.type.value, msgspec.json.decode(store.read(e.row or 0).payload)) for e in ordered]
    finally:
        store.close()
