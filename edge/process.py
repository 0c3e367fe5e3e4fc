"""Processes of the agent: how they are started, named and ended.

Rules:

- They come from a fork server which has imported what all of them need (shared memory pages, quick starts) and nothing that
  starts threads: a fork copies locked locks. ONNX Runtime above all is imported after the fork, by the process that uses it.
- They end with the agent, however it ends: each watches its connection, and the kernel kills those that are stuck.
- `ps` can tell them apart: ``lamplighter: source gate-7``, ``lamplighter: accelerator cpu``.
- They leave Ctrl-C to the agent, which stops them in order, and nothing of their memory to a core dump.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from setproctitle import setproctitle

from edge.dumps import keep_from_dumps

PRELOAD = ("edge.preload",)
"""Imported once in the fork server."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Numerical libraries start a thread per core when they are imported, which nothing here has a use for."""

OOM_SCORE = 500
"""Added to the thousandths of memory that a process takes when the kernel has to choose which to kill."""

_PR_SET_PDEATHSIG = 1

_KILLED_S = 1.0
"""A killed process is gone within milliseconds, or held by the kernel."""


def spawn(target: str, name: str, *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """Start a process of the agent.

    Args:
        target: ``package.module:function``, called in the new process with its connection and the arguments. A name, so that
            the agent itself need not import what only its processes use (OpenCV, FFmpeg, ONNX Runtime).
        name: shown by `ps`.
        arguments: pickled.

    Returns:
        The process and this end of a two-way connection to it.
    """
    context = _context()
    ours, theirs = context.Pipe(duplex=True)
    process = context.Process(target=_run, args=(target, name, theirs, *arguments), name=name, daemon=True)
    with _main_left_alone():
        process.start()
    theirs.close()
    return process, ours


def prepare() -> None:
    """Start the fork server in the background, so that it imports while the agent does; called first thing."""
    _context()
    with _main_left_alone():
        forkserver.ensure_running()


def end(process: ForkServerProcess, patience_s: float) -> bool:
    """Wait for a process that was told to stop, and kill it when it does not.

    Returns:
        Whether it is gone. One that the kernel holds in a system call (a driver, a disk or a network share that hangs) dies
        when that returns, and nobody waits for it.
    """
    process.join(patience_s)
    if process.is_alive():
        process.kill()
        process.join(_KILLED_S)
    if process.is_alive():
        multiprocessing.process._children.discard(process)  # type: ignore[attr-defined]  # noqa: SLF001 - else Python's end waits
        return False
    process.close()
    return True


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    return context


def _run(target: str, name: str, connection: Connection, *arguments: Any) -> None:
    keep_from_dumps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    setproctitle(f"lamplighter: {name}")
    die_with_parent()
    die_before_parent()
    importlib.import_module("cv2").setNumThreads(1)  # it does not survive the fork: its workers would spin beside the model
    module, _, function = target.partition(":")
    getattr(importlib.import_module(module), function)(connection, *arguments)


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent (the fork server, which ends with the agent) is gone."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def die_before_parent() -> None:
    """Let the kernel take this process rather than the agent when memory runs out: the uplink lives longest (proc(5))."""
    with contextlib.suppress(OSError):  # where there is no /proc nobody chooses by it
        Path("/proc/self/oom_score_adj").write_text(f"{OOM_SCORE}\n", "ascii")


@contextlib.contextmanager
def _main_left_alone() -> Iterator[None]:
    """Keep multiprocessing from importing the command line's main module in each child: time and memory for nothing."""
    module = sys.modules["__main__"]
    spec, file = module.__spec__, getattr(module, "__file__", None)
    module.__spec__ = None
    if file is not None:
        del module.__file__
    try:
        yield
    finally:
        module.__spec__ = spec
        if file is not None:
            module.__file__ = file
