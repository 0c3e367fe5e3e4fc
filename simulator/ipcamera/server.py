"""The camera's own process: GStreamer's RTSP server.

Run by the system's Python, which has the bindings (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good);
imports nothing of ours. It is told what to do on standard input, one JSON object a line, and answers each with a line. What it
sends is encoded beforehand: a film is a file of access units, each after its length (4 bytes, big end first), played round and
round.

Rules: it ends with whoever started it; a password is told, never an argument.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - after the versions

CAPS = {
    "h264": ("video/x-h264,stream-format=byte-stream,alignment=au", "rtph264pay config-interval=-1"),
    "hevc": ("video/x-h265,stream-format=byte-stream,alignment=au", "rtph265pay config-interval=-1"),
}
"""By codec: what a film holds, and what puts it into packets."""

PATH = "/live"


class Camera:
    """The server and what it plays."""

    def __init__(self) -> None:
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.loop = GLib.MainLoop()
        self.units: list[bytes] = []
        self.next = self.count = 0
        self.fps = 10.0
        self.codec = ""
        self.frozen = self.silent = False
        self.sources: dict[int, Any] = {}

    def run(self, port: int) -> None:
        """Serve until standard input ends."""
        self.server.set_service(str(port))
        if self.server.attach(None) == 0:
            sys.exit(f"port {port} is taken")
        GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, self._told)
        self.loop.run()

    def _told(self, _channel: Any, _condition: Any) -> bool:
        line = sys.stdin.readline()
        if not line:
            self.loop.quit()
            return False
        order = json.loads(line)
        match order.pop("do"):
            case "play":
                self.play(**order)
            case "feed":
                self.units, self.next = _units(order["film"]), 0
            case "freeze":
                self.frozen = order["on"]
            case "silence":
                self.silent = order["on"]
            case "protect":
                self.protect(**order)
        sys.stdout.write("done\n")
        sys.stdout.flush()
        return True

    def play(self, film: str, codec: str, fps: float) -> None:
        """Offer a film; whoever is connected is thrown out, as cameras do when their codec is changed."""
        self.units, self.next, self.fps, self.codec = _units(film), 0, fps, codec
        caps, payloader = CAPS[codec]
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(
            f'( appsrc name=source is-live=true format=time do-timestamp=true caps="{caps}" ! {payloader} name=pay0 )'
        )
        factory.set_shared(True)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_role("viewer")
        for right in ("access", "construct"):
            permissions.add_permission_for_role("viewer", f"media.factory.{right}", True)
        factory.set_permissions(permissions)
        factory.connect("media-configure", self._configured)
        self.server.get_mount_points().add_factory(PATH, factory)
        self._throw_out()

    def protect(self, user: str, password: str, method: str) -> None:
        """Ask for a user name and password from now on."""
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        if method == "digest":
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(user, password, token)
        else:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        self.server.set_auth(auth)
        self._throw_out()

    def _throw_out(self) -> None:
        self.server.client_filter(lambda _server, _client: GstRtspServer.RTSPFilterResult.REMOVE)

    def _configured(self, _factory: Any, media: Any) -> None:
        source = media.get_element().get_child_by_name("source")
        timer = GLib.timeout_add(round(1000 / self.fps), self._push, source)
        media.connect("unprepared", lambda _media: GLib.source_remove(timer))

    def _push(self, source: Any) -> bool:
        if not self.silent:
            source.emit("push-buffer", Gst.Buffer.new_wrapped(self.units[self.next]))
            if not self.frozen:
                self.next = (self.next + 1) % len(self.units)
            else:
                self.next -= self.next % max(1, len(self.units) // 4)
        return True


def _units(film: str) -> list[bytes]:
    data = Path(film).read_bytes()
    units, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        units.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return units


if __name__ == "__main__":
    Gst.init(None)
    Camera().run(int(sys.argv[1]))
