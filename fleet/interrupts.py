"""Ctrl-C in a terminal reaches every process of the group: it belongs to the parent alone, which ends the others in order."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def left_to_parent() -> Iterator[None]:
    """Start processes in the block: they inherit that SIGINT is blocked, also while they still import. From any thread."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
