"""A driven box seen from the bench: its process, its panel, its journal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.uplink_driver import Orders
from benchmarks.uplink_journal import Line, Panel, Reading, read

_STOP_S = 20.0


class DrivenBox:
    """Starts a driver, again and again if wanted. Use with :class:`contextlib.closing`.

    Args:
        orders: what it is to do.
    """

    def __init__(self, orders: Orders) -> None:
        self.name = orders.device
        self._orders = orders
        self._folder = Path(orders.folder)
        self._panel = Panel(self._folder / "panel")
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self.started = 0
        """Nanoseconds of the shared clock at the last start; what the panel shows of an earlier run does not count."""

    def start(self) -> None:
        """Start it, with another pace than before."""
        orders = msgspec.structs.replace(self._orders, seed=self._orders.seed * 1000 + self._starts)
        self._starts += 1
        self.started = time.monotonic_ns()
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.uplink_driver", msgspec.json.encode(orders).decode()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def reading(self) -> Reading | None:
        """What its panel shows; ``None`` while the process is not so far.

        Raises:
            RuntimeError: when it ended by itself, with the end of its log.
        """
        if self._process is None:
            return None
        if self._process.poll() is not None:
            msg = f"{self.name} ended with {self._process.returncode}: {self.log()[-1000:]}"
            raise RuntimeError(msg)
        reading = self._panel.read()
        return reading if reading.opened >= self.started else None

    def kill(self) -> int:
        """As the out-of-memory killer would. Returns the nanosecond just before."""
        return self._end(signal.SIGKILL)

    def silence(self) -> None:
        """It makes no more events and keeps its link."""
        self._panel.silence()

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def dump(self) -> str:
        """End it and have it say where it stood; the end of its log."""
        self._end(signal.SIGABRT)
        return f"{self.name}: {self.log()[-4000:]}"

    def freeze(self) -> None:
        """Stop it where it stands; it stands when this returns."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def said(self) -> int:
        """How many events it has made."""
        path = self._folder / "journal"
        if not path.exists():
            return 0
        with path.open("rb") as journal:
            return sum(line.startswith(b'["said"') for line in journal)

    def lines(self) -> Iterator[Line]:
        """Its journal."""
        return read(self._folder / "journal")

    def log(self) -> str:
        """What it said of itself."""
        path = self._folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def close(self) -> None:
        """End it however it is."""
        if self._process is not None:
            self.kill()
        self._panel.close()

    def _end(self, number: int) -> int:
        at = time.monotonic_ns()
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_STOP_S)
            self._process = None
        return at
