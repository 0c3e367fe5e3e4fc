"""From trained weights to the compiled files: see :class:`models.factory.steps.Steps`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.golden import Run
from models.factory.forms import form
from models.factory.leaks import Item
from models.factory.steps import Room
from models.factory.trained import trained_weights
from models.recipes.plate_detector import choose, judge
from models.recipes.plate_detector.export import export
from models.recipes.plate_detector.finder import open_network
from models.recipes.plate_detector.quantise import calibration_pictures, quantise
from models.recipes.plate_detector.shape import HEIGHT, WIDTH
from models.recipes.plates.material import alphabets, backgrounds, renderings
from models.synthesis.material import Material
from models.synthesis.recording import draw_scene
from models.synthesis.scene import View

GOLDEN = (View.VEHICLE, View.VEHICLE, View.VEHICLE, View.VEHICLE, View.CLOSE, View.STREET)
"""What the golden inputs show."""
SEED = 5


def splits(room: Room) -> Mapping[str, Mapping[str, Item]]:  # noqa: ARG001 - all of it is rendered
    """Alphabets and backgrounds of training, scenes that the threshold is chosen on, what reported scenes are made of."""
    return {
        "train": alphabets("train") | backgrounds("train"),
        "choose": renderings(choose.SEED, choose.SCENES),
        "report": alphabets("evaluate", packages=False) | renderings(judge.SEED, judge.SCENES),
    }


def reference(room: Room) -> Path:
    """Write the trained weights as a graph of 32-bit floating point.

    Raises:
        BundleError: when the weights are missing, of another network, or not numbers.
    """
    target = room.scratch / "fp32.onnx"
    export(trained_weights(room), target)
    return target


def compile(room: Room, reference: Path) -> None:  # noqa: A001 - the step's word
    """Write the 8-bit forms, and the floating point one as it is."""
    for planned in room.recipe.variants:
        target = room.variant(planned.precision, planned.runtime)
        room.progress(f"compiling {form(planned)}")
        if planned.runtime == "litert":
            from models.recipes.plate_detector.tflite import write_tflite  # noqa: PLC0415 - needs TensorFlow

            write_tflite(trained_weights(room), calibration_pictures(), target)
        elif planned.precision == "int8":
            quantise(reference, target)
        else:
            shutil.copyfile(reference, target)


def runner(path: Path) -> Run:
    """How a file is run on the CPU: uint8 (1, height, width, 3) to scores (1, h, w) and corners (1, 8, h, w)."""
    return open_network(path)


def vectors(run: Run) -> Mapping[str, npt.NDArray[Any]]:
    """Golden inputs, drawn from the evaluation split without packages, and what the reference answers."""
    material = Material("evaluate", packages=False)
    pictures = [
        draw_scene(np.random.default_rng([SEED, at]), material, WIDTH, HEIGHT, view).picture for at, view in enumerate(GOLDEN)
    ]
    answers = [run(picture[None]) for picture in pictures]
    return {
        "inputs": np.stack(pictures),
        "scores": np.stack([scores for scores, _ in answers]),
        "corners": np.stack([corners for _, corners in answers]),
    }
