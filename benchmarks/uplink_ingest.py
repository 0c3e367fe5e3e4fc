"""The manager's ingest in a process of its own, which can be told to kill itself between commit and acknowledgement."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import time
from typing import Any

from fleet.processes import ManagerConfig, build_ingest

_PR_SET_PDEATHSIG = 1
_ARMED = 1
_DEATH_S = 60.0


class KillableIngest:
    """Starts the manager's ingest, again and again. Use with :class:`contextlib.closing`.

    Args:
        config: of the manager.
    """

    def __init__(self, config: ManagerConfig) -> None:
        self._config = config
        self._context = multiprocessing.get_context("spawn")
        self._process: Any = None
        self._word: Any = None

    def start(self) -> None:
        """Start it."""
        # Without a lock: a process that is killed would take it along.
        self._word = self._context.Value(ctypes.c_int64, 0, lock=False)
        self._process = self._context.Process(target=_run, args=(self._config, self._word), name="ingest", daemon=True)
        self._process.start()

    def check(self) -> None:
        """Raise when it ended by itself.

        Raises:
            RuntimeError: it did.
        """
        if self._process is not None and not self._process.is_alive():
            msg = f"ingest ended with {self._process.exitcode}"
            raise RuntimeError(msg)

    def kill(self) -> int:
        """As the out-of-memory killer would. Returns the nanosecond just before, of the shared clock."""
        at = time.monotonic_ns()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        return at

    def kill_at_commit(self) -> int:
        """Kill it after the next commit of events, before their acknowledgement. Returns the nanosecond just before.

        Raises:
            TimeoutError: nothing was committed within a minute.
        """
        self._word.value = _ARMED
        self._process.join(_DEATH_S)
        if self._process.is_alive():
            msg = f"ingest committed nothing within {_DEATH_S:g} s"
            raise TimeoutError(msg)
        self._process = None
        return int(self._word.value)

    def close(self) -> None:
        """End it."""
        self.kill()


def _run(config: ManagerConfig, word: Any) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def after_commit(_batches: int) -> None:
        if word.value == _ARMED:
            word.value = time.monotonic_ns()
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(build_ingest(config, after_commit).run())
