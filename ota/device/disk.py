"""The port to the disk: all that an update writes, names or removes goes through here, and a test's disk may stand behind it.

Rules:

- Names are relative to the root, their parts joined by ``/``. A part begins with a letter or digit; so none is hidden, none is
  ``..``, and none needs escaping anywhere.
- What was written is on the disk when the file was synced, and what was named, renamed or removed when its folder was. Nothing
  else is promised, and nothing else is relied upon.
- Files are written once, from their beginning or from where an earlier write ended; nothing is ever changed in place.
- Errors are ``OSError``, as the operating system tells them.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO, Protocol

from ota.device.errors import NameRefusedError

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_FLAGS = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_MODE = 0o644


@functools.lru_cache(maxsize=1024)
def parts_of(path: str) -> tuple[str, ...]:
    """Take a name apart.

    Raises:
        NameRefusedError: when a part of it could leave its folder, or is no name.
    """
    if not path:
        return ()
    parts = tuple(path.split("/"))
    for part in parts:
        if _PART.match(part) is None:
            msg = f"{path[:160]!r} is no name of a file here: {part[:64]!r} is empty, hidden, too long or has other characters"
            raise NameRefusedError(msg)
    return parts


class Writing(Protocol):
    """A file that is being written."""

    def write(self, data: bytes, /) -> int:
        """Append all of it."""

    def sync(self) -> None:
        """Return when all that was written is on the disk."""

    def close(self) -> None:
        """Close; promises nothing about the disk."""


class Disk(Protocol):
    """One folder, and all below it."""

    def at(self, path: str) -> Path:
        """Where it really lies, for what reads by itself: what runs a model."""

    def open(self, path: str) -> BinaryIO:
        """For reading, seekable."""

    def size(self, path: str) -> int | None:
        """Bytes of a file; ``None`` when there is none of this name."""

    def names(self, folder: str) -> list[str]:
        """What is in a folder, sorted; nothing when there is no such folder."""

    def create(self, path: str) -> Writing:
        """Begin a file; one that is there of this name is emptied."""

    def extend(self, path: str, size: int) -> Writing:
        """Go on with a file after its first ``size`` bytes; the rest is cut off."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name in the same folder; one that has it already is replaced."""

    def link(self, old: str, new: str) -> None:
        """Give a file a second name."""

    def unlink(self, path: str) -> None:
        """Take a file's name away; nothing happens when there is none."""

    def make_folder(self, folder: str) -> None:
        """Make a folder in one that is there; nothing happens when it is there too."""

    def remove_folder(self, folder: str) -> None:
        """Remove an empty folder; nothing happens when there is none."""

    def sync_folder(self, folder: str) -> None:
        """Return when all names in a folder are on the disk as they are now."""

    def free(self) -> int:
        """Bytes that may still be written."""


class RealDisk:
    """The operating system's.

    Args:
        root: folder, made if it is not there.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        root.mkdir(parents=True, exist_ok=True)

    def at(self, path: str) -> Path:
        """Where it really lies."""
        return Path(self._name(path))

    def open(self, path: str) -> BinaryIO:
        """For reading, seekable."""
        return open(self._name(path), "rb")  # noqa: PTH123 - as below; closed by who asked for it

    def size(self, path: str) -> int | None:
        """Bytes of a file."""
        try:
            found = os.lstat(self._name(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def names(self, folder: str) -> list[str]:
        """What is in a folder."""
        try:
            return sorted(os.listdir(self._name(folder)))  # noqa: PTH208 - names are wanted, not paths
        except (FileNotFoundError, NotADirectoryError):
            return []

    def create(self, path: str) -> Writing:
        """Begin a file."""
        return _RealWriting(os.open(self._name(path), _FLAGS | os.O_CREAT | os.O_TRUNC, _MODE))

    def extend(self, path: str, size: int) -> Writing:
        """Go on with a file."""
        descriptor = os.open(self._name(path), _FLAGS)
        try:
            os.ftruncate(descriptor, size)
            os.lseek(descriptor, size, os.SEEK_SET)
        except BaseException:
            os.close(descriptor)
            raise
        return _RealWriting(descriptor)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        os.replace(self._name(old), self._name(new))  # noqa: PTH105

    def link(self, old: str, new: str) -> None:
        """Give a file a second name."""
        os.link(self._name(old), self._name(new), follow_symlinks=False)

    def unlink(self, path: str) -> None:
        """Take a file's name away."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._name(path))  # noqa: PTH108

    def make_folder(self, folder: str) -> None:
        """Make a folder."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._name(folder))  # noqa: PTH102

    def remove_folder(self, folder: str) -> None:
        """Remove an empty folder."""
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(self._name(folder))  # noqa: PTH106

    def sync_folder(self, folder: str) -> None:
        """Return when its names are on the disk."""
        descriptor = os.open(self._name(folder), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free(self) -> int:
        """Bytes that may still be written."""
        space = os.statvfs(self._root)
        return space.f_bavail * space.f_frsize

    def _name(self, path: str) -> str:
        parts_of(path)
        return f"{self._root}/{path}"


class _RealWriting:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes, /) -> int:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        return len(data)

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


def read(disk: Disk, path: str, most: int) -> bytes:
    """Read a small file whole.

    Raises:
        OSError: when it cannot be read or has more than ``most`` bytes.
    """
    with disk.open(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"over {most} bytes", str(disk.at(path)))
    return data
