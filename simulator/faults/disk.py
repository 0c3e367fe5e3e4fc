"""A small disk that can be filled: a file system in memory, mounted for the occasion.

Rules: only what is inside is ever filled; it is unmounted whatever happens. Mounting needs the right to (CAP_SYS_ADMIN, as a
container's root may or may not have); where it is missing :class:`FaultUnavailableError` says so and nothing is pretended.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from simulator.faults.errors import FaultUnavailableError

_BALLAST = ".ballast"
_CHUNK = b"\0" * 65536


class SmallDisk:
    """A folder with a file system of its own; made by :func:`small_disk`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, leave_bytes: int = 0) -> None:
        """Fill it up, but for so many bytes."""
        space = os.statvfs(self.folder)
        left = space.f_bavail * space.f_frsize - leave_bytes
        with (self.folder / _BALLAST).open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while left > 0:
                left -= ballast.write(_CHUNK[: min(left, len(_CHUNK))])

    def free(self) -> None:
        """Give the space back."""
        (self.folder / _BALLAST).unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a file system of so many MB at a folder, which is made if it is not there.

    Raises:
        FaultUnavailableError: mounting is not allowed here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=0700"
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "lamplighter-small-disk", str(folder)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        msg = "a small disk needs the program mount (Debian's package mount)"
        raise FaultUnavailableError(msg) from None
    if done.returncode != 0:
        msg = f"a small disk needs the right to mount (CAP_SYS_ADMIN): {done.stderr.strip()}"
        raise FaultUnavailableError(msg)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
