"""A workshop while somebody works in it: everything read once, under its lock.

Rules: what nobody has signed yet is changed under its version; what somebody has signed is replaced under a higher one, and the
signed one is remembered as burnt, so that no two contents are ever signed under one version or number. A root has to be exactly
the next version, whoever has signed another one of that number: it is never published unless a threshold signs it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tuf.api.metadata import Root, TargetFile, Targets

from ota.publisher.catalogue import catalogue, sha256
from ota.publisher.disk import Disk
from ota.publisher.document import Document, new
from ota.publisher.errors import PendingError, WorkshopError
from ota.publisher.keys import Ask
from ota.publisher.live import Live
from ota.publisher.public import PublicFolder
from ota.publisher.releasing import burn, next_version
from ota.publisher.roles import ROOT, TARGETS
from ota.publisher.settings import Burnt, Settings
from ota.publisher.signatures import tally
from ota.publisher.workshop import Workshop

_T = TypeVar("_T")
_D = TypeVar("_D", Document[Root], Document[Targets])


@dataclass
class Session:
    """What is known while the lock is held."""

    workshop: Workshop
    disk: Disk
    now: dt.datetime
    ask: Ask
    environment: Mapping[str, str]
    told: Callable[[str], None]
    settings: Settings = field(init=False)
    public: PublicFolder = field(init=False)
    live: Live | None = field(init=False)
    root: Document[Root] | None = field(init=False)
    """Pending."""
    targets: Document[Targets] | None = field(init=False)
    """Pending."""
    burnt: Burnt = field(init=False)

    def __post_init__(self) -> None:
        self.settings = self.workshop.settings()
        self.public = PublicFolder(self.workshop.public(self.settings))
        self.live = self.workshop.live()
        self.burnt = self.workshop.burnt()
        self.root = _ahead(self.workshop.pending_root(), self.live.root if self.live else None)
        self.targets = _ahead(self.workshop.pending_targets(), self.live.targets if self.live else None)

    def expiry(self, role: str) -> dt.datetime:
        """When a signature that is asked for now ends."""
        return (self.now + dt.timedelta(days=self.settings.days[role])).replace(microsecond=0)

    def save(self) -> None:
        """Keep what is pending and what is burnt, and remove files that nothing pending needs."""
        if self.burnt != self.workshop.burnt():
            self.workshop.save_burnt(self.burnt)
        self.workshop.save_pending(self.root, self.targets, self.live)
        needed = {sha256(target) for target in _targets(self.targets)}
        missing = {
            sha256(target) for target in _targets(self.live.targets if self.live else None) if not self.public.holds(target)
        }
        self.workshop.sweep(needed | missing)

    def latest_targets(self) -> Targets:
        """Targets as they will be: the pending ones, or those in force.

        Raises:
            WorkshopError: when there are none.
        """
        document = self.targets or (self.live.targets if self.live else None)
        if document is None:
            msg = "there are neither targets in force nor pending ones; restore the workshop from a backup"
            raise WorkshopError(msg)
        return document.signed

    def latest_root(self) -> Root:
        """The root as it will be: the pending one, or the one in force.

        Raises:
            WorkshopError: when there is none.
        """
        document = self.root or (self.live.root if self.live else None)
        if document is None:
            msg = "there is neither a root in force nor a pending one; restore the workshop from a backup"
            raise WorkshopError(msg)
        return document.signed

    def change_targets(self, change: Callable[[Targets], _T]) -> tuple[_T, bool]:
        """Change the targets that are pending, or begin some.

        Returns:
            What the change gives, and whether signatures were given that now count for nothing.

        Raises:
            MetadataError: when they become too large.
        """
        dropped = self._burn()
        if self.targets is not None and not dropped:
            version = self.targets.version
        else:
            version = max(self.latest_targets().version, self.live.targets.version if self.live else 0, self.burnt.targets) + 1
        made = next_version(self.latest_targets(), version, self.expiry(TARGETS))
        given = change(made)
        self.targets = new(made)
        return given, dropped

    def change_root(self, change: Callable[[Root], Root]) -> bool:
        """Change the root that is pending, or begin one.

        Returns:
            Whether signatures were given that now count for nothing.
        """
        dropped = self.root is not None and bool(self.root.metadata.signatures)
        made = change(self.latest_root())
        made.version = (self.live.root.version if self.live else 0) + 1
        made.expires = self.expiry(ROOT)
        self.root = new(made)
        return dropped

    def targets_need_signing(self) -> bool:
        """Whether the targets in force would not hold under the pending root."""
        if self.root is None or self.live is None:
            return False
        return not tally(self.root.signed, self.live.targets).reached

    def discard(self, role: str) -> None:
        """Throw away what is pending.

        Raises:
            PendingError: when nothing is, or there would be nothing left to begin from.
        """
        if (self.root if role == ROOT else self.targets) is None:
            msg = f"nothing of {role} is pending; `lamplighter ota status` shows what is"
            raise PendingError(msg)
        if self.live is None:
            msg = f"the first {role} cannot be discarded; make the workshop anew with `lamplighter ota init`"
            raise PendingError(msg)
        if role == ROOT:
            self.root = None
        else:
            self._burn()
            self.targets = None

    def content(self, target: TargetFile) -> bytes:
        """Content of a target: as it waits here, or from the public folder.

        Raises:
            WorkshopError: when it is in neither place as it is signed.
        """
        staged = self.workshop.staged(sha256(target))
        return self.public.content(target) if staged is None else staged

    def check_content(self, targets: Document[Targets] | None) -> None:
        """See that every file that would be new in public is here.

        Raises:
            WorkshopError: naming the first that is not.
        """
        known = {target.path for target in _targets(self.live.targets if self.live else None)}
        for target in _targets(targets):
            if target.path not in known and not self.public.holds(target):
                self.content(target)

    def _burn(self) -> bool:
        signed = self.targets is not None and bool(self.targets.metadata.signatures)
        if self.targets is not None and signed:
            self.burnt = burn(self.burnt, self.targets.signed)
        return signed


def _targets(document: Document[Targets] | None) -> Iterator[TargetFile]:
    for listed in catalogue(document.signed).values() if document else ():
        yield from listed.targets()


def _ahead(pending: _D | None, live: _D | None) -> _D | None:
    """What is pending still, after a publisher may have died between publishing it and taking it away.

    Raises:
        PendingError: when it is behind what is in force.
    """
    if pending is None or live is None or pending.version > live.version:
        return pending
    if pending.payload == live.payload:
        return None
    msg = (
        f"pending is {pending.role} {pending.version}, and {live.version} is in force already: an old file was copied here; "
        f"`lamplighter ota discard {pending.role}`"
    )
    raise PendingError(msg)
