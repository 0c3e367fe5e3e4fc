"""A disk that tells of each call before it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ota.device.disk import Disk, Writing


class WatchedDisk:
    """Behind the port :class:`ota.device.disk.Disk`, before another one.

    Args:
        disk: does what is asked for.
        watch: is told before.
    """

    def __init__(self, disk: Disk, watch: Callable[[], None]) -> None:
        self._disk, self._watch = disk, watch

    def at(self, path: str) -> Path:
        """Where it really lies."""
        return self._disk.at(path)

    def open(self, path: str) -> BinaryIO:
        """For reading, seekable."""
        self._watch()
        return self._disk.open(path)

    def size(self, path: str) -> int | None:
        """Bytes of a file."""
        self._watch()
        return self._disk.size(path)

    def names(self, folder: str) -> list[str]:
        """What is in a folder."""
        self._watch()
        return self._disk.names(folder)

    def create(self, path: str) -> Writing:
        """Begin a file."""
        self._watch()
        return _Watched(self._disk.create(path), self._watch)

    def extend(self, path: str, size: int) -> Writing:
        """Go on with a file."""
        self._watch()
        return _Watched(self._disk.extend(path, size), self._watch)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        self._watch()
        self._disk.rename(old, new)

    def link(self, old: str, new: str) -> None:
        """Give a file a second name."""
        self._watch()
        self._disk.link(old, new)

    def unlink(self, path: str) -> None:
        """Take a file's name away."""
        self._watch()
        self._disk.unlink(path)

    def make_folder(self, folder: str) -> None:
        """Make a folder."""
        self._watch()
        self._disk.make_folder(folder)

    def remove_folder(self, folder: str) -> None:
        """Remove an empty folder."""
        self._watch()
        self._disk.remove_folder(folder)

    def sync_folder(self, folder: str) -> None:
        """Return when its names are on the disk."""
        self._watch()
        self._disk.sync_folder(folder)

    def free(self) -> int:
        """Bytes that may still be written."""
        self._watch()
        return self._disk.free()


class _Watched:
    def __init__(self, file: Writing, watch: Callable[[], None]) -> None:
        self._file, self._watch = file, watch

    def write(self, data: bytes, /) -> int:
        self._watch()
        return self._file.write(data)

    def sync(self) -> None:
        self._watch()
        self._file.sync()

    def close(self) -> None:
        self._file.close()
