"""Secrets that the manager is given by whoever starts it: in the environment, or in a file that the environment names.

Rule: ``NAME`` holds the secret, ``NAME_FILE`` the path of a file with it; a file that others can read is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from fleet.lists.errors import NotLoadedError

_MOST_BYTES = 4096


def given(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """A secret; ``None`` when none was given.

    Raises:
        NotLoadedError: a file was named that cannot be read, or that others can read.
    """
    if environment.get(name):
        return environment[name]
    named = environment.get(f"{name}_FILE")
    if not named:
        return None
    path = Path(named)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            msg = f"{path}, which {name}_FILE names, can be read by others; chmod 600 {path}"
            raise NotLoadedError(msg)
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        msg = f"{path}, which {name}_FILE names, cannot be read: {reason}; give the file with the secret"
        raise NotLoadedError(msg) from error
