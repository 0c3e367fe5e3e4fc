"""Training: a cut costs nothing but time, and another plan is another training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make setup-models")

from typer.testing import CliRunner  # noqa: E402 - after the skip

from models.bundle.bundle import BundleError  # noqa: E402
from models.factory import training  # noqa: E402
from models.factory.cli import app  # noqa: E402
from models.factory.training import CHECKPOINT, Plan, TrainingError, load_task, train  # noqa: E402


class Line:
    """Learns y = 2 x1 - x2 with dropout, so that a step's chance matters."""

    def network(self) -> Any:
        return torch.nn.Sequential(
            torch.nn.Conv2d(2, 8, 1), torch.nn.BatchNorm2d(8), torch.nn.Dropout2d(0.1), torch.nn.Conv2d(8, 1, 1)
        )

    def batch(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        x = random.normal(size=(16, 2, 2, 2)).astype(np.float32)
        return x, 2 * x[:, :1] - x[:, 1:]

    def loss(self, network: Any, tensors: Any, done: float) -> Any:
        x, y = tensors
        error = ((network(x) - y) ** 2).mean()
        return error, {"done": done}

    def check(self, network: Any) -> dict[str, float]:
        x, y = (torch.from_numpy(a) for a in self.batch(np.random.default_rng(99)))
        return {"error": float(((network(x) - y) ** 2).mean())}


class Broken(Line):
    def loss(self, network: Any, tensors: Any, done: float) -> Any:
        error, parts = super().loss(network, tensors, done)
        return error * float("nan"), parts


PLAN = Plan(steps=60, rate=0.05, warm_up=5)
CONTINUED = Plan(steps=30, rate=0.01, warm_up=5, behind=0.5)


def _weights(path: Path | None) -> bytes:
    assert path is not None
    return path.read_bytes()


def test_it_learns(tmp_path: Path) -> None:
    told: list[str] = []
    assert train(Line(), replace(PLAN, steps=400), tmp_path, told.append, workers=0)
    error = float(told[-1].split("error ")[1])
    assert error < 0.5, told


def test_the_same_seed_gives_the_same_bytes_whoever_draws(tmp_path: Path) -> None:
    results = {_weights(train(Line(), PLAN, tmp_path / str(workers), lambda _: None, workers=workers)) for workers in (0, 1, 2)}
    assert len(results) == 1
    assert _weights(train(Line(), replace(PLAN, seed=2), tmp_path / "seed", lambda _: None, workers=0)) not in results


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_cut_changes_nothing(tmp_path: Path, cuts: int) -> None:
    whole = _weights(train(Line(), PLAN, tmp_path / "whole", lambda _: None, workers=0))
    for _ in range(cuts):  # each goes one step further, and stops
        assert train(Line(), PLAN, tmp_path / "cut", lambda _: None, workers=0, until=0.0) is None
    assert _weights(train(Line(), PLAN, tmp_path / "cut", lambda _: None, workers=0)) == whole


def _other_plan(_: Path) -> Plan:
    return replace(PLAN, rate=0.1)


def _truncated(path: Path) -> Plan:
    path.write_bytes(path.read_bytes()[:200])
    return PLAN


def _foreign(path: Path) -> Plan:
    torch.save({"step": 3}, path)
    return PLAN


@pytest.mark.parametrize(
    ("spoil", "words"), [(_other_plan, "another plan"), (_truncated, "no checkpoint"), (_foreign, "no checkpoint")]
)
def test_a_checkpoint_that_does_not_fit_is_refused_and_kept(tmp_path: Path, spoil: Callable[[Path], Plan], words: str) -> None:
    train(Line(), PLAN, tmp_path, lambda _: None, workers=0, until=0.0)
    plan = spoil(tmp_path / CHECKPOINT)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(TrainingError, match=words):
        train(Line(), plan, tmp_path, lambda _: None, workers=0)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_a_loss_that_is_no_number_stops_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not a number"):
        train(Broken(), PLAN, tmp_path, lambda _: None, workers=0)


def _trained(folder: Path) -> Path:
    made = train(Line(), replace(PLAN, steps=400), folder, lambda _: None, workers=0)
    assert made is not None
    return made


def test_it_goes_on_from_weights(tmp_path: Path) -> None:
    errors = {}
    for start in (None, _trained(tmp_path / "first")):
        told: list[str] = []
        assert train(Line(), Plan(steps=2, rate=1e-6), tmp_path / str(start is None), told.append, workers=0, start=start)
        errors[start is None] = float(told[-1].split("error ")[1])
    assert errors[False] < 0.1
    assert errors[True] > 1.0


@pytest.mark.parametrize("kept", [0.0, 0.25, 1.0])
def test_of_the_weights_that_it_began_from_the_share_that_the_plan_says_is_kept(tmp_path: Path, kept: float) -> None:
    start = _trained(tmp_path / "first")
    alone = train(Line(), CONTINUED, tmp_path / "alone", lambda _: None, workers=0, start=start)
    mixed = train(Line(), replace(CONTINUED, kept=kept), tmp_path / "mixed", lambda _: None, workers=0, start=start)
    assert alone is not None
    assert mixed is not None
    with np.load(start) as old, np.load(alone) as new, np.load(mixed) as both:
        for name in both.files:
            assert both[name] == pytest.approx((1 - kept) * new[name] + kept * old[name], abs=1e-6)
            assert both[name].dtype == np.float32


def test_a_task_that_goes_on_is_told_how_far_it_is() -> None:
    assert [Plan(steps=10, rate=1.0).done_at(step) for step in (0, 5)] == [0, 0.5]
    assert [Plan(steps=10, rate=1.0, behind=0.5).done_at(step) for step in (0, 5)] == [0.5, 0.75]


class Wide(Line):
    def network(self) -> Any:
        return torch.nn.Sequential(torch.nn.Conv2d(2, 9, 1), torch.nn.BatchNorm2d(9), torch.nn.Conv2d(9, 1, 1))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    start = _trained(tmp_path / "first")
    with pytest.raises(BundleError, match=r"weights\.npz: .*network"):
        train(Wide(), PLAN, tmp_path / "second", lambda _: None, workers=0, start=start)
    start.write_bytes(start.read_bytes()[:300])
    with pytest.raises(BundleError, match="no weights"):
        train(Line(), PLAN, tmp_path / "second", lambda _: None, workers=0, start=start)


def test_a_checkpoint_from_other_weights_is_refused(tmp_path: Path) -> None:
    start = _trained(tmp_path / "first")
    assert train(Line(), PLAN, tmp_path / "second", lambda _: None, workers=0, until=0.0, start=start) is None
    with pytest.raises(TrainingError, match="other weights"):
        train(Line(), PLAN, tmp_path / "second", lambda _: None, workers=0)


def test_the_command_line_trains_stops_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "load_task", lambda _, *, anew: (Line(), PLAN if anew else CONTINUED))
    command = ["train", "line", "--work", str(tmp_path), "--workers", "0"]
    first = CliRunner().invoke(app, [*command, "--hours", "0"])
    assert first.exit_code == 0, first.output
    assert not (tmp_path / "weights.npz").exists()
    second = CliRunner().invoke(app, command)
    assert second.exit_code == 0, second.output
    digest = hashlib.sha256((tmp_path / "weights.npz").read_bytes()).hexdigest()
    assert digest in second.output.replace("\n", "")
    more = ["train", "line", "--work", str(tmp_path / "more"), "--workers", "0", "--from", str(tmp_path / "weights.npz")]
    third = CliRunner().invoke(app, more)
    assert third.exit_code == 0, third.output
    assert "step 30:" in third.output


@pytest.mark.parametrize("name", ["plate-reader", "plate-detector"])
def test_recipes_that_train_say_what(name: str) -> None:
    task, plan = load_task(name)
    assert isinstance(task.network(), torch.nn.Module)
    assert plan.steps > 0


def test_a_recipe_goes_on_from_weights_by_a_plan_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_task("plate-reader", anew=False)[1].behind > 0
    monkeypatch.delattr("models.recipes.plate_reader.train.CONTINUED")
    with pytest.raises(TrainingError, match="add CONTINUED"):
        load_task("plate-reader", anew=False)


def test_a_recipe_that_trains_nothing_says_so() -> None:
    with pytest.raises(TrainingError, match="models build person-vehicle-fast"):
        load_task("person-vehicle-fast")
