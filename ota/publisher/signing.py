"""One person's part: look at what is pending, and sign it.

It needs the pending file and a key, nothing else; a machine that has never been on a network will do.

Rules: what changes is shown before anybody is asked; a signature that is given is checked before it is kept; nothing is signed
that has expired, or of which it cannot be told what it changes.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from securesystemslib.signer import Key, Signer
from tuf.api.metadata import Root, Targets

from ota.deltafile import Content
from ota.publisher.carried import Carried
from ota.publisher.catalogue import catalogue, sha256
from ota.publisher.changes import root_changes, targets_changes
from ota.publisher.document import Document
from ota.publisher.errors import ReleaseRefusedError, SignatureError
from ota.publisher.keys import Ask
from ota.publisher.material import Material
from ota.publisher.signatures import Tally, has_signed, keys_of, owner
from ota.publisher.signers import open_signer


@dataclass(frozen=True)
class Review:
    """What somebody is asked to sign."""

    role: str
    version: int
    expires: dt.datetime
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    """What the file cannot prove by itself."""
    tallies: tuple[Tally, ...]


def review(carried: Carried, known: Document[Root] | None = None) -> Review:
    """Look at a pending file.

    Args:
        carried: the file.
        known: a root that the signer trusts.

    Raises:
        MetadataError, SignatureError: when it does not follow from that root.
    """
    notes = carried.check(known)
    signed = carried.pending.signed
    if isinstance(signed, Root):
        changes = root_changes(carried.roots[-1].signed if carried.roots else None, signed)
    else:
        changes = targets_changes(carried.before.signed if carried.before else None, signed)
    lines = tuple(changes) or ("the same content, for longer",)
    return Review(carried.role, carried.pending.version, carried.pending.expires, lines, notes, carried.tallies())


def who_may_sign(carried: Carried) -> tuple[Key, ...]:
    """Keys whose signature counts, under the root in force or the one that will be."""
    found = {key.keyid: key for root in carried.judges for key in keys_of(root, carried.role)}
    return tuple(found.values())


def opened(carried: Carried, address: str, ask: Ask, name: str = "", environment: Mapping[str, str] = os.environ) -> Signer:
    """Open a key for a pending file.

    Raises:
        KeyRefusedError: when it cannot be opened, or may not sign this.
    """
    return open_signer(address, who_may_sign(carried), ask, name, environment)


def with_signature(carried: Carried, signer: Signer, now: dt.datetime) -> Carried:
    """Add a signature.

    Raises:
        ExpiredError: when it would be of no use.
        SignatureError: when the key has signed already, or its signature is wrong.
        KeyRefusedError: when the key fails.
    """
    carried.pending.check_fresh(now, f"make it anew: `lamplighter ota renew {carried.role}`")
    key = signer.public_key
    if has_signed(key, carried.pending):
        msg = f"{owner(key)} has signed {carried.role} {carried.pending.version} already; somebody else has to"
        raise SignatureError(msg)
    made = replace(carried, pending=carried.pending.signed_by(signer))
    if not has_signed(key, made.pending):
        msg = (
            f"the key of {owner(key)} gave a signature that does not verify; see that its token or service holds that very key"
        )
        raise SignatureError(msg)
    return made


def check_content(carried: Carried, material: Material) -> tuple[int, ...]:
    """See that releases that would be added are those of a bundle that the signer has.

    Returns:
        Their numbers.

    Raises:
        ReleaseRefusedError: when a file differs, or the bundle is not added at all.
    """
    assert isinstance(carried.pending.signed, Targets), "asked of targets only"
    before = catalogue(carried.before.signed) if carried.before else {}
    added = [
        listed
        for key, listed in catalogue(carried.pending.signed).items()
        if key not in before and (listed.release.bundle, listed.release.version) == (material.bundle, material.version)
    ]
    if not added:
        msg = f"no release of {material.bundle} {material.version} would be added; compare with the bundle that is"
        raise ReleaseRefusedError(msg)
    mine = {name: Content.of(data).sha256 for name, data in material.content.items()}
    for listed in added:
        theirs = {name: sha256(target) for name, target in listed.files.items()}
        differing = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
        if differing:
            number = listed.release.release
            msg = f"release {number} of {material.bundle} is not your bundle: {', '.join(differing)} differs; do not sign it"
            raise ReleaseRefusedError(msg)
    return tuple(listed.release.release for listed in added)
