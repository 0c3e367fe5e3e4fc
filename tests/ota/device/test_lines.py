"""What is collected while a line is opened or read neither stops nor cuts it: nobody knows when Python collects."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator

import pytest

from ota.device.lines import Guard, Lines

LONG_S = 60.0


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


class Collecting(socket.socket):
    """While it is held a second time, Python collects an answer that nobody has read to its end."""

    def dup(self) -> Collecting:
        gc.collect()
        return super().dup()


def left_unread(guard: Guard) -> None:
    """An answer in a ring of references, as an error's traceback makes one."""

    def answer() -> Iterator[bytes]:
        try:
            yield b""
        finally:
            guard.end()

    body = answer()
    next(body)
    ring: list[object] = [body]
    ring.append(ring)


def test_an_answer_that_is_collected_while_a_line_is_held_does_not_stop_the_box(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    lines, near = Lines(), pair[0]
    guard = Guard(lines, LONG_S)
    line = Collecting(near.family, near.type, near.proto, near.detach())

    def hold() -> None:
        left_unread(guard)
        lines.hold(1, line)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "it waits for a lock that it holds itself"
    assert guard._ended, "the answer was collected meanwhile"
    lines.let_go(1)
    lines.sweep()
    line.close()


def test_an_answer_that_ended_and_is_collected_later_leaves_the_next_one_under_its_guard(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    lines, (near, far) = Lines(), pair
    before = Guard(lines, LONG_S)
    before.end()
    lines.hold(1, near)
    lines.let_go(1)  # closed after its answer, which is still being read
    before.end()
    lines.shut()
    far.settimeout(10)
    assert far.recv(1) == b"", "the line was still ours to shut"
    lines.sweep()
