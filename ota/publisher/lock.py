"""One publisher at a time.

The lock is the kernel's, on a file that stays: it goes with the process that has it, however that one dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ota.publisher.disk import PRIVATE
from ota.publisher.errors import BusyError, WorkshopError


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others out of a workshop.

    Raises:
        BusyError: when somebody else is at it; with the number of that process.
        WorkshopError: when there is no workshop.
    """
    if not folder.is_dir():
        msg = f"{folder}: there is no workshop; make one with `lamplighter ota init`, or name it with --workshop"
        raise WorkshopError(msg)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            who = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            msg = f"{folder}: another publisher works here (process {who}); wait until it has finished"
            raise BusyError(msg) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
