"""What a microphone costs, as told of a real agent's process; and that too much is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import gunshot_cost
from benchmarks.figure import Options
from benchmarks.gunshot_cost import ORDINARY, Spent, figures


def test_the_short_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunshot_cost, "STREETS", {ORDINARY: 60.0})
    monkeypatch.setattr(gunshot_cost, "QUICK_S", 3.0)
    found = {figure.name: figure for figure in gunshot_cost.run(Options(tmp_path, quick=True))}
    share, pss = found["core_share"], found["pss_mb"]
    assert 0.001 < share.value < 1
    assert "onsets a minute" in share.against
    assert 10 < pss.value < 400
    assert pss.target == gunshot_cost.PSS_MB


def test_what_costs_too_much_misses_and_only_the_ordinary_street_is_judged() -> None:
    spent = Spent([0.06, 0.07, 0.08, 0.07, 0.06, 0.06], [110.0, 90.0], 120)
    share, pss = figures(ORDINARY, 30.0, 60.0, spent, quick=False)
    assert share.value == pytest.approx(0.4 / 6)
    assert share.reached is False
    assert pss.reached is False
    assert pss.value == 110
    (busy,) = figures("busy", 120.0, 60.0, spent, quick=False)
    assert busy.name == "core_share_busy"
    assert busy.reached is None
