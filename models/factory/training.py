"""Training that can be stopped at any moment and goes on as if it had not been.

Rules: everything that is drawn at a step comes from the seed and the number of the step, so that neither the number of workers
nor an interruption changes what is learnt; a checkpoint holds all that the next step needs and replaces the one before in one
move; what is kept in the end is the moving average of the weights. Training begins anew or from weights that an earlier one
left, when what is drawn has changed.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import os
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from models.bundle.bundle import BundleError
from models.factory.assemble import write_vectors
from models.factory.declared import module
from models.factory.trained import Weights, read_weights

CHECKPOINT = "checkpoint.pt"
WEIGHTS = "weights.npz"
LOG = "progress.jsonl"
CHECKPOINT_S = 240.0
"""Seconds of work that a cut may cost."""
REPORT_S = 20.0
LEAST_RATE = 0.02
"""Share of the learning rate at which the cosine ends."""


class TrainingError(BundleError):
    """Training that cannot begin or go on; the message says why and what to do."""


class Task(Protocol):
    """What is trained. Picklable: worker processes draw its batches."""

    def network(self) -> nn.Module:
        """Return the network, untrained; weights come from torch's generator, which has been seeded."""
        ...

    def batch(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Draw one batch."""
        ...

    def loss(self, network: nn.Module, tensors: tuple[torch.Tensor, ...], done: float) -> tuple[torch.Tensor, dict[str, float]]:
        """Return what is minimised, and its parts for people; ``done`` is the share of all steps that lie behind (0 to 1)."""
        ...

    def check(self, network: nn.Module) -> dict[str, float]:
        """Measure on data that is not drawn for training; the network is in evaluation mode."""
        ...


@dataclass(frozen=True)
class Plan:
    """How long and how fast.

    Attributes:
        steps: batches in all; the learning rate falls along them, so that another number is another training.
        rate: largest learning rate of AdamW.
        decay: its weight decay.
        warm_up: steps until the largest rate.
        average: weight of the past in the moving average of weights, once it is long.
        clip: largest norm of the gradient.
        seed: of everything.
        threads: that compute; another number rounds differently.
        behind: share of the task that lies behind at the first step: 0 anew, more when it goes on from weights.
        kept: share of the weights that it began from in the result: the mean of both forgets less of what is no longer drawn as
            often than the new ones alone (Wortsman and others, 2022, "Robust fine-tuning of zero-shot models").
    """

    steps: int
    rate: float
    decay: float = 0.01
    warm_up: int = 200
    average: float = 0.9995
    clip: float = 2.0
    seed: int = 1
    threads: int = 1
    behind: float = 0.0
    kept: float = 0.0

    def done_at(self, step: int) -> float:
        """Share of the task that lies behind at a step."""
        return self.behind + (1 - self.behind) * step / self.steps

    def rate_at(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, then a cosine (Loshchilov and Hutter, 2017)."""
        cosine = 0.5 * (1 + math.cos(math.pi * step / self.steps))
        return self.rate * min(1.0, (step + 1) / self.warm_up) * (LEAST_RATE + (1 - LEAST_RATE) * cosine)

    def average_at(self, step: int) -> float:
        """Weight of the past at a step: short while weights still move far."""
        return min(self.average, 1 - 1 / (1 + step / 10))


def load_task(name: str, *, anew: bool = True) -> tuple[Task, Plan]:
    """Import what a recipe trains: ``task()`` and ``PLAN`` of its module ``train``, or ``CONTINUED``, its plan from weights.

    Raises:
        TrainingError: when there is no such recipe, or it trains nothing, or not from weights.
    """
    try:
        made = importlib.import_module(f"models.recipes.{module(name)}.train")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("models.recipes"):
            raise
        msg = f"{name}: no recipe that trains; `lamplighter models build {name}` builds those that convert weights"
        raise TrainingError(msg) from error
    if not anew and not hasattr(made, "CONTINUED"):
        msg = f"{name}: has no plan to go on from weights; add CONTINUED to its train.py, or train anew"
        raise TrainingError(msg)
    return made.task(), made.PLAN if anew else made.CONTINUED


def train(  # noqa: PLR0913 - what, how long, where; the rest has defaults
    task: Task,
    plan: Plan,
    work: Path,
    progress: Callable[[str], None],
    *,
    workers: int = 1,
    until: float = math.inf,
    device: str = "cpu",
    start: Path | None = None,
) -> Path | None:
    """Train, or go on where the checkpoint in ``work`` stands.

    Args:
        task: what is trained.
        plan: for how long.
        work: folder of checkpoint, log and result; made when missing.
        progress: told a line every twenty seconds.
        workers: processes that draw batches; 0 draws them here.
        until: seconds after which a checkpoint is written and training stops for now.
        device: torch's name of what computes.
        start: weights (npz) that the first step begins from; without, the network's own.

    Returns:
        The file of averaged weights (npz), or ``None`` when it stopped before its last step.

    Raises:
        TrainingError: when the checkpoint is of another plan or cannot be read, or the loss is no longer a number.
        BundleError: when the weights to begin from cannot be read, or are of another network.
    """
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    torch.use_deterministic_algorithms(mode=True)
    state = _State(task, plan, device, start)
    first = state.resume(work / CHECKPOINT)
    began = saved = told = time.monotonic()
    batches = _loader(task, plan, first, workers)
    for step, tensors in zip(range(first, plan.steps), batches, strict=False):
        parts = state.step(step, tuple(tensor.to(device) for tensor in tensors))
        now = time.monotonic()
        if now - told > REPORT_S:
            told = now
            progress(_line(step, plan, parts, (now - began) / (step + 1 - first)))
        stop = now - began > until
        if now - saved > CHECKPOINT_S or stop or step + 1 == plan.steps:
            saved = now
            state.save(work / CHECKPOINT, step + 1)
            found = state.check()
            _log(work / LOG, step + 1, parts | found)
            progress(f"step {step + 1}: " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()))
        if stop and step + 1 < plan.steps:
            return None
    write_vectors(work / WEIGHTS, state.averaged())
    return work / WEIGHTS


class _Batches(Dataset[tuple[torch.Tensor, ...]]):
    def __init__(self, task: Task, plan: Plan) -> None:
        self._task, self._plan = task, plan

    def __len__(self) -> int:
        return self._plan.steps

    def __getitem__(self, step: int) -> tuple[torch.Tensor, ...]:
        arrays = self._task.batch(np.random.default_rng([self._plan.seed, step]))
        return tuple(torch.from_numpy(array) for array in arrays)


def _quiet_worker(_: int) -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def _loader(task: Task, plan: Plan, first: int, workers: int) -> Iterator[tuple[torch.Tensor, ...]]:
    return iter(
        DataLoader(
            _Batches(task, plan),
            batch_size=None,
            sampler=range(first, plan.steps),
            num_workers=workers,
            multiprocessing_context="spawn" if workers else None,
            worker_init_fn=_quiet_worker,
            prefetch_factor=4 if workers else None,
        )
    )


class _State:
    """All that changes from step to step."""

    def __init__(self, task: Task, plan: Plan, device: str, start: Path | None) -> None:
        torch.manual_seed(plan.seed)
        self._task, self._plan = task, plan
        self._network = task.network().to(device=device, memory_format=torch.channels_last)
        self._start = _begin_from(self._network, start) if start else None
        self._started = hashlib.sha256(start.read_bytes()).hexdigest() if start else ""
        self._optimizer = torch.optim.AdamW(self._network.parameters(), lr=plan.rate, weight_decay=plan.decay)
        self._average = {name: value.detach().clone() for name, value in self._network.state_dict().items()}

    def step(self, step: int, tensors: tuple[torch.Tensor, ...]) -> dict[str, float]:
        """Learn from one batch; returns the parts of the loss."""
        torch.manual_seed(self._plan.seed * 1_000_003 + step)  # dropout, too, depends on the step alone
        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.rate_at(step)
        self._network.train()
        loss, parts = self._task.loss(self._network, tensors, self._plan.done_at(step))
        if not torch.isfinite(loss):
            msg = f"the loss of step {step} is not a number; lower the learning rate (now at most {self._plan.rate:g})"
            raise TrainingError(msg)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), self._plan.clip)
        self._optimizer.step()
        self._follow(self._plan.average_at(step))
        return {"loss": float(loss.detach()), **parts}

    @torch.no_grad()
    def _follow(self, past: float) -> None:
        for name, value in self._network.state_dict().items():
            if value.dtype.is_floating_point:
                self._average[name].mul_(past).add_(value, alpha=1 - past)
            else:
                self._average[name].copy_(value)

    @torch.no_grad()
    def check(self) -> dict[str, float]:
        """Measure the averaged weights."""
        own = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._network.load_state_dict(self._average)
        self._network.eval()
        try:
            return self._task.check(self._network)
        finally:
            self._network.load_state_dict(own)

    def averaged(self) -> dict[str, np.ndarray]:
        """Averaged weights by name, without counters; with what is kept of those that it began from."""
        learned = {name: value.cpu().numpy() for name, value in self._average.items() if value.dtype.is_floating_point}
        if self._start is None:
            return learned
        kept = np.float32(self._plan.kept)
        return {name: (1 - kept) * value + kept * self._start[name] for name, value in learned.items()}

    def save(self, path: Path, step: int) -> None:
        """Replace the checkpoint by one of ``step`` steps done."""
        kept = {
            "plan": asdict(self._plan),
            "start": self._started,
            "step": step,
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": self._average,
        }
        beside = path.with_suffix(".new")
        with beside.open("wb") as file:
            torch.save(kept, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def resume(self, path: Path) -> int:
        """Go back to the checkpoint when there is one; returns the steps done."""
        if not path.exists():
            return 0
        try:
            kept: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            if (kept["plan"], kept["start"]) == (asdict(self._plan), self._started):
                self._network.load_state_dict(kept["network"])
                self._optimizer.load_state_dict(kept["optimizer"])
                for name, value in kept["average"].items():
                    self._average[name].copy_(value)
                return int(kept["step"])
        except (RuntimeError, KeyError, ValueError, EOFError, OSError, pickle.UnpicklingError) as error:
            msg = f"{path}: no checkpoint of this training ({str(error).splitlines()[0]}); remove it to begin anew"
            raise TrainingError(msg) from error
        msg = (
            f"{path}: of another plan or other weights to begin from ({kept['plan']}, weights {kept['start'] or 'none'}); "
            "remove it to begin anew, or give those that it was made with"
        )
        raise TrainingError(msg)


def _begin_from(network: nn.Module, start: Path) -> Weights:
    """Give the network the weights of an earlier training; returns them."""
    weights = read_weights(start)
    own = network.state_dict()
    new = {name: torch.from_numpy(weights[name]) if value.dtype.is_floating_point else value for name, value in own.items()}
    other = sorted(name for name, value in own.items() if new[name].shape != value.shape) + sorted(set(weights) - set(own))
    if other:
        msg = f"{start}: {', '.join(other[:3])} are of another network; train anew"
        raise TrainingError(msg)
    network.load_state_dict(new)
    return weights


def _line(step: int, plan: Plan, parts: dict[str, float], seconds: float) -> str:
    done = step + 1
    told = ", ".join(f"{name} {value:.3g}" for name, value in parts.items())
    left = (plan.steps - done) * seconds / 60
    return f"step {done} of {plan.steps} ({100 * done // plan.steps}%), {told}, {seconds:.2f} s each, {left:.0f} min left"


def _log(path: Path, step: int, figures: dict[str, float]) -> None:
    line = {"step": step, "time": round(time.time()), **{name: round(value, 5) for name, value in figures.items()}}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
