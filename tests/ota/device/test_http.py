"""Rows 2, 11, 13 and 19 over real sockets: what a server may do to a download, and what comes of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet.identity.authority import Authority
from ota.device.errors import FetchError, LyingError, SlowError, StatusError, UpdateError
from ota.device.http import HttpTransport
from ota.device.transport import Body
from tests.ota.server import Answer, Request, head, honest, serving

DATA = bytes(range(256)) * 700
Open = Callable[..., Body]


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport(environment={}, wait_s=5.0)
    yield made
    made.close()


def got(body: Body) -> bytes:
    with contextlib.closing(body):
        return b"".join(body.blocks)


def test_a_file_and_the_rest_of_it(transport: HttpTransport) -> None:
    with serving(honest({"a b/ü.bin": DATA})) as server:
        whole = transport.open(f"{server.url}a%20b/%C3%BC.bin", 10)
        assert (whole.start, whole.etag, got(whole)) == (0, f'"{len(DATA)}"', DATA)
        rest = transport.open(f"{server.url}a%20b/%C3%BC.bin", 10, 1000, whole.etag)
        assert (rest.start, got(rest)) == (1000, DATA[1000:])
        assert server.asked[1].headers["range"] == "bytes=1000-"
        assert server.asked[1].headers["if-range"] == whole.etag
        assert server.asked[1].headers["accept-encoding"] == "identity"


def test_another_file_meanwhile_is_sent_whole(transport: HttpTransport) -> None:
    with serving(honest({"f": DATA})) as server:
        body = transport.open(f"{server.url}f", 10, 1000, '"another"')
        assert (body.start, got(body)) == (0, DATA)


@pytest.mark.parametrize("tag", ['W/"weak"', "bare", '"' + "x" * 300 + '"', '"with space "x"'])
def test_a_validator_that_is_not_strong_is_none(transport: HttpTransport, tag: str) -> None:
    with serving(lambda _: [head(200, Content_Length=1, ETag=tag), b"x"]) as server:
        assert transport.open(server.url, 10).etag == ""


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        pytest.param([head(404, Content_Length=0)], StatusError, "404", id="404"),
        pytest.param([head(503), b"x" * 100], StatusError, "503", id="503"),
        pytest.param([head(416, Content_Length=0)], StatusError, "416", id="416"),
        pytest.param([head(206, Content_Length=9)], LyingError, "no range", id="19: 206 without a range"),
        pytest.param([head(206, Content_Range="bytes 0-8/9")], LyingError, "bytes 0-8/9", id="19: another beginning"),
        pytest.param([head(206, Content_Range="bytes 5-")], LyingError, "bytes 5-", id="19: half a range"),
        pytest.param([head(206, Content_Range="bytes 5-8/x")], LyingError, "bytes 5-8/x", id="19: no total"),
        pytest.param([head(200, Content_Encoding="gzip")], LyingError, "gzip", id="19: a coding nobody asked for"),
        pytest.param([b"SSH-2.0-OpenSSH\r\n"], FetchError, "no answer", id="another protocol"),
        pytest.param([b""], FetchError, "no answer", id="nothing"),
        pytest.param([b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"], FetchError, "no answer", id="2: many headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000], FetchError, "no answer", id="2: an endless header"),
    ],
)
def test_row_19_what_is_no_answer(transport: HttpTransport, answer: list[bytes], error: type[UpdateError], words: str) -> None:
    with serving(lambda _: answer) as server, pytest.raises(error, match=words) as caught:
        got(transport.open(f"{server.url}f", 10, 5))
    assert type(caught.value) is error
    assert "0x" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "comes"),
    [
        pytest.param([head(200, Content_Length=10), b"1234"], b"1234", id="19: a short body"),
        pytest.param([head(200, Transfer_Encoding="chunked"), b"4\r\n1234\r\n"], b"1234", id="19: no last chunk"),
        pytest.param([head(200, Transfer_Encoding="chunked"), b"4\r\n1234\r\nzz\r\n"], b"1234", id="19: no chunk"),
    ],
)
def test_row_19_what_breaks_off(transport: HttpTransport, answer: list[bytes], comes: bytes) -> None:
    with serving(lambda _: answer) as server, contextlib.closing(transport.open(f"{server.url}f", 10)) as body:
        assert next(body.blocks) == comes
        with pytest.raises(FetchError, match="broken off"):
            next(body.blocks)


def test_chunks_are_handed_on_as_they_come(transport: HttpTransport) -> None:
    go_on = threading.Event()

    def answer(_: Request) -> Answer:
        yield head(200, Transfer_Encoding="chunked")
        yield b"3\r\nabc\r\n"
        assert go_on.wait(10)
        yield b"2\r\nde\r\n0\r\n\r\n"

    with serving(answer) as server, contextlib.closing(transport.open(f"{server.url}f", 20)) as body:
        assert next(body.blocks) == b"abc"
        go_on.set()
        assert b"".join(body.blocks) == b"de"


def drip(piece: bytes, *first: bytes) -> Callable[[Request], Answer]:
    """As slow as the server pleases, and without an end; a client that waits for one waits for the test's time-out."""

    def answer(_: Request) -> Answer:
        yield from first
        while True:
            yield piece
            time.sleep(0.02)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(drip(b"x", b"HTTP/1.1 200 OK\r\nSlow: "), id="a header"),
        pytest.param(drip(b"a: b\r\n", b"HTTP/1.1 100 Continue\r\n"), id="many headers"),
        pytest.param(drip(b"x", head(200, Content_Length=1 << 40)), id="a body"),
        pytest.param(drip(b"1\r\nx\r\n", head(200, Transfer_Encoding="chunked")), id="chunks"),
    ],
)
def test_row_11_a_server_that_drips_is_left_in_time(transport: HttpTransport, answer: Callable[[Request], Answer]) -> None:
    with serving(answer) as server, pytest.raises(SlowError, match="not sent within 1 s"):
        got(transport.open(f"{server.url}f", 0.6))


def test_row_11_a_handshake_that_drips() -> None:
    transport = HttpTransport(environment={}, tls=ssl.create_default_context(), wait_s=5.0)
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip_handshake() -> None:
        with contextlib.suppress(OSError), listening.accept()[0] as line:
            line.sendall(b"\x16\x03\x03\x40\x00")
            while not ended.wait(0.02):
                line.sendall(b"\0")

    thread = threading.Thread(target=drip_handshake, daemon=True)
    thread.start()
    with pytest.raises(SlowError, match="not sent within 1 s"):
        transport.open(f"https://127.0.0.1:{listening.getsockname()[1]}/", 0.6)
    ended.set()
    thread.join(10)
    listening.close()
    transport.close()


def test_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "harbour")
    certificate, key = authority.server_files("mirror", ("127.0.0.1",), dt.datetime.now(dt.timezone.utc))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            with contextlib.suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as line:
                line.recv(4096)
                line.sendall(head(200, Content_Length=2) + b"ok")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    url = f"https://127.0.0.1:{listening.getsockname()[1]}/f"
    believing = HttpTransport(environment={}, tls=ssl.create_default_context(cadata=authority.pem))
    assert got(believing.open(url, 10)) == b"ok"
    stranger = HttpTransport(environment={})
    with pytest.raises(FetchError, match=r"certificate is not trusted \(.*\); mend the box's ca"):
        stranger.open(url, 10)
    thread.join(10)
    listening.close()
    believing.close()
    stranger.close()


def test_row_11_a_server_that_says_nothing() -> None:
    transport = HttpTransport(environment={}, wait_s=0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(FetchError, match="no answer"):
        transport.open(f"http://127.0.0.1:{silent.getsockname()[1]}/", 10)
    with pytest.raises(FetchError, match="no answer"):
        transport.open("http://127.0.0.1:1/", 10)
    transport.close()


def test_row_2_an_endless_body_is_read_as_far_as_it_is_asked_for(transport: HttpTransport) -> None:
    sent = [0]

    def answer(_: Request) -> Answer:
        yield head(200)
        while True:
            sent[0] += 1
            yield bytes(65536)

    with serving(answer) as server:
        with contextlib.closing(transport.open(f"{server.url}f", 20)) as body:
            assert next(body.blocks)
        assert sent[0] < 1000


def test_redirects_are_followed_and_their_bodies_are_not_read(transport: HttpTransport) -> None:
    def answer(request: Request) -> Answer:
        if request.path == "/new":
            return honest({"new": DATA})(request)

        def endless() -> Iterator[bytes]:
            yield head(302, Location="/new", Content_Length=1 << 40)
            while True:
                yield bytes(65536)

        return endless()

    with serving(answer) as server:
        assert got(transport.open(f"{server.url}old", 10)) == DATA


@pytest.mark.parametrize("place", ["/again", "file:///etc/passwd", "ftp://127.0.0.1/", "//", "http://", "\x00"])
def test_redirects_that_lead_nowhere(transport: HttpTransport, place: str) -> None:
    with serving(lambda _: [head(301, Location=place, Content_Length=0)]) as server:
        with pytest.raises(FetchError):
            transport.open(f"{server.url}f", 10)
        assert len(server.asked) <= 4


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "http:///x", "nonsense", ""])
def test_what_is_no_web_server(transport: HttpTransport, url: str) -> None:
    with pytest.raises(LyingError, match="no address of a web server"):
        transport.open(url, 10)


def test_a_proxy_is_taken_from_the_environment() -> None:
    with serving(lambda _: [head(200, Content_Length=2), b"ok"]) as proxy:
        transport = HttpTransport(environment={"http": proxy.url})
        assert got(transport.open("http://mirror.example/f", 10)) == b"ok"
        assert proxy.asked[0].path == "http://mirror.example/f"
        transport.close()
        direct = HttpTransport(environment={"http": "http://127.0.0.1:1/", "no": "127.0.0.1"})
        assert got(direct.open(f"{proxy.url}f", 10)) == b"ok"
        direct.close()


def test_a_connection_is_used_again(transport: HttpTransport) -> None:
    """One handshake of TLS for a whole refresh, on a line where it costs as much as the metadata."""
    lines: list[int] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, address = listening.accept()
        lines.append(address[1])
        with line, line.makefile("rwb") as file:
            for _ in range(2):
                while file.readline() not in {b"\r\n", b""}:
                    pass
                file.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                file.flush()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/f"
    assert [got(transport.open(url, 10)) for _ in range(2)] == [b"ok", b"ok"]
    thread.join(10)
    listening.close()
    assert len(lines) == 1
