"""What updates are given: the box that they are on, and what the agent does for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from protocol.events import OtaReport

SUBJECT = "updates"
"""What reasons about updates speak of."""


@dataclass(frozen=True)
class Outside:
    """What the agent does for updates.

    Attributes:
        tell: keeps a signed report, or raises; called in the agent's loop.
        sign: Ed25519 with the box's key.
        wall: the time, if something has set the clock.
        say: takes a line for people; any thread.
        spend: told of bytes that came over the line; any thread.
        wait_s: seconds until fetching is allowed, as far as the SIM's bytes go; any thread.
    """

    tell: Callable[[OtaReport], None]
    sign: Callable[[bytes], bytes]
    wall: Callable[[], dt.datetime | None]
    say: Callable[[str], None]
    spend: Callable[[int], None]
    wait_s: Callable[[], float]


@dataclass(frozen=True)
class Place:
    """This box, as updates need it.

    Attributes:
        folder: where releases are kept; this package's own.
        fleet: of this box.
        device: its name.
        agent: version of Lamplighter.
    """

    folder: Path
    fleet: str
    device: str
    agent: str
