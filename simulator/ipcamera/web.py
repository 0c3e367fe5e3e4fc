"""A network camera that sends one JPEG after the other over HTTP, on a thread of this process."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import cv2
import numpy as np

BOUNDARY = "frame"
REALM = "camera"


class WebCamera:
    """One camera; to be used in ``with``.

    Args:
        fps: pictures a second.

    Attributes:
        size: of its pictures, width and height; may be changed at any time.
        account: user name and password that it asks for, by digest (MD5, RFC 7616).
        frozen: whether it sends one picture again and again.
        asked: what came with the header ``Authorization``, request by request.
    """

    def __init__(self, fps: float = 10.0) -> None:
        self.fps, self.size, self.frozen = fps, (320, 240), False
        self.account: tuple[str, str] | None = None
        self.asked: list[str] = []
        self.nonce = secrets.token_hex(8)
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self._unplugged = threading.Event()

    @property
    def uri(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}/video"

    def on(self) -> None:
        """Plug it in."""
        camera = self
        unplugged = self._unplugged = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.answer(self, unplugged)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def off(self) -> None:
        """Pull its plug."""
        if self._server is not None:
            self._unplugged.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def picture(self, number: int) -> bytes:
        """One picture: a bright square over noise."""
        width, height = self.size
        luma = np.random.default_rng(number).integers(60, 90, (height, width, 1), np.uint8)
        luma[height // 3 : height // 3 + 60, number * 4 % (width - 24) :][:, :24] = 220
        return cv2.imencode(".jpg", np.repeat(luma, 3, axis=2))[1].tobytes()

    def answer(self, request: BaseHTTPRequestHandler, unplugged: threading.Event) -> None:
        """Answer one request, until the plug is pulled."""
        said = request.headers.get("Authorization", "")
        self.asked.append(said)
        if self.account is not None and not self._is_right(said):
            request.send_response(401)
            request.send_header("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{self.nonce}", qop="auth", algorithm=MD5')
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        request.end_headers()
        try:
            for number in itertools.count():
                if unplugged.is_set():
                    return
                data = self.picture(0 if self.frozen else number)
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                request.wfile.write(head.encode() + data + b"\r\n")
                time.sleep(1 / self.fps)
        except OSError:
            return  # whoever looked has gone

    def _is_right(self, said: str) -> bool:
        assert self.account is not None
        if not said.startswith("Digest "):
            return False
        told = urllib.request.parse_keqv_list(urllib.request.parse_http_list(said[7:]))
        user, password = self.account
        owner = _md5(f"{user}:{REALM}:{password}")
        asked = _md5(f"GET:{told.get('uri')}")
        parts = (owner, self.nonce, told.get("nc"), told.get("cnonce"), told.get("qop"), asked)
        return told.get("username") == user and told.get("response") == _md5(":".join(map(str, parts)))

    def __enter__(self) -> Self:
        """Plug it in."""
        self.on()
        return self

    def __exit__(self, *_: object) -> None:
        """Pull its plug."""
        self.off()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
