"""Pictures of rendered sounds that are kept beside the weights: those that 8 bits are calibrated on, and the golden ones.

They are drawn once (``python -m models.recipes.gunshot.kept``) and kept, because another release of the libraries would round
otherwise, and the bundle would be another for nothing. Rule: nobody's recording is in them.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from models.bundle.bundle import BundleError
from models.bundle.detections import Floats
from models.bundle.gunshot import BANDS, FRAMES, bands, picture
from models.factory.assemble import write_vectors
from models.synthesis.sound.window import Kind, draw_scene, draw_window

FILE = "pictures.npz"
CALIBRATION, GOLDEN = "calibration", "golden"
_SEED = 11
_KINDS = (Kind.SHOT, Kind.FIREWORK, Kind.STRIKE, Kind.NOTHING)
_ENOUGH, _ASKED = 48, 8


def read_kept(path: Path) -> dict[str, Floats]:
    """Read the pictures, float32 (n, 96, 64) each.

    Raises:
        BundleError: when the file is not what it should be.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            pictures = {name: np.asarray(archive[name]) for name in (CALIBRATION, GOLDEN)}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        msg = f"{path}: no pictures ({error}); draw them with python -m models.recipes.gunshot.kept"
        raise BundleError(msg) from error
    for name, array in pictures.items():
        if array.dtype != np.float16 or array.shape[1:] != (FRAMES, BANDS) or not len(array):
            msg = f"{path}: {name} is {array.dtype} {array.shape}, not float16 (n, {FRAMES}, {BANDS}); draw the pictures anew"
            raise BundleError(msg)
    return {name: array.astype(np.float32) for name, array in pictures.items()}


def draw_kept() -> dict[str, np.ndarray]:
    """Draw them: of each kind as many."""
    random, drawn = np.random.default_rng(_SEED), []
    for number in range(_ENOUGH + _ASKED):
        sound = draw_window(random, draw_scene(random, _KINDS[number % len(_KINDS)]), ()).sound
        drawn.append(picture(bands(sound), float(np.abs(sound).max())).astype(np.float16))
    return {CALIBRATION: np.stack(drawn[:_ENOUGH]), GOLDEN: np.stack(drawn[_ENOUGH:])}


if __name__ == "__main__":
    write_vectors(Path(__file__).with_name(FILE), draw_kept())
