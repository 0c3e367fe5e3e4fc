from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle.golden import Run
from models.factory.graph import GraphBuilder
from models.factory.leaks import Item
from models.factory.session import open_session
from models.factory.steps import Room
from tests.models.factory.toy.drawing import draw

SIDE = 8


def weights() -> dict[str, np.ndarray]:
    """Brightness, and a box that is always the same."""
    kernel = np.zeros((5, 3, SIDE, SIDE), np.float32)
    kernel[0] = 0.25 / 192
    kernel[1:] = np.random.default_rng(1).normal(0, 1e-5, (4, 3, SIDE, SIDE))
    return {"look.weight": kernel, "look.bias": np.array([-32, -2, -2, 2, 2], np.float32)}


def splits(room: Room) -> Mapping[str, Mapping[str, Item]]:
    return {"calibrate": {"drawn": Item("seed 1", "1" * 64)}, "report": {"drawn": Item("seed 2", "2" * 64)}}


def reference(room: Room) -> Path:
    graph = GraphBuilder("toy", weights())
    made = graph.conv(graph.picture("image", SIDE, SIDE), "look", stride=(SIDE, SIDE), relu=False)
    rows = graph.node("Reshape", [made, graph.constant("rows", [1, 5], np.int64)])
    score, box = graph.node("Split", [rows, graph.constant("parts", [1, 4], np.int64)], outputs=2, axis=1)
    graph.output(graph.node("Sigmoid", [score]), "scores", [1, 1])
    graph.output(graph.node("Sigmoid", [box]), "boxes", [1, 4])
    path = room.scratch / "fp32.onnx"
    graph.save(path)
    return path


def compile(room: Room, reference: Path) -> None:  # noqa: A001
    for precision in ("int8", "fp32"):
        room.variant(precision).write_bytes(reference.read_bytes())


def runner(path: Path) -> Run:
    session = open_session(path)
    return lambda picture: tuple(session.run(["scores", "boxes"], {"image": picture}))


def vectors(run: Run) -> Mapping[str, Any]:
    pictures = np.stack([draw(np.random.default_rng(seed), light=light) for seed, light in ((1, True), (2, False))])
    answers = [run(picture[None]) for picture in pictures]
    return {
        "inputs": pictures,
        "scores": np.stack([scores for scores, _ in answers]),
        "boxes": np.stack([boxes for _, boxes in answers]),
    }
