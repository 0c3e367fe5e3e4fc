"""How things stand: for a person, and for what watches over a timer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from ota.publisher.carried import fingerprint
from ota.publisher.catalogue import catalogue
from ota.publisher.live import Live
from ota.publisher.roles import LARGEST, OFFLINE, ONLINE, ROLES, ROOT, TARGETS, WARN_AT, WARN_DAYS
from ota.publisher.root import spare
from ota.publisher.session import Session
from ota.publisher.signatures import Tally, keys_of, owner

_DAY = dt.timedelta(days=1)
_LARGE = 0.5
"""Share of the largest targets from which it is said: half a year or more is left to remove old releases."""


class RoleStatus(msgspec.Struct, frozen=True):
    """Of one role."""

    role: str
    version: int
    expires: dt.datetime
    days_left: float
    """Negative: expired so long ago."""
    threshold: int
    owners: tuple[str, ...]
    """Of its keys."""
    bytes: int


class ReleaseStatus(msgspec.Struct, frozen=True):
    """Of one release."""

    bundle: str
    release: int
    version: str
    hardware: tuple[str, ...]
    agent: str
    forms: dict[str, int]
    """Bytes by file."""
    every_box: int
    """Bytes of what every box needs beside its form."""
    deltas: dict[str, int]
    """Bytes by path."""
    published: bool


class SignatureStatus(msgspec.Struct, frozen=True):
    """Signatures under one root."""

    root: int
    threshold: int
    signed: tuple[str, ...]
    missing: tuple[str, ...]


class PendingStatus(msgspec.Struct, frozen=True):
    """Of what waits for signatures."""

    role: str
    version: int
    file: str
    """Which is carried."""
    expires: dt.datetime
    signatures: tuple[SignatureStatus, ...]


class Status(msgspec.Struct, frozen=True):
    """Everything."""

    public: str
    fingerprint: str
    """Of root 1, which people compare."""
    roles: tuple[RoleStatus, ...]
    releases: tuple[ReleaseStatus, ...]
    pending: tuple[PendingStatus, ...]
    warnings: tuple[str, ...]


def status(session: Session) -> Status:
    """Look at a workshop.

    Raises:
        MetadataError: when what is pending cannot be read.
    """
    live, now = session.live, session.now
    roles = tuple(_role(live, role, now) for role in ROLES) if live else ()
    first = live.roots[0] if live else session.root
    return Status(
        str(session.public.folder),
        fingerprint(first) if first else "",
        roles,
        tuple(_releases(session)),
        tuple(_pending(session)),
        tuple(_warnings(session)),
    )


def _role(live: Live, role: str, now: dt.datetime) -> RoleStatus:
    document, root = live.document(role), live.root.signed
    owners = tuple(sorted(owner(key) for key in keys_of(root, role)))
    left = round((document.expires - now) / _DAY, 2)
    return RoleStatus(role, document.version, document.expires, left, root.roles[role].threshold, owners, len(document.data))


def _releases(session: Session) -> Iterator[ReleaseStatus]:
    known = catalogue(session.live.targets.signed) if session.live else {}
    ahead = catalogue(session.targets.signed) if session.targets else {}
    for key, listed in sorted({**known, **ahead}.items()):
        release, size = listed.release, {name: target.length for name, target in listed.files.items()}
        yield ReleaseStatus(
            release.bundle,
            release.release,
            release.version,
            release.hardware,
            release.agent,
            {form.file: size[form.file] for form in release.forms},
            sum(size[name] for name in release.files),
            {delta.target.path: delta.target.length for delta in listed.deltas},
            key in known,
        )


def _pending(session: Session) -> Iterator[PendingStatus]:
    for role, document in ((ROOT, session.root), (TARGETS, session.targets)):
        if document is not None:
            tallies = session.workshop.carried(role).tallies()
            path = str(session.workshop.pending_path(role))
            yield PendingStatus(role, document.version, path, document.expires, tuple(_signature(each) for each in tallies))


def _signature(tally: Tally) -> SignatureStatus:
    return SignatureStatus(tally.root, tally.threshold, tally.signed, tally.missing)


def _warnings(session: Session) -> Iterator[str]:
    live, now = session.live, session.now
    if live is None:
        return
    for role in OFFLINE:
        left = live.document(role).expires - now
        if left <= WARN_DAYS[role] * _DAY:
            yield f"{role} {_when(left)}: `lamplighter ota renew {role}`, and have it signed"
    for role in ONLINE:
        left = live.document(role).expires - now
        if left <= WARN_AT * session.settings.days[role] * _DAY:
            yield f"{role} {_when(left)}: `lamplighter ota refresh`; is its timer running?"
    for role in OFFLINE:
        if spare(live.root.signed, role) == 0:
            yield f"every key of {role} has to sign: if one is lost, {_LOST[role]}; `lamplighter ota rotate {role}` adds one"
    if len(live.targets.data) > _LARGE * LARGEST[TARGETS]:
        yield f"targets have {len(live.targets.data):,} bytes of {LARGEST[TARGETS]:,} that boxes read; remove old releases"
    if session.public.read("timestamp.json") != live.timestamp.data:
        yield "the public folder is behind what was committed to: `lamplighter ota publish`"


def _when(left: dt.timedelta) -> str:
    days = abs(left / _DAY)
    return f"expires in {days:.1f} days" if left > dt.timedelta(0) else f"expired {days:.1f} days ago"


_LOST = {
    ROOT: "no key can ever be replaced again and every box has to be visited",
    TARGETS: "nothing can be released until root has replaced it",
}
