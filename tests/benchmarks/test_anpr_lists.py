"""The bench of changes of lists: a real box uses them within seconds, and little travels."""

from __future__ import annotations

from pathlib import Path

from benchmarks.anpr_lists import CHANGES_QUICK, run
from benchmarks.figure import Options


def test_the_short_form(tmp_path: Path) -> None:
    found = {figure.name: figure for figure in run(Options(tmp_path, quick=True))}
    assert found["change_active_s"].n == CHANGES_QUICK
    assert found["change_active_s"].value > 0
    assert found["change_share_of_whole"].value < 0.1, "ten plates of two thousand are not the whole list"
    assert found["whole_active_s"].value > 0
