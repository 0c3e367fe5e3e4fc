"""What lies in the zoo still does what its evaluation says, on what lies in the repository."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.bundle import Bundle, zoo
from models.factory.card import CARD, card
from models.factory.curves import average_precision
from models.factory.listing import bundles, evaluation_of
from models.factory.recipe import names, read_recipe
from models.factory.square import score
from models.factory.statistics import estimate
from models.factory.steps import load_judge
from models.recipes.person_vehicle_fast import judge as people

ZOO = {bundle.manifest.name: bundle for bundle in bundles([zoo()])}
MOST_MB = 60
SURE = 0.3
OF_PEOPLE = {"person-vehicle-fast", "person-vehicle-accurate"}
"""Their truth may not lie in the repository."""


def test_every_bundle_has_a_recipe_and_all_together_are_small() -> None:
    assert set(ZOO) <= set(names())
    assert sum(path.stat().st_size for path in zoo().rglob("*") if path.is_file()) < MOST_MB * 1e6


@pytest.mark.parametrize("name", ZOO)
def test_a_bundle_says_what_its_recipe_says_and_reached_its_gates(name: str) -> None:
    manifest, recipe, report = ZOO[name].manifest, read_recipe(name), evaluation_of(ZOO[name])
    assert report is not None
    assert [result.gate for result in report.gates] == list(recipe.gates)
    assert all(result.reached for result in report.gates)
    assert manifest.sources == recipe.sources
    assert manifest.golden.tolerance == {planned.precision: planned.tolerance for planned in recipe.variants}
    golden = {"file": manifest.golden.file, "sha256": manifest.golden.sha256, "size": manifest.golden.size}
    assert recipe.draft(manifest.variants, golden, manifest.metrics) == manifest
    assert report.notes == recipe.notes
    assert (ZOO[name].folder / CARD).read_text("utf-8") == card(manifest, report)


@pytest.mark.parametrize("name", sorted(ZOO.keys() - OF_PEOPLE))
def test_the_8_bit_form_does_what_was_measured(name: str) -> None:
    """On all that the judge needs no photos for: people of the square's clip, drawn plates that training did not see."""
    bundle, judge, report = ZOO[name], load_judge(name), evaluation_of(ZOO[name])
    assert report is not None
    judged = judge.judge(judge.open(bundle.folder / f"{name}.int8.onnx"), None, lambda _: None)
    here = [asked for asked in judge.figures() if asked.on in judged.outcomes]
    assert here
    for asked in here:
        known = next(f.metric for f in report.figures if (f.metric.name, f.variant, f.condition) == (asked.name, "int8", ""))
        found = estimate(judged.outcomes[asked.on], asked.figure, asked.name, asked.on, np.random.default_rng(1), draws=20)
        assert known.low <= found.metric.value <= known.high, "other processors round otherwise, within the interval"
        assert found.metric.n == known.n


def test_people_are_found_where_the_more_exact_variant_finds_them() -> None:
    """Its truth may not lie in the repository; what 8 bits change is seen without."""
    bundle: Bundle = ZOO["person-vehicle-fast"]
    exact, used = (people.open(bundle.folder / f"person-vehicle-fast.{precision}.onnx") for precision in ("fp16", "int8"))
    scored, real = [], 0
    for number, rgb in people.frames():
        if number % 40 == 1:
            truth = people.detect(exact, rgb, tiled=True)
            boxes = truth.boxes[truth.scores >= SURE].tolist()
            scored += score(people.detect(used, rgb, tiled=True), boxes)
            real += len(boxes)
    assert real >= 20
    found = np.array(scored)
    assert average_precision(found[:, 0], found[:, 1], real) > 0.95
