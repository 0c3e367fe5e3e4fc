"""A sound card without hardware: what is played on it is what its microphone picks up, in real time.

ALSA's own library opens it and PortAudio finds it. Behind ALSA's plugin for PulseAudio stands a server of this test's own, with
a sink that goes nowhere and its monitor. ALSA's plugins ``file`` and ``null`` would do without a server, but keep no time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import numpy as np

from edge.capture.sound.port import Floats

NAME = "street"
RATE_HZ = 16_000
PATIENCE_S = 20.0

_PLUGIN = "libasound_module_pcm_pulse.so"
_ALSA = """
pcm.{name} {{
  type pulse
  server "{server}"
  device "{name}.monitor"
  hint {{ show on description "{name}" }}
}}
"""
_SERVER = """
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name={name} rate={rate_hz} channels=1 format=float32le
"""


def missing() -> str:
    """What this machine lacks for it, in words; empty where nothing."""
    if importlib.util.find_spec("sounddevice") is None:
        return "the package sounddevice"
    if find_library("portaudio") is None:
        return "libportaudio2"
    absent = [program for program in ("pulseaudio", "pacat") if shutil.which(program) is None]
    if absent:
        return ", ".join(absent)
    return "" if any(Path("/usr/lib").glob(f"*/alsa-lib/{_PLUGIN}")) else "libasound2-plugins"


@contextlib.contextmanager
def plugged(folder: Path) -> Iterator[Loudspeaker]:
    """A card that is there from the beginning and gone at the end; ``folder`` is made."""
    speaker = Loudspeaker(folder)
    speaker.plug()
    try:
        yield speaker
    finally:
        speaker.unplug()


class Loudspeaker:
    """The card.

    Args:
        folder: for its files; a short path, because a socket lies there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        socket = folder / "socket"
        server = f"unix:{socket}"
        (folder / "asoundrc").write_text(_ALSA.format(name=NAME, server=server))
        (folder / "server.pa").write_text(_SERVER.format(socket=socket, name=NAME, rate_hz=RATE_HZ))
        self._socket = socket
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{folder / 'asoundrc'}",
            "PULSE_SERVER": server,
            "PULSE_COOKIE": str(folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(folder / "run"),
            "HOME": str(folder),
        }
        """For whoever opens it."""

    def plug(self) -> None:
        """Plug it in."""
        self._socket.unlink(missing_ok=True)
        command = ["pulseaudio", "-n", "-F", str(self._folder / "server.pa"), "--exit-idle-time=-1", "--disable-shm=yes"]
        command += ["--use-pid-file=no", "--daemonize=no", "--log-target=stderr"]
        self._server = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while not self._socket.exists():
            assert self._server.poll() is None, "the sound server has ended"
            assert time.monotonic() < deadline, "the sound server does not begin"
            time.sleep(0.05)

    def unplug(self) -> None:
        """Pull it out."""
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def play(self, sound: Floats) -> None:
        """Begin to play samples (n,), full scale 1, once."""
        path = self._folder / f"played-{len(self._players)}"
        sound.astype(np.float32).tofile(path)
        command = ["pacat", "--raw", "--format=float32le", f"--rate={RATE_HZ}", "--channels=1", f"--device={NAME}"]
        command += ["--latency-msec=100", str(path)]
        self._players.append(subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL))
