"""Unix sockets at which only their owner is served, one peer after the other.

Rules: nobody else can reach one at any moment; it replaces what a killed agent left; a peer that goes away, and a box that has
no descriptor left for a while, end nothing.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from edge.errors import StateFolderError

_MAX_PATH = 107
"""Longest path of a Unix socket on Linux (sun_path, unix(7))."""
_BACKLOG = 4
_AGAIN_S = 1.0


class OwnerSocket:
    """Serves until closed.

    Args:
        path: where.
        kind: ``SOCK_STREAM`` or ``SOCK_SEQPACKET``.
        called: what it is, for people and for the thread's name.
        serve: is given each peer, on a thread of its own; an :class:`OSError` means that the peer is gone.

    Raises:
        StateFolderError: the socket cannot be made.
    """

    def __init__(self, path: Path, kind: socket.SocketKind, called: str, serve: Callable[[socket.socket], None]) -> None:
        if len(str(path).encode()) > _MAX_PATH:
            msg = f"{path}: a socket's path has at most {_MAX_PATH} bytes; set box.status to a shorter one"
            raise StateFolderError(msg)
        self._path, self._serve = path, serve
        self._socket = socket.socket(socket.AF_UNIX, kind)
        try:
            path.unlink(missing_ok=True)
            os.fchmod(self._socket.fileno(), 0o600)  # before it has a name, which takes this over
            self._socket.bind(str(path))
        except OSError as error:
            self._socket.close()
            msg = f"{path}: the {called} socket cannot be made: {error.strerror}; set box.status to a path in another folder"
            raise StateFolderError(msg) from error
        self._socket.listen(_BACKLOG)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=called, daemon=True)
        self._thread.start()

    def close(self, patience_s: float) -> None:
        """Stop serving and remove the socket; waits so long for the peer that is served now."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(patience_s)
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:  # closed, or no descriptor is free
                self._closed.wait(_AGAIN_S)
                continue
            with peer, contextlib.suppress(OSError):
                self._serve(peer)
