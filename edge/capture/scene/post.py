"""Which file holds the landmarks of which camera: all that the agent's own process knows, which has no image arithmetic."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from protocol.config import Calibration

FOLDER = "landmarks"


@dataclass(frozen=True)
class Post:
    """Where the landmarks of one camera are kept, and for which calibration."""

    path: str
    calibration: str
    """Its digest."""


def post(folder: Path, source: str, calibration: Calibration) -> Post:
    """Of a source."""
    return Post(str(folder / source), hashlib.sha256(msgspec.json.encode(calibration)).hexdigest())


def forget_others(folder: Path, sources: Collection[str]) -> None:
    """Remove the landmarks of all but these sources; what cannot be removed stays."""
    for path in folder.glob("*"):
        if path.name not in sources:
            with contextlib.suppress(OSError):
                path.unlink()
