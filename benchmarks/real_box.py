"""A real agent process, measured from outside by what the kernel counts.

Rules: the agent is the installed command with a file of its own, in a temporary folder; nothing of it is imported into the
measuring process except the readers of its status socket and of ``/proc``. Whatever it started ends with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from benchmarks.figure import Skipped
from edge.agent.status import BoxStatus, read_status
from hardware.system import descendants, memory_mb
from protocol.state import SourceTelemetry

CLIP = Path(__file__).resolve().parents[1] / "simulator" / "media" / "square.mp4"
"""768 x 576, 795 pictures; see ``square.json`` beside it."""

_TICKS = os.sysconf("SC_CLK_TCK")
_STOP_S = 20.0


def command() -> list[str]:
    """The installed command line.

    Raises:
        Skipped: when it is not installed.
    """
    script = Path(sys.executable).with_name("lamplighter")
    if not script.exists():
        msg = f"{script} is not there; install the package first: make setup"
        raise Skipped(msg)
    return [str(script)]


class RealBox:
    """An agent, started again as often as is wanted. Use with :class:`contextlib.closing`.

    Args:
        folder: for its file, state and log; the path is short enough for a socket below it.
        box_file: text of its ``box.toml``; its state folder is ``state``.
        environment: what its environment has beside, or instead of, this process's.
        agent: command that takes the place of ``lamplighter edge run --config``.
    """

    def __init__(
        self, folder: Path, box_file: str, environment: Mapping[str, str] | None = None, agent: tuple[str, ...] = ()
    ) -> None:
        self.folder = folder
        self.state = folder / "state"
        self._environment = {**os.environ, **(environment or {})}
        self._agent = agent
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "box.toml").write_text(box_file, "utf-8")

    def start(self, *arguments: str) -> float:
        """Start it. Returns the monotonic second just before."""
        before_s = time.monotonic()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*(self._agent or (*command(), "edge", "run", "--config")), "box.toml", *arguments],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return before_s

    @property
    def pid(self) -> int:
        """Of the agent itself."""
        if self._process is None:
            msg = "the agent was not started"
            raise RuntimeError(msg)
        return self._process.pid

    def pids(self) -> tuple[int, ...]:
        """The agent and everything it started."""
        return descendants(self.pid)

    def cpu_s(self) -> float:
        """Processor time of all of them since they began, with those that have ended, seconds."""
        return sum(cpu_s(pid) for pid in self.pids())

    def pss_mb(self) -> float:
        """Proportional set size of all of them together, MB (1e6 bytes)."""
        found = memory_mb(self.pids())
        if found is None:
            msg = "the kernel does not tell the memory of a process (smaps_rollup); run the bench as the agent's user"
            raise Skipped(msg)
        return found

    def status(self) -> BoxStatus | None:
        """What it says of itself; ``None`` while it does not answer."""
        try:
            return read_status(self.state / "status.sock")
        except (OSError, msgspec.DecodeError):
            return None

    def sources(self) -> Mapping[str, SourceTelemetry]:
        """What it says of each of its sources; none while it does not answer."""
        status = self.status()
        return {} if status is None else status.telemetry.sources

    def stored(self) -> list[tuple[str, str]]:
        """Boot and type of every event in its outbox as a power cut would leave it, oldest first; none without an outbox."""
        with tempfile.TemporaryDirectory(prefix="cut-") as name:
            try:
                for kept in ("outbox.sqlite", "outbox.sqlite-wal"):
                    shutil.copyfile(self.state / kept, Path(name) / kept)
                with contextlib.closing(sqlite3.connect(Path(name) / "outbox.sqlite")) as database:
                    return [(boot, kind) for boot, kind in database.execute("SELECT boot, type FROM event ORDER BY row")]
            except (OSError, sqlite3.Error):
                return []  # it is not there yet, or was copied while it was written

    def check_alive(self) -> None:
        """Raise when it has ended.

        Raises:
            RuntimeError: with the end of its log.
        """
        if self._process is None or self._process.poll() is not None:
            msg = f"the agent has ended: {(self.folder / 'log').read_text('utf-8', 'replace')[-1000:]}"
            raise RuntimeError(msg)

    def polls(self, every_s: float, limit_s: float) -> Iterator[float]:
        """Yield the monotonic second again and again while the agent lives.

        Raises:
            TimeoutError: at the limit; the caller leaves the loop when it has seen what it waits for.
        """
        end_s = time.monotonic() + limit_s
        while (now_s := time.monotonic()) < end_s:
            yield now_s
            self.check_alive()
            time.sleep(every_s)
        msg = f"not within {limit_s:g} s: {(self.folder / 'log').read_text('utf-8', 'replace')[-1000:]}"
        raise TimeoutError(msg)

    def wait(self, limit_s: float) -> None:
        """Wait until it ends of itself."""
        if self._process is not None:
            self._process.wait(limit_s)
            self._process = None

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            self.wait(_STOP_S)

    def close(self) -> None:
        """End it however it is."""
        self.cut()

    def cut(self) -> None:
        """Kill everything at once, as when the power is cut."""
        if self._process is None:
            return
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(_STOP_S)
        self._process = None


def cpu_s(pid: int) -> float:
    """Processor time of one process and of its children that have ended, seconds; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS
