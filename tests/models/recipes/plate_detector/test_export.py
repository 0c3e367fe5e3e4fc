"""From weights to files: the same bytes, the same answers, and weights that were tampered with are found out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.bundle.bundle import BundleError
from models.bundle.corners import deviation
from models.factory.timing import model_runs, time_together
from models.recipes.plate_detector import quantise as quantisation
from models.recipes.plate_detector.export import CORNERS, HEAD, SCORES, export
from models.recipes.plate_detector.quantise import quantise
from models.recipes.plate_detector.shape import HEIGHT, WIDTH
from models.recipes.plate_detector.steps import runner, vectors
from tests.models.recipes.plate_detector.weights import untrained


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("detector") / "fp32.onnx"
    export(untrained(), path)
    return path


def test_the_same_weights_make_the_same_bytes(graph: Path, tmp_path: Path) -> None:
    export(untrained(), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == graph.read_bytes()


def test_the_graph_answers_with_two_maps(graph: Path) -> None:
    scores, corners = runner(graph)(np.zeros((1, HEIGHT, WIDTH, 3), np.uint8))
    assert scores.shape == (1, HEIGHT // 4, WIDTH // 4)
    assert corners.shape == (1, 8, HEIGHT // 4, WIDTH // 4)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    weights = untrained()
    weights[f"{HEAD}.weight"] = weights[f"{HEAD}.weight"][:5]
    with pytest.raises(BundleError, match="another network"):
        export(weights, tmp_path / "broken.onnx")


def test_golden_vectors_tell_the_reference_from_perturbed_weights(graph: Path, tmp_path: Path) -> None:
    golden = {name: array[::2] for name, array in vectors(runner(graph)).items()}  # half of them feel it already
    assert deviation(golden, runner(graph)) == pytest.approx(0, abs=1e-6)
    for layer in ("stem.1.0.weight", "stages.1.1.second.0.weight", "mixed.2.0.weight", "head.weight"):
        weights = untrained()
        flat = weights[layer].reshape(len(weights[layer]), -1)
        weights[layer] = np.random.default_rng(1).permuted(flat, axis=1).reshape(weights[layer].shape)
        export(weights, tmp_path / "perturbed.onnx")
        assert deviation(golden, runner(tmp_path / "perturbed.onnx")) > 0.02, layer


def test_the_eight_bit_form_answers_nearly_as_the_reference(
    graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantisation, "SCENES", 6)
    quantise(graph, tmp_path / "int8.onnx")
    golden = dict(vectors(runner(graph)))
    assert deviation(golden, runner(tmp_path / "int8.onnx")) < 0.1
    assert (tmp_path / "int8.onnx").stat().st_size < graph.stat().st_size / 3


def test_the_full_integer_form_answers_nearly_as_the_reference(
    graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: make setup-models")
    pytest.importorskip("ai_edge_litert", reason="needs LiteRT: make setup-models")
    from models.bundle.litert import LiteRtNetwork
    from models.recipes.plate_detector.tflite import write_tflite

    monkeypatch.setattr(quantisation, "SCENES", 6)
    for name in ("one.tflite", "other.tflite"):
        write_tflite(untrained(), quantisation.calibration_pictures(), tmp_path / name)
    assert (tmp_path / "one.tflite").read_bytes() == (tmp_path / "other.tflite").read_bytes()
    golden = dict(vectors(runner(graph)))
    assert deviation(golden, runner(tmp_path / "one.tflite")) < 0.1
    network = LiteRtNetwork((tmp_path / "one.tflite").read_bytes(), "one", (SCORES, CORNERS))
    assert network.input[2] == network.output[2] == np.uint8
    with pytest.raises(BundleError, match="has outputs corners, scores, not nothing"):
        LiteRtNetwork((tmp_path / "one.tflite").read_bytes(), "one", ("nothing",))
    times = time_together(model_runs({"int8-litert": tmp_path / "one.tflite", "fp32": graph}, (SCORES, CORNERS)), rounds=20)
    assert [each.variant for each in times] == ["fp32", "int8-litert"]
    assert all(each.median_ms > 0 for each in times)
