"""This machine alone: free ports, and waiting for a manager's page."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

import httpx

HOST = "127.0.0.1"
_READY_S = 90.0
_LOOK_S = 0.1


class NotReadyError(Exception):
    """The manager's page does not come up."""


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_ready(url: str, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Wait until a manager's page answers.

    Args:
        url: of the manager.
        meanwhile: called between two looks; may raise, to wait no longer.

    Raises:
        NotReadyError: it does not in time.
    """
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/api/v1/health", timeout=2.0, trust_env=False).is_success:
                return
        meanwhile()
        time.sleep(_LOOK_S)
    msg = f"{url} does not answer after {_READY_S:.0f} s"
    raise NotReadyError(msg)
