"""From a recipe to the zoo: what passes enters whole, what does not leaves nothing behind and says why."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from models.bundle.bundle import BundleError, load_bundle
from models.factory import build as building
from models.factory import evaluation, rivals
from models.factory import measure as measuring
from models.factory.build import build
from models.factory.cli import app
from models.factory.leaks import Item
from models.factory.listing import bundles
from models.factory.memory import Memory
from models.factory.recipe import read_recipe
from models.factory.report import read_report
from tests.models.factory.toy import judge, steps

TOML = (Path(__file__).parent / "toy" / "recipe.toml").read_text("utf-8")


class Bench:
    """A folder of recipes with one in it, an empty zoo, and data."""

    def __init__(self, folder: Path) -> None:
        self.recipes, self.zoo, self.data = folder / "recipes", folder / "zoo", folder / "data"
        (self.recipes / "toy").mkdir(parents=True)
        self.data.mkdir()
        (self.data / "pictures").write_text("24")
        self.steps = SimpleNamespace(**{name: getattr(steps, name) for name in STEPS})
        self.write(TOML)

    def write(self, toml: str) -> None:
        (self.recipes / "toy" / "recipe.toml").write_text(toml, "utf-8")

    def build(self, data: Path | None = None) -> Path:
        return build("toy", self.zoo, lambda _: None, data=data, recipes=self.recipes)

    def tree(self) -> dict[str, str]:
        return {
            str(p.relative_to(self.zoo)): hashlib.sha256(p.read_bytes()).hexdigest() for p in self.zoo.rglob("*") if p.is_file()
        }


STEPS = ("splits", "reference", "compile", "runner", "vectors")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path)
    monkeypatch.setattr(building, "load_steps", lambda _: made.steps)
    for module in (building, evaluation, rivals):
        monkeypatch.setattr(module, "load_judge", lambda _: judge)
        monkeypatch.setattr(module, "RECIPES", made.recipes)
    monkeypatch.setattr(evaluation, "read_subject", lambda name, _: read_recipe(name, made.recipes))
    # Fresh processes are slow, and measured elsewhere.
    monkeypatch.setattr(measuring, "measure_memory", lambda variant, *_: Memory(variant, 1.0, 1.0, 1.0, 1))
    monkeypatch.setattr(rivals, "names", lambda _: ("toy",))
    return made


def test_a_bundle_enters_with_its_evaluation(bench: Bench) -> None:
    folder = bench.build(bench.data)
    bundle = load_bundle(folder)
    report = read_report(folder / "evaluation.json")
    assert [result.reached for result in report.gates] == [True, True]
    assert {v.sha256 for v in report.variants} == {v.sha256 for v in bundle.manifest.variants}
    assert {m.name for m in bundle.manifest.metrics} >= {"right", "int8_loss_right", "int8_ms"}
    assert {f.condition for f in report.figures} == {"", "light", "dark"}
    assert sorted(p.name for p in bench.zoo.iterdir()) == ["toy"]


def test_the_same_files_keep_their_figures_and_make_the_same_bundle(bench: Bench) -> None:
    bench.build(bench.data)
    before = bench.tree()
    bench.build()
    assert bench.tree() == before


def test_files_that_were_never_measured_do_not_enter(bench: Bench) -> None:
    with pytest.raises(BundleError, match=r"never measured.*--data"):
        bench.build()
    assert bench.tree() == {}


def test_other_files_do_not_inherit_figures(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.build(bench.data)
    before = bench.tree()
    brighter = {**steps.weights(), "look.bias": np.array([-31, -2, -2, 2, 2], np.float32)}
    monkeypatch.setattr(steps, "weights", lambda: brighter)
    with pytest.raises(BundleError, match=r"is not what .* measured"):
        bench.build()
    assert bench.tree() == before


def test_a_missed_gate_keeps_a_bundle_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = {**steps.weights(), "look.bias": np.array([-9, -2, -2, 2, 2], np.float32)}
    monkeypatch.setattr(steps, "weights", lambda: blind | {"look.weight": blind["look.weight"] * 2})
    with pytest.raises(BundleError, match=r"toy misses 1 of 2 gates and does not enter the zoo: right at least 0.9: 0.5"):
        bench.build(bench.data)
    assert bench.tree() == {}


def test_a_figure_that_cannot_be_measured_is_a_missed_gate(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"misses 2 of 2 gates.*not measured"):
        bench.build(tmp_path)


def test_a_build_that_is_killed_while_it_replaces_loses_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.build(bench.data)
    before = bench.tree()
    (bench.zoo / "toy").rename(bench.zoo / ".replaced-toy")  # as a kill leaves it, between one move and the other
    assert bundles([bench.zoo]) == []
    bench.build()
    assert bench.tree() == before
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name == "staging":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space"):
        bench.build()
    assert bench.tree() == before


def test_the_card_says_what_was_missed_and_what_is_to_be_known(bench: Bench) -> None:
    lowered = 'at_least = 0.9\ngoal = 1.0\ndecision = "0009-toy.md"'
    assert "at_least = 0.9\n" in TOML
    notes = 'name = "toy"\nnotes = ["Compile it with: a command"]'
    bench.write(TOML.replace("at_least = 0.9", lowered).replace('name = "toy"', notes, 1))
    folder = bench.build(bench.data)
    report = read_report(folder / "evaluation.json")
    told = (folder / "MODEL_CARD.md").read_text("utf-8")
    right = next(result for result in report.gates if result.gate.figure == "right")
    assert right.value is not None
    expected = "reached" if right.value == 1 else "goal 1 MISSED (ADR 9)"
    assert f"| right at least 0.9 | {right.value:.3g} | {expected} |" in told
    assert "- Compile it with: a command" in told
    for figure in report.figures:
        assert figure.condition or f"| {figure.metric.name} | {figure.variant} | {figure.metric.value:.3g} |" in told
    assert all(f"| {v.file} | {v.size / 1e6:.2f} | 1 |" in told for v in report.variants)


def _nan(bench: Bench) -> None:
    def reference(room: Any) -> Path:
        path = steps.reference(room)
        model = onnx.load(str(path))
        for tensor in model.graph.initializer:
            if tensor.name == "look.weight":
                array = onnx.numpy_helper.to_array(tensor).copy()
                array[0, 0, 0, 0] = np.nan
                tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
        path.write_bytes(model.SerializeToString())
        return path

    bench.steps.reference = reference


def _changed(change: Callable[[onnx.ModelProto], None]) -> Callable[[Bench], None]:
    def spoil(bench: Bench) -> None:
        def reference(room: Any) -> Path:
            path = steps.reference(room)
            model = onnx.load(str(path))
            change(model)
            path.write_bytes(model.SerializeToString())
            return path

        bench.steps.reference = reference

    return spoil


def _operator(model: onnx.ModelProto) -> None:
    model.graph.node[-1].op_type = "Teleport"


def _shape(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 16


def _truncated(bench: Bench) -> None:
    def reference(room: Any) -> Path:
        path = steps.reference(room)
        path.write_bytes(path.read_bytes()[:400])
        return path

    bench.steps.reference = reference


def _other_variant(bench: Bench) -> None:
    def compile_(room: Any, reference: Path) -> None:
        steps.compile(room, reference)
        right = reference.read_bytes()
        spoilt = {**steps.weights(), "look.bias": np.array([40, -2, -2, 2, 2], np.float32)}
        kept, steps.weights = steps.weights, lambda: spoilt
        room.variant("int8").write_bytes(steps.reference(room).read_bytes())
        steps.weights = kept
        reference.write_bytes(right)

    bench.steps.compile = compile_


def _leak(bench: Bench) -> None:
    bench.steps.splits = lambda room: {
        "train": {"a": Item("clip 7", "a" * 64)},
        "report": {"b": Item("clip 7", "b" * 64)},
    }


def _toml(old: str, new: str) -> Callable[[Bench], None]:
    def spoil(bench: Bench) -> None:
        assert old in TOML
        bench.write(TOML.replace(old, new, 1))

    return spoil


TRAINED = '[trained]\nfile = "weights.npz"\nsha256 = "' + "0" * 64 + '"\n\n[manifest]\n'

BAD = [
    (_truncated, "is corrupt or truncated"),
    (_nan, "not a number|NaN|finite"),
    (_changed(_operator), "Teleport"),
    (_changed(_shape), "input"),
    (_leak, "split leaks: train and report share the sources clip 7"),
    (_toml('labels = ["light"]', 'labels = ["gender"]'), r"article 5\(1\)\(g\)"),
    (_toml("Telling light pictures", "Facial recognition of light pictures"), r"article 5\(1\)\(h\)"),
    (_toml('licence = "Apache-2.0"', 'licence = "unknown"'), "may not be shipped"),
    (_toml('licence = "rendered-by-us"', 'licence = "CC BY-NC 4.0"'), "may not be used to calibrate"),
    (_toml("risk_id = ", "risk = "), "risk"),
    (_toml("[manifest]\n", '[manifest]\nname = "else"\n'), "the build fills in"),
    (_toml('name = "toy"', 'name = "joy"'), "its folder must be called joy"),
    (_toml("at_least = 0.9", "at_least = 0.9\nat_most = 1"), "one of them"),
    (_toml("[manifest]\n", TRAINED), "weights.npz: No such file"),
    (_toml("version = ", "version == "), "correct the recipe"),
]


@pytest.mark.parametrize(("spoil", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_input_stops_the_build_with_the_reason(bench: Bench, spoil: Callable[[Bench], None], words: str) -> None:
    bench.build(bench.data)
    before = bench.tree()
    spoil(bench)
    with pytest.raises(BundleError, match=words):
        bench.build(bench.data)
    assert bench.tree() == before, "what was in the zoo stays, and nothing half-made lies beside it"


def test_a_variant_that_answers_otherwise_than_its_reference_stops_the_build(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "measure", lambda *_: pytest.fail("measured what is not the model"))
    bench.write(TOML.replace("at_least = 0.9", "at_least = 0.4").replace("at_most = 0.05", "at_most = 0.9"))
    _other_variant(bench)
    with pytest.raises(BundleError, match=r"int8\.onnx of toy answers otherwise than its reference"):
        bench.build(bench.data)
    assert bench.tree() == {}


def test_weights_of_another_training_are_refused(bench: Bench) -> None:
    bench.write(TOML.replace("[manifest]\n", TRAINED, 1))
    (bench.recipes / "toy" / "weights.npz").write_bytes(b"other")
    with pytest.raises(BundleError, match="not the weights of the recipe"):
        bench.build(bench.data)


def test_the_command_line_evaluates_lists_and_compares(bench: Bench, tmp_path: Path) -> None:
    bench.build(bench.data)
    runner = CliRunner()
    out = tmp_path / "out"
    done = runner.invoke(app, ["evaluate", "toy", "--zoo", str(bench.zoo), "--data", str(bench.data), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "All 2 gates reached." in (out / "toy" / "page.html").read_text("utf-8")
    assert read_report(out / "toy" / "report.json").bundle == "toy"
    listed = runner.invoke(app, ["list", "--zoo", str(bench.zoo)], env={"COLUMNS": "80"})
    assert "toy 1.0.0: int8, fp32" in listed.output
    assert re.search(r"right +1 +\S+ to 1 +≥ 0\.9 +reached", listed.output), listed.output
    compared = runner.invoke(
        app,
        ["compare", "toy:fp32", "toy/pessimist", "--zoo", str(bench.zoo), "--data", str(bench.data)],
        env={"COLUMNS": "200"},
    )
    assert compared.exit_code == 0, compared.output
    assert "-0.5" in compared.output
    skipped = runner.invoke(app, ["evaluate", "toy", "--zoo", str(bench.zoo), "--out", str(out)])
    assert skipped.exit_code == 1, "without data no gate can be reached"
    assert "not here" in (out / "toy" / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("toy", "toy/optimist"), "has no peer 'optimist'; it has pessimist"),
        (("toy", "toy:fp16"), "has no variant fp16"),
        (("toy", "nothing"), "not a bundle"),
    ],
)
def test_what_cannot_be_compared_says_why(bench: Bench, names: tuple[str, str], words: str) -> None:
    bench.build(bench.data)
    done = CliRunner().invoke(app, ["compare", *names, "--zoo", str(bench.zoo), "--data", str(bench.data)])
    assert done.exit_code == 1
    assert words in done.output


def test_bundles_of_two_recipes_are_compared_by_what_both_judges_know(bench: Bench) -> None:
    asked = judge.figures()
    other: Any = SimpleNamespace(figures=lambda: asked[:1], judge=judge.judge)
    stranger: Any = SimpleNamespace(figures=lambda: [replace(asked[0], on="sounds")], judge=judge.judge)
    model = judge.open(bench.build(bench.data) / "toy.fp32.onnx")
    first = rivals.Rival("a", "toy", judge, model)
    both = rivals.confront(first, rivals.Rival("b", "other", other, model), bench.data, lambda _: None)
    assert [(found.name, found.difference) for found in both] == [(asked[0].name, 0.0)]
    with pytest.raises(BundleError, match=r"a and c have no figure in common.*on sounds"):
        rivals.confront(first, rivals.Rival("c", "stranger", stranger, model), bench.data, lambda _: None)


def test_without_data_and_figures_nothing_is_begun(bench: Bench) -> None:
    bench.steps.reference = lambda _: pytest.fail("worked for nothing")
    with pytest.raises(BundleError, match=r"never measured.*--data DIR"):
        bench.build()
