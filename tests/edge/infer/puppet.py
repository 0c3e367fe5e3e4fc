"""An accelerator that does as it is told, and a bundle for it.

The compiled model of the bundle is the path of a file; what stands in that file when a picture is looked at is what the
accelerator does: ``see``, ``nothing``, ``error``, ``hang``, ``spin``, ``crash``, ``slow``, and ``late``, which is ``see`` but
late by :data:`LATE_S` once. While it is loaded: ``unplugged``, ``dead``, ``wrong`` (its golden vector comes out otherwise),
``stuck`` (in a native call that is busy) and ``slow-load``, which takes :data:`SLOW_S` over each look.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import signal
import time
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from edge.infer.accelerator import AcceleratorError, Tensor
from models.bundle.bundle import load_bundle, zoo
from protocol.manifest import GoldenVectors, Input, Manifest, OperatingPoint, Output, Variant

NAME = "puppet"
ENTRY = "tests.edge.infer.puppet:Puppet"
SIDE = 32
LATE_S = 0.85
SLOW_S = 0.6
SCORES = np.array([[0.9], [0.05]], np.float32)
BOXES = np.array([[0.25, 0.25, 0.75, 0.5], [0, 0, 1, 1]], np.float32)


class Puppet:
    """The accelerator."""

    def load(self, model: bytes, name: str) -> PuppetNetwork:
        if model == b"unloadable":
            msg = f"{name}: cannot be loaded"
            raise AcceleratorError(msg)
        control = Path(model.decode())
        if control.read_text() == "unplugged":
            msg = f"{name}: no device"
            raise AcceleratorError(msg)
        match control.read_text():
            case "stuck":
                spin()
            case "dead":
                os.kill(os.getpid(), signal.SIGSEGV)
        return PuppetNetwork(control)


class PuppetNetwork:
    """Its only model."""

    def __init__(self, control: Path) -> None:
        self._control = control

    @property
    def outputs(self) -> tuple[str, ...]:
        return ("boxes", "scores")

    def run(self, image: npt.NDArray[np.uint8]) -> tuple[Tensor, ...]:
        if not image.any() or image.max() == 1:  # warming up, or a golden vector
            if self._control.read_text() == "slow-load":
                time.sleep(SLOW_S)
            return BOXES, SCORES * 0.5 if self._control.read_text() == "wrong" else SCORES
        match self._control.read_text():
            case "see" | "slow-load":
                return BOXES, SCORES
            case "nothing":
                return BOXES, SCORES * 0.1
            case "slow":
                time.sleep(0.1)
                return BOXES, SCORES
            case "late":
                self._control.write_text("see")
                time.sleep(LATE_S)
                return BOXES, SCORES
            case "hang":
                time.sleep(3600)
            case "spin":
                spin()
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
        msg = "the device says no"
        raise AcceleratorError(msg)


def spin() -> None:
    """In native code that holds the interpreter and answers to nothing: years of backtracking."""
    re.match("(a|a)*$", "a" * 64 + "b")


class Broken:
    """An accelerator whose device is not there."""

    def __init__(self) -> None:
        msg = "no device on this box"
        raise AcceleratorError(msg)


def make_bundle(
    folder: Path,
    name: str = NAME,
    *,
    model: bytes | None = None,
    golden: float = 0.9,
    labels: tuple[str, ...] = ("person",),
    runtime: str = "onnxruntime",
) -> Path:
    """Make a bundle in a folder of bundles. Returns the file that controls it."""
    bundle = folder / name
    bundle.mkdir(parents=True)
    control = bundle / "control"
    control.write_text("see")
    data = str(control).encode() if model is None else model
    (bundle / "puppet.bin").write_bytes(data)
    vectors = io.BytesIO()
    inputs = np.ones((1, SIDE, SIDE, 3), np.uint8)
    np.savez(vectors, inputs=inputs, scores=SCORES[None] * golden / 0.9, boxes=BOXES[None])
    (bundle / "golden.npz").write_bytes(vectors.getvalue())
    manifest = msgspec.structs.replace(
        load_bundle(zoo() / "person-vehicle-fast").manifest,
        name=name,
        labels=labels,
        input=Input("image", SIDE, SIDE),
        output=Output("boxes-and-scores", {"scores": "scores", "boxes": "boxes"}),
        operating_points={"default": OperatingPoint({"person": 0.5}, 0.5, "tests"), "strict": OperatingPoint({}, 0.5, "tests")},
        variants=(Variant("puppet.bin", _sha256(data), len(data), runtime, "int8"),),
        golden=GoldenVectors("golden.npz", _sha256(vectors.getvalue()), len(vectors.getvalue()), {"int8": 0.05}),
    )
    (bundle / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return control


def add_variant(folder: Path, file: str, runtime: str) -> Path:
    """Give the bundle a form for another runtime. Returns the file that controls it."""
    bundle = folder / NAME
    control = bundle / f"control.{runtime}"
    control.write_text("see")
    data = str(control).encode()
    (bundle / file).write_bytes(data)
    path = bundle / "manifest.json"
    manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    variants = (*manifest.variants, Variant(file, _sha256(data), len(data), runtime, "int8"))
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, variants=variants)))
    return control


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
