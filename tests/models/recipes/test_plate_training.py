"""Training of the plate reader: batches from the seed alone, a loss that falls, both lines learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.synthesis.glyphs import fonts

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-models")
MISSING = sorted({font.package for split in ("train", "evaluate") for font in fonts(split) if not Path(font.path).exists()})
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"typefaces: apt-get install {' '.join(MISSING)}")

if not MISSING:
    from models.recipes.plate_reader import train
    from models.recipes.plate_reader.sample import draw_samples


def test_batches_come_from_the_seed() -> None:
    one, other = (train.ReaderTask().batch(np.random.default_rng([1, 5])) for _ in range(2))
    for first, second in zip(one, other, strict=True):
        assert np.array_equal(first, second)
    assert [array.dtype.name for array in one] == ["uint8", "int64", "int64", "int64"]
    assert [array.shape for array in one] == [(64, 48, 144, 3), (64, 2, 36), (64, 12), (64,)]


@pytest.mark.parametrize("done", [0.0, 0.2, 0.9])
def test_every_weight_is_taught(done: float) -> None:
    torch.manual_seed(1)
    task = train.ReaderTask()
    network = task.network()
    tensors = tuple(torch.from_numpy(array) for array in task.batch(np.random.default_rng(2)))
    loss, parts = task.loss(network, tensors, done)
    assert torch.isfinite(loss)
    assert ("number" in parts) == (done >= train.PLACES_ALONE)
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_a_batch_can_be_learnt() -> None:
    torch.manual_seed(1)
    task = train.ReaderTask()
    network = task.network()
    tensors = tuple(torch.from_numpy(array) for array in task.batch(np.random.default_rng(3)))
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        loss, _ = task.loss(network, tensors, 0.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_checking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that knows the answers is told to be right."""
    samples = draw_samples(np.random.default_rng(4), 70, 1, fonts=False)
    monkeypatch.setattr(train, "_checked", lambda: samples)
    answers = iter(samples)

    def knowing(pictures: Any) -> Any:
        logits = torch.full((len(pictures), 2, 37, 36), -20.0)
        for crop in logits:
            columns = torch.from_numpy(next(answers).columns)
            crop.scatter_(1, columns[:, None], 20.0)
        return logits

    found = train.ReaderTask().check(knowing)
    assert {"all", "belgian", "american", "two_rows"} <= set(found) <= {"all", "belgian", "american", "bare", "two_rows"}
    assert found["all"] > 0.95
