"""Small bundles: real manifests over made-up models, which the publisher does not run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np

from models.bundle.bundle import load_bundle, zoo
from protocol.manifest import GoldenVectors, Variant

SIZE = 60_000
"""Bytes of a model: enough that a delta pays, little enough that a hundred are made in a second."""
NAME = "plate-reader"


def weights(seed: int, size: int = SIZE) -> bytes:
    """A model's file."""
    return np.clip(np.rint(np.random.default_rng(seed).normal(0, 30, size)), -127, 127).astype(np.int8).tobytes()


def nudged(model: bytes, seed: int) -> bytes:
    """A model that was fine-tuned: half of its weights a step beside."""
    steps = np.random.default_rng(seed).random(len(model)) < 0.5
    return (np.frombuffer(model, np.int8) + steps).astype(np.int8).tobytes()


def make_bundle(folder: Path, version: str = "1.0.0", model: bytes | None = None, name: str = NAME, size: int = SIZE) -> Path:
    """Write a bundle with two variants, golden vectors, and a card that no box needs."""
    folder.mkdir(parents=True)
    int8 = weights(1, size) if model is None else model
    files = {f"{name}.int8.onnx": int8, f"{name}.fp32.onnx": int8[::-1] + b"fp32", "golden.npz": b"golden" + int8[:200]}
    for file, data in files.items():
        (folder / file).write_bytes(data)
    (folder / "MODEL_CARD.md").write_text("for people")
    variants = tuple(
        Variant(f"{name}.{precision}.onnx", _sha(files[f"{name}.{precision}.onnx"]), len(files[f"{name}.{precision}.onnx"]),
                "onnxruntime", precision)
        for precision in ("int8", "fp32")
    )  # fmt: skip
    manifest = load_bundle(zoo() / NAME).manifest
    golden = GoldenVectors("golden.npz", _sha(files["golden.npz"]), len(files["golden.npz"]), manifest.golden.tolerance)
    made = msgspec.structs.replace(manifest, name=name, version=version, variants=variants, golden=golden)
    (folder / "manifest.json").write_bytes(msgspec.json.encode(made))
    return folder


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
