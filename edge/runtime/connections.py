"""The connections that the runtime waits for, and the bell that wakes it.

Rules: one thread waits; any thread and any signal handler may ring, also when there is nobody to wake any more.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
from collections.abc import Callable
from typing import Any

from edge.channel import Channel

_MOST_ROUNDS = 16
"""Most messages taken of one connection before deadlines are looked at again: more than the quickest sends while it is held."""


class Connections:
    """Waits for them; see :class:`edge.runtime.child.Watcher`."""

    def __init__(self) -> None:
        self._all, self._urgent = selectors.DefaultSelector(), selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wake_lock = threading.RLock()
        """Held while the pipe is written to or closed; a signal handler may ask again in the middle of either."""
        self._closed = False
        for selector in (self._all, self._urgent):
            selector.register(self._wake_read, selectors.EVENT_READ, self._drain)

    def watch(self, channel: Channel[Any], ready: Callable[[], None], *, urgent: bool) -> None:
        """Call ``ready`` when the channel has something to read: at once when urgent, else perhaps a little later."""
        self._all.register(channel, selectors.EVENT_READ, ready)
        if urgent:
            self._urgent.register(channel, selectors.EVENT_READ, ready)

    def unwatch(self, channel: Channel[Any]) -> None:
        """Stop that."""
        self._all.unregister(channel)
        if channel in self._urgent.get_map():
            self._urgent.unregister(channel)

    def wait_for_urgent(self, seconds: float) -> None:
        """Wait at most so long for what is urgent; it is read with the rest."""
        self._urgent.select(seconds)

    def read(self, seconds: float) -> None:
        """Wait at most so long, and have everything read that is there."""
        for _ in range(_MOST_ROUNDS):  # all that was held: pictures left in a pipe grow old there, and take slots
            ready = self._all.select(seconds)
            for key, _ in ready:
                key.data()
            if not ready:
                break
            seconds = 0.0

    def wake(self) -> None:
        """Make who waits return; may be called from any thread and signal handler, and after :meth:`close`."""
        with self._wake_lock, contextlib.suppress(BlockingIOError):  # it is awake already
            if not self._closed:
                os.write(self._wake_write, b"\0")

    def close(self) -> None:
        """Wait for nothing any more."""
        self._all.close()
        self._urgent.close()
        with self._wake_lock:
            self._closed = True  # first: a number that is closed may be another file's a moment later
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
