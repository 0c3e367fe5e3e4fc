"""The pending file: what waits for signatures, and what a person needs to judge it, in one file that is carried to them.

It holds the metadata that are to be signed, every root from the first one on, and what those metadata take the place of. The
machine on which somebody signs needs no repository, no network and no workshop.

Rules: nothing in it is secret. Nothing in it is believed for its being there: the roots must follow from one another, from a
root that the signer knows; the metadata that are replaced must be signed under one of them, or what is shown as a change would
be whatever somebody wished to show. Of a file that comes back only the signatures are taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from tuf.api.metadata import Root, Targets

from ota.publisher.document import Document, read_root, read_targets
from ota.publisher.errors import MetadataError, PendingError, SignatureError
from ota.publisher.roles import LARGEST, ROOT, TARGETS
from ota.publisher.signatures import AnyDocument, Tally, check, tally

_KIND = "lamplighter pending metadata 1"
_MOST_ROOTS = 256
"""As many as clients follow in one go (``UpdaterConfig.max_root_rotations``)."""
_LARGEST = 2 * LARGEST[TARGETS] + 16 * LARGEST[ROOT]
"""Bytes: two versions of targets, and more roots than a repository sees in ten years, each as large as it may be."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    pending: msgspec.Raw
    roots: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=_MOST_ROOTS)]
    ahead: bool = False
    before: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=1)] = ()


@dataclass(frozen=True)
class Carried:
    """A pending file, read."""

    pending: Document[Root] | Document[Targets]
    roots: tuple[Document[Root], ...]
    """From version 1 on; with the pending root at their end, when that is what decides who signs the targets."""
    before: Document[Targets] | None = None
    """Targets that would be replaced; of a root, that is the last one of the roots."""
    ahead: bool = False
    """Whether the last of the roots waits for signatures itself."""

    @property
    def role(self) -> str:
        """Root or targets."""
        return self.pending.role

    @property
    def judges(self) -> tuple[Root, ...]:
        """Roots under whose keys signatures are counted: the one in force, and the one that will be."""
        roots = [document.signed for document in self.roots]
        if isinstance(self.pending.signed, Root):
            return (*roots[-1:], self.pending.signed)
        return tuple(roots[-2:] if self.ahead else roots[-1:])

    def tallies(self) -> tuple[Tally, ...]:
        """Who has signed, under each root that matters."""
        return tuple(tally(root, self.pending) for root in self.judges)

    def fingerprint(self) -> str:
        """Of the first root: what a signer compares with the note taken at the ceremony."""
        return fingerprint(self.roots[0] if self.roots else self.pending)

    def check(self, known: Document[Root] | None = None) -> tuple[str, ...]:
        """Check that what it says of the present follows from a root that is known.

        Args:
            known: a root that the signer trusts; without it, the first root has to be recognised by its fingerprint.

        Returns:
            What could not be checked and has to be known otherwise.

        Raises:
            SignatureError: when a root does not follow from the one before, or too few have signed what would be replaced.
            MetadataError: when versions are not in order, or the known root is none of them.
        """
        if known is not None and known.payload not in [root.payload for root in self.roots]:
            msg = (
                f"root {known.version}, which you trust, is none of the roots in this file: it comes from another repository, "
                "or somebody exchanged it; do not sign it"
            )
            raise MetadataError(msg)
        notes = [] if known is not None else [f"the fingerprint of root 1 is {self.fingerprint()}; compare it with your note"]
        inforce: list[Document[Root]] = []
        for left, root in zip(range(len(self.roots) - 1, -1, -1), self.roots, strict=True):
            try:
                check_step(inforce[-1] if inforce else None, root)
            except SignatureError as error:
                if left or not self.ahead:
                    raise
                notes.append(f"not in force yet: {error}")
            else:
                inforce.append(root)
        if self.before is not None:
            self._check_before(inforce[-2:])
        return tuple(notes)

    def _check_before(self, inforce: Sequence[Document[Root]]) -> None:
        assert self.before is not None, "asked for"
        if not any(tally(root.signed, self.before).reached for root in inforce):
            msg = (
                f"targets {self.before.version}, which these would replace, are not signed by those who may sign them, so that "
                "nobody can tell what changes; do not sign it"
            )
            raise SignatureError(msg)


def fingerprint(root: AnyDocument) -> str:
    """SHA-256 of what is signed in a root, whoever has signed it so far."""
    return hashlib.sha256(root.payload).hexdigest()


def check_step(before: Document[Root] | None, root: Document[Root]) -> None:
    """Check that a root follows from the one before, or, as the first one, from itself.

    Raises:
        SignatureError: when too few have signed.
        MetadataError: when the version is not the next one.
    """
    expected = 1 if before is None else before.version + 1
    if root.version != expected:
        msg = f"root {root.version} stands where root {expected} should; fetch the roots again"
        raise MetadataError(msg)
    for judge in (root,) if before is None else (before, root):
        check(judge.signed, root)


def pack(carried: Carried) -> bytes:
    """Write the file."""
    before = () if carried.before is None else (msgspec.Raw(carried.before.data),)
    roots = tuple(msgspec.Raw(root.data) for root in carried.roots)
    return msgspec.json.encode(_File(_KIND, msgspec.Raw(carried.pending.data), roots, carried.ahead, before)) + b"\n"


def unpack(data: bytes, where: str) -> Carried:
    """Read the file; nothing is checked but that it is one.

    Raises:
        PendingError: when it is none.
        MetadataError: when the metadata in it are none.
    """
    if len(data) > _LARGEST:
        msg = f"{where}: more than {_LARGEST} bytes; not a pending file"
        raise PendingError(msg)
    try:
        file = msgspec.json.decode(data, type=_File)
        kind = msgspec.json.decode(file.pending, type=_Metadata).signed.type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        msg = f"{where}: is no pending file ({error}); copy it again from the workshop's folder `pending`"
        raise PendingError(msg) from error
    if file.kind != _KIND:
        msg = f"{where}: is of the kind {file.kind[:60]!r}, and {_KIND!r} is known here; install the publisher's version"
        raise PendingError(msg)
    pending: Document[Root] | Document[Targets]
    pending = read_root(bytes(file.pending), where) if kind == ROOT else read_targets(bytes(file.pending), where)
    roots = tuple(read_root(bytes(root), where) for root in file.roots)
    before = read_targets(bytes(file.before[0]), where) if file.before else None
    return Carried(pending, roots, before, file.ahead)


def read_carried(path: Path) -> Carried:
    """Read a file that was carried.

    Raises:
        PendingError: when there is none.
        MetadataError: when the metadata in it are none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); name the pending file"
        raise PendingError(msg) from error
    return unpack(data, str(path))


class _Signed(msgspec.Struct):
    type: str = msgspec.field(name="_type")


class _Metadata(msgspec.Struct):
    signed: _Signed
