"""The public folder: static files, served by any web server.

::

    metadata/1.root.json 2.root.json ...        every root, for ever: readers go from one to the next
    metadata/N.targets.json N.snapshot.json     the last versions
    metadata/timestamp.json                     what is current; the only file that is written over
    targets/BUNDLE/RELEASE/SHA256.FILE          files and deltas

Rule: the folder holds nothing that not everybody may read, and nothing in it is believed. It is an output: what it lacks is
written again from the workshop.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tuf.api.metadata import TargetFile

from ota.publisher.catalogue import parse, sha256
from ota.publisher.errors import WorkshopError
from ota.publisher.roles import LARGEST

_LARGEST = max(LARGEST.values())
_BLOCK = 1 << 20


class PublicFolder:
    """The folder, by what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metadata = folder / "metadata"
        self.targets = folder / "targets"

    def read(self, name: str) -> bytes | None:
        """Read a metadata file; nothing where there is none, and of one that is too large as much as shows that it is.

        Raises:
            OSError: when it cannot be read.
        """
        try:
            with (self.metadata / name).open("rb") as file:
                return file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None

    def path(self, target: TargetFile) -> Path:
        """Where a target's file lies.

        Raises:
            MetadataError: when it is no file of a release.
        """
        name, _ = parse(target.path)
        file = target.path.rpartition("/")[2]
        return self.targets / name.bundle / str(name.release) / f"{sha256(target)}.{file}"

    def content(self, target: TargetFile) -> bytes:
        """Read a target's file.

        Raises:
            WorkshopError: when it is missing or is not what is signed.
        """
        path = self.path(target)
        try:
            with path.open("rb") as file:
                data = file.read(target.length + 1)
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror}); {_REMEDY}"
            raise WorkshopError(msg) from error
        if len(data) != target.length or hashlib.sha256(data).hexdigest() != sha256(target):
            msg = f"{path}: is not what is signed; {_REMEDY}"
            raise WorkshopError(msg)
        return data

    def holds(self, target: TargetFile) -> bool:
        """Whether a target's file is there with its size; what is in it, :meth:`is_whole` says."""
        path = self.path(target)
        return path.is_file() and path.stat().st_size == target.length

    def is_whole(self, target: TargetFile) -> bool:
        """Whether a target's file is there as it is signed, read block by block."""
        if not self.holds(target):
            return False
        digest = hashlib.sha256()
        with self.path(target).open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest() == sha256(target)


_REMEDY = "restore it from a backup, or `lamplighter ota remove` its release and add the bundle again"
