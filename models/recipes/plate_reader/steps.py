"""From trained weights to compiled files: see :class:`models.factory.steps.Steps`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.golden import Run
from models.factory.kept import CALIBRATION, GOLDEN
from models.factory.leaks import Item
from models.factory.steps import Room
from models.factory.two_precisions import run_of, write_both, write_reference
from models.recipes.plate_reader.calibrate import CROPS, SEED
from models.recipes.plate_reader.drawn import DRAWN_CROPS, DRAWN_SEED
from models.recipes.plate_reader.export import INPUT, OUTPUT, to_onnx
from models.recipes.plate_reader.kept import FILE, read_kept
from models.recipes.plate_reader.quantise import quantise
from models.recipes.plate_reader.shape import COLUMNS, LINES
from models.recipes.plates.material import alphabets, renderings

HERE = Path(__file__).parent
STEP = 1 / 1024
"""Golden log-probabilities are kept in such steps: half a thousandth of a probability, where the tolerance is a hundredth."""
FLOOR = -10.0
"""Golden log-probabilities below it are kept as it: twenty times less than what a reading tries. With all their digits, and
down to -50, the answers of 12 crops were 110 kB of the 717 kB that a box fetches, new in every release, and no delta could save
any of it; so they are 5 kB."""


def splits(room: Room) -> Mapping[str, Mapping[str, Item]]:  # noqa: ARG001 - all of it is rendered
    """Alphabets of training, crops that the temperature is chosen on, alphabets of the rendered crops that are reported on."""
    return {
        "train": alphabets("train"),
        "choose": renderings(SEED, CROPS),
        "report": alphabets("evaluate", packages=False) | renderings(DRAWN_SEED, DRAWN_CROPS),
    }


def reference(room: Room) -> Path:
    """Make the model in 32-bit floating point. Errors as :func:`models.factory.two_precisions.write_reference`."""
    return write_reference(room, to_onnx)


def compile(room: Room, reference: Path) -> None:  # noqa: A001 - the factory's word
    """Write the variants of 8 and 32 bits."""
    write_both(room, reference, quantise, read_kept(room.folder / FILE)[CALIBRATION])


def runner(path: Path) -> Run:
    """Run a file on the CPU."""
    return run_of(path, INPUT, OUTPUT)


def vectors(run: Run) -> Mapping[str, npt.NDArray[Any]]:
    """Golden crops, what the reference reads, as exactly as it is asked, and the line of each column."""
    crops = read_kept(HERE / FILE)[GOLDEN]
    answers = np.stack([run(crop[None])[0] for crop in crops])
    return {
        "inputs": crops,
        OUTPUT: np.maximum(np.rint(answers / STEP) * STEP, FLOOR).astype(np.float32),
        "branches": np.repeat(np.arange(LINES, dtype=np.uint8), COLUMNS),
    }
