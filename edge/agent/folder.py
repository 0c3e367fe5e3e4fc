"""The state folder: keys, outbox, last good configuration. One agent at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from edge.errors import StateFolderError


class StateFolder:
    """A folder that belongs to this process until closed.

    Raises:
        StateFolderError: when it cannot be made or written, or another agent holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            msg = f"{path}: the state folder cannot be used: {error.strerror}; give box.state a folder that this user may write"
            raise StateFolderError(msg) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._lock, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._lock)
            msg = (
                f"{path}: another agent (process {holder}) uses this state folder; stop it, or give this box its own box.state"
            )
            raise StateFolderError(msg) from None
        with contextlib.suppress(OSError):  # on a full disk nobody learns who holds it; it is held all the same
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let another agent have it."""
        os.close(self._lock)
