"""Asking a running agent whether its box is well (``lamplighter edge healthy``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.agent.status import read_status
from edge.updates.probation import Wellness, overall
from ota.device.judge import Decision

NOT_KNOWN = 75
"""Exit status: EX_TEMPFAIL of sysexits(3), which asks to be tried again."""
_AGAIN_S = 1.0


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        decision: ``good``, ``wait`` or ``bad``.
        parts: bundle by bundle.
        detail: why nobody could say, when nobody could.
    """

    decision: str
    parts: tuple[Wellness, ...] = ()
    detail: str = ""

    def lines(self) -> list[str]:
        """For people."""
        words = {"good": "well", "wait": "not known yet", "bad": "not well"}
        lines = [
            f"{part.subject or 'box'}: {words[part.decision]}{': ' + part.detail if part.detail else ''}" for part in self.parts
        ]
        return [f"{words[self.decision]}{': ' + self.detail if self.detail else ''}", *lines]

    def json(self) -> str:
        """For programs."""
        return msgspec.json.encode(self).decode()


def look(
    socket: Path,
    wait_s: float,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Found:
    """Ask until it is known, or the time is over.

    Args:
        socket: of the agent's status.
        wait_s: how long.
        monotonic: seconds.
        sleep: waits.
    """
    until = monotonic() + wait_s
    while True:
        found = _look(socket)
        if found.decision != Decision.WAIT.value or monotonic() >= until:
            return found
        sleep(_AGAIN_S)


def _look(socket: Path) -> Found:
    try:
        parts = read_status(socket).wellness
    except (OSError, msgspec.DecodeError) as error:
        return Found(Decision.WAIT.value, (), f"{socket}: no agent answers ({error}); start it: lamplighter edge run")
    return Found(overall(parts).value, parts)
