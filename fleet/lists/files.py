"""Files of lists on the manager's disk, each under the SHA-256 of what is in it, as boxes fetch them.

Rules: a file is there whole or not at all, and never changed; a name that is no digest is no file; what is in them says nothing
without the list's key and is trusted by its signature, so that anybody may fetch them.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class ListFiles:
    """The folder; made when the first file is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, data: bytes) -> str:
        """Keep a file. Returns its digest.

        Raises:
            OSError: it cannot be written.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self._folder / digest
        if path.exists():
            return digest
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        beside = self._folder / f"{digest}.{os.getpid()}.new"
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        return digest

    def path(self, digest: str) -> Path | None:
        """Where a file is; ``None`` when there is none."""
        if not _DIGEST.match(digest):
            return None
        path = self._folder / digest
        return path if path.is_file() else None

    def keep(self, digests: set[str], before_ms: int) -> int:
        """Remove all but some, and what a killed process left. Returns how many went.

        Args:
            digests: that stay.
            before_ms: only files older than this go: a younger one may be about to be named.

        Raises:
            OSError: one cannot be removed.
        """
        gone = 0
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if path.name not in digests and path.stat().st_mtime_ns // 1_000_000 < before_ms:
                path.unlink()
                gone += 1
        return gone
