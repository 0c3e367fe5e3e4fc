"""What a disk remembers: names and data as they live, as they are kept, and the changes in between. Pure.

Rules: a change to data belongs to one file, one to names to the folders in which they stand; each is kept by syncing what it
belongs to, and may be kept or lost by itself at a power cut.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ota.device.disk import parts_of

SECTOR = 512
"""Bytes that a disk writes whole."""


class Survival(enum.Enum):
    """How much of what was not synced is left after a cut."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    IN_ORDER = "in order"
    """All up to some moment, and nothing behind it."""
    ANYTHING = "anything"
    """Each change by itself, sectors by themselves."""


@dataclass(eq=False)
class File:
    """A file, whatever names it has."""

    live: bytearray = field(default_factory=bytearray)
    kept: bytes = b""


@dataclass(eq=False)
class Folder:
    """Names."""

    live: dict[str, File | Folder] = field(default_factory=dict)
    kept: dict[str, File | Folder] = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """A change to what is in a file: these bytes from ``at`` on; no bytes: it is cut off there."""

    file: File
    at: int
    data: bytes

    def apply(self, draw: random.Random, *, torn: bool) -> None:
        """Put it upon what is kept: all of it, or of its sectors some."""
        kept = bytearray(self.file.kept if self.data else self.file.kept[: self.at])
        end = self.at + len(self.data)
        if len(kept) < end:
            missing = end - len(kept)
            kept += bytes(missing) if draw.random() < 0.5 else draw.randbytes(missing)
        at = self.at
        while at < end:
            until = min(end, (at // SECTOR + 1) * SECTOR)
            if not torn or draw.random() < 0.5:
                kept[at:until] = self.data[at - self.at : until - self.at]
            at = until
        self.file.kept = bytes(kept)


@dataclass(frozen=True)
class Names:
    """A change to names, whole or not at all."""

    changes: tuple[tuple[Folder, str, File | Folder | None], ...]

    def apply(self) -> None:
        """Put it upon what is kept."""
        for folder, name, entry in self.changes:
            _set(folder.kept, name, entry)

    def touches(self, folder: Folder) -> bool:
        """Whether it stands in a folder."""
        return any(touched is folder for touched, _, _ in self.changes)


class Memory:
    """The whole of a disk."""

    def __init__(self, root: Folder | None = None) -> None:
        self.root = root or Folder()
        self._pending: list[Data | Names] = []

    def folder(self, path: str) -> Folder | None:
        """Find a folder."""
        found: Folder = self.root
        for part in parts_of(path):
            entry = found.live.get(part)
            if not isinstance(entry, Folder):
                return None
            found = entry
        return found

    def parent(self, path: str) -> tuple[Folder, str]:
        """The folder in which a name stands; it must be there."""
        above, _, name = path.rpartition("/")
        folder = self.folder(above)
        assert folder is not None, path
        return folder, name

    def find(self, path: str) -> File | Folder | None:
        """What has a name."""
        above, _, name = path.rpartition("/")
        folder = self.folder(above)
        return None if folder is None else folder.live.get(name)

    def file(self, path: str) -> File:
        """A file that is there."""
        entry = self.find(path)
        assert isinstance(entry, File), path
        return entry

    def write(self, file: File, at: int, data: bytes) -> None:
        """Change what is in a file, from ``at`` to its end."""
        self._pending.append(Data(file, at, data))
        file.live[at:] = data

    def name(self, *changes: tuple[str, File | Folder | None]) -> None:
        """Change names, all of them at once."""
        made = tuple((*self.parent(path), entry) for path, entry in changes)
        for folder, name, entry in made:
            _set(folder.live, name, entry)
        self._pending.append(Names(made))

    def sync(self, file: File) -> None:
        """Keep what is in a file."""
        file.kept = bytes(file.live)
        self._pending = [change for change in self._pending if not (isinstance(change, Data) and change.file is file)]

    def sync_names(self, folder: Folder) -> None:
        """Keep the names in a folder."""
        left: list[Data | Names] = []
        for change in self._pending:
            if isinstance(change, Names) and change.touches(folder):
                change.apply()
            else:
                left.append(change)
        self._pending = left

    def used(self) -> int:
        """Bytes of all files, each once, however many names it has."""
        return sum(len(file.live) for file in _files(self.root))

    def cut(self, draw: random.Random, survival: Survival) -> Memory:
        """What is left after a power cut."""
        for change in self._surviving(draw, survival):
            if isinstance(change, Names):
                change.apply()
            else:
                change.apply(draw, torn=survival is Survival.ANYTHING)
        return Memory(_copy(self.root, {}, kept=True))

    def copy(self) -> Memory:
        """The same, all of it kept."""
        return Memory(_copy(self.root, {}, kept=False))

    def write_out(self, path: Path) -> None:
        """Make real files of it, in an empty folder."""
        _write_out(self.root, path, {})

    def _surviving(self, draw: random.Random, survival: Survival) -> Iterator[Data | Names]:
        until = draw.randint(0, len(self._pending))
        for at, change in enumerate(self._pending):
            match survival:
                case Survival.NOTHING:
                    return
                case Survival.EVERYTHING:
                    yield change
                case Survival.IN_ORDER:
                    if at < until:
                        yield change
                case Survival.ANYTHING:
                    if draw.random() < 0.5:
                        yield change


def _set(names: dict[str, File | Folder], name: str, entry: File | Folder | None) -> None:
    if entry is None:
        names.pop(name, None)
    else:
        names[name] = entry


def _files(folder: Folder) -> set[File]:
    found: set[File] = set()
    for entry in folder.live.values():
        found |= _files(entry) if isinstance(entry, Folder) else {entry}
    return found


def _copy(folder: Folder, known: dict[File, File], *, kept: bool) -> Folder:
    made = Folder()
    for name, entry in (folder.kept if kept else folder.live).items():
        copied: File | Folder
        if isinstance(entry, Folder):
            copied = _copy(entry, known, kept=kept)
        else:
            data = entry.kept if kept else bytes(entry.live)
            copied = known.setdefault(entry, File(bytearray(data), data))
        made.live[name] = made.kept[name] = copied
    return made


def _write_out(folder: Folder, path: Path, known: dict[File, Path]) -> None:
    for name, entry in folder.live.items():
        if isinstance(entry, Folder):
            (path / name).mkdir()
            _write_out(entry, path / name, known)
        elif entry in known:
            (path / name).hardlink_to(known[entry])
        else:
            (path / name).write_bytes(entry.live)
            known[entry] = path / name
