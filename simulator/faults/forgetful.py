"""A disk that forgets at a power cut what was not synced, and breaks on demand.

What a real one may do, and what this one does, drawn from a seed:

- data that were written and not synced are there, gone, or there in some sectors and not in others; where a file has become
  longer without its data, zeros or rubbish stand in it;
- names that were made, changed or removed, and whose folder was not synced, are as before or as after, each by itself and in
  any order; a rename is one thing, and so is a link;
- syncing a file promises nothing about its name, and syncing a folder nothing about what is in its files.

Rules: the files that live now are real ones, in a folder that is handed in, so that everybody may read them; what would be left
of them is kept in memory. After a power cut nothing works any more, whatever catches the error, until
:meth:`ForgetfulDisk.restart` has made real what was left. Every draw comes from the generator that is handed in.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ota.device.disk import RealDisk, Writing
from simulator.faults.memory_of_disk import File, Folder, Memory, Survival


class PowerCut(BaseException):
    """The power is gone."""


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
        memory: what is on it, and is kept.

    Attributes:
        calls: so many there were.
    """

    def __init__(self, folder: Path, plan: Plan = NOTHING_WRONG, memory: Memory | None = None) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._path, self._real = folder, RealDisk(folder)
        self._memory = memory or Memory()
        self._memory.write_out(folder)
        self._cut = False
        self.plan = plan
        self.calls = 0

    # What befalls it.

    def restart(self, draw: random.Random, plan: Plan = NOTHING_WRONG, survival: Survival | None = None) -> ForgetfulDisk:
        """Cut the power if that has not happened, and make real what is left.

        Args:
            draw: draws what is left.
            plan: what goes wrong from now on.
            survival: how much is left; drawn where nothing is said.
        """
        self._cut = True
        return ForgetfulDisk(self._path, plan, self._memory.cut(draw, survival or draw.choice(tuple(Survival))))

    def copied(self, folder: Path, plan: Plan = NOTHING_WRONG) -> ForgetfulDisk:
        """Another disk with the same files, all of them kept."""
        return ForgetfulDisk(folder, plan, self._memory.copy())

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
        return self._real.free() if self.plan.capacity is None else max(0, self.plan.capacity - self._memory.used())

    def create(self, path: str) -> Writing:
        """Begin a file."""
        self._call("create", path)
        real = self._real.create(path)
        file = self._memory.find(path)
        if isinstance(file, File):
            self._memory.write(file, 0, b"")
        else:
            file = File()
            self._memory.name((path, file))
        return _Writing(self, path, file, real)

    def extend(self, path: str, size: int) -> Writing:
        """Go on with a file."""
        self._call("extend", path)
        real = self._real.extend(path, size)
        file = self._memory.file(path)
        self._memory.write(file, size, b"")
        return _Writing(self, path, file, real)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        self._call("rename", old)
        self._real.rename(old, new)
        self._memory.name((new, self._memory.file(old)), (old, None))

    def link(self, old: str, new: str) -> None:
        """Give a file a second name."""
        self._call("link", new)
        self._real.link(old, new)
        self._memory.name((new, self._memory.file(old)))

    def unlink(self, path: str) -> None:
        """Take a file's name away."""
        self._call("unlink", path)
        if isinstance(self._memory.find(path), File):
            self._real.unlink(path)
            self._memory.name((path, None))

    def make_folder(self, folder: str) -> None:
        """Make a folder."""
        self._call("make_folder", folder)
        self._real.make_folder(folder)
        if self._memory.find(folder) is None:
            self._memory.name((folder, Folder()))

    def remove_folder(self, folder: str) -> None:
        """Remove an empty folder."""
        self._call("remove_folder", folder)
        self._real.remove_folder(folder)
        if self._memory.find(folder) is not None:
            self._memory.name((folder, None))

    def sync_folder(self, folder: str) -> None:
        """Return when its names are on the disk."""
        self._call("sync_folder", folder)
        found = self._memory.folder(folder)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
        if not self.plan.deaf("sync_folder", folder):
            self._memory.sync_names(found)

    def _call(self, kind: str, path: str, data: bytes = b"") -> bytes:
        """Count a call, and break if it is its turn; returns what is written before it breaks."""
        if self._cut:
            raise PowerCut
        self.calls += 1
        plan = self.plan
        plan.watch(kind, path)
        if plan.cut_at == self.calls:
            self._cut = True
            if not data or plan.cut_within < 0:
                raise PowerCut
            return data[: int(plan.cut_within * len(data))]
        if plan.fail_at and plan.fail_at <= self.calls < plan.fail_at + plan.fail_for:
            raise OSError(plan.fail_with, os.strerror(plan.fail_with), path)
        if data and plan.capacity is not None and self._memory.used() + len(data) > plan.capacity:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        return data

    def _write(self, path: str, file: File, real: Writing, data: bytes) -> None:
        handed = self._call("write", path, data)
        if handed:
            self._memory.write(file, len(file.live), handed)
            real.write(handed)
        if self._cut:
            raise PowerCut

    def _sync(self, path: str, file: File) -> None:
        self._call("sync", path)
        if not self.plan.deaf("sync", path):
            self._memory.sync(file)


class _Writing:
    def __init__(self, disk: ForgetfulDisk, path: str, file: File, real: Writing) -> None:
        self._disk, self._path, self._file, self._real = disk, path, file, real

    def write(self, data: bytes, /) -> int:
        self._disk._write(self._path, self._file, self._real, bytes(data))  # noqa: SLF001 - its disk's
        return len(data)

    def sync(self) -> None:
        self._disk._sync(self._path, self._file)  # noqa: SLF001 - likewise

    def close(self) -> None:
        self._real.close()
