"""Making the public folder agree with what was committed to, in an order in which readers are served throughout.

Order: files of releases; earlier roots; targets; snapshot; then root and timestamp, which of them first the step says
(:mod:`ota.publisher.live`); then what nobody needs any more is removed. Each file is on the disk before the next one begins, so
that nothing is named before it is there, wherever the publisher dies. Doing it again goes on where it stopped.

Rule: metadata that are newer than ours and rightly signed are never written over: somebody else holds the same online keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import Root, TargetFile

from ota.publisher.carried import check_step
from ota.publisher.catalogue import catalogue
from ota.publisher.disk import BESIDE, Disk, files_below
from ota.publisher.document import read_root, read_snapshot, read_targets, read_timestamp
from ota.publisher.errors import MetadataError, SignatureError, WorkshopError
from ota.publisher.live import Live
from ota.publisher.public import PublicFolder
from ota.publisher.roles import KEPT_VERSIONS, ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from ota.publisher.signatures import AnyDocument, tally

_BEGUN = rf"\..+{re.escape(BESIDE)}"
_METADATA = re.compile(rf"[0-9]+\.(root|targets|snapshot)\.json|{_BEGUN}")
_TARGET = re.compile(rf"[0-9a-f]{{64}}\..+|{_BEGUN}")


@dataclass(frozen=True)
class Written:
    """What was written, and what could not be."""

    paths: tuple[str, ...] = ()
    """In the public folder."""
    lost: tuple[str, ...] = ()
    """Files of releases that are nowhere as they are signed, and what to do. Boxes that want them are refused; the others are
    served all the same, which is why they stop nothing."""

    def __add__(self, other: Written) -> Written:
        return Written(self.paths + other.paths, other.lost)


def bring_out(
    live: Live, public: PublicFolder, source: Callable[[TargetFile], bytes], disk: Disk, *, timestamp_first: bool
) -> Written:
    """Write what is missing or differs, and remove what is old.

    Args:
        live: what was committed to.
        public: where.
        source: gives the content of a target that is not there yet.
        disk: to write with.
        timestamp_first: whether the timestamp goes before the root.

    Raises:
        OSError: when a file cannot be written.
    """
    written, lost = [], []
    for target in _targets(live):
        if not public.holds(target):
            path = public.path(target)
            try:
                disk.save(path, source(target))
            except WorkshopError as error:
                lost.append(str(error))
            else:
                written.append(str(path.relative_to(public.folder)))
    ordered: list[AnyDocument] = [*live.roots[:-1], live.targets, live.snapshot]
    ordered += [live.timestamp, live.root] if timestamp_first else [live.root, live.timestamp]
    for document in ordered:
        if public.read(document.name) != document.data:
            disk.save(public.metadata / document.name, document.data)
            written.append(f"metadata/{document.name}")
    for path in superfluous(live, public):
        disk.remove(path, public.folder)
    return Written(tuple(written), tuple(lost))


def superfluous(live: Live, public: PublicFolder) -> list[Path]:
    """Files of a publisher that no reader needs: half-written ones, old metadata, what was removed. Files of others stay."""
    kept = set(needed(live, public))
    return [
        path
        for folder, pattern in ((public.metadata, _METADATA), (public.targets, _TARGET))
        for path in files_below(folder)
        if path not in kept and pattern.fullmatch(path.name)
    ]


def needed(live: Live, public: PublicFolder) -> Iterator[Path]:
    """Files of the public folder that readers need, or may be in the middle of."""
    documents: list[AnyDocument] = [*live.roots, *live.under_root]
    for document in documents:
        yield public.metadata / document.name
    for role, last in ((TARGETS, live.targets.version), (SNAPSHOT, live.snapshot.version)):
        for version in range(max(1, last - KEPT_VERSIONS + 1), last):
            yield public.metadata / f"{version}.{role}.json"
    for target in _targets(live):
        yield public.path(target)


def check_ours(public: PublicFolder, live: Live, ahead: Root, ours: set[bytes]) -> None:
    """See that nobody else publishes here.

    Args:
        public: the folder.
        live: what was committed to.
        ahead: the root that will be in force; with its keys somebody would have to have signed.
        ours: timestamps that were published from here.

    Raises:
        WorkshopError: saying what was found, and what to do about it.
    """
    data = public.read("timestamp.json")
    if data is not None and data not in ours:
        try:
            found = read_timestamp(data, "timestamp.json")
        except MetadataError:
            pass  # damaged: it is written again
        else:
            if found.version >= live.timestamp.version and tally(ahead, found).reached:
                _foreign(public, f"timestamp {found.version}", live.timestamp.version, TIMESTAMP)
    for role, last in ((ROOT, live.root), (TARGETS, live.targets), (SNAPSHOT, live.snapshot)):
        for version in sorted(_versions(public, role)):
            if version > last.version and _signed(public, role, version, live, ahead):
                _foreign(public, f"{role} {version}", last.version, role)


def _foreign(public: PublicFolder, what: str, ours: int, role: str) -> None:
    remedy = (
        f"or its keys are stolen: then `lamplighter ota rotate {role}`"
        if role in {SNAPSHOT, TIMESTAMP}
        else "or this one is an old copy"
    )
    msg = (
        f"{public.folder}: {what} there is rightly signed, but not from this workshop, which is at {ours}. Either another "
        f"workshop publishes here: use that one, or `lamplighter ota restore`; {remedy}"
    )
    raise WorkshopError(msg)


def _versions(public: PublicFolder, role: str) -> Iterator[int]:
    for path in public.metadata.glob(f"*.{role}.json"):
        number = path.name.split(".")[0]
        if number.isascii() and number.isdigit():
            yield int(number)


def _signed(public: PublicFolder, role: str, version: int, live: Live, ahead: Root) -> bool:
    data = public.read(f"{version}.{role}.json") or b""
    try:
        match role:
            case "root":
                check_step(live.root, read_root(data, role))
            case "targets":
                return tally(ahead, read_targets(data, role)).reached
            case _:
                return tally(ahead, read_snapshot(data, role)).reached
    except (MetadataError, SignatureError):
        return False
    return True


def _targets(live: Live) -> Iterator[TargetFile]:
    for listed in catalogue(live.targets.signed).values():
        yield from listed.targets()
