"""A bundle that listens, with a real network: as sure of a shot as a picture is bright."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from edge.capture.sound.listener import HearingModel
from models.bundle.gunshot import BANDS, FRAMES
from models.factory.graph import GraphBuilder
from protocol.manifest import GoldenVectors, Input, Manifest, OperatingPoint, Output, Variant
from tests.edge.infer import puppet

NAME = "gunshot"
RATE = 16_000


def network(path: Path, weight: float) -> None:
    """Two scores: how bright the brightest place is, and how dark."""
    graph = GraphBuilder("bright", {})
    most = graph.node("ReduceMax", [graph.values("bands", [1, 1, FRAMES, BANDS])], axes=[1, 2, 3], keepdims=0)
    row = graph.node("Reshape", [most, graph.constant("row", [1, 1], np.int64)])
    both = graph.node("Mul", [row, graph.constant("ways", [[weight, -weight]])])
    graph.output(graph.node("Sigmoid", [both]), "scores", [1, 2])
    graph.save(path)


def make_bundle(
    folder: Path, told: float = 3.0, version: str = "1.0.0", labels: Sequence[str] = ("gunshot", "fireworks")
) -> HearingModel:
    """Make it in a folder of bundles.

    Args:
        folder: of bundles.
        told: weight by which its golden answers were made; the network has 3.
        version: of the bundle.
        labels: of its two scores.
    """
    puppet.make_bundle(folder, NAME, labels=tuple(labels))
    bundle = folder / NAME
    network(bundle / "gunshot.onnx", 3.0)
    inputs = np.stack([np.full((1, FRAMES, BANDS), level, np.float32) for level in (-2.0, 2.0)])
    logits = told * np.array([[-2.0, 2.0], [2.0, -2.0]])
    vectors = io.BytesIO()
    np.savez(vectors, inputs=inputs, scores=(1 / (1 + np.exp(-logits))).astype(np.float32))
    (bundle / "golden.npz").write_bytes(vectors.getvalue())
    for name in ("control", "puppet.bin"):
        (bundle / name).unlink()

    def digest(name: str) -> str:
        return hashlib.sha256((bundle / name).read_bytes()).hexdigest()

    manifest = msgspec.structs.replace(
        msgspec.json.decode((bundle / "manifest.json").read_bytes(), type=Manifest),
        version=version,
        input=Input("bands", BANDS, FRAMES, "float32", "NCHW", "NONE", RATE),
        output=Output("sound-pictures", {"scores": "scores"}),
        operating_points={"default": OperatingPoint({labels[0]: 0.4}, 0.5, "tests")},
        variants=(
            Variant("gunshot.onnx", digest("gunshot.onnx"), (bundle / "gunshot.onnx").stat().st_size, "onnxruntime", "int8"),
        ),
        golden=GoldenVectors("golden.npz", digest("golden.npz"), (bundle / "golden.npz").stat().st_size, {"int8": 0.05}),
    )
    (bundle / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return HearingModel(f"{NAME}@default", str(bundle), "gunshot.onnx", "default")
