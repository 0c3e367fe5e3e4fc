"""Files that only their owner reads, and that are whole after a power cut.

Rule: what a technician writes with sudo belongs to whom the agent runs as, or the agent could not read it.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_file(path: Path, data: bytes, *, like: Path | None = None) -> None:
    """Write a file whole or not at all, readable by the owner only.

    Args:
        path: where.
        data: all of it.
        like: whose owner it is given to, where root writes it; ``None`` = whoever writes it.
    """
    beside = path.with_suffix(path.suffix + ".new")
    beside.unlink(missing_ok=True)  # what a power cut left may have another mode
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if like is not None:
            give(descriptor, like)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def give(descriptor: int, like: Path) -> None:
    """Let an open file belong to whom that one belongs to. Only root can, and nobody else needs to."""
    if os.geteuid() == 0:
        found = like.stat()
        os.fchown(descriptor, found.st_uid, found.st_gid)
