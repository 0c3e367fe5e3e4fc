"""Connections that can be shut from beside."""

from __future__ import annotations

import socket
import threading
from typing import Any

from ota.device.lines import Lines


def test_a_connection_that_is_collected_while_another_opens_stops_nobody() -> None:
    lines = Lines()
    ours, theirs = socket.socketpair()

    class Collecting(socket.socket):
        def dup(self) -> Any:
            lines.let_go(7)  # what the garbage collector does to a connection that nobody has any more
            return super().dup()

    collecting = Collecting(fileno=ours.detach())
    thread = threading.Thread(target=lines.hold, args=(1, collecting), daemon=True)
    thread.start()
    thread.join(10)
    stuck = thread.is_alive()
    if not stuck:
        lines.shut()
        assert theirs.recv(1) == b""
        lines.let_go(1)
        lines.sweep()
    collecting.close()
    theirs.close()
    assert not stuck


def test_a_line_that_was_let_go_is_shut_until_it_is_swept() -> None:
    lines = Lines()
    ours, theirs = socket.socketpair()
    lines.hold(1, ours)
    lines.let_go(1)
    lines.shut()
    assert theirs.recv(1) == b""
    lines.sweep()
    ours.close()
    theirs.close()
