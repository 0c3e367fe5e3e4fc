"""The page on the box: a picture twice a second from memory, and what the technician's points say of the ground.

Rules: nothing is cached or stored, by the box or, so it is told, by the browser; nothing is loaded from elsewhere; requests are
small and bounded, and so is how many there are at once; a request that is not admitted learns nothing. A page of another site
cannot use it: the host that the browser names must be this one, and what changes anything must come from it.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Meta

from edge.aim.admission import Admission
from edge.calibrate.clicks import Pair, calibration_of, rectangle_of
from edge.calibrate.errors import CalibrateError
from edge.calibrate.plot import layer
from edge.calibrate.table import lines
from edge.calibrate.verdict import Judged, judge
from protocol.basis import Struct
from protocol.config import Source

COOKIE = "aim"
AT_ONCE = 32
"""Connections; a browser makes six. Whoever comes beyond is sent away."""
_BODY_BYTES = 16_384
_HEADERS = {
    "Cache-Control": "no-store, max-age=0",
    "Pragma": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
_PAGE = Path(__file__).parent / "page"
_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
Metre = Annotated[float, Meta(ge=-10_000, le=10_000)]


class Clicked(Struct, frozen=True):
    """What the page sends: points in pixels and metres, or a rectangle's corners and sides."""

    points: Annotated[tuple[tuple[float, float, Metre, Metre], ...], Meta(max_length=32)] = ()
    corners: Annotated[tuple[tuple[float, float], ...], Meta(max_length=4)] = ()
    sides: tuple[Metre, Metre] | None = None
    sigma_px: Annotated[float, Meta(ge=0.1, le=50)] = 3.0


class Told(Struct, frozen=True, omit_defaults=False):
    """What it is told: words, a drawing to lay over the picture (SVG), and whether it is good."""

    words: tuple[str, ...] = ()
    drawing: str = ""
    good: bool = False
    usable: bool = False


@dataclass
class Desk:
    """What the requests of one page share.

    Attributes:
        admission: who may look.
        picture: gives the newest JPEG and its size.
        source: that is aimed.
        tolerated_m: radius that is good enough.
        save: puts a calibration where it belongs and says so in words; raises :class:`CalibrateError`.
        hosts: as which the box may be addressed.
    """

    admission: Admission
    picture: Callable[[], tuple[bytes, tuple[int, int]] | None]
    source: Source
    tolerated_m: float
    save: Callable[[Judged], str]
    hosts: Collection[str]
    left: bool = False
    """Whether the technician has pressed the button that ends it."""

    def judge(self, clicked: Clicked, size: tuple[int, int]) -> Judged:
        """What points say of the ground.

        Raises:
            CalibrateError: nothing that can be used; says what to do.
        """
        pairs = [Pair((x, y), (east, north)) for x, y, east, north in clicked.points]
        if clicked.corners:
            if len(clicked.corners) != 4 or clicked.sides is None or min(clicked.sides) <= 0:  # noqa: PLR2004 - four corners
                msg = "click the four corners in their order around it, and give the lengths of the first two sides"
                raise CalibrateError(msg)
            pairs = rectangle_of(clicked.corners, clicked.sides) + pairs
        return judge(
            calibration_of(pairs, size, clicked.sigma_px), [zone.polygon for zone in self.source.zones], self.tolerated_m
        )

    def told(self, judged: Judged) -> Told:
        """In words and as a drawing."""
        return Told(tuple(line for line, _ in lines(judged.verdict)), layer(judged), judged.verdict.good, usable=True)


def hosts(host: str, port: int, *, loopback: bool) -> frozenset[str]:
    """As what browsers name this box: without its port where that is the scheme's own (RFC 9110, section 4.2).

    Args:
        host: address as it stands in an address of the web.
        port: where is listened.
        loopback: whether this box only is served, which is done without TLS.
    """
    names = frozenset({host, "localhost"} if loopback else {host})
    return frozenset(f"{name}:{port}" for name in names) | (names if port == (80 if loopback else 443) else frozenset())


class Server(ThreadingHTTPServer):
    """Serves one desk.

    Args:
        address: to listen at.
        desk: what requests share.

    Raises:
        OSError: somebody else listens there.
    """

    daemon_threads = True
    request_queue_size = 8

    def __init__(self, address: tuple[str, int], desk: Desk) -> None:
        self.desk = desk
        self._free = threading.Semaphore(AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    secured = False

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on; hands are shaken where the request is read, so that a slow one holds up nobody."""
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.secured = True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, if one is free."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and be free again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up in the middle is none of our business, and no line may name what was asked."""


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout = 10.0
    server_version = sys_version = ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is its parent's
        """Nothing: the code stands in the first address."""

    def do_GET(self) -> None:
        """The page, its files, and the picture."""
        asked = urlsplit(self.path)
        if not self._addressed():
            return
        codes = parse_qs(asked.query).get("code", [])
        if asked.path == "/" and codes and not self._admitted():
            self._enter(codes[0])
        elif not self._admitted():
            self._answer(403, b"closed, or not for this browser; start it again on the box\n", "text/plain; charset=utf-8")
        elif asked.path == "/picture":
            self._picture()
        elif asked.path in _FILES:
            name, kind = _FILES[asked.path]
            self._answer(200, (_PAGE / name).read_bytes(), kind)
        else:
            self._answer(404, b"", "text/plain")

    def do_POST(self) -> None:
        """Points to be judged or kept, or the end."""
        origin = self.headers.get("Origin", "")
        if not self._addressed():
            return
        if not self._admitted() or urlsplit(origin).netloc != self.headers.get("Host", ""):
            self._answer(403, b"", "text/plain")
        elif self.path == "/close":
            self.server.desk.left = True
            self._answer(200, b"", "text/plain")
        elif self.path in {"/judge", "/save"}:
            self._judge(keep=self.path == "/save")
        else:
            self._answer(404, b"", "text/plain")

    def _addressed(self) -> bool:
        """Whether the browser means this box: another name that leads here is a trick (DNS rebinding)."""
        if self.headers.get("Host", "") in self.server.desk.hosts:
            return True
        self._answer(421, b"", "text/plain")
        return False

    def _admitted(self) -> bool:
        try:
            morsel = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return morsel is not None and self.server.desk.admission.admits(morsel.value, time.monotonic())

    def _enter(self, code: str) -> None:
        ticket = self.server.desk.admission.enter(code, time.monotonic())
        if ticket is None:
            self._answer(403, b"this code is wrong, or was used; start it again on the box\n", "text/plain; charset=utf-8")
            return
        self.send_response(303)
        self.send_header("Location", "/")
        secure = "; Secure" if self.server.secured else ""
        self.send_header("Set-Cookie", f"{COOKIE}={ticket}; Path=/; HttpOnly; SameSite=Strict{secure}")
        self._finish(b"")

    def _picture(self) -> None:
        found = self.server.desk.picture()
        if found is None:
            self._answer(204, b"", "text/plain")
            return
        jpeg, (width, height) = found
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("X-Size", f"{width}x{height}")
        self._finish(jpeg)

    def _judge(self, *, keep: bool) -> None:
        desk = self.server.desk
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 < length <= _BODY_BYTES:
                raise ValueError  # noqa: TRY301 - answered below, as any length that is none
            clicked = msgspec.json.decode(self.rfile.read(length), type=Clicked)
        except (ValueError, msgspec.MsgspecError):
            self._answer(400, b"", "text/plain")
            return
        found = desk.picture()
        try:
            if found is None:
                msg = "there is no picture just now"
                raise CalibrateError(msg)  # noqa: TRY301 - told as any other
            judged = desk.judge(clicked, found[1])
            told = desk.told(judged)
            if keep:
                told = msgspec.structs.replace(told, words=(desk.save(judged), *told.words))
        except CalibrateError as error:
            told = Told((str(error),))
        self._answer(200, msgspec.json.encode(told), "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self._finish(body)

    def _finish(self, body: bytes) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
