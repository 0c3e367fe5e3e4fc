"""Weights that our training made, read so that a file of another network or a damaged one says so."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError
from models.factory.steps import Room


class Weights(dict[str, npt.NDArray[np.float32]]):
    """Weights by name that say from which file one is missing."""

    def __init__(self, weights: Mapping[str, npt.NDArray[np.float32]], path: Path) -> None:
        super().__init__(weights)
        self._path = path

    def __missing__(self, name: str) -> npt.NDArray[np.float32]:
        msg = f"{self._path}: lacks {name}; it is of another network, train anew"
        raise BundleError(msg)


def read_weights(path: Path) -> Weights:
    """Read trained weights.

    Raises:
        BundleError: when the file cannot be read or holds what is not a number; later, when a name is asked that it lacks.
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
    return Weights(weights, path)


def trained_weights(room: Room) -> Weights:
    """Read the weights that a recipe names, whose hash the build has checked. Errors as :func:`read_weights`.

    Raises:
        BundleError: when it names none.
    """
    trained = room.recipe.trained
    if trained is None:
        msg = f"recipe of {room.recipe.name}: names no trained weights; add [trained] with file and sha256"
        raise BundleError(msg)
    return read_weights(room.folder / trained.file)
