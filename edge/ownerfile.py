"""Files that only their owner reads, and that are whole after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by the owner only."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.unlink(missing_ok=True)  # what a power cut left may have another mode
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
