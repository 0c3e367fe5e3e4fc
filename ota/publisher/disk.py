"""Files that are there whole or not at all, also after a power cut.

Rules: a file is written beside its place, brought to the disk, renamed, and the rename brought to the disk; only then the next
one begins, so that whatever stands in a file is there before another names it. What was written beside and never renamed is
swept up by the next publisher.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

BESIDE = ".new"
PUBLIC = 0o644
PRIVATE = 0o600


class Disk:
    """The real one. Each method that begins with an underscore is one step, between which power may be cut."""

    def save(self, path: Path, data: bytes, mode: int = PUBLIC) -> None:
        """Write a file.

        Raises:
            OSError: when it cannot be written; what was there before is still there.
        """
        self.make_folder(path.parent)
        beside = path.with_name(f".{path.name}{BESIDE}")
        try:
            beside.unlink(missing_ok=True)  # what a kill left may have another mode
            self._write(beside, data, mode)
            self._sync_file(beside)
            self._rename(beside, path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        self._sync_folder(path.parent)

    def make_folder(self, path: Path, mode: int = 0o755) -> None:
        """Make a folder and those above it where they are missing.

        Raises:
            OSError: when it cannot be made.
        """
        if path.is_dir():
            return
        self.make_folder(path.parent)
        self._make(path, mode)
        self._sync_folder(path.parent)

    def remove(self, path: Path, top: Path) -> None:
        """Remove a file, and then those folders above it, up to ``top``, that are empty.

        Raises:
            OSError: when it cannot be removed.
        """
        self._unlink(path)
        with contextlib.suppress(OSError):  # not empty
            for folder in path.parents:
                if folder == top:
                    break
                folder.rmdir()

    def _make(self, path: Path, mode: int) -> None:
        path.mkdir(mode=mode, exist_ok=True)

    def _write(self, path: Path, data: bytes, mode: int) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)

    def _sync_file(self, path: Path) -> None:
        _sync(path)

    def _rename(self, path: Path, to: Path) -> None:
        path.replace(to)

    def _sync_folder(self, path: Path) -> None:
        _sync(path)

    def _unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)


def files_below(folder: Path) -> Iterator[Path]:
    """Every file of a folder and of those in it, in an order that is always the same; links are files and are not followed."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            yield from files_below(entry)
        else:
            yield entry


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
