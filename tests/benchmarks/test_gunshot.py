"""The short forms of the benches of shots, and that they do not report what they were chosen on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import gunshot_count, gunshot_doa
from benchmarks.figure import Figure, Options


def test_the_short_form_counts_most_bursts(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in gunshot_count.run(Options(tmp_path, quick=True))}
    assert figures["exact_to_10"].value >= 0.8, "ten streets: one wrong is a tenth"
    assert figures["exact_to_10"].n == 10
    assert figures["cadence_error"].value < 0.1
    assert "short form" in figures["exact_to_10"].against


def test_the_short_form_tells_directions(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in gunshot_doa.run(Options(tmp_path, quick=True))}
    assert figures["median_deg"].value < 3
    assert figures["p95_deg"].value < 8
    assert figures["answered"].value > 0.7
    assert figures["sigma_coverage"].value > 0.7
    assert figures["median_deg_50cm"].value <= figures["median_deg_20cm"].value + 0.5


@pytest.mark.parametrize(("run", "seed"), [(gunshot_count.run, 602), (gunshot_doa.run, 701)])
def test_seeds_on_which_constants_were_chosen_are_not_reported(run: Callable[[Options], Iterator[Figure]], seed: int) -> None:
    with pytest.raises(ValueError, match="chosen on seeds"):
        next(run(Options(Path(), seed=seed)))
