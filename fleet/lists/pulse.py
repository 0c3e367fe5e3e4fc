"""Sign of life of the process of lists: what it has loaded, which whoever approves is told before and not after."""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine

from fleet.store.signs import read_sign, write_sign

SILENT_MS = 15_000
"""A pulse older than this means that nobody publishes lists."""
_NAME = "lists"


class Pulse(msgspec.Struct, frozen=True):
    """Sign of life; ``at`` in ms."""

    at: int
    locked: str = ""
    """Why nothing can be signed; empty = everything is loaded."""
    fault: str = ""


def write_pulse(engine: Engine, pulse: Pulse) -> None:
    """Replace the sign of life."""
    write_sign(engine, _NAME, pulse)


def read_pulse(engine: Engine) -> Pulse | None:
    """The last sign of life; ``None`` when the process never ran."""
    return read_sign(engine, _NAME, Pulse)


def locked(engine: Engine, now: int) -> str:
    """Why no list can be activated now; empty = one can."""
    pulse = read_pulse(engine)
    if pulse is None or now - pulse.at > SILENT_MS:
        return "the manager's process of lists does not run; see the manager's log"
    return pulse.locked
