"""Rows 2, 13: a stick holds whatever somebody has put on it; plain files are read, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ota.device.errors import FetchError, LyingError, StatusError, UpdateError
from ota.device.local import FolderTransport, Transports

TRANSPORT = FolderTransport()


def test_a_file_and_the_rest_of_it(tmp_path: Path) -> None:
    (tmp_path / "a b ü").write_bytes(b"0123456789")
    url = (tmp_path / "a b ü").as_uri()
    for at, start in ((0, 0), (4, 4), (10, 0), (99, 0)):
        with closing(TRANSPORT.open(url, 1.0, at)) as body:
            assert (body.start, body.etag) == (start, "")
            assert b"".join(body.blocks) == b"0123456789"[start:]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        pytest.param(lambda path: None, StatusError, id="nothing"),
        pytest.param(lambda path: path.mkdir(), LyingError, id="a folder"),
        pytest.param(os.mkfifo, LyingError, id="a pipe that nobody writes to"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), FetchError, id="2: a link to something endless"),
        pytest.param(lambda path: path.symlink_to("/etc/passwd"), FetchError, id="13: a link to something of the box"),
    ],
)
def test_what_is_no_plain_file(tmp_path: Path, make: Callable[[Path], object], error: type[UpdateError]) -> None:
    make(tmp_path / "x")
    with pytest.raises(error):
        TRANSPORT.open((tmp_path / "x").as_uri(), 1.0)


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "file://host/etc/passwd", "file:///a%00b", "", "/etc/passwd"])
def test_what_is_no_file(url: str) -> None:
    with pytest.raises(LyingError, match="is no file"):
        TRANSPORT.open(url, 1.0)


def test_a_stick_that_is_pulled_out_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Torn:
        def __init__(self, descriptor: int, *_: object, **__: object) -> None:
            self.close = lambda: os.close(descriptor)

        def seek(self, _at: int) -> None: ...

        def read(self, _count: int) -> bytes:
            raise OSError(5, "Input/output error")

    (tmp_path / "x").write_bytes(b"x")
    monkeypatch.setattr("ota.device.local.os.fdopen", Torn)
    with (
        closing(TRANSPORT.open((tmp_path / "x").as_uri(), 1.0)) as body,
        pytest.raises(FetchError, match=r"cannot be read .Input/output error"),
    ):
        next(body.blocks)


def test_a_transport_is_chosen_by_the_scheme(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    transports = Transports({"file": TRANSPORT})
    with closing(transports.open((tmp_path / "x").as_uri(), 1.0)) as body:
        assert b"".join(body.blocks) == b"x"
    for url in ("https://mirror.example/x", "x", ""):
        with pytest.raises(LyingError, match="known are file"):
            transports.open(url, 1.0)
