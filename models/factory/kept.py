"""Inputs that are kept beside a recipe's weights: those that 8 bits are calibrated on, and those that golden vectors ask.

They are drawn once, by the recipe's module ``kept``, and kept, because another release of the libraries that draw would round
otherwise, and the bundle would be another for nothing.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError

CALIBRATION, GOLDEN = "calibration", "golden"


def read_inputs(path: Path, dtype: npt.DTypeLike, shape: tuple[int, ...], module: str) -> dict[str, npt.NDArray[Any]]:
    """Read what a recipe keeps.

    Args:
        path: the file.
        dtype: of the inputs.
        shape: of one of them.
        module: that draws them.

    Returns:
        Both kinds, each of shape (n, *shape), n > 0.

    Raises:
        BundleError: when the file is not what it should be.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            found = {name: np.asarray(archive[name]) for name in (CALIBRATION, GOLDEN)}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        msg = f"{path}: no inputs ({error}); draw them with python -m {module}"
        raise BundleError(msg) from error
    for name, array in found.items():
        if array.dtype != dtype or array.shape[1:] != shape or not len(array):
            needed = f"{np.dtype(dtype)} (n, {', '.join(map(str, shape))})"
            msg = f"{path}: {name} is {array.dtype} {array.shape}, not {needed}; draw them anew with python -m {module}"
            raise BundleError(msg)
    return found
