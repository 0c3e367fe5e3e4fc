"""Switches a network camera on and off, and breaks it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from simulator.ipcamera.film import make_film
from simulator.loopback import free_port

SERVER = Path(__file__).with_name("server.py")
_PYTHON = "/usr/bin/python3"
"""The system's: it has Debian's bindings."""

_BINDINGS = """
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
raise SystemExit(not all(Gst.ElementFactory.find(name) for name in ("appsrc", "rtph264pay", "rtph265pay")))
"""


def missing() -> str:
    """Debian packages that this machine lacks for it; empty where none."""
    if shutil.which(_PYTHON) and subprocess.run([_PYTHON, "-c", _BINDINGS], capture_output=True, check=False).returncode == 0:
        return ""
    return "gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good"


class IpCamera:
    """One camera; to be used in ``with``.

    Args:
        folder: for its films.
        codec: that it begins with.
        fps: pictures a second.

    Attributes:
        port: on the loopback address.
    """

    def __init__(self, folder: Path, codec: str = "h264", fps: float = 10.0) -> None:
        self.port = free_port()
        self._folder, self._codec, self._fps = folder, codec, fps
        self._size = (320, 240)
        self._account: dict[str, str] | None = None
        self._process: subprocess.Popen[str] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def uri(self) -> str:
        """Its address."""
        return f"rtsp://127.0.0.1:{self.port}/live"

    def on(self) -> None:
        """Plug it in."""
        self._process = subprocess.Popen(
            [_PYTHON, str(SERVER), str(self.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self._account is not None:
            self._tell("protect", **self._account)
        self.play(self._codec, self._size)

    def off(self) -> None:
        """Pull its plug."""
        if self._process is not None:
            with self._process as process:  # closes its pipes, and waits
                process.kill()
            self._process = None

    def play(self, codec: str, size: tuple[int, int] = (320, 240)) -> None:
        """Change its codec and the size of its pictures; whoever looks is thrown out, as cameras do."""
        self._codec, self._size = codec, size
        self._tell("play", film=str(self._film()), codec=codec, fps=self._fps)

    def resize(self, size: tuple[int, int]) -> None:
        """Change the size of its pictures within the stream."""
        self._size = size
        self._tell("feed", film=str(self._film()))

    def freeze(self, *, on: bool) -> None:
        """Send one picture again and again."""
        self._tell("freeze", on=on)

    def silence(self, *, on: bool) -> None:
        """Stay connected and send nothing."""
        self._tell("silence", on=on)

    def hang(self, *, on: bool) -> None:
        """Stop its processor: connections stay, nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def protect(self, user: str, password: str, method: str = "digest") -> None:
        """Ask for this from now on, ``digest`` or ``basic``."""
        self._account = {"user": user, "password": password, "method": method}
        self._tell("protect", **self._account)

    def __enter__(self) -> Self:
        """Plug it in."""
        self.on()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Pull its plug."""
        self.off()

    def _film(self) -> Path:
        path = self._folder / f"{self._codec}-{self._size[0]}x{self._size[1]}-{self._fps:g}.film"
        return path if path.exists() else make_film(path, self._codec, self._size, fps=self._fps)

    def _tell(self, do: str, **more: object) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "done\n":
            msg = "the camera's process ended"
            raise RuntimeError(msg)
