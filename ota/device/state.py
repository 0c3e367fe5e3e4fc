"""What an update remembers over a power cut. Values only.

Rules:

- All of it is one file (:mod:`ota.device.slots`), so that pointers, counters and the step of the machine change together or
  not at all.
- Release 0 of a bundle is the one that came with the installation; it is never fetched, staged or removed.
- An agent that goes back to an older version reads what a newer one wrote: fields that it does not know are left out of
  account.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

from ota.deltafile import Content
from protocol.events import OtaReport, Reason
from protocol.orders import Order
from protocol.release import Release


class Phase(str, enum.Enum):
    """Where the machine stands. Between two of them lies one write of the state."""

    RESOLVE = "resolve"
    """What the order means is looked up in signed metadata."""
    DOWNLOAD = "download"
    VERIFY = "verify"
    """All that was fetched is hashed once more, as it lies on the disk."""
    STAGE = "stage"
    """The release gets its folder."""
    GOLDEN = "golden"
    SHADOW = "shadow"
    """Beside the old model on live input; then, until a window opens, waiting."""
    SWITCH = "switch"
    """The pointer has moved. Who starts now starts with the new release."""
    PROBATION = "probation"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    """The pointer has moved back."""
    QUARANTINE = "quarantine"


IDLE = "idle"
"""Name of having no job."""

SWITCHED = frozenset({Phase.SWITCH, Phase.PROBATION})
"""Phases in which the new release is what a start begins with."""

DECIDED = frozenset({Phase.COMMIT, Phase.ROLLBACK, Phase.QUARANTINE})
"""Phases in which only tidying is left."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of what is on the disk."""


class DeltaPart(Kept, frozen=True):
    """A shorter way to a file."""

    base: str
    """SHA-256 of the file that it needs."""
    size: int
    sha256: str
    """Of the delta itself."""

    @property
    def content(self) -> Content:
        """The delta by what is in it."""
        return Content(self.size, self.sha256)


class Part(Kept, frozen=True):
    """One file of a release, as signed."""

    file: str
    size: int
    sha256: str
    delta: DeltaPart | None = None

    @property
    def content(self) -> Content:
        """The file by what is in it."""
        return Content(self.size, self.sha256)


class Plan(Kept, frozen=True):
    """What an order means on this box, taken from signed metadata once; later steps need them no more."""

    release: Release
    form: str
    """The variant's file that this box runs."""
    parts: tuple[Part, ...]


class Staged(Kept, frozen=True):
    """A release that lies in its folder, whole."""

    bundle: str
    release: int
    form: str
    parts: tuple[Part, ...]


class Job(Kept, frozen=True):
    """The order that is being followed."""

    order: Order
    counter: int
    """Of the orders; 0 = a stick."""
    source: str = ""
    """Where a stick is mounted; empty = the mirrors."""
    phase: Phase = Phase.RESOLVE
    plan: Plan | None = None
    fetched_bytes: int = 0
    tried_s: float = 0.0
    """Powered seconds in looking up and fetching."""
    strikes: int = 0
    """What starts that nobody planned have added up to since the new model last was well."""
    system: str = ""
    """Start of the operating system in which the new model ran last."""
    orderly: bool = False
    """Whether the agent said farewell since."""
    passed_s: float = 0.0
    """Powered seconds of shadow run or probation, whichever it is."""
    ready: bool = False
    """Whether the shadow run is over, and only a window is waited for."""
    agreement: float | None = None
    latency_ms: float | None = None
    """Of the new model in the shadow run, or of its golden vectors."""
    old_latency_ms: float | None = None
    old_temperature_c: float | None = None
    reason: Reason | None = None
    """Why it goes back."""
    blame: bool = False
    """Whether the release is at fault."""
    spoilt: int = 0
    """How often a fetched file was no longer what it had been."""

    @property
    def fragile(self) -> bool:
        """Whether a new model runs on this box, so that a start that nobody planned may be its doing."""
        return self.phase in {Phase.GOLDEN, *SWITCHED} or (self.phase is Phase.SHADOW and not self.ready)

    @property
    def bundle(self) -> str:
        """Which bundle."""
        return self.order.bundle

    @property
    def release(self) -> int:
        """Which release of it."""
        return self.order.release


class Quarantined(Kept, frozen=True):
    """A release that is not tried again on this box."""

    bundle: str
    release: int
    code: str
    """Why."""


class State(Kept, frozen=True):
    """Everything."""

    sequence: int = 0
    """Rises with every write."""
    counter: int = 0
    """Of the latest orders that were taken."""
    running: dict[str, int] = {}
    """Release that a start begins with, by bundle; none = 0."""
    good: dict[str, int] = {}
    """Release that has passed its probation last, to go back to, by bundle; none = 0."""
    spare: dict[str, int] = {}
    """The one that was good before it, should a card spoil the other; only while nothing new is coming."""
    committed: dict[str, int] = {}
    """Highest release that has passed its probation, by bundle."""
    staged: tuple[Staged, ...] = ()
    job: Job | None = None
    waiting: tuple[Job, ...] = ()
    done: dict[str, str] = {}
    """Nonce of the last order that came to its end, by bundle: it stands in later orders too, and is not followed again."""
    quarantine: tuple[Quarantined, ...] = ()
    reports: tuple[OtaReport, ...] = ()
    """Not yet handed on, unsigned."""

    @property
    def phase(self) -> str:
        """Name of the machine's state."""
        return IDLE if self.job is None else self.job.phase.value

    def staged_as(self, bundle: str, release: int) -> Staged | None:
        """Find a staged release."""
        return next((item for item in self.staged if (item.bundle, item.release) == (bundle, release)), None)

    def is_quarantined(self, bundle: str, release: int) -> bool:
        """Whether a release is not tried again."""
        return any((item.bundle, item.release) == (bundle, release) for item in self.quarantine)

    def needed(self) -> Iterator[tuple[str, int]]:
        """Releases that something points to."""
        for pointers in (self.running, self.good, self.spare):
            yield from pointers.items()
        if self.job is not None:
            yield self.job.bundle, self.job.release
