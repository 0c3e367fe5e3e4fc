"""Training: the graph that is exported is the network that was trained, and the loss is least for the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: make setup-models")

from models.bundle.corners import STRIDE  # noqa: E402 - after the skip
from models.recipes.plate_detector.export import export  # noqa: E402
from models.recipes.plate_detector.network import Network  # noqa: E402
from models.recipes.plate_detector.shape import HEIGHT, WIDTH  # noqa: E402
from models.recipes.plate_detector.steps import runner  # noqa: E402
from models.recipes.plate_detector.targets import OFFSETS, SCORE, target  # noqa: E402
from models.recipes.plate_detector.train import PlateDetector, found_by  # noqa: E402
from models.synthesis.material import Material  # noqa: E402
from models.synthesis.recording import draw_scene  # noqa: E402
from models.synthesis.scene import View  # noqa: E402
from tests.models.recipes.plate_detector.weights import untrained  # noqa: E402

SCENE = next(
    scene
    for scene in (
        draw_scene(np.random.default_rng(at), Material("evaluate", packages=False), WIDTH, HEIGHT, View.CLOSE)
        for at in range(50)
    )
    if len(scene.corners) == 1 and not len(scene.unclear)
)


def says(answer: Any) -> Any:
    """A network that answers the same to everything."""
    return lambda _: answer


def truth() -> Any:
    maps = target(SCENE)
    score = np.clip(maps[SCORE], 1e-4, 1 - 1e-4)
    answer = np.concatenate([np.log(score / (1 - score))[None], np.arcsinh(maps[OFFSETS] / STRIDE)])
    return torch.from_numpy(answer[None].astype(np.float32))


def loss(answer: Any) -> float:
    tensors = torch.from_numpy(SCENE.picture[None]), torch.from_numpy(target(SCENE)[None])
    return float(PlateDetector().loss(says(answer), tensors, 0.5)[0])


def test_the_exported_graph_is_the_network(tmp_path: Path) -> None:
    network = Network().eval()
    names = {name for name, value in network.state_dict().items() if value.dtype.is_floating_point}
    weights = untrained()
    assert names == set(weights)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=False)
    export(weights, tmp_path / "fp32.onnx")
    scores, corners = runner(tmp_path / "fp32.onnx")(SCENE.picture[None])
    with torch.no_grad():
        answer = network(torch.from_numpy(SCENE.picture[None]).permute(0, 3, 1, 2).float())
    np.testing.assert_allclose(scores, answer[:, 0].sigmoid().numpy(), atol=1e-4)
    np.testing.assert_allclose(corners, answer[:, 1:].numpy(), atol=1e-3)


def test_the_truth_costs_nothing_and_every_error_something() -> None:
    perfect = truth()
    assert loss(perfect) < 0.01
    moved, silent, loud = perfect.clone(), perfect.clone(), perfect.clone()
    moved[:, 1:] += 0.1
    silent[:, 0] = -6
    loud[:, 0, :8] = 3
    for worse in (moved, silent, loud):
        assert loss(worse) > loss(perfect) + 0.1


def test_the_truth_is_found() -> None:
    found = found_by(says(truth()), SCENE.picture)
    assert len(found) == 1
    np.testing.assert_allclose(found.corners[0], SCENE.corners[0], atol=0.01)
