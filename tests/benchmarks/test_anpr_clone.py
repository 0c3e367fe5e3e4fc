"""The short form of the bench of clone plates, and that it does not report what it was chosen on."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import anpr_clone
from benchmarks.figure import Options


def test_the_short_form_finds_most_planted_clones_and_few_others() -> None:
    figures = {figure.name: figure for figure in anpr_clone.run(Options(Path(), quick=True))}
    assert figures["precision"].value >= 0.85, "twenty plates: one wrong is a twentieth"
    assert figures["recall"].value >= 0.80
    assert figures["seconds"].value < 10
    assert figures["recall"].n == 20
    assert "short form" in figures["recall"].against
    assert figures["week_recall"].value < figures["recall"].value


def test_seeds_on_which_thresholds_were_chosen_are_not_reported() -> None:
    with pytest.raises(ValueError, match="chosen on seeds"):
        next(anpr_clone.run(Options(Path(), seed=100)))
