"""The signed repository that the publisher leaves in a folder, read for its releases.

Rules:

- What boxes would find is what is read: timestamp, the snapshot that it names, the targets that this names. A release that was
  added and not published is not there.
- The manager chooses among releases and can make none; signatures are checked here so that a spoilt folder is found before a
  box finds it. What boxes rest on is their own check, from the root that they were given.
- Files are bounded; whatever cannot be read is an error with the folder's name, never an empty list.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp

from fleet.rollouts.catalogue import Published
from fleet.rollouts.errors import CatalogueError
from protocol.release import MANIFEST_FILE, Release, ReleaseError, TargetName, release_of

_METADATA_BYTES = 16 << 20
"""Targets of a thousand releases with their deltas take a tenth of it."""
_S = TypeVar("_S", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True)
class _Read:
    stamp: tuple[int, int]
    releases: tuple[Published, ...]
    expires: Mapping[str, dt.datetime]


class FolderCatalogue:
    """The publisher's folder. Read again when its timestamp changes; may be shared by threads.

    Args:
        folder: with ``metadata/`` and ``targets/``; need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._metadata = folder / "metadata"
        self._lock = threading.Lock()
        self._last: _Read | None = None

    def releases(self) -> tuple[Published, ...]:
        """See :class:`fleet.rollouts.catalogue.Catalogue`; none where nothing was ever published."""
        found = self._read()
        return () if found is None else found.releases

    def fault(self, now: dt.datetime) -> str:
        """See :class:`fleet.rollouts.catalogue.Catalogue`."""
        found = self._read()
        if found is None:
            return f"{self._metadata}: nothing was published here yet; publish a release first"
        for role, expires in found.expires.items():
            if expires <= now:
                moment = f"{expires:%Y-%m-%d %H:%M} UTC"
                return f"{self._metadata}: {role} expired on {moment}, boxes refuse it; sign and publish it anew"
        return ""

    def _read(self) -> _Read | None:
        try:
            status = (self._metadata / "timestamp.json").stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            msg = f"{self._metadata}: cannot be read ({error.strerror}); see --updates"
            raise CatalogueError(msg) from error
        stamp = (status.st_mtime_ns, status.st_size)
        with self._lock:
            if self._last is None or self._last.stamp != stamp:
                self._last = self._load(stamp)
            return self._last

    def _load(self, stamp: tuple[int, int]) -> _Read:
        root: Metadata[Root] = self._file(self._newest_root(), Metadata[Root].from_bytes)
        timestamp = self._signed(root, "timestamp", "timestamp.json", Metadata[Timestamp].from_bytes)
        version = timestamp.signed.snapshot_meta.version
        snapshot = self._signed(root, "snapshot", f"{version}.snapshot.json", Metadata[Snapshot].from_bytes)
        meta = snapshot.signed.meta.get("targets.json")
        if meta is None:
            msg = f"{self._metadata}/{version}.snapshot.json names no targets.json; publish the repository anew"
            raise CatalogueError(msg)
        targets = self._signed(root, "targets", f"{meta.version}.targets.json", Metadata[Targets].from_bytes)
        roles: dict[str, Signed] = {
            "root": root.signed, "timestamp": timestamp.signed, "snapshot": snapshot.signed, "targets": targets.signed,
        }  # fmt: skip
        return _Read(stamp, _published(targets.signed), {role: signed.expires for role, signed in roles.items()})

    def _newest_root(self) -> str:
        numbers = [
            int(path.name.split(".")[0]) for path in self._metadata.glob("[0-9]*.root.json") if path.stem[:-5].isdecimal()
        ]
        if not numbers:
            msg = f"{self._metadata}: no root.json is there; publish the repository anew"
            raise CatalogueError(msg)
        return f"{max(numbers)}.root.json"

    def _signed(self, root: Metadata[Root], role: str, name: str, read: Callable[[bytes], Metadata[_S]]) -> Metadata[_S]:
        found = self._file(name, read)
        try:
            root.signed.verify_delegate(role, found.signed_bytes, found.signatures)
        except (RepositoryError, ValueError) as error:
            msg = f"{self._metadata / name}: not signed as the root asks for: {error}; sign and publish it anew"
            raise CatalogueError(msg) from error
        return found

    def _file(self, name: str, read: Callable[[bytes], Metadata[_S]]) -> Metadata[_S]:
        path = self._metadata / name
        try:
            with path.open("rb") as file:
                data = file.read(_METADATA_BYTES + 1)
            if len(data) > _METADATA_BYTES:
                msg = f"{path}: over {_METADATA_BYTES} bytes, which no metadata of this project is; restore the folder"
                raise CatalogueError(msg)
            return read(data)
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror}); publish the repository anew"
            raise CatalogueError(msg) from error
        except (RepositoryError, ValueError, RecursionError) as error:
            msg = f"{path}: not the metadata that its name says: {error}; publish the repository anew"
            raise CatalogueError(msg) from error


def _published(targets: Targets) -> tuple[Published, ...]:
    found = []
    for path, target in targets.targets.items():
        if not path.endswith(f"/{MANIFEST_FILE}"):
            continue
        try:
            release = release_of(target.custom)
            lengths = {name: _length(targets, release, name) for name in _files(release)}
        except (ReleaseError, KeyError) as error:
            msg = f"targets: {path[:80]}: {error}; publish the repository anew"
            raise CatalogueError(msg) from error
        forms = max(lengths[form.file] for form in release.forms)
        size = target.length + sum(lengths[name] for name in release.files if name != MANIFEST_FILE) + forms
        content = target.hashes.get("sha256", "")
        hardware = release.hardware
        found.append(Published(release.bundle, release.release, release.version, hardware, release.agent, content, size))
    return tuple(sorted(found, key=lambda one: (one.bundle, one.release)))


def _files(release: Release) -> list[str]:
    return [name for name in (*release.files, *(form.file for form in release.forms)) if name != MANIFEST_FILE]


def _length(targets: Targets, release: Release, name: str) -> int:
    return int(targets.targets[TargetName(release.bundle, release.release, name).path].length)
