"""Network cameras over RTSP, against a real server. What the runtime makes of them: ``tests/edge/runtime/test_cameras.py``."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest

from edge.capture import live, rtsp
from edge.capture.faults import CaptureError, FaultCode
from edge.capture.port import SILENCE_S, Address
from edge.capture.rtsp import RtspPort
from edge.credentials import Credential, write_credential
from edge.region import Size
from edge.runtime.policy import RuntimePolicy
from simulator.ipcamera.camera import IpCamera, missing

PATIENCE_S = 1.0
pytestmark = pytest.mark.skipif(bool(missing()), reason=f"a real RTSP server needs {missing()}")

PASSWORD = "p@ss: w/ord?%41"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RuntimePolicy().silence_s > SILENCE_S, "it says what it waits for before it is ended for its silence"
    for module in (live, rtsp):
        monkeypatch.setattr(module, "SILENCE_S", PATIENCE_S)


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[IpCamera]:
    with IpCamera(tmp_path / "camera", fps=20.0) as camera:
        yield camera


@pytest.fixture
def credential(tmp_path: Path) -> Path:
    return tmp_path / "credentials" / "gate"


def fault_of(address: Address) -> tuple[FaultCode, str]:
    port = RtspPort(address)
    with pytest.raises(CaptureError) as caught:
        port.open()
    port.close()
    return caught.value.fault.code, caught.value.fault.detail


@pytest.mark.parametrize(("codec", "transport"), [("h264", "tcp"), ("h264", "udp"), ("hevc", "tcp")])
def test_pictures_come_as_they_are_made(camera: IpCamera, codec: str, transport: str) -> None:
    camera.play(codec)
    port = RtspPort(Address(camera.uri, transport))  # type: ignore[arg-type]
    info = port.open()
    assert (info.size, info.codec, info.live) == (Size(320, 240), codec, True)
    arrived, seen = [], []
    for picture in islice(port.pictures(), 12):
        arrived.append(time.monotonic())
        seen.append((picture.media_s, picture.y.max() > 200, picture.size))
    port.close()
    assert [whole for _, whole, _ in seen] == [True] * 12, "the bright square is in each"
    assert all(earlier < later for (earlier, *_), (later, *_) in pairwise(seen))
    assert 0.3 <= arrived[-1] - arrived[0] <= 0.9, "at their own pace"


def test_a_change_of_resolution_within_the_stream_is_followed(camera: IpCamera) -> None:
    port = RtspPort(Address(camera.uri))
    port.open()
    pictures = port.pictures()
    next(pictures)
    camera.resize((160, 120))
    assert any(picture.size == Size(160, 120) for picture in islice(pictures, 40))
    port.close()


def test_what_is_larger_than_a_box_takes_is_not_decoded(camera: IpCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_PIXELS", 320 * 240)
    port = RtspPort(Address(camera.uri))
    port.open()
    pictures = port.pictures()
    next(pictures)
    camera.resize((640, 480))
    with pytest.raises(CaptureError) as caught:
        list(islice(pictures, 60))
    assert caught.value.fault.code is FaultCode.CORRUPT
    assert fault_of(Address(camera.uri)) == (
        FaultCode.TOO_LARGE, "pictures of 640 x 480 are too large, most is 7680 x 4320; use a smaller stream"
    )  # fmt: skip


@pytest.mark.parametrize("method", ["digest", "basic"])
def test_a_camera_that_asks_for_a_password(camera: IpCamera, credential: Path, method: str) -> None:
    camera.protect("admin", PASSWORD, method)
    code, detail = fault_of(Address(camera.uri))
    assert (code, "give the source a credential" in detail) == (FaultCode.CREDENTIALS, True)
    code, detail = fault_of(Address(camera.uri, credential=str(credential)))
    assert (code, "lamplighter edge credential gate" in detail) == (FaultCode.CREDENTIALS, True)
    write_credential(credential, Credential("admin", "another"))
    code, detail = fault_of(Address(camera.uri, credential=str(credential)))
    assert (code, "refuses 'gate'" in detail, "another" in detail) == (FaultCode.CREDENTIALS, True, False)
    write_credential(credential, Credential("admin", PASSWORD))
    port = RtspPort(Address(camera.uri, credential=str(credential)))
    port.open()
    next(port.pictures())
    port.close()


def test_a_password_is_told_once_in_an_opening(credential: Path) -> None:
    """Cameras lock accounts after a few refusals."""
    write_credential(credential, Credential("admin", "wrong"))
    told: list[bytes] = []

    def refuse(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(4096):
                told.append(data)
                sequence = data.split(b"CSeq: ")[1].split(b"\r\n")[0]
                connection.sendall(
                    b'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n%d"\r\nCSeq: %b\r\n\r\n'
                    % (len(told), sequence)
                )

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=refuse, args=(server,))
        thread.start()
        code, _ = fault_of(Address(f"rtsp://127.0.0.1:{server.getsockname()[1]}/live", credential=str(credential)))
        thread.join()
    assert code is FaultCode.CREDENTIALS
    assert sum(b"Authorization:" in data for data in told) == 1
    assert not any(b"wrong" in data for data in told)


def test_what_is_not_there(camera: IpCamera) -> None:
    code, detail = fault_of(Address(camera.uri.replace("live", "other")))
    assert (code, "change the uri" in detail) == (FaultCode.MISSING, True)
    camera.off()
    code, detail = fault_of(Address(camera.uri))
    assert (code, "refused" in detail) == (FaultCode.UNREACHABLE, True)


def test_a_host_that_does_not_answer_at_all_is_not_waited_for() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # its queue is full: what comes now is not answered, as by a host that is off
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        begun_s = time.monotonic()
        code, detail = fault_of(Address(f"rtsp://127.0.0.1:{full.getsockname()[1]}/live"))
    assert (code, "no answer" in detail) == (FaultCode.UNREACHABLE, True)
    assert time.monotonic() - begun_s < PATIENCE_S + 1.0


def test_something_else_that_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example.org ESMTP\r\n" * 100)

        thread = threading.Thread(target=answer)
        thread.start()
        code, _ = fault_of(Address(f"rtsp://127.0.0.1:{server.getsockname()[1]}/live"))
        thread.join()
    assert code in {FaultCode.NOT_VIDEO, FaultCode.UNREACHABLE}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_one_that_is_unplugged_and_one_that_falls_silent(camera: IpCamera, transport: str) -> None:
    port = RtspPort(Address(camera.uri, transport))  # type: ignore[arg-type]
    port.open()
    pictures = port.pictures()
    next(pictures)
    camera.silence(on=True)
    begun_s = time.monotonic()
    with pytest.raises(CaptureError) as silent:
        list(islice(pictures, 60))
    assert silent.value.fault.code is FaultCode.STALLED
    assert PATIENCE_S / 2 < time.monotonic() - begun_s < PATIENCE_S + 1.0
    port.close()
    camera.silence(on=False)
    port.open()
    pictures = port.pictures()
    next(pictures)
    camera.off()
    begun_s = time.monotonic()
    with pytest.raises(CaptureError) as gone:
        list(islice(pictures, 60))
    assert gone.value.fault.code in {FaultCode.UNREACHABLE, FaultCode.STALLED}
    assert time.monotonic() - begun_s < PATIENCE_S + 1.0
    port.close()
