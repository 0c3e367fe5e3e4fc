"""The box's status for whoever stands beside it: one JSON object per connection on a Unix socket.

Rules: it tells nothing that telemetry does not; it is readable by the owner only; a slow reader never holds up the agent; it
writes nothing to disk.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from edge.ownersocket import OwnerSocket
from edge.updates.probation import Wellness
from ota.device.state import State
from protocol.basis import Struct
from protocol.config import Refusal
from protocol.events import ModelRef, Reason
from protocol.state import Status, Telemetry

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
        self._snapshot = snapshot
        self._socket = OwnerSocket(path, socket.SOCK_STREAM, "status", self._serve)

    def close(self) -> None:
        """Stop serving and remove the socket."""
        self._socket.close(2 * _SEND_TIMEOUT_S)

    def _serve(self, peer: socket.socket) -> None:
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
