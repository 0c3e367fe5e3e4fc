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


def test_the_command_line_trains_stops_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "load_task", lambda _: (Line(), PLAN))
    command = ["train", "line", "--work", str(tmp_path), "--workers", "0"]
    first = CliRunner().invoke(app, [*command, "--hours", "0"])
    assert first.exit_code == 0, first.output
    assert not (tmp_path / "weights.npz").exists()
    second = CliRunner().invoke(app, command)
    assert second.exit_code == 0, second.output
    digest = hashlib.sha256((tmp_path / "weights.npz").read_bytes()).hexdigest()
    assert digest in second.output.replace("\n", "")


@pytest.mark.parametrize("name", ["plate-reader", "plate-detector"])
def test_recipes_that_train_say_what(name: str) -> None:
    task, plan = load_task(name)
    assert isinstance(task.network(), torch.nn.Module)
    assert plan.steps > 0


def test_a_recipe_that_trains_nothing_says_so() -> None:
    with pytest.raises(TrainingError, match="models build person-vehicle-fast"):
        load_task("person-vehicle-fast")
