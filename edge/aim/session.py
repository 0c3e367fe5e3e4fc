"""One session of aiming, from the code on the terminal to its end."""

from __future__ import annotations

import datetime as dt
import errno
import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.agent.aiming import SOCKET, AimRequest
from edge.aim.admission import Admission, new_code
from edge.aim.errors import AimError
from edge.aim.look import Look
from edge.aim.server import Desk, Server, hosts
from edge.aim.tls import server_context
from edge.calibrate.camera import Camera

_TICK_S = 0.2


@dataclass(frozen=True)
class Wanted:
    """What is to be shown, where, and for how long."""

    camera: Camera
    seconds: float
    address: str
    port: int
    tolerated_m: float


def run_session(
    wanted: Wanted, say: Callable[[str], None], stop: threading.Event, shield: Callable[[], object] = lambda: None
) -> str:
    """Show the page until it is over.

    Args:
        wanted: what.
        say: takes lines for the terminal.
        stop: ends it.
        shield: called before there is a picture in this process, so that a crash leaves none on the disk.

    Returns:
        Why it ended.

    Raises:
        AimError: no agent answers, the address is no good, or somebody else listens there.
    """
    camera, address = wanted.camera, _own(wanted.address)
    loopback = address.is_loopback
    now_s = time.monotonic()
    admission = Admission(new_code(), now_s, now_s + wanted.seconds)
    host = f"[{address}]" if address.version == 6 else f"{address}"  # noqa: PLR2004 - IPv6
    desk = Desk(admission, lambda: None, camera.source, wanted.tolerated_m, lambda judged: camera.keep(judged.calibration), ())
    try:
        server = Server((str(address), wanted.port), desk)
    except OSError as error:
        remedy = "give one that `ip address` shows" if error.errno == errno.EADDRNOTAVAIL else "choose another with --port"
        msg = f"{host}:{wanted.port}: cannot listen there: {error.strerror}; {remedy}"
        raise AimError(msg) from None
    try:
        port = server.server_address[1]
        desk.hosts = hosts(host, port, loopback=loopback)
        fingerprint = "" if loopback else _secure(server, str(address))
        shield()
        look = Look(camera.status.with_name(SOCKET), AimRequest(camera.source.id, wanted.seconds, f"{host}:{port}"))
        desk.picture = look.jpeg
        thread = threading.Thread(target=server.serve_forever, args=(_TICK_S,), name="page", daemon=True)
        thread.start()
        try:
            say(f"{'http' if loopback else 'https'}://{host}:{port}/?code={admission.code}")
            if fingerprint:
                say(f"The browser warns of an unknown certificate; its SHA-256 must be {fingerprint}")
            while not (why := _over(desk, look, stop)):
                stop.wait(_TICK_S)
            return why
        finally:
            look.close()
            server.shutdown()
            thread.join()
    finally:
        server.server_close()


def _over(desk: Desk, look: Look, stop: threading.Event) -> str:
    return (
        look.over
        or desk.admission.over(time.monotonic())
        or ("it was closed in the browser" if desk.left else "")
        or ("it was stopped" if stop.is_set() else "")
    )


def _own(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as browsers spell it."""
    try:
        told = ipaddress.ip_address(address)
    except ValueError:
        told = None
    if told is None or told.is_unspecified or not told.is_private:
        msg = f"{address!r} is no address of this box on its own network; give one that `ip address` shows, as 192.168.1.20"
        raise AimError(msg)
    return told


def _secure(server: Server, address: str) -> str:
    context, fingerprint = server_context(address, dt.datetime.now(dt.timezone.utc))
    server.secure(context)
    return fingerprint
