"""What befalls a box's senses in the bench of sources: how each fault begins, what must be said of it, and how it ends.

Rule: the fault is real: a server is killed or stopped, a password is another one, a process is stopped by the kernel.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.credentials import Credential, write_credential
from hardware.system import descendants
from simulator.ipcamera.camera import IpCamera

USER, PASSWORD = "lamplighter", "as it was"
_LOOK_S = 0.02


@dataclass(frozen=True)
class Fault:
    """One of them."""

    name: str
    what: str
    codes: frozenset[str]
    """Reasons of which one must be said; none where the box is to go on without a word."""
    begin: Callable[[], None]
    end: Callable[[], None] | None
    """``None`` where it is over as soon as it has begun."""


def camera_faults(camera: IpCamera, kept: Path) -> tuple[Fault, ...]:
    """Row 51, of a camera over RTSP.

    Args:
        camera: that the box looks through.
        kept: file with what the box tells it.
    """
    passwords = (f"as it was changed {count} times" for count in itertools.count(1))
    password = ""

    def change_password() -> None:
        nonlocal password
        password = next(passwords)
        camera.protect(USER, password)

    def write_password() -> None:
        write_credential(kept, Credential(USER, password))

    left = frozenset({"source-unreachable"})
    silent = frozenset({"source-stalled"})
    return (
        Fault("gone", "the camera's server killed, and started again", left | silent, camera.off, camera.on),
        Fault(
            "hung",
            "the camera's server stopped by the kernel: connections stay, nothing answers",
            left | silent,
            lambda: camera.hang(on=True),
            lambda: camera.hang(on=False),
        ),
        Fault(
            "silent",
            "the camera stays connected and sends nothing",
            silent,
            lambda: camera.silence(on=True),
            lambda: camera.silence(on=False),
        ),
        Fault(
            "frozen",
            "the camera sends the same picture again and again",
            frozenset({"source-frozen"}),
            lambda: camera.freeze(on=True),
            lambda: camera.freeze(on=False),
        ),
        Fault(
            "credentials",
            "another password in the camera, until it is written on the box",
            frozenset({"source-credentials"}),
            change_password,
            write_password,
        ),
        Fault("codec", "H.264 becomes HEVC, whoever looks is thrown out", left, lambda: camera.play("hevc"), None),
        Fault(
            "resolution", "320 x 240 becomes 640 x 480 within the stream", frozenset(), lambda: camera.resize((640, 480)), None
        ),
    )


def as_it_was(camera: IpCamera) -> Fault:
    """What a camera plays at the beginning, after it was changed; whoever looks is thrown out."""
    return Fault("restored", "", frozenset({"source-unreachable"}), lambda: camera.play("h264"), None)


class StuckAccelerator:
    """Stops every process of the box's accelerator by the kernel, those that are started meanwhile too (row 53).

    Args:
        agent: process id of the agent, asked anew each time.
    """

    def __init__(self, agent: Callable[[], int]) -> None:
        self._agent = agent
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def fault(self) -> Fault:
        """As the bench has it."""
        codes = frozenset({"accelerator-down", "source-blind"})
        return Fault("blind", "the accelerator's process stopped, again and again", codes, self.begin, self.end)

    def begin(self) -> None:
        """From now on."""
        self._over.clear()
        self._thread = threading.Thread(target=self._stop_them, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Let them go on: what the box has not killed meanwhile, and what it starts from now on."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._send(signal.SIGCONT)

    def _stop_them(self) -> None:
        while not self._over.wait(_LOOK_S):
            self._send(signal.SIGSTOP)

    def _send(self, number: signal.Signals) -> None:
        for pid in descendants(self._agent()):
            if _title(pid).startswith("lamplighter: accelerator"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
