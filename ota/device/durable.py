"""Small files that are replaced whole, or not at all, and know whether they are what was written.

Rules:

- Written beside, synced, renamed, folder synced: when :func:`write` returns, a power cut brings back the new content; when it
  has not returned, the old or the new.
- A seal (SHA-256) stands before the content, for a card that lies about what it has written: what does not fit its seal is
  treated as if it were not there.
"""

from __future__ import annotations

import contextlib
import hashlib

from ota.device.disk import Disk, read

BESIDE = ".new"
"""What is written beside ends so; after a power cut it is waste."""
_MAGIC = b"lamplighter "
_HEAD = len(_MAGIC) + 65
"""Bytes of the seal: magic, SHA-256 in hexadecimal, end of line."""


def write(disk: Disk, path: str, content: bytes) -> None:
    """Replace a file.

    Raises:
        OSError: the file is as it was, or is the new one.
    """
    beside = path + BESIDE
    with contextlib.closing(disk.create(beside)) as file:
        file.write(_MAGIC + hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        file.sync()
    disk.rename(beside, path)
    disk.sync_folder(path.rpartition("/")[0])


def load(disk: Disk, path: str, most: int) -> bytes | None:
    """Read what :func:`write` wrote; ``None`` when there is no such file, or what there is does not fit its seal.

    Raises:
        OSError: when the disk does not say what is in it.
    """
    size = disk.size(path)
    if size is None or size > most + _HEAD:
        return None
    head, _, content = read(disk, path, most + _HEAD).partition(b"\n")
    return content if head == _MAGIC + hashlib.sha256(content).hexdigest().encode() else None
