"""The bench of colours and directions: what it calls right, and its short form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import anpr_vehicle
from benchmarks.anpr_vehicle import outcome, run
from benchmarks.figure import Options
from models.bundle.plates import COLOURS, PlateSeen
from models.synthesis.passage import Passage


def test_the_short_form(tmp_path: Path) -> None:
    found = {figure.name: figure for figure in run(Options(tmp_path, quick=True))}
    assert found["infrared.colour_unknown"].value == 1
    assert found["dark.colour_unknown"].value == 1
    assert found["day.colour_right"].value > 0.5, "of nine; the long form holds it to its target"
    assert found["day.direction_right"].value > 0.5


@pytest.mark.parametrize(("grows", "way"), [(True, 1.0), (False, 1.0)])
def test_what_is_right(monkeypatch: pytest.MonkeyPatch, grows: bool, way: float) -> None:
    widths = np.linspace(50, 120, 8)[:: 1 if grows else -1]
    corners = np.array([[[0, 0], [w, 0], [w, w / 4], [0, w / 4]] for w in widths], np.float32)
    passage = Passage("a", "1ABC123", (), corners, np.zeros((8, 4), np.float32), np.zeros((8, 2), np.int64), 10.0)
    colours = np.eye(len(COLOURS), dtype=np.float32)[COLOURS.index("red")]
    sights = [PlateSeen(0, c, 0.9, np.zeros((1, 37), np.float32), 0.5, 40.0, colours) for c in corners]
    monkeypatch.setattr(anpr_vehicle, "seen", lambda _chain, _passage: sights)
    values = outcome(None, passage, "red").values  # type: ignore[arg-type]
    assert (values["named"], values["right"], values["moves"], values["told"], values["way"]) == (1, 1, 1, 1, way)
    assert outcome(None, passage, "blue").values["right"] == 0  # type: ignore[arg-type]
