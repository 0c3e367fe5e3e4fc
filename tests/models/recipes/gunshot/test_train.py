"""Training: the graph that is exported is the network, every weight is taught, and nobody is taught what people sound like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-models")

from models.recipes.gunshot import train  # noqa: E402 - after the skip
from models.recipes.gunshot.drawn import SCENES, WINDOWS  # noqa: E402
from models.recipes.gunshot.export import to_onnx  # noqa: E402
from models.recipes.gunshot.network import Ear  # noqa: E402
from models.recipes.gunshot.sample import Samples  # noqa: E402
from models.recipes.gunshot.shape import LABELS, TAUGHT  # noqa: E402
from models.recipes.gunshot.steps import runner  # noqa: E402

ROWS = SCENES * WINDOWS


def samples(seed: int, rows: int = ROWS) -> Samples:
    random = np.random.default_rng(seed)
    shots = random.choice([0.0, 0.6, 1.0, np.nan], rows).astype(np.float32)
    pictures = random.normal(-3, 2.5, (rows, 96, 64)).astype(np.float32)
    return Samples(pictures, random.random((rows, TAUGHT), np.float32), shots)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards that take no time to draw."""
    monkeypatch.setattr(train, "shard", samples)
    monkeypatch.setattr(train, "BATCH_WINDOWS", 4)


def learning() -> tuple[train.EarTask, Any]:
    torch.manual_seed(1)
    return train.EarTask(), Ear()


def test_the_exported_graph_is_the_network(tmp_path: Path) -> None:
    _, network = learning()
    network.eval()
    to_onnx({name: value.numpy() for name, value in network.state_dict().items()}, tmp_path / "fp32.onnx")
    pictures = samples(2, 3).pictures[:, None]
    with torch.no_grad():
        wanted = torch.sigmoid(network(torch.from_numpy(pictures))).numpy()
    hear = runner(tmp_path / "fp32.onnx")
    found = np.concatenate([hear(picture[None])[0] for picture in pictures])
    assert found.shape == (3, len(LABELS))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_batches_come_from_the_seed(drawn: None) -> None:
    one, other = (train.EarTask().batch(np.random.default_rng([1, 5])) for _ in range(2))
    for first, second in zip(one, other, strict=True):
        assert np.array_equal(first, second, equal_nan=True)
    rows = train.BATCH_SHARDS * train.BATCH_WINDOWS
    assert [array.shape for array in one] == [(rows, 96, 64), (rows, TAUGHT), (rows,)]


def test_windows_in_which_the_teacher_hears_a_shot_come_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    loud = samples(3)
    loud.scores[:] = 0
    loud.scores[:60, train._PLACES[train._GUNSHOT]] = 1  # a tenth
    monkeypatch.setattr(train, "shard", lambda _number: loud)
    heard = [train.EarTask().batch(np.random.default_rng(seed))[1].max(axis=1).mean() for seed in range(6)]
    assert 0.3 < float(np.mean(heard)) < 0.6


def test_every_weight_is_taught(drawn: None) -> None:
    task, network = learning()
    loss, parts = task.loss(network, tuple(map(torch.from_numpy, task.batch(np.random.default_rng(2)))), 0.0)
    assert torch.isfinite(loss)
    assert set(parts) == {"labels", "taught", "blast"}
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_of_a_recording_nobody_is_told_whether_it_is_a_shot(drawn: None) -> None:
    task, network = learning()
    network.eval()
    pictures, scores, shots = map(torch.from_numpy, task.batch(np.random.default_rng(4)))
    known = ~torch.isnan(shots)
    other = torch.where(known, 1 - shots, shots)
    nobody = torch.full_like(shots, float("nan"))
    nobody[0] = 1.0
    losses = [task.loss(network, (pictures, scores, each), 0.0)[1]["blast"] for each in (shots, other, nobody)]
    assert losses[0] != losses[1]
    assert all(np.isfinite(losses))


def test_a_batch_can_be_learnt(drawn: None) -> None:
    task, network = learning()
    tensors = tuple(torch.from_numpy(array) for array in task.batch(np.random.default_rng(3)))
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(15):
        loss, parts = task.loss(network, tensors, 0.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(parts["blast"])
    assert losses[-1] < 0.8 * losses[0]


def test_checking_a_student_that_says_what_the_teacher_says(monkeypatch: pytest.MonkeyPatch) -> None:
    made = samples(5, 96)
    monkeypatch.setattr(train, "_checked", lambda: (made.pictures, made.scores, made.shots))
    answers = np.concatenate([made.scores[:, train._PLACES], np.nan_to_num(made.shots)[:, None]], axis=1)
    logits = torch.from_numpy(np.log(np.clip(answers, 1e-6, 1 - 1e-6) / (1 - np.clip(answers, 1e-6, 1 - 1e-6))))
    parts = iter(logits.split(64))
    found = train.EarTask().check(lambda _pictures: next(parts))
    assert found["error"] < 1e-4
    assert found["gunshot_correlation"] > 0.999
    assert found["blast_error"] < 1e-4
