"""What is in force: a root with all before it, and the targets, snapshot and timestamp that it stands over.

Rules of a step from one such set to the next: readers take a new root first, and everything else under it. So that a reader who
comes between two writes is served all the same, a set that replaces another is published timestamp last where the old set holds
under the new root too, and root last where the new set holds under the old root too. To make the second possible, snapshot and
timestamp carry the signatures of the old online keys as well while a root replaces them, and targets can carry those of both
groups of people. Where neither holds (the old keys are lost), readers fail for the moment between two renames, and come again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from securesystemslib.signer import Key, Signer
from tuf.api.metadata import MetaFile, Root, Snapshot, T, Targets, Timestamp

from ota.publisher.carried import check_step
from ota.publisher.document import Document, new
from ota.publisher.errors import KeyRefusedError, MetadataError, SignatureError
from ota.publisher.roles import ONLINE, REFRESH_AT, ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from ota.publisher.signatures import AnyDocument, check, keys_of, tally


@dataclass(frozen=True)
class Live:
    """A set of metadata that belong together."""

    roots: tuple[Document[Root], ...]
    """From version 1 on."""
    targets: Document[Targets]
    snapshot: Document[Snapshot]
    timestamp: Document[Timestamp]

    @property
    def root(self) -> Document[Root]:
        """The one in force."""
        return self.roots[-1]

    @property
    def under_root(self) -> tuple[AnyDocument, ...]:
        """All that the root stands over."""
        return (self.targets, self.snapshot, self.timestamp)

    def document(self, role: str) -> AnyDocument:
        """The document of a role."""
        documents: dict[str, AnyDocument] = {
            ROOT: self.root,
            TARGETS: self.targets,
            SNAPSHOT: self.snapshot,
            TIMESTAMP: self.timestamp,
        }
        return documents[role]

    def holds_under(self, root: Root) -> bool:
        """Whether readers who have that root take this set."""
        return all(tally(root, document).reached for document in self.under_root)


@dataclass(frozen=True)
class Step:
    """From one set to the next."""

    live: Live
    timestamp_first: bool
    """Whether the timestamp is published before the root."""
    seamless: bool
    """Whether every reader is served at every moment."""


_RESTORE = "restore the workshop from a backup"

OpenKey: TypeAlias = Callable[[Key], Signer | None]
"""Opens what signs for an online key; nothing where none is known. Raises ``KeyRefusedError`` when it cannot be opened."""


@dataclass(frozen=True)
class Online:
    """What signs snapshot and timestamp, and for how long."""

    open_key: OpenKey
    days: Mapping[str, int]
    now: dt.datetime

    def expiry(self, role: str) -> dt.datetime:
        """When a signature that is given now ends."""
        return (self.now + dt.timedelta(days=self.days[role])).replace(microsecond=0)

    def is_due(self, document: AnyDocument) -> bool:
        """Whether so little of its life is left that it is signed anew."""
        return document.expires - self.now <= REFRESH_AT * dt.timedelta(days=self.days[document.role])

    def sign(self, document: Document[T], root: Root, before: Root | None) -> Document[T]:
        """Sign with every key of the role, and with those of the root before that are still here.

        Raises:
            SignatureError: when too few keys sign.
            KeyRefusedError: when a key of the role cannot be opened.
        """
        for key in keys_of(root, document.role):
            signer = self.open_key(key)
            if signer is not None:
                document = document.signed_by(signer)
        check(root, document)
        for key in keys_of(before, document.role) if before else ():
            if key.keyid in document.metadata.signatures:
                continue
            try:
                signer = self.open_key(key)
                document = document if signer is None else document.signed_by(signer)
            except KeyRefusedError:
                continue  # it may be lost or destroyed, which is why it is replaced
        return document


def first(root: Document[Root], targets: Document[Targets], online: Online) -> Live:
    """Make the first set.

    Raises:
        SignatureError: when too few have signed.
        KeyRefusedError: when an online key cannot be opened.
    """
    check_step(None, root)
    check(root.signed, targets)
    snapshot = _snapshot(1, targets, online, root.signed, None)
    timestamp = _timestamp(1, snapshot, online, root.signed, None)
    return Live((root,), targets, snapshot, timestamp)


def following(live: Live, root: Document[Root] | None, targets: Document[Targets] | None, online: Online) -> Step:
    """Make the set that follows, with a new root, new targets, or both.

    Raises:
        SignatureError: when too few have signed.
        MetadataError: when a version does not follow.
        KeyRefusedError: when an online key cannot be opened.
    """
    if root is not None:
        check_step(live.root, root)
    if targets is not None and targets.version <= live.targets.version:
        msg = f"targets {targets.version} would follow {live.targets.version}, which is published; make them anew"
        raise MetadataError(msg)
    roots = (*live.roots, root) if root else live.roots
    now, was = roots[-1].signed, live.root.signed
    stands = targets or live.targets
    _check_targets(now, stands, alone=targets is None)
    before = was if root else None
    snapshot = _snapshot(live.snapshot.version + 1, stands, online, now, before)
    timestamp = _timestamp(live.timestamp.version + 1, snapshot, online, now, before)
    made = Live(roots, stands, snapshot, timestamp)
    root_first = live.holds_under(now)
    root_last = made.holds_under(was)
    return Step(made, timestamp_first=root_last and not root_first, seamless=root_first or root_last)


def refreshed(live: Live, online: Online, *, force: bool) -> Live:
    """Sign anew what is due of snapshot and timestamp, and the timestamp with every snapshot.

    Args:
        live: the set.
        online: what signs.
        force: sign both anew, due or not.

    Returns:
        The same set when nothing is due.

    Raises:
        SignatureError: when too few keys sign.
        KeyRefusedError: when an online key cannot be opened.
    """
    due = {role for role in ONLINE if force or online.is_due(live.document(role))}
    root = live.root.signed
    snapshot, timestamp = live.snapshot, live.timestamp
    if SNAPSHOT in due:
        snapshot = _snapshot(snapshot.version + 1, live.targets, online, root, None)
    if due:
        timestamp = _timestamp(timestamp.version + 1, snapshot, online, root, None)
    return replace(live, snapshot=snapshot, timestamp=timestamp)


def check_set(live: Live) -> None:
    """Check that a set belongs together, whatever the time.

    Raises:
        SignatureError: when too few have signed a part.
        MetadataError: when a part is not the one that another names.
    """
    for before, root in zip((None, *live.roots), live.roots, strict=False):
        check_step(before, root)
    for document in live.under_root:
        check(live.root.signed, document)
    for said, document in ((live.timestamp.signed.snapshot_meta, live.snapshot), (targets_meta(live.snapshot), live.targets)):
        if said != document.meta_file():
            msg = f"{document.name} is not the file that is signed as current (version {said.version}); {_RESTORE}"
            raise MetadataError(msg)


def targets_meta(snapshot: Document[Snapshot]) -> MetaFile:
    """What a snapshot says of the targets.

    Raises:
        MetadataError: when it says nothing.
    """
    said = snapshot.signed.meta.get("targets.json")
    if said is None:
        msg = f"snapshot {snapshot.version} names no targets; {_RESTORE}"
        raise MetadataError(msg)
    return said


def _check_targets(root: Root, targets: Document[Targets], *, alone: bool) -> None:
    try:
        check(root, targets)
    except SignatureError as error:
        if not alone:
            raise
        msg = f"{error}; the new root has other keys: have the targets signed too (`lamplighter ota renew targets`)"
        raise SignatureError(msg) from error


def _snapshot(version: int, targets: Document[Targets], online: Online, root: Root, before: Root | None) -> Document[Snapshot]:
    made = new(Snapshot(version, expires=online.expiry(SNAPSHOT), meta={"targets.json": targets.meta_file()}))
    return online.sign(made, root, before)


def _timestamp(
    version: int, snapshot: Document[Snapshot], online: Online, root: Root, before: Root | None
) -> Document[Timestamp]:
    made = new(Timestamp(version, expires=online.expiry(TIMESTAMP), snapshot_meta=snapshot.meta_file()))
    return online.sign(made, root, before)
