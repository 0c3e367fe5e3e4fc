"""The folder that docs/ml-engineer.md shows to whoever has a detector of their own."""

from __future__ import annotations

import re
from pathlib import Path

from models.factory.adopt import FILE

NAME = "our-yolox"
MODEL = "yolox_nano.onnx"
GUIDE = Path(__file__).parents[3] / "docs" / "ml-engineer.md"


def folder_of_the_guide(folder: Path, model: bytes) -> Path:
    """Make it, with this file."""
    found = re.search(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found
    own = folder / "own"
    own.mkdir()
    (own / FILE).write_text(found[1], "utf-8")
    (own / MODEL).write_bytes(model)
    return own
