"""The bench of the zoo, on the bundles that are checked in and without measuring data."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.figure import Options, Sense
from benchmarks.zoo import figures, run
from models.bundle.bundle import Bundle, zoo
from models.factory.listing import bundles, evaluation_of
from models.factory.recipe import names, read_recipe
from models.recipes.person_vehicle_fast.judge import TILES

BUILT = [bundle for bundle in bundles([zoo()]) if bundle.manifest.name in names()]


def test_without_data_times_and_sizes_are_told_and_the_rest_is_skipped_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = [bundle for bundle in BUILT if bundle.manifest.name == "person-vehicle-fast"]
    monkeypatch.setattr("benchmarks.zoo.bundles", lambda _: [one])  # others need no data, and take their time
    found = {f.name: f for f in run(Options(data=tmp_path / "nowhere", quick=True))}
    for variant in one.manifest.variants:
        assert found[f"person-vehicle-fast.{variant.precision}_ms"].value > 0
        assert found[f"person-vehicle-fast.{variant.precision}_file_mb"].value == variant.size / 1e6
    told = capsys.readouterr().err
    assert f"skipped: person-vehicle-fast on {TILES}: not here" in told


@pytest.mark.parametrize("bundle", BUILT, ids=lambda bundle: bundle.manifest.name)
def test_gates_are_the_targets(bundle: Bundle) -> None:
    recipe, report = read_recipe(bundle.manifest.name), evaluation_of(bundle)
    assert report is not None, "what is in the zoo was measured"
    assert all(result.reached for result in report.gates)
    told = list(figures(recipe, report))
    for gate in recipe.gates:
        mine = [f for f in told if f.target == gate.wanted and f.name.endswith(gate.figure)]
        assert mine, gate
        assert {f.sense for f in mine} == {Sense.AT_MOST if gate.at_least is None else Sense.AT_LEAST}
        assert all(gate.reached_by(f.value) for f in mine)
        assert all(f.reached for f in mine) or gate.decision, "what was wanted is missed with a record only"
    assert len({f.name for f in told}) == len(told), "a name stands for one figure"
