"""Pictures of rendered sounds that are kept beside the weights.

They are drawn with ``python -m models.recipes.gunshot.kept``; why they are kept: :mod:`models.factory.kept`. Rule: nobody's
recording is in them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.bundle.detections import Floats
from models.bundle.gunshot import BANDS, FRAMES, bands, picture
from models.factory.assemble import write_vectors
from models.factory.kept import CALIBRATION, GOLDEN, read_inputs
from models.synthesis.sound.window import Kind, draw_scene, draw_window

FILE = "pictures.npz"
_SEED = 11
_KINDS = (Kind.SHOT, Kind.FIREWORK, Kind.STRIKE, Kind.NOTHING)
_ENOUGH, _ASKED = 48, 8


def read_kept(path: Path) -> dict[str, Floats]:
    """Read the pictures, float32 (n, 96, 64) each. Errors as :func:`models.factory.kept.read_inputs`."""
    found = read_inputs(path, np.float16, (FRAMES, BANDS), "models.recipes.gunshot.kept")
    return {name: pictures.astype(np.float32) for name, pictures in found.items()}


def draw_kept() -> dict[str, np.ndarray]:
    """Draw them: of each kind as many."""
    random, drawn = np.random.default_rng(_SEED), []
    for number in range(_ENOUGH + _ASKED):
        sound = draw_window(random, draw_scene(random, _KINDS[number % len(_KINDS)]), ()).sound
        drawn.append(picture(bands(sound), float(np.abs(sound).max())).astype(np.float16))
    return {CALIBRATION: np.stack(drawn[:_ENOUGH]), GOLDEN: np.stack(drawn[_ENOUGH:])}


if __name__ == "__main__":
    write_vectors(Path(__file__).with_name(FILE), draw_kept())
