"""The measuring data, which is not part of the repository: tests that need it say by name what is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("LAMPLIGHTER_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def needed(name: str) -> Path:
    """A file or folder of the data; the test is skipped where it is not."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not here; name the folder of the measuring data in LAMPLIGHTER_DATA")
    return path
