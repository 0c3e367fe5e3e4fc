"""A disk that forgets at a power cut what was not synced, and breaks on demand.

What a real one may do, and what this one does, drawn from a seed:

- data that were written and not synced are there, gone, or there in some sectors and not in others (512 bytes, the unit that a
  disk writes whole); where a file has become longer without its data, zeros or rubbish stand in it;
- names that were made, changed or removed, and whose folder was not synced, are as before or as after, each by itself and in
  any order; a rename is one thing, and so is a link;
- syncing a file promises nothing about its name, and syncing a folder nothing about what is in its files.

Rules: the files that live now are real ones, in a folder that is handed in, so that everybody may read them; what would be left
of them is kept in memory. After a power cut nothing works any more, whatever catches the error, until :meth:`restart` has made
real what was left. Every draw comes from the generator that is handed in.
"""

from __future__ import annotations

import enum
import errno
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ota.device.disk import RealDisk, Writing, parts_of

SECTOR = 512


class PowerCut(BaseException):
    """The power is gone."""


class Survival(enum.Enum):
    """How much of what was not synced is left after a cut."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    IN_ORDER = "in order"
    """All up to some moment, and nothing behind it."""
    ANYTHING = "anything"
    """Each change by itself, sectors by themselves."""


@dataclass(eq=False)
class _File:
    live: bytearray = field(default_factory=bytearray)
    kept: bytes = b""


@dataclass(eq=False)
class _Folder:
    live: dict[str, _File | _Folder] = field(default_factory=dict)
    kept: dict[str, _File | _Folder] = field(default_factory=dict)


@dataclass(frozen=True)
class _Data:
    """A change to what is in a file: all from ``at`` on is this."""

    file: _File
    at: int
    data: bytes


@dataclass(frozen=True)
class _Names:
    """A change to names, whole or not at all."""

    changes: tuple[tuple[_Folder, str, _File | _Folder | None], ...]


@dataclass(frozen=True)
class Plan:
    """What goes wrong, by the number of the call, from 1."""

    cut_at: int = 0
    """The power goes before this call; 0 = it does not."""
    cut_within: float = -1.0
    """Of a write that the power goes at, the share that was handed over; negative: it goes before."""
    fail_at: int = 0
    """This call fails; 0 = none does."""
    fail_for: int = 1
    """So many calls in a row do."""
    fail_with: int = errno.EIO
    capacity: int | None = None
    """Bytes that fit on it."""
    deaf: Callable[[str, str], bool] = lambda _kind, _path: False
    """Told the kind of a sync (``sync``, ``sync_folder``) and its path; where it says so, nothing is synced, and success is
    returned."""
    watch: Callable[[str, str], None] = lambda _kind, _path: None
    """Told the kind and path of each call before it is done."""


NOTHING_WRONG = Plan()


class ForgetfulDisk:
    """Behind the port :class:`ota.device.disk.Disk`.

    Args:
        folder: where the living files lie; emptied.
        plan: what goes wrong.

    Attributes:
        calls: so many there were.
    """

    def __init__(self, folder: Path, plan: Plan = NOTHING_WRONG) -> None:
        self._path = folder
        shutil.rmtree(folder, ignore_errors=True)
        self._real = RealDisk(folder)
        self._root = _Folder()
        self._pending: list[_Data | _Names] = []
        self._cut = False
        self.plan = plan
        self.calls = 0

    # What a box does with it.

    def at(self, path: str) -> Path:
        """Where it really lies."""
        return self._real.at(path)

    def open(self, path: str) -> BinaryIO:
        """For reading, seekable."""
        self._call("open", path)
        return self._real.open(path)

    def size(self, path: str) -> int | None:
        """Bytes of a file."""
        self._call("size", path)
        return self._real.size(path)

    def names(self, folder: str) -> list[str]:
        """What is in a folder."""
        self._call("names", folder)
        return self._real.names(folder)

    def free(self) -> int:
        """Bytes that may still be written."""
        self._call("free", "")
        return self._real.free() if self.plan.capacity is None else max(0, self.plan.capacity - self._used())

    def create(self, path: str) -> Writing:
        """Begin a file."""
        self._call("create", path)
        folder, name = self._parent(path)
        file = folder.live.get(name)
        if isinstance(file, _File):
            self._pending.append(_Data(file, 0, b""))
            file.live.clear()
        else:
            file = _File()
            self._rename((folder, name, file))
        return _Writing(self, path, file, self._real.create(path))

    def extend(self, path: str, size: int) -> Writing:
        """Go on with a file."""
        self._call("extend", path)
        writing = self._real.extend(path, size)
        file = self._file(path)
        self._pending.append(_Data(file, size, b""))
        del file.live[size:]
        return _Writing(self, path, file, writing)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        self._call("rename", old)
        self._real.rename(old, new)
        file, (source, before), (target, after) = self._file(old), self._parent(old), self._parent(new)
        self._rename((target, after, file), (source, before, None))

    def link(self, old: str, new: str) -> None:
        """Give a file a second name."""
        self._call("link", new)
        self._real.link(old, new)
        folder, name = self._parent(new)
        self._rename((folder, name, self._file(old)))

    def unlink(self, path: str) -> None:
        """Take a file's name away."""
        self._call("unlink", path)
        if self._real.size(path) is not None:
            self._real.unlink(path)
            folder, name = self._parent(path)
            self._rename((folder, name, None))

    def make_folder(self, folder: str) -> None:
        """Make a folder."""
        self._call("make_folder", folder)
        parent, name = self._parent(folder)
        if name not in parent.live:
            self._real.make_folder(folder)
            self._rename((parent, name, _Folder()))

    def remove_folder(self, folder: str) -> None:
        """Remove an empty folder."""
        self._call("remove_folder", folder)
        if self.at(folder).is_dir():
            self._real.remove_folder(folder)
            parent, name = self._parent(folder)
            self._rename((parent, name, None))

    def sync_folder(self, folder: str) -> None:
        """Return when its names are on the disk."""
        self._call("sync_folder", folder)
        if self.plan.deaf("sync_folder", folder):
            return
        synced = self._folder(folder)
        left: list[_Data | _Names] = []
        for change in self._pending:
            if isinstance(change, _Names) and any(touched is synced for touched, _, _ in change.changes):
                _apply_names(change)
            else:
                left.append(change)
        self._pending = left

    # What befalls it.

    def restart(self, random_: random.Random, plan: Plan = Plan()) -> ForgetfulDisk:
        """Cut the power if that has not happened, and make real what is left.

        Args:
            random_: draws what is left.
            plan: what goes wrong from now on.
        """
        survival = random_.choice(tuple(Survival))
        for change in self._surviving(random_, survival):
            if isinstance(change, _Names):
                _apply_names(change)
            else:
                _apply_data(change, random_, torn=survival is Survival.ANYTHING)
        self._cut = True
        after = ForgetfulDisk(self._path, plan)
        after._root = _copied(self._root, {})
        _write_out(after._root, self._path, {})
        return after

    def _surviving(self, random_: random.Random, survival: Survival) -> Iterator[_Data | _Names]:
        until = random_.randint(0, len(self._pending))
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
                    if random_.random() < 0.5:
                        yield change

    def _call(self, kind: str, path: str, data: bytes = b"") -> bytes:
        """Count a call, and break if it is its turn; returns what is written before it breaks."""
        if self._cut:
            raise PowerCut
        self.calls += 1
        plan = self.plan
        plan.watch(kind, path)
        if plan.cut_at == self.calls:
            self._cut = True
            if not (data and plan.cut_within >= 0):
                raise PowerCut
            return data[: int(plan.cut_within * len(data))]
        if plan.fail_at and plan.fail_at <= self.calls < plan.fail_at + plan.fail_for:
            raise OSError(plan.fail_with, os.strerror(plan.fail_with), path)
        if data and plan.capacity is not None and self._used() + len(data) > plan.capacity:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        return data

    def _write(self, path: str, file: _File, real: Writing, data: bytes) -> None:
        handed = self._call("write", path, data)
        self._pending.append(_Data(file, len(file.live), handed))
        file.live += handed
        real.write(handed)
        if self._cut:
            raise PowerCut

    def _sync(self, path: str, file: _File) -> None:
        self._call("sync", path)
        if self.plan.deaf("sync", path):
            return
        file.kept = bytes(file.live)
        self._pending = [change for change in self._pending if not (isinstance(change, _Data) and change.file is file)]

    def _rename(self, *changes: tuple[_Folder, str, _File | _Folder | None]) -> None:
        for folder, name, entry in changes:
            _set(folder.live, name, entry)
        self._pending.append(_Names(changes))

    def _used(self) -> int:
        return sum(len(file.live) for file in _files(self._root))

    def _folder(self, path: str) -> _Folder:
        found = self._root
        for part in parts_of(path):
            entry = found.live.get(part)
            if not isinstance(entry, _Folder):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            found = entry
        return found

    def _parent(self, path: str) -> tuple[_Folder, str]:
        folder, _, name = path.rpartition("/")
        return self._folder(folder), name

    def _file(self, path: str) -> _File:
        folder, name = self._parent(path)
        entry = folder.live[name]
        assert isinstance(entry, _File)
        return entry


class _Writing:
    def __init__(self, disk: ForgetfulDisk, path: str, file: _File, real: Writing) -> None:
        self._disk, self._path, self._file, self._real = disk, path, file, real

    def write(self, data: bytes, /) -> int:
        self._disk._write(self._path, self._file, self._real, bytes(data))  # noqa: SLF001 - its disk's
        return len(data)

    def sync(self) -> None:
        self._disk._sync(self._path, self._file)  # noqa: SLF001 - likewise

    def close(self) -> None:
        self._real.close()


def _set(names: dict[str, _File | _Folder], name: str, entry: _File | _Folder | None) -> None:
    if entry is None:
        names.pop(name, None)
    else:
        names[name] = entry


def _apply_names(change: _Names) -> None:
    for folder, name, entry in change.changes:
        _set(folder.kept, name, entry)


def _apply_data(change: _Data, random_: random.Random, *, torn: bool) -> None:
    """Put a write upon what is kept: all of it, or of its sectors some."""
    kept = bytearray(change.file.kept[: change.at] if not change.data else change.file.kept)
    end = change.at + len(change.data)
    if len(kept) < end:
        kept += bytes(end - len(kept)) if random_.random() < 0.5 else random_.randbytes(end - len(kept))
    at = change.at
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        if not torn or random_.random() < 0.5:
            kept[at:until] = change.data[at - change.at : until - change.at]
        at = until
    change.file.kept = bytes(kept)


def _files(folder: _Folder) -> set[_File]:
    """Each once, however many names it has."""
    found: set[_File] = set()
    for entry in folder.live.values():
        found |= _files(entry) if isinstance(entry, _Folder) else {entry}
    return found


def _copied(folder: _Folder, known: dict[_File, _File]) -> _Folder:
    """What is kept, as what lives after a start."""
    made = _Folder()
    for name, entry in folder.kept.items():
        copy: _File | _Folder
        if isinstance(entry, _Folder):
            copy = _copied(entry, known)
        else:
            copy = known.setdefault(entry, _File(bytearray(entry.kept), entry.kept))
        made.live[name] = made.kept[name] = copy
    return made


def _write_out(folder: _Folder, path: Path, known: dict[_File, Path]) -> None:
    for name, entry in folder.live.items():
        if isinstance(entry, _Folder):
            (path / name).mkdir()
            _write_out(entry, path / name, known)
        elif entry in known:
            (path / name).hardlink_to(known[entry])
        else:
            (path / name).write_bytes(entry.live)
            known[entry] = path / name
