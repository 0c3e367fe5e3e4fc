"""Names of files on a mirror."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ota.device.errors import NameRefusedError

_LONGEST = 1024
"""Characters of a name; file systems and servers have had enough by then."""


@dataclass(frozen=True)
class Mirror:
    """Where a copy of the repository lies."""

    metadata: str
    """Base URL of the metadata."""
    targets: str
    """Base URL of the files."""

    @staticmethod
    def under(base: str) -> Mirror:
        """As this project's publisher lays a repository out."""
        return Mirror(f"{base.rstrip('/')}/metadata/", f"{base.rstrip('/')}/targets/")

    def url(self, name: str) -> str:
        """URL of a file."""
        return f"{self.targets.rstrip('/')}/{quote(name)}"


def file_name(path: str, sha256: str, *, prefixed: bool) -> str:
    """Name under which a target lies on a mirror.

    Args:
        path: name of the target, as signed.
        sha256: of the file.
        prefixed: whether the hash stands before its name, as with consistent snapshots.

    Raises:
        NameRefusedError: when a part of it would lead out of the folder, or it is no name.
    """
    parts = path.split("/")
    if len(path) > _LONGEST or any(part in {"", ".", ".."} or not part.isprintable() for part in parts):
        msg = f"{path[:160]!r} is no name of a file on a mirror; sign it under another"
        raise NameRefusedError(msg)
    return "/".join([*parts[:-1], f"{sha256}.{parts[-1]}" if prefixed else parts[-1]])
