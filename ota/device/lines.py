"""Connections that can be shut from beside, at a deadline.

A read knows how long it waits for its next byte, and not how long it has been read for: a server that sends one byte every few
seconds, of a handshake or a header perhaps, would hold a download for ever (row 11 of the faults). So each socket is held a
second time, and shut when the time is over; whoever reads from it wakes up.

Rule: an answer that nobody has read to its end is closed when Python collects it, which may be at any moment, in the middle of
anything here, in the same thread. So the lock is one that its holder may take again, and what has ended ends once.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ota.device.errors import SlowError


class Lines:
    """Sockets that are open; each is held twice, since TLS takes the first for itself."""

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}
        self._left: list[socket.socket] = []
        self._lock = threading.RLock()

    def hold(self, owner: int, line: socket.socket) -> None:
        """A connection is open."""
        self.let_go(owner)
        with self._lock:
            self._held[owner] = line.dup()

    def let_go(self, owner: int) -> None:
        """Its connection is closed; where it was to be closed after the answer, the answer is still being read."""
        with self._lock:
            line = self._held.pop(owner, None)
            self._left += [] if line is None else [line]

    def sweep(self) -> None:
        """No answer is being read."""
        with self._lock:
            left, self._left = self._left, []
        for line in left:
            line.close()

    def shut(self) -> None:
        """End what is being sent and received; whoever waits for it wakes up."""
        with self._lock:
            for line in [*list(self._held.values()), *self._left]:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


class Guard:
    """Shuts every line at its time, unless it was ended before; from its making on.

    Args:
        lines: to be shut.
        within_s: its time.

    Attributes:
        fired: whether it has.
    """

    def __init__(self, lines: Lines, within_s: float) -> None:
        self._lines, self._within_s = lines, within_s
        self.fired = False
        self._ended = False
        self._timer = threading.Timer(within_s, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """What it guards is done; said again, later, it touches no line of another answer."""
        if self._ended:
            return
        self._ended = True
        self._timer.cancel()
        self._lines.sweep()

    def error(self, url: str) -> SlowError:
        """What is said when it has fired."""
        return SlowError(f"{url} was not sent within {self._within_s:.0f} s; another mirror is tried")

    def _fire(self) -> None:
        self.fired = True
        self._lines.shut()


def watched(lines: Lines) -> dict[str, type[HTTPConnectionPool]]:
    """Connections that are held while they are open."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            line = super()._new_conn()
            lines.hold(id(self), line)
            return line

        def close(self) -> None:
            lines.let_go(id(self))
            super().close()

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            line = super()._new_conn()
            lines.hold(id(self), line)
            return line

        def close(self) -> None:
            lines.let_go(id(self))
            super().close()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
