"""From trained weights to compiled files: see :class:`models.factory.steps.Steps`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError
from models.bundle.golden import Run
from models.factory.session import open_session
from models.factory.steps import Room
from models.recipes.plate_reader.export import INPUT, OUTPUT, to_onnx
from models.recipes.plate_reader.kept import CALIBRATION, FILE, GOLDEN, read_kept
from models.recipes.plate_reader.quantise import quantise
from models.recipes.plate_reader.shape import COLUMNS, LINES

HERE = Path(__file__).parent
WEIGHTS = "weights.npz"


def reference(room: Room) -> Path:
    """Make the model in 32-bit floating point.

    Raises:
        BundleError: when the weights are missing, of another network, or not numbers.
    """
    room.progress("writing the network")
    path = room.scratch / "fp32.onnx"
    to_onnx(_Complete(read_weights(room.folder / WEIGHTS), room.folder / WEIGHTS), path)
    return path


def compile(room: Room, reference: Path) -> None:  # noqa: A001 - the factory's word
    """Write the variants of 8 and 32 bits."""
    room.variant("fp32").write_bytes(reference.read_bytes())
    room.progress("quantising")
    quantise(reference, room.variant("int8"), read_kept(room.folder / FILE)[CALIBRATION])


def runner(path: Path) -> Run:
    """Run a file on the CPU."""
    session = open_session(path)

    def run(crop: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], ...]:
        return (session.run([OUTPUT], {INPUT: crop})[0],)

    return run


def vectors(run: Run) -> Mapping[str, npt.NDArray[Any]]:
    """Golden crops, what the reference reads, and the line of each column."""
    crops = read_kept(HERE / FILE)[GOLDEN]
    return {
        "inputs": crops,
        OUTPUT: np.stack([run(crop[None])[0] for crop in crops]),
        "branches": np.repeat(np.arange(LINES, dtype=np.uint8), COLUMNS),
    }


def read_weights(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Read trained weights by name.

    Raises:
        BundleError: when the file cannot be read or holds what is not a number.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            weights = {name: np.asarray(archive[name]) for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        msg = f"{path}: no weights ({error}); train them, or take the file from the repository"
        raise BundleError(msg) from error
    broken = sorted(name for name, array in weights.items() if not np.isfinite(array).all())
    if broken:
        msg = f"{path}: {', '.join(broken[:3])} are not all finite; train anew from an earlier checkpoint"
        raise BundleError(msg)
    return weights


class _Complete(dict[str, npt.NDArray[np.float32]]):
    """Weights that say from which file one is missing."""

    def __init__(self, weights: Mapping[str, npt.NDArray[np.float32]], path: Path) -> None:
        super().__init__(weights)
        self._path = path

    def __missing__(self, name: str) -> npt.NDArray[np.float32]:
        msg = f"{self._path}: lacks {name}; it is of another network, train anew"
        raise BundleError(msg)
