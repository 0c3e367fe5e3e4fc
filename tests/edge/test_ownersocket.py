"""Sockets of the box: its owner's alone, and served whatever peers and the system do."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import ownersocket
from edge.errors import StateFolderError
from edge.ownersocket import OwnerSocket

PATIENCE_S = 5.0


def greet(peer: socket.socket) -> None:
    peer.sendall(b"hello")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    made = OwnerSocket(tmp_path / "s", socket.SOCK_STREAM, "test", greet)
    yield tmp_path / "s"
    made.close(PATIENCE_S)
    assert not (tmp_path / "s").exists()


def ask(path: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(PATIENCE_S)
        peer.connect(str(path))
        return peer.recv(100)


def test_nobody_else_reaches_it_from_the_moment_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    real = socket.socket.bind

    def bind(self: socket.socket, address: Any) -> None:
        real(self, address)
        modes.append(stat.S_IMODE(Path(address).stat().st_mode))

    monkeypatch.setattr(socket.socket, "bind", bind)
    before = os.umask(0)
    try:
        OwnerSocket(tmp_path / "s", socket.SOCK_STREAM, "test", greet).close(PATIENCE_S)
    finally:
        os.umask(before)
    assert modes == [0o600]


def test_a_box_without_a_free_descriptor_serves_again_when_it_has_one(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownersocket, "_AGAIN_S", 0.05)
    real = socket.socket.accept
    refused: list[bool] = []

    def accept(self: socket.socket) -> Any:
        if len(refused) < 3:
            refused.append(True)
            raise OSError(errno.EMFILE, "Too many open files")
        return real(self)

    monkeypatch.setattr(socket.socket, "accept", accept)
    assert [ask(served) for _ in range(3)] == [b"hello"] * 3
    assert len(refused) == 3


def test_what_cannot_be_made_is_told_with_what_to_set(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "s", tmp_path / ("x" * 120)):
        with pytest.raises(StateFolderError, match=r"box\.status"):
            OwnerSocket(path, socket.SOCK_STREAM, "test", greet)
