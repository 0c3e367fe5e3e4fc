"""Network cameras over HTTP, against real servers: one that is a camera, and many that are not."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.capture import mjpeg, port
from edge.capture.faults import CaptureError, FaultCode
from edge.capture.mjpeg import MjpegPort
from edge.capture.port import Address
from edge.capture.ring import MAX_PIXELS
from edge.credentials import Credential, write_credential
from edge.region import Size
from simulator.ipcamera.web import WebCamera

PATIENCE_S = 0.6
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
JPEG = WebCamera().picture(1)
PART = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(JPEG), JPEG)


@pytest.fixture(autouse=True, scope="module")
def _impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mjpeg, "SILENCE_S", PATIENCE_S)
        yield


@pytest.fixture
def camera() -> Iterator[WebCamera]:
    with WebCamera(fps=20.0) as camera:
        yield camera


@contextlib.contextmanager
def served(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Something that listens at an address and says what it likes to whoever asks, once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                speak(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/video"
        thread.join()


def looked_at(uri: str, credential: Path | None = None) -> tuple[int, FaultCode, str]:
    """How many pictures come, and what they end with."""
    port = MjpegPort(Address(uri, credential=None if credential is None else str(credential)))
    count = 0
    try:
        port.open()
        for _ in port.pictures():
            count += 1
    except CaptureError as error:
        return count, error.fault.code, error.fault.detail
    finally:
        port.close()
    raise AssertionError(uri)


def says(*pieces: bytes, every_s: float = 0.0, again: bytes = b"") -> Callable[[socket.socket], None]:
    """Says this, and the last again and again for a while."""

    def speak(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(every_s)
        end_s = time.monotonic() + 3 * PATIENCE_S
        while again and time.monotonic() < end_s:
            connection.sendall(again)
            time.sleep(every_s)

    return speak


def test_it_waits_no_longer_than_any_camera() -> None:
    assert port.SILENCE_S == 3.0


def test_pictures_come_at_their_own_pace_and_follow_a_change_of_resolution(camera: WebCamera) -> None:
    port = MjpegPort(Address(camera.uri))
    info = port.open()
    assert (info.codec, info.live) == ("mjpeg", True)
    begun_s = time.monotonic()
    pictures = port.pictures()
    seen = [(picture.media_s, picture.size, bool(picture.y.max() > 200)) for picture in islice(pictures, 10)]
    assert 0.3 <= time.monotonic() - begun_s <= 1.0
    assert [(size, whole) for _, size, whole in seen] == [(Size(320, 240), True)] * 10
    assert sorted(seen) == seen
    camera.size = (160, 120)
    assert any(picture.size == Size(160, 120) for picture in islice(pictures, 20))
    port.close()


def test_what_waited_while_the_box_stood_still_is_not_shown(camera: WebCamera) -> None:
    port = MjpegPort(Address(camera.uri))
    port.open()
    pictures = port.pictures()
    next(pictures)
    time.sleep(0.5)
    begun_s = time.monotonic()
    for _ in islice(pictures, 4):
        pass
    assert time.monotonic() - begun_s > 0.1, "ten waited; one of them is shown, and three come at their time"
    port.close()


def test_a_password_is_told_by_digest_and_once(camera: WebCamera, tmp_path: Path) -> None:
    kept = tmp_path / "credentials" / "gate"
    camera.account = ("admin", "p@ss: w/ord?")
    assert looked_at(camera.uri)[1] is FaultCode.CREDENTIALS
    assert looked_at(camera.uri, kept)[1] is FaultCode.CREDENTIALS
    write_credential(kept, Credential("admin", "wrong"))
    camera.asked.clear()
    _, code, detail = looked_at(camera.uri, kept)
    assert (code, "refuses 'gate'" in detail, "wrong" in detail) == (FaultCode.CREDENTIALS, True, False)
    assert [bool(said) for said in camera.asked] == [False, True], "cameras lock accounts"
    write_credential(kept, Credential(*camera.account))
    port = MjpegPort(Address(camera.uri, credential=str(kept)))
    port.open()
    next(port.pictures())
    port.close()
    assert not any("p@ss" in said for said in camera.asked)


def test_a_password_is_told_once_where_digest_and_basic_are_offered(tmp_path: Path) -> None:
    kept = tmp_path / "credentials" / "gate"
    write_credential(kept, Credential("admin", "wrong"))
    heads: list[bytes] = []
    offer = b'WWW-Authenticate: Digest realm="r", nonce="%d"\r\nWWW-Authenticate: Basic realm="r"\r\n'

    def run(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                heads.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 401 No\r\n" + offer % len(heads) + b"Content-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=run, args=(server,))
        thread.start()
        _, code, _ = looked_at(f"http://127.0.0.1:{server.getsockname()[1]}/v", kept)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert code is FaultCode.CREDENTIALS
    assert [b"Authorization: Digest" in head for head in heads] == [False, True]


def test_a_camera_that_asks_in_an_unknown_way(tmp_path: Path) -> None:
    kept = tmp_path / "credentials" / "gate"
    write_credential(kept, Credential("admin", "secret"))
    with served(says(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\n\r\n")) as uri:
        _, code, detail = looked_at(uri, kept)
    assert (code, "neither by digest nor by basic" in detail) == (FaultCode.UNREADABLE, True)


ANSWERS: list[tuple[str, Callable[[socket.socket], None], FaultCode, int]] = [
    ("an error", says(b"HTTP/1.1 503 Busy\r\n\r\n"), FaultCode.UNREADABLE, 0),
    ("no such address", says(b"HTTP/1.1 404 No\r\n\r\n"), FaultCode.MISSING, 0),
    ("a page", says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"), FaultCode.NOT_VIDEO, 0),
    ("one picture", says(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG), FaultCode.NOT_VIDEO, 0),
    ("no HTTP", says(b"220 mail.example.org ESMTP\r\n"), FaultCode.NOT_VIDEO, 0),
    ("nothing", says(b""), FaultCode.UNREACHABLE, 0),
    ("silence", says(b"", every_s=PATIENCE_S + 0.3), FaultCode.UNREACHABLE, 0),
    ("an unknown challenge", says(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\n\r\n"), FaultCode.CREDENTIALS, 0),
    ("silence after a picture", says(HEAD + PART, every_s=PATIENCE_S + 0.3), FaultCode.STALLED, 1),
    ("the end", says(HEAD, PART), FaultCode.UNREACHABLE, 1),
    ("a picture that breaks off", says(HEAD, PART, PART[:-400]), FaultCode.UNREACHABLE, 1),
    ("a boundary other than announced", says(HEAD, PART.replace(b"--b", b"--other")), FaultCode.UNREACHABLE, 1),
    ("a wrong length", says(HEAD, PART.replace(b"Content-Length: ", b"Content-Length: 9")), FaultCode.UNREACHABLE, 1),
    ("a header without an end", says(HEAD, again=b"X: 1\r\n" * 999), FaultCode.NOT_VIDEO, 0),
    ("a picture without an end", says(HEAD + PART[:900], again=bytes(1 << 20)), FaultCode.NOT_VIDEO, 0),
    ("drops", says(HEAD + PART[:900], again=b"\x00", every_s=0.02), FaultCode.CORRUPT, 0),
    ("pictures that are none", says(HEAD, again=JPEG[:20] + b"\xff\xda\x00\x02\xff\xd9", every_s=0.02), FaultCode.CORRUPT, 0),
]


@pytest.mark.parametrize(("speak", "code", "pictures"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_what_is_no_camera_or_a_broken_one(speak: Callable[[socket.socket], None], code: FaultCode, pictures: int) -> None:
    begun_s = time.monotonic()
    with served(speak) as uri:
        found = looked_at(uri)
    assert found[:2] == (pictures, code), found[2]
    assert time.monotonic() - begun_s < 3 * PATIENCE_S + 1.0
    assert len(found[2]) <= 120


def test_a_picture_larger_than_any_box_takes_is_not_decoded() -> None:
    """36 megapixels in half a megabyte; a page of them would take the memory of all others."""
    large = cv2.imencode(".jpg", np.zeros((6000, 6000), np.uint8))[1].tobytes()
    assert MAX_PIXELS < 6000 * 6000
    with served(says(HEAD, again=b"--b\r\n\r\n" + large, every_s=0.05)) as uri:
        assert looked_at(uri)[:2] == (0, FaultCode.CORRUPT)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert looked_at(f"http://127.0.0.1:{port}/")[1] is FaultCode.UNREACHABLE


def test_a_redirection_is_not_followed(camera: WebCamera) -> None:
    with served(says(f"HTTP/1.1 302 Found\r\nLocation: {camera.uri}\r\n\r\n".encode())) as uri:
        assert looked_at(uri)[:2] == (0, FaultCode.UNREADABLE)
    assert camera.asked == []


def test_a_proxy_of_the_environment_is_not_asked(camera: WebCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "http_proxy", "http://127.0.0.1:9")
    port = MjpegPort(Address(camera.uri))
    port.open()
    next(port.pictures())
    port.close()


@given(
    st.lists(st.sampled_from([HEAD, PART, PART[:700], JPEG, b"\xff\xd8\xff", b"\r\n\r\n"]) | st.binary(max_size=99), max_size=6)
)
@settings(max_examples=40)
def test_whatever_comes_ends_as_a_named_fault(pieces: list[bytes]) -> None:
    with served(says(*pieces)) as uri:
        _, code, _ = looked_at(uri)
    assert isinstance(code, FaultCode)
