"""A process and the connection to it, as sources and accelerators use them.

Rules: sending to a process that has died is no error, because its death is noticed where its connection is read; nothing here
waits, except for the moments in which a killed process disappears, and once for one that begins to speak and stops, or does not
listen: it is over then. One that does not disappear, because the kernel holds it, is
left behind; while it is there no other should be started, or they would pile up at what holds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from typing import Any, Protocol

from edge.channel import Channel, ChannelError, Message
from edge.process import end, spawn

_PATIENCE_S = 1.0
"""For the rest of what a process began to say, and for it to listen: longer, and others would look silent meanwhile."""
_EXIT_S = 0.2
"""A process whose connection is closed is gone within this."""


class Watcher(Protocol):
    """Who waits for connections."""

    def watch(self, channel: Channel[Any], ready: Callable[[], None], *, urgent: bool) -> None:
        """Call ``ready`` when the channel has something to read: at once when urgent, else perhaps a little later."""

    def unwatch(self, channel: Channel[Any]) -> None:
        """Stop that."""


class Child:
    """At most one process at a time, started again and again.

    Args:
        watcher: waits for its connection.
        receives: union of the messages that it may send.
        heard: is given each message.
        died: is told how the process ended, in words, when it ended by itself.
        urgent: whether what it says is waited for.
    """

    def __init__(
        self, watcher: Watcher, receives: Any, heard: Callable[[Any], None], died: Callable[[str], None], *, urgent: bool
    ) -> None:
        self._urgent = urgent
        self._watcher = watcher
        self._receives = receives
        self._heard = heard
        self._died = died
        self._process: ForkServerProcess | None = None
        self._channel: Channel[Any] | None = None
        self._held: list[ForkServerProcess] = []

    @property
    def held(self) -> bool:
        """Whether a process that was killed is still there."""
        for process in [process for process in self._held if not process.is_alive()]:
            self._held.remove(process)
            process.close()
        return bool(self._held)

    @property
    def running(self) -> bool:
        """Whether there is a process, dead or alive, that was not ended yet."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Number of the process; nothing when there is none."""
        return None if self._process is None else self._process.pid

    def start(self, target: str, name: str, *arguments: Any) -> None:
        """Start the process; see :func:`edge.process.spawn`."""
        self._process, connection = spawn(target, name, *arguments)
        channel: Channel[Any] = Channel(connection, self._receives, _PATIENCE_S)
        self._channel = channel
        self._watcher.watch(channel, lambda: self._readable(channel), urgent=self._urgent)

    def send(self, message: Message, fd: int | None = None) -> None:
        """Send a message, and a file descriptor after it."""
        if self._channel is not None:
            with contextlib.suppress(ChannelError):
                self._channel.send(message, fd)

    def receive_fd(self) -> int:
        """Take the file descriptor that follows the message just heard.

        Raises:
            ChannelError: when there is none.
        """
        if self._channel is None:
            msg = "the process has ended"
            raise ChannelError(msg)
        return self._channel.receive_fd()

    def end(self, patience_s: float) -> None:
        """Wait for the process to end, at most so long, and kill it then. Nothing is heard of it any more."""
        process, channel = self._process, self._channel
        self._process = self._channel = None
        if channel is not None:
            self._watcher.unwatch(channel)
            channel.close()
        if process is not None and not end(process, patience_s):
            self._held.append(process)

    def _readable(self, channel: Channel[Any]) -> None:
        if channel is not self._channel:
            return  # it was closed by what was read before it
        try:
            self._heard(channel.receive())
        except ChannelError:
            self._died(self._exit())

    def _exit(self) -> str:
        """How the process ended, in words."""
        if self._process is None:
            return ""
        self._process.join(_EXIT_S)
        code = self._process.exitcode
        return "" if code is None else f" (signal {-code})" if code < 0 else f" (exit {code})"
