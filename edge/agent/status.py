"""The box's status for whoever stands beside it: one JSON object per connection on a Unix socket.

Rules: it tells nothing that telemetry does not; it is readable by the owner only; a slow reader never holds up the agent; it
writes nothing to disk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from edge.errors import StateFolderError
from edge.updates.probation import Wellness
from ota.device.state import State
from protocol.basis import Struct
from protocol.config import Refusal
from protocol.events import ModelRef, Reason
from protocol.state import Status, Telemetry

_MAX_PATH = 107
"""Longest path of a Unix socket on Linux (sun_path, unix(7))."""

_MAX_BYTES = 1 << 20
_SEND_TIMEOUT_S = 1.0


class UpdateStatus(Struct, frozen=True):
    """Where updates stand."""

    phase: Annotated[str, Meta(description="idle, download, shadow, probation and so on")]
    bundle: str = ""
    release: int = 0
    running: Annotated[dict[str, int], Meta(description="Release that runs, by bundle; none = the installation's")] = {}
    quarantine: Annotated[tuple[str, ...], Meta(description="BUNDLE/RELEASE that failed here")] = ()


def update_status(state: State) -> UpdateStatus:
    """What is shown of the machine's state."""
    job = state.job
    return UpdateStatus(
        phase=state.phase,
        bundle="" if job is None else job.bundle,
        release=0 if job is None else job.release,
        running={bundle: release for bundle, release in state.running.items() if release},
        quarantine=tuple(f"{item.bundle}/{item.release}" for item in state.quarantine),
    )


class HeldList(Struct, frozen=True):
    """A hit list that was believed."""

    name: str
    version: int
    entries: int
    expires: Annotated[dt.datetime, Meta(tz=True)]


class PlatesStatus(Struct, frozen=True):
    """What reading plates rests on."""

    lists: tuple[HeldList, ...] = ()
    keys: Annotated[tuple[str, ...], Meta(description="Ids of those that are held")] = ()
    missing: Annotated[tuple[str, ...], Meta(description="What there is no key for")] = ()
    holder: Annotated[str, Meta(description="How keys are held here")] = ""


class BoxStatus(Struct, frozen=True):
    """Everything `lamplighter watch` shows."""

    fleet: str
    device: str
    boot: str
    status: Status
    agent: Annotated[str, Meta(description="Version of the agent")]
    telemetry: Telemetry
    reasons: tuple[Reason, ...] = ()
    models: tuple[ModelRef, ...] = ()
    config_version: int = 0
    refusals: tuple[Refusal, ...] = ()
    wellness: tuple[Wellness, ...] = ()
    updates: UpdateStatus | None = None
    plates: PlatesStatus | None = None


class StatusSocket:
    """Serves snapshots until closed.

    Raises:
        StateFolderError: when the socket cannot be made.
    """

    def __init__(self, path: Path, snapshot: Callable[[], BoxStatus]) -> None:
        if len(str(path).encode()) > _MAX_PATH:
            msg = f"{path}: a socket's path has at most {_MAX_PATH} bytes; set box.status to a shorter one"
            raise StateFolderError(msg)
        self._path = path
        self._snapshot = snapshot
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.unlink(missing_ok=True)
            self._socket.bind(str(path))
            path.chmod(0o600)
        except OSError as error:
            self._socket.close()
            msg = f"{path}: the status socket cannot be made: {error.strerror}; choose another with box.status"
            raise StateFolderError(msg) from error
        self._socket.listen(4)
        self._thread = threading.Thread(target=self._serve, name="status", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving and remove the socket."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=2 * _SEND_TIMEOUT_S)
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                peer.settimeout(_SEND_TIMEOUT_S)
                peer.sendall(msgspec.json.encode(self._snapshot()))


def read_status(path: Path, timeout_s: float = 2.0) -> BoxStatus:
    """Ask a running agent for its status.

    Raises:
        OSError: when nobody answers.
        msgspec.DecodeError: when the answer is not a status.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout_s)
        client.connect(str(path))
        data = bytearray()
        while chunk := client.recv(65536):
            data += chunk
            if len(data) > _MAX_BYTES:
                msg = f"the answer is over {_MAX_BYTES} bytes"
                raise msgspec.DecodeError(msg)
    return msgspec.json.decode(bytes(data), type=BoxStatus)
