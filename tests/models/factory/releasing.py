"""A project that releases weights: a real HTTPS server on loopback, which can be told to fail in every way that servers do."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import ipaddress
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.factory.download import make_opener

HOST = "127.0.0.1"


class Answering(http.server.BaseHTTPRequestHandler):
    """One request; what a script gets to answer it."""

    protocol_version = "HTTP/1.1"
    release: Release

    def do_GET(self) -> None:
        self.release.ranges.append(self.headers.get("Range"))
        script = self.release.script
        with contextlib.suppress(OSError):
            script(self, self.release.content)
        self.close_connection = True

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        pass


Script = Callable[[Answering, bytes], None]


def whole(request: Answering, content: bytes) -> None:
    """A good server, with ranges."""
    asked = request.headers.get("Range")
    begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
    if asked:
        request.head(206, Content_Length=len(content) - begin, Content_Range=f"bytes {begin}-{len(content) - 1}/{len(content)}")
    else:
        request.head(200, Content_Length=len(content))
    request.wfile.write(content[begin:])


@dataclass
class Release:
    """The server's side."""

    content: bytes
    url: str = ""
    script: Script = whole
    ranges: list[str | None] = field(default_factory=list)
    """What each request asked for."""
    stopping: threading.Event = field(default_factory=threading.Event)
    opener: urllib.request.OpenerDirector = field(default_factory=urllib.request.OpenerDirector)
    """Trusts the server."""


@contextlib.contextmanager
def releasing(folder: Path, content: bytes) -> Iterator[Release]:
    """Serve ``content`` until the block ends."""
    certificate, key = _certificate(folder)
    release = Release(content)
    handler = type("Handler", (Answering,), {"release": release})

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server((HOST, 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    release.url = f"https://{HOST}:{server.server_address[1]}/release/1/weights.bin"
    release.opener = make_opener(ssl.create_default_context(cafile=str(certificate)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield release
    finally:
        release.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "server.pem", folder / "server.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths
