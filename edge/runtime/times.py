"""How long each compiled model takes on each accelerator of this box: measured once, kept in the state folder.

Rules: times belong to files, by their SHA-256, and to this box; where they cannot be read there are none, and nothing stops.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from edge.ownerfile import write_file
from models.bundle.choose import Times

FILE = "times.json"
_MOST_BYTES = 1 << 18

_Ms = Annotated[float, Meta(gt=0, le=60_000)]


def read_times(folder: Path) -> Times:
    """What was measured; nothing where nothing was."""
    try:
        with (folder / FILE).open("rb") as file:
            data = file.read(_MOST_BYTES)
        known = msgspec.json.decode(data, type=dict[str, dict[str, _Ms]])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return {(variant, accelerator): ms for variant, found in known.items() for accelerator, ms in found.items()}


def write_times(folder: Path, times: Times) -> None:
    """Keep what was measured, for whom the folder belongs to.

    Raises:
        OSError: the folder cannot be written.
    """
    known: dict[str, dict[str, float]] = {}
    for (variant, accelerator), ms in sorted(times.items()):
        known.setdefault(variant, {})[accelerator] = round(ms, 3)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(folder / FILE, msgspec.json.encode(known), like=folder)
