"""Disks on which power is cut."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from ota.publisher.disk import Disk


class Cut(BaseException):
    """Nothing that follows is carried out: no ``except`` for errors catches it."""


class LazyDisk(Disk):
    """Leaves it to the system when something reaches the disk: for tests in which nothing is cut off."""

    def _sync_file(self, path: Path) -> None:
        assert path.is_file()

    def _sync_folder(self, path: Path) -> None:
        assert path.is_dir()


class CutDisk(LazyDisk):
    """Stops before a step, or in the middle of a write."""

    def __init__(
        self, at: int = 0, kinds: tuple[str, ...] = ("write", "sync", "rename", "unlink", "make"), *, kill: bool = False
    ) -> None:
        self.at = at
        self.kinds = kinds
        self.steps: list[tuple[str, Path]] = []
        self._kill = kill

    def _step(self, kind: str, path: Path) -> bool:
        """Count a step; gives whether it is the one to stop at."""
        if kind not in self.kinds:
            return False
        self.steps.append((kind, path))
        return len(self.steps) == self.at

    def _cut(self) -> None:
        if self._kill:
            os.kill(os.getpid(), signal.SIGKILL)
        raise Cut

    def _make(self, path: Path, mode: int) -> None:
        if self._step("make", path):
            self._cut()
        super()._make(path, mode)

    def _write(self, path: Path, data: bytes, mode: int) -> None:
        if self._step("write", path):
            super()._write(path, data[: len(data) // 2], mode)
            self._cut()
        super()._write(path, data, mode)

    def _sync_file(self, path: Path) -> None:
        if self._step("sync", path):
            self._cut()
        super()._sync_file(path)

    def _rename(self, path: Path, to: Path) -> None:
        if self._step("rename", to):
            self._cut()
        super()._rename(path, to)

    def _sync_folder(self, path: Path) -> None:
        if self._step("sync", path):
            self._cut()
        super()._sync_folder(path)

    def _unlink(self, path: Path) -> None:
        if self._step("unlink", path):
            self._cut()
        super()._unlink(path)


class ForgetfulDisk(CutDisk):
    """What was not brought to the disk is gone after the cut: content, names and folders, each for itself.

    ``loses`` says of each thing that is not on the disk whether it is lost; what is not lost has reached the disk out of order.
    """

    def __init__(self, at: int, kinds: tuple[str, ...], loses: Callable[[], bool]) -> None:
        super().__init__(at, kinds)
        self._loses = loses
        self._content: set[Path] = set()
        self._names: list[tuple[Path, Path, bytes | None]] = []
        """Folder, path, and what stood there before."""
        self._folders: list[Path] = []

    def _make(self, path: Path, mode: int) -> None:
        super()._make(path, mode)
        self._folders.append(path)

    def _write(self, path: Path, data: bytes, mode: int) -> None:
        super()._write(path, data, mode)
        self._content.add(path)

    def _sync_file(self, path: Path) -> None:
        super()._sync_file(path)
        self._content.discard(path)

    def _rename(self, path: Path, to: Path) -> None:
        before = to.read_bytes() if to.exists() else None
        super()._rename(path, to)
        self._names.append((to.parent, to, before))
        if path in self._content:
            self._content.remove(path)
            self._content.add(to)

    def _unlink(self, path: Path) -> None:
        before = path.read_bytes() if path.exists() else None
        super()._unlink(path)
        self._names.append((path.parent, path, before))

    def _sync_folder(self, path: Path) -> None:
        super()._sync_folder(path)
        self._names = [name for name in self._names if name[0] != path]
        self._folders = [folder for folder in self._folders if folder.parent != path]

    def forget(self) -> None:
        """What a cut leaves."""
        for path in self._content:
            if path.exists() and self._loses():
                path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
        for folder, path, before in reversed(self._names):
            if folder.is_dir() and self._loses():
                if before is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_bytes(before)
        for folder in self._folders:
            if self._loses():
                shutil.rmtree(folder, ignore_errors=True)
