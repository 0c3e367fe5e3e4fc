"""Looking through a public folder from beginning to end, as the most suspicious reader would.

It needs the folder and a root that is trusted, no workshop: whoever is asked whether the repository is whole can do it.

Rules: every fault is found, not only the first; nothing is read that is larger than its kind may be; findings name the file.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import MetaFile, Root, T

from ota.deltafile import HEADER_SIZE, DeltaError, read_header
from ota.publisher.carried import check_step
from ota.publisher.catalogue import Listed, catalogue, sha256
from ota.publisher.disk import files_below
from ota.publisher.document import Document, read_root, read_snapshot, read_targets, read_timestamp
from ota.publisher.errors import MetadataError, PublisherError
from ota.publisher.live import Live, targets_meta
from ota.publisher.output import needed
from ota.publisher.public import PublicFolder
from ota.publisher.signatures import AnyDocument, check
from protocol.errors import ProtocolError
from protocol.manifest import GoldenVectors, Variant, read_manifest
from protocol.release import NOTHING


class Kind(str, enum.Enum):
    """How bad it is."""

    FAULT = "fault"
    EXPIRED = "expired"
    STRANGER = "stranger"
    """Nothing of this publisher's: it harms no reader, and should not be there."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong."""

    path: str
    fault: str
    kind: Kind = Kind.FAULT


@dataclass(frozen=True)
class Verified:
    """What was looked at, and found."""

    findings: tuple[Finding, ...]
    roots: int
    releases: int
    files: int
    """Of releases, deltas with them."""
    bytes: int
    live: Live | None
    """What is in force, as far as it could be followed."""


def verify(public: PublicFolder, trusted: Document[Root], now: dt.datetime) -> Verified:
    """Look through a public folder.

    Args:
        public: the folder.
        trusted: root to begin from; any version.
        now: for what has expired.
    """
    found: list[Finding] = []
    roots = list(_roots(public, trusted, found))
    live = _followed(public, roots, now, found)
    if live is None:
        return Verified(tuple(found), len(roots), 0, 0, 0, None)
    try:
        releases = catalogue(live.targets.signed)
    except MetadataError as error:
        found.append(Finding(f"metadata/{live.targets.name}", str(error)))
        return Verified(tuple(found), len(roots), 0, 0, 0, live)
    files = size = 0
    for listed in releases.values():
        for target in listed.targets():
            files, size = files + 1, size + target.length
            if not public.is_whole(target):
                found.append(Finding(_relative(public, public.path(target)), "is missing, or is not what is signed"))
        found.extend(_release(public, listed))
    known = set(needed(live, public))
    before_trusted = {public.metadata / f"{n}.root.json" for n in range(1, trusted.version)}
    found.extend(
        Finding(_relative(public, path), "is named by nothing that is signed", Kind.STRANGER)
        for path in files_below(public.folder)
        if path not in known | before_trusted
    )
    return Verified(tuple(found), len(roots), len(releases), files, size, live)


def _roots(public: PublicFolder, trusted: Document[Root], found: list[Finding]) -> Iterator[Document[Root]]:
    try:
        if trusted.version == 1:
            check_step(None, trusted)
        else:
            check(trusted.signed, trusted)
    except PublisherError as error:
        found.append(Finding("the trusted root", str(error)))
    published = public.read(trusted.name)
    if published != trusted.data:
        found.append(
            Finding(f"metadata/{trusted.name}", "is missing" if published is None else "is not the root that is trusted")
        )
    yield trusted
    last = trusted
    while (data := public.read(f"{last.version + 1}.root.json")) is not None:
        name = f"metadata/{last.version + 1}.root.json"
        try:
            root = read_root(data, name)
            check_step(last, root)
        except PublisherError as error:
            found.append(Finding(name, str(error)))
            return
        yield root
        last = root


def _followed(public: PublicFolder, roots: list[Document[Root]], now: dt.datetime, found: list[Finding]) -> Live | None:
    root = roots[-1]
    _fresh(root, now, found)
    timestamp = _read(public, "timestamp.json", None, read_timestamp, root, now, found)
    if timestamp is None:
        return None
    meta = timestamp.signed.snapshot_meta
    snapshot = _read(public, f"{meta.version}.snapshot.json", meta, read_snapshot, root, now, found)
    if snapshot is None:
        return None
    try:
        meta = targets_meta(snapshot)
    except MetadataError as error:
        found.append(Finding(f"metadata/{snapshot.name}", str(error)))
        return None
    targets = _read(public, f"{meta.version}.targets.json", meta, read_targets, root, now, found)
    return Live(tuple(roots), targets, snapshot, timestamp) if targets else None


def _read(  # noqa: PLR0913 - a file, what it must be, and where to say so
    public: PublicFolder,
    name: str,
    meta: MetaFile | None,
    read: Callable[[bytes, str], Document[T]],
    root: Document[Root],
    now: dt.datetime,
    found: list[Finding],
) -> Document[T] | None:
    data = public.read(name)
    if data is None:
        found.append(Finding(f"metadata/{name}", "is missing"))
        return None
    try:
        document = read(data, name)
        check(root.signed, document)
        if meta is not None and meta != document.meta_file():
            found.append(Finding(f"metadata/{name}", "is not the file that is signed as current"))
            return None
    except PublisherError as error:
        found.append(Finding(f"metadata/{name}", str(error)))
        return None
    _fresh(document, now, found)
    return document


def _fresh(document: AnyDocument, now: dt.datetime, found: list[Finding]) -> None:
    if document.signed.is_expired(now):
        found.append(Finding(f"metadata/{document.name}", f"expired on {document.expires:%Y-%m-%d %H:%M} UTC", Kind.EXPIRED))


def _release(public: PublicFolder, listed: Listed) -> Iterator[Finding]:
    """What a release says of itself, against what is in its files."""
    path = _relative(public, public.path(listed.manifest))
    try:
        manifest = read_manifest(public.content(listed.manifest))
    except (PublisherError, ProtocolError) as error:
        yield Finding(path, str(error))
        return
    release = listed.release
    if (manifest.name, manifest.version) != (release.bundle, release.version):
        yield Finding(path, f"is of {manifest.name} {manifest.version}, and signed as {release.bundle} {release.version}")
    said = {(form.file, form.runtime, form.precision) for form in release.forms}
    if said != {(variant.file, variant.runtime, variant.precision) for variant in manifest.variants}:
        yield Finding(path, "names other variants than are signed with the release")
    items: tuple[Variant | GoldenVectors, ...] = (*manifest.variants, manifest.golden)
    for item in items:
        target = listed.files.get(item.file)
        if target is None or (sha256(target), target.length) != (item.sha256, item.size):
            yield Finding(path, f"names another {item.file} than is signed")
    for delta in listed.deltas:
        try:
            header = read_header(public.content(delta.target)[:HEADER_SIZE])
        except (PublisherError, DeltaError) as error:
            yield Finding(_relative(public, public.path(delta.target)), str(error))
            continue
        base = NOTHING if header.base is None else header.base.sha256
        if (base, header.result.sha256, header.result.size) != (
            delta.difference.base,
            delta.difference.result,
            delta.difference.size,
        ):
            yield Finding(
                _relative(public, public.path(delta.target)), "makes another file, or of another base, than is signed"
            )


def _relative(public: PublicFolder, path: Path) -> str:
    return str(path.relative_to(public.folder))
