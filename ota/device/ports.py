"""What the machine is given: the box that it is on, and its ways to everything outside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ota.deltafile import Content
from ota.device.catalogue import Catalogue
from ota.device.objects import Objects
from ota.device.resolve import Box
from ota.device.state import State
from ota.device.trial import Trial
from protocol.events import OtaReport


class Repository(Protocol):
    """Where releases come from: mirrors, or a stick."""

    def catalogue(self, bundle: str, release: int) -> Catalogue:
        """Refresh signed metadata, and prefer those that know the release.

        Raises:
            TrustError: none are believed.
            FetchError: none came.
            PausedError: not now.
            OSError: what was verified cannot be kept.
        """

    def fetch(self, path: str, content: Content, objects: Objects, count: Callable[[int], None]) -> None:
        """Fetch a file of the repository into the objects.

        Args:
            path: name of the target, as signed.
            content: what it must be, as signed.
            objects: where it is kept.
            count: told of each piece that came, in bytes.

        Raises:
            FetchError: no mirror has given it.
            PausedError: not now.
            OSError: it cannot be kept.
        """


@dataclass(frozen=True)
class Site:
    """This box, and this start of it."""

    fleet: str
    device: str
    box: Box
    installed: Mapping[str, Path]
    """Folders of the bundles that came with the installation, by name."""
    system: str
    """Names this start of the operating system (Linux: ``/proc/sys/kernel/random/boot_id``)."""
    watchdog: bool = False
    """Whether a watchdog is known to have brought about this start."""
    budget: int = 1 << 30
    """Bytes that updates may take: sixteen bundles of 20 MB, three releases of each."""


@dataclass(frozen=True)
class Ports:
    """Ways to everything outside."""

    repository: Callable[[str], Repository]
    """By source: the mirrors for an empty one, else the folder of a stick."""
    trial: Trial
    tell: Callable[[OtaReport], None]
    """Takes a signed report, and returns when it is kept. An error means: again later."""
    sign: Callable[[bytes], bytes]
    """Ed25519 with the box's key."""
    monotonic: Callable[[], float]
    """Seconds, while there is power."""
    wall: Callable[[], dt.datetime | None]
    """The time, with time zone, if something has set the clock."""
    draw: Callable[[int], bytes]
    """So many random bytes."""


@dataclass(frozen=True)
class Next:
    """Outcome of a step."""

    state: State
    wait_s: float = 0.0
    """Until the following step is of use."""
    save: bool = True
    """Whether it is worth a write; a few minutes of probation are not."""
