"""A web server on loopback that does what a test tells it, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

Answer = Iterable[bytes]
"""What is sent, piece by piece; then the connection is closed."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    """Names in small letters."""

    @property
    def at(self) -> int:
        """First byte that is asked for."""
        found = self.headers.get("range", "bytes=0-")
        return int(found.removeprefix("bytes=").removesuffix("-"))


@dataclass
class Server:
    """Answers until closed; what it answers with, over TLS where a context is given, and what it was asked."""

    answer: Callable[[Request], Answer]
    tls: ssl.SSLContext | None = None
    asked: list[Request] = field(default_factory=list)
    url: str = ""
    _closing: bool = False

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._lines: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while not self._closing:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self._lines.append(line)
            self._threads.append(threading.Thread(target=self._serve, args=(line,), daemon=True))
            self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, contextlib.suppress(OSError), self._secured(plain) as line:
            request = _read(line)
            if request is None:
                return
            self.asked.append(request)
            for piece in self.answer(request):
                line.sendall(piece)

    def _secured(self, line: socket.socket) -> socket.socket:
        return line if self.tls is None else self.tls.wrap_socket(line, server_side=True)


def _read(line: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        got = line.recv(4096)
        if not got:
            return None
        data += got
    head, *rest = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = dict(row.split(": ", 1) for row in rest)
    return Request(unquote(head.split(" ")[1]), {name.lower(): value for name, value in headers.items()})


@contextlib.contextmanager
def serving(answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(answer, tls)
    try:
        yield server
    finally:
        server.close()


def head(status: int, **headers: object) -> bytes:
    """A status line and headers; underscores in their names are hyphens."""
    rows = [f"HTTP/1.1 {status} Told", "Connection: close"]
    rows += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*rows, "", ""]).encode("latin-1")


def honest(files: Mapping[str, bytes], *, ranges: bool = True) -> Callable[[Request], Answer]:
    """As a web server serves static files, by path without the first slash."""

    def answer(request: Request) -> Answer:
        data = files.get(request.path.lstrip("/"))
        if data is None:
            return [head(404, Content_Length=0)]
        tag = f'"{len(data)}"'
        at = request.at if ranges and request.headers.get("if-range", tag) == tag else 0
        if not at:
            return [head(200, Content_Length=len(data), ETag=tag), data]
        if at >= len(data):
            return [head(416, Content_Length=0)]
        what = f"bytes {at}-{len(data) - 1}/{len(data)}"
        return [head(206, Content_Length=len(data) - at, Content_Range=what, ETag=tag), data[at:]]

    return answer
