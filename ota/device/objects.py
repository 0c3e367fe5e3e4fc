"""Files by what is in them, and what has come of those that are still being fetched.

Rules:

- A file has its hash for a name from the moment when all of it was synced, read back and hashed, and not before.
- A partial file counts as far as its note says, which is written after the data were synced: what a power cut left of the
  rest may be anything.
- Nothing here is believed for where it came from; which file is wanted, signed metadata say.

A note says who sent the beginning and under which validator (``ETag``), so that the same server can be asked to go on with the
same file.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from ota.deltafile import Content
from ota.device import durable
from ota.device.disk import Disk, Writing

FOLDER = "objects"
_PART, _NOTE = ".part", ".note"
_BLOCK = 1 << 16
_NOTE_BYTES = 1 << 12


class Note(msgspec.Struct, frozen=True):
    """What is known of a partial file."""

    size: int = 0
    """Bytes that are on the disk."""
    mirror: str = ""
    etag: str = ""


class Partial:
    """A file that is being fetched; made by :meth:`Objects.resume`.

    Attributes:
        size: bytes written so far.
    """

    def __init__(self, objects: Objects, content: Content, file: Writing, size: int) -> None:
        self._objects, self._content, self._file = objects, content, file
        self.size = size

    def write(self, data: bytes) -> None:
        """Append."""
        self._file.write(data)
        self.size += len(data)

    def keep(self, mirror: str, etag: str) -> None:
        """Make what is written count."""
        self._file.sync()
        self._objects.note(self._content, Note(self.size, mirror, etag))

    def sync(self) -> None:
        """Sync without a note: the file is complete."""
        self._file.sync()

    def close(self) -> None:
        """Close; what was not made to count does not."""
        self._file.close()


class Objects:
    """All of them.

    Args:
        disk: where they lie, in a folder of their own.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def has(self, content: Content) -> bool:
        """Whether a file is here, complete."""
        return self._disk.size(_path(content)) == content.size

    def path(self, content: Content) -> str:
        """Name of a file on the disk."""
        return _path(content)

    def open(self, content: Content) -> BinaryIO:
        """For reading."""
        return self._disk.open(_path(content))

    def is_sound(self, content: Content) -> bool:
        """Read a file and hash it."""
        return self._disk.size(_path(content)) == content.size and self._hash(_path(content), content.size) == content.sha256

    def begun(self, content: Content) -> Note:
        """How far a file has come."""
        size = self._disk.size(_path(content) + _PART)
        data = durable.load(self._disk, _path(content) + _NOTE, _NOTE_BYTES)
        note = Note()
        if data is not None:
            with contextlib.suppress(msgspec.DecodeError):
                note = msgspec.json.decode(data, type=Note)
        sound = size is not None and 0 < note.size <= min(size, content.size)
        return note if sound else Note()

    def resume(self, content: Content, size: int) -> Partial:
        """Go on after the first ``size`` bytes, of which :meth:`begun` has told; 0 = from the beginning."""
        self._make_folder()
        part = _path(content) + _PART
        if size:
            return Partial(self, content, self._disk.extend(part, size), size)
        self._disk.unlink(_path(content) + _NOTE)  # it would speak of another beginning
        return Partial(self, content, self._disk.create(part), 0)

    def note(self, content: Content, note: Note) -> None:
        """Write down how far a file has come."""
        durable.write(self._disk, _path(content) + _NOTE, msgspec.json.encode(note))

    def take(self, content: Content) -> bool:
        """Give a fetched file its name if it is the one; else throw it away.

        It must have been synced: what is hashed here is what the system gives back, from its memory or from the disk.
        """
        part = _path(content) + _PART
        if self._disk.size(part) != content.size or self._hash(part, content.size) != content.sha256:
            self.forget(content)
            return False
        self._disk.rename(part, _path(content))
        self._disk.sync_folder(FOLDER)  # before the note goes: a cut may keep either of two changes of a folder
        self._disk.unlink(_path(content) + _NOTE)
        return True

    def put(self, content: Content, write: Callable[[Writing], object]) -> bool:
        """Let a file be written by somebody, and take it; whatever it raises, nothing is kept."""
        self._make_folder()
        try:
            with contextlib.closing(self._disk.create(_path(content) + _PART)) as file:
                write(file)
                file.sync()
        except BaseException:
            with contextlib.suppress(OSError):
                self.forget(content)
            raise
        return self.take(content)

    def forget(self, content: Content) -> None:
        """Throw away what was fetched."""
        self._disk.unlink(_path(content) + _NOTE)
        self._disk.unlink(_path(content) + _PART)

    def collect(self, wanted: set[str]) -> None:
        """Remove all files, complete or not, whose hash is not wanted, and notes of files that are complete."""
        names = set(self._disk.names(FOLDER))
        for name in sorted(names):
            stale = name.endswith(_NOTE) and name.removesuffix(_NOTE) in names
            if stale or name.endswith(durable.BESIDE) or name.split(".")[0] not in wanted:
                self._disk.unlink(f"{FOLDER}/{name}")

    def _make_folder(self) -> None:
        if FOLDER not in self._disk.names(""):
            self._disk.make_folder(FOLDER)
            self._disk.sync_folder("")

    def _hash(self, path: str, size: int) -> str:
        digest, left = hashlib.sha256(), size + 1
        with self._disk.open(path) as file:
            while block := file.read(min(left, _BLOCK)):
                digest.update(block)
                left -= len(block)
        return digest.hexdigest()


def _path(content: Content) -> str:
    return f"{FOLDER}/{content.sha256}"
