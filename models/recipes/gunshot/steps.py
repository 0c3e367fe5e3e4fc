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
from models.recipes.gunshot.export import INPUT, OUTPUT, to_onnx
from models.recipes.gunshot.kept import FILE, read_kept
from models.recipes.gunshot.quantise import quantise

HERE = Path(__file__).parent


def splits(room: Room) -> Mapping[str, Mapping[str, Item]]:  # noqa: ARG001 - split by source where it is drawn
    """Nothing that the factory could compare: sounds are drawn from seeds, ESC-10 is split by its sources (sample.measures)."""
    return {}


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
    """Golden pictures, and what the reference hears in each."""
    shown = read_kept(HERE / FILE)[GOLDEN][:, None]
    return {"inputs": shown, OUTPUT: np.stack([run(picture[None])[0][0] for picture in shown])}
