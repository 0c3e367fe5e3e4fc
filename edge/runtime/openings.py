"""The life that a camera and a microphone have in common: a process that opens it, again and again.

Rules: what breaks is opened again after a wait that doubles up to a cap, in a new process, which finds a device that was
plugged in again; what a file is at fault for is not tried again until that changes, or for a long time; while the kernel holds
a process that was killed, no other is started.
"""

from __future__ import annotations

import enum
import math
import os
from collections.abc import Callable
from typing import Any

from edge.runtime.backoff import Backoff, BackoffPolicy
from edge.runtime.child import Child, Watcher

_LOOK_AGAIN_S = 1.0
"""How often such a file is looked at, or a process that will not die."""


class InputState(str, enum.Enum):
    """Life of a camera, a microphone or a recording, as telemetry tells it."""

    STARTING = "starting"
    RUNNING = "running"
    RETRYING = "retrying"
    ENDED = "ended"
    FAILED = "failed"


class Openings:
    """Of one input.

    Args:
        worker: what its process runs, ``package.module:function``.
        receives: union of the messages that it may send.
        watcher: waits for its connection.
        backoff: waits between tries.
        heard: is given each message.
        died: is told how the process ended, in words, when it ended by itself.

    Attributes:
        state: where its life stands.
        number: how many times it has been opened.
        process: of the current opening.
    """

    def __init__(  # noqa: PLR0913 - what a process needs, and whom it tells
        self,
        worker: str,
        receives: Any,
        watcher: Watcher,
        backoff: BackoffPolicy,
        heard: Callable[[Any], None],
        died: Callable[[str], None],
    ) -> None:
        self.state = InputState.STARTING
        self.number = 0
        self.process = Child(watcher, receives, heard, died, urgent=False)
        self._worker, self._backoff = worker, Backoff(backoff)
        self._retry_s: float | None = None
        self._file: str | None = None
        self._mark: FileMark = ()
        """Of the file, when it was at fault."""
        self._anyway_s = math.inf
        """When it is tried again although that has not changed."""

    @property
    def retry_s(self) -> float | None:
        """Monotonic second of the next try, where there is one."""
        return self._retry_s

    def open(self, name: str, order: object) -> None:
        """Open it in a new process.

        Args:
            name: shown by `ps`.
            order: what the process is to do.
        """
        self._retry_s = None
        self.number += 1
        self.process.start(self._worker, name, order)

    def is_due(self, now_s: float) -> bool:
        """Whether it is to be opened again."""
        if self._retry_s is None or now_s < self._retry_s:
            return False
        unchanged = self._file is not None and now_s < self._anyway_s and file_mark(self._file) == self._mark
        if self.process.held or unchanged:
            self._retry_s = now_s + _LOOK_AGAIN_S
            return False
        return True

    def works(self, now_s: float) -> bool:
        """It gives what it should. Returns whether that is new."""
        self._backoff.worked(now_s)
        before, self.state = self.state, InputState.RUNNING
        return before is not InputState.RUNNING

    def broke(self, now_s: float, file: str | None, anyway_s: float = math.inf) -> None:
        """End its process, and plan the next try.

        Args:
            now_s: monotonic second.
            file: that has to change before another try is of use; ``None`` where one may be at any time.
            anyway_s: monotonic second at which it is tried although the file has not changed.
        """
        self.process.end(0.0)
        self._file, self._mark, self._anyway_s = file, () if file is None else file_mark(file), anyway_s
        self._retry_s = self._backoff.failed(now_s)
        self.state = InputState.RETRYING if file is None else InputState.FAILED

    def ended(self) -> None:
        """It has been played to its end, which is no fault."""
        self.process.end(0.0)
        self.state = InputState.ENDED

    def end(self, patience_s: float) -> None:
        """End its process, and try no more; see :meth:`edge.runtime.child.Child.end`."""
        self._retry_s = None
        self.process.end(patience_s)


FileMark = tuple[int, ...]
"""What changes when a file is replaced; empty when there is none."""


def file_mark(address: str) -> FileMark:
    """Mark of a file as it is now."""
    try:
        info = os.stat(address.removeprefix("file://"))  # noqa: PTH116 - addresses need not be paths
    except (OSError, ValueError):
        return ()
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
