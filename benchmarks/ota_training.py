"""Makes the models that ``ota-bytes`` measures, by training: ``make ota-pairs``. Needs what building models needs.

The first release is the plate reader, from the weights beside its recipe. Three successors are trained:

- ``retrained-head``: the layer of classes is drawn anew and trained, everything before it is frozen;
- ``fine-tune``: all weights of the first release go on learning, at a tenth of the recipe's rate;
- ``new-model``: other beginnings, the recipe's rate, nothing of the first release.

Rules: lengths and rates are set by what the models read, never by what their deltas weigh; all learn from the same crops, few
of them, as those that a city labels for itself are few; each becomes a bundle by the recipe's own export, quantisation and
golden vectors. They are short trainings: none reads better than the first release, the new model hardly at all, and no box may
have them. How well each reads is recorded, so that nobody takes it for noise; a network that is a stranger to another is so
from its beginnings, however long it learns.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from benchmarks.ota_pairs import ARCHIVE, BUNDLE, FIRST, MODEL, PARTS, RECORD, Record, Release, pack
from models.bundle.bundle import MANIFEST
from models.factory.assemble import variant, write_vectors
from models.factory.build import GOLDEN
from models.factory.kept import CALIBRATION
from models.factory.recipe import read_recipe
from models.factory.trained import read_weights
from models.factory.training import Plan, train
from models.recipes.plate_reader import steps
from models.recipes.plate_reader.export import to_onnx
from models.recipes.plate_reader.kept import FILE, read_kept
from models.recipes.plate_reader.network import Reader
from models.recipes.plate_reader.quantise import quantise
from models.recipes.plate_reader.sample import draw_samples
from models.recipes.plate_reader.train import BATCH, CHECKED, PLAN, SHOTS, ReaderTask
from protocol.manifest import Metric

HEAD = "classes"
"""The last layer."""
CROPS = 1024
SEED = 20_270
"""Of the crops: no other use of the recipe has it."""
WORK = Path("artefacts/ota-pairs")

Weights: TypeAlias = Mapping[str, npt.NDArray[Any]]


class FewCrops(ReaderTask):
    """The recipe's task over crops that were drawn once."""

    def __init__(self, weights: Weights | None, *, head_alone: bool = False) -> None:
        self._weights, self._head_alone = weights, head_alone
        random = np.random.default_rng(SEED)
        self._crops = draw_samples(random, CROPS // SHOTS, SHOTS)

    def network(self) -> nn.Module:
        """Return the base, or an untrained reader."""
        network = HeadAlone() if self._head_alone else Reader()
        if self._weights is not None:
            own = network.state_dict()
            kept = {n: torch.from_numpy(a) for n, a in self._weights.items() if not (self._head_alone and n.startswith(HEAD))}
            network.load_state_dict(own | kept)
        return network

    def batch(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Take some of the crops."""
        chosen = [self._crops[at] for at in random.choice(CROPS, BATCH, replace=False)]
        return (
            np.stack([crop.picture for crop in chosen]),
            np.stack([crop.columns for crop in chosen]),
            np.stack([crop.classes for crop in chosen]),
            np.array([crop.length for crop in chosen]),
        )


class HeadAlone(Reader):
    """A reader of which the last layer learns and nothing else changes, running means included."""

    def __init__(self) -> None:
        super().__init__()
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name.startswith(HEAD))

    def train(self, mode: bool = True) -> HeadAlone:  # noqa: FBT001, FBT002 - the signature is torch's
        """Begin to learn, or end it."""
        super().train(mode=mode)
        for name, child in self.named_children():
            if not name.startswith((HEAD, "drop")):
                child.eval()
        return self


@dataclass(frozen=True)
class Training:
    """One successor."""

    name: str
    learnt: str
    task: Callable[[Weights], ReaderTask]
    plan: Plan


TRAININGS = (
    Training(
        "retrained-head",
        "the layer of classes, drawn anew",
        lambda first: FewCrops(first, head_alone=True),
        Plan(steps=960, rate=PLAN.rate, warm_up=16, seed=11),
    ),
    Training(
        "fine-tune", "all weights, from the first release", FewCrops, Plan(steps=160, rate=PLAN.rate / 10, warm_up=16, seed=12)
    ),
    Training(
        "new-model",
        "all weights, from other beginnings",
        lambda _: FewCrops(None),
        Plan(steps=480, rate=PLAN.rate, warm_up=48, seed=13),
    ),
)


def main() -> None:
    """Train, build, pack. What was trained already is taken from ``artefacts/ota-pairs``; remove it to train anew."""
    recipe = read_recipe(BUNDLE)
    assert recipe.trained is not None, "the reader is trained by us"
    first = dict(read_weights(steps.HERE / recipe.trained.file))
    releases = [_release(FIRST, "the recipe's own training", recipe.version, PLAN, first, 0)]
    for training in TRAININGS:
        weights = _trained(training, first)
        changed = sum(int((weights[name] != first[name]).sum()) for name in first)
        releases.append(_release(training.name, training.learnt, "1.1.0", training.plan, weights, changed))
    total = sum(array.size for array in first.values())
    record = Record(BUNDLE, total, CHECKED, f"PyTorch {torch.__version__}", tuple(releases))
    files = {release.name: {part: (WORK / release.name / part).read_bytes() for part in PARTS} for release in releases}
    for path, data in zip((RECORD, ARCHIVE), pack(record, files), strict=True):
        path.write_bytes(data)
        _say(f"{path}: {len(data):,} bytes")


def _trained(training: Training, first: Weights) -> Weights:
    path = WORK / training.name / "weights.npz"
    if not path.exists():
        train(training.task(first), training.plan, path.parent, _say, workers=0)
    weights: Weights = dict(read_weights(path))
    if training.name == "retrained-head":  # the moving average rounds what did not move
        weights = {name: array if name.startswith(HEAD) else first[name] for name, array in weights.items()}
    return weights


def _release(name: str, learnt: str, version: str, plan: Plan, weights: Weights, changed: int) -> Release:  # noqa: PLR0913
    """Make the files that a box fetches, as the recipe makes them, and say how they came about."""
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    read = _read_right(weights, folder / "read.json")
    reference = folder / f"{BUNDLE}.fp32.onnx"
    to_onnx(weights, reference)
    quantise(reference, folder / MODEL, read_kept(steps.HERE / FILE)[CALIBRATION])
    write_vectors(folder / GOLDEN, steps.vectors(steps.runner(reference)))
    data = (folder / GOLDEN).read_bytes()
    golden = {"file": GOLDEN, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    metric = Metric("drawn_top1", read, read, read, CHECKED, "rendered crops with unseen alphabets, in 32 bits")
    variants = (variant(folder / MODEL, "onnxruntime", "int8"), variant(reference, "onnxruntime", "fp32"))
    manifest = msgspec.structs.replace(read_recipe(BUNDLE).draft(variants, golden, (metric,)), version=version)
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    crops = 0 if name == FIRST else CROPS
    found = {part: hashlib.sha256((folder / part).read_bytes()).hexdigest() for part in PARTS}
    return Release(name, learnt, plan.steps, BATCH, crops or plan.steps * BATCH, plan.rate, plan.seed, changed, read, found)


def _read_right(weights: Weights, note: Path) -> float:
    """Share of numbers that these weights read right."""
    if not note.exists():
        network = Reader()
        network.load_state_dict(network.state_dict() | {name: torch.from_numpy(array) for name, array in weights.items()})
        note.write_bytes(msgspec.json.encode(ReaderTask().check(network.eval())))
    read: dict[str, float] = msgspec.json.decode(note.read_bytes())
    return round(read["all"], 4)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
