"""What a publisher works with beside its folders: the time, secrets, the environment and the disk. All of it is handed in."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ota.publisher.disk import Disk
from ota.publisher.errors import KeyRefusedError
from ota.publisher.keys import Ask
from ota.publisher.roles import Clock


def utc_now() -> dt.datetime:
    """The wall clock."""
    return dt.datetime.now(dt.timezone.utc)


def nobody_asked(secret: str) -> str:
    """Refuse to give a secret: for services, which have nobody to ask.

    Raises:
        KeyRefusedError: always.
    """
    msg = f"the {secret} is needed, and there is nobody to ask; put it into an environment variable and name that"
    raise KeyRefusedError(msg)


@dataclass(frozen=True)
class Surroundings:
    """What a publisher works with beside its folders."""

    clock: Clock = utc_now
    ask: Ask = nobody_asked
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    disk: Disk = field(default_factory=Disk)
    told: Callable[[str], None] = lambda _: None
    """What is being done, where it takes long."""
