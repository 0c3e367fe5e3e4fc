"""Boxes that are stopped whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.capture.clips import make_clip
from tests.edge.infer import puppet
from tests.edge.runtime.box import Box


@pytest.fixture
def control(tmp_path: Path) -> Path:
    """What the accelerator is to do."""
    return puppet.make_bundle(tmp_path / "models")


@pytest.fixture
def make_box(tmp_path: Path, control: Path) -> Iterator[Any]:
    boxes: list[Box] = []

    def make(**options: Any) -> Box:
        boxes.append(Box(tmp_path / "models", **options))
        return boxes[-1]

    yield make
    for box in boxes:
        box.runtime.stop()


@pytest.fixture
def box(make_box: Any) -> Box:
    made: Box = make_box()
    return made


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4")
