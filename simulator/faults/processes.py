"""Killing processes, and looking whether any are left. Only ever by a process id that the caller started."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path


def kill(pid: int) -> None:
    """As the out-of-memory killer would."""
    _signal(pid, signal.SIGKILL)


def freeze(pid: int) -> None:
    """Stop it where it stands: alive, and doing nothing."""
    _signal(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """Let it go on."""
    _signal(pid, signal.SIGCONT)


def descendants(pid: int) -> list[int]:
    """Process ids of all that descend from a process, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                # The name in brackets may hold anything; what follows the last bracket is fixed (proc(5)).
                fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.append(child)
            waiting.append(child)
    return found


def alive(pids: Iterable[int]) -> list[int]:
    """Those that still run; what has ended and waits to be collected does not."""
    left = []
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            state = (Path("/proc") / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
            if state not in {"Z", "X"}:
                left.append(pid)
    return left


def wait_until(condition: Callable[[], bool], timeout_s: float, every_s: float = 0.02) -> bool:
    """Wait for a condition; returns whether it came true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
