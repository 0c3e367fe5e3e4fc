"""Who teaches: YAMNet, which has listened to two million recordings of the world.

Rule: of its 521 classes those of people's voices and bodies are not taught (see :mod:`models.recipes.gunshot.shape`).
"""

from __future__ import annotations

import functools

import numpy as np

from models.bundle.bundle import BundleError, fetched, load_bundle
from models.bundle.detections import Floats
from models.bundle.litert import LiteRtNetwork
from models.bundle.yamnet import level
from models.recipes.gunshot.shape import FIRST_TAUGHT


class Teacher:
    """YAMNet, loaded, for one thread."""

    def __init__(self, model: bytes) -> None:
        self._network = LiteRtNetwork(model, "yamnet")

    def scores(self, window: Floats) -> Floats:
        """What is heard in a window, float32 (15600,) at 16 kHz: float32 (TAUGHT,), 0 to 1."""
        scores: Floats = self._network.run(level(window))[0, FIRST_TAUGHT:].astype(np.float32)
        return scores


@functools.cache
def teacher() -> Teacher:
    """The one of this process.

    Raises:
        BundleError: when YAMNet has not been fetched.
    """
    try:
        bundle = load_bundle(fetched() / "yamnet")
    except BundleError as error:
        msg = f"the teacher is not here; `lamplighter models fetch yamnet` brings it ({error})"
        raise BundleError(msg) from error
    return Teacher(bundle.read(bundle.manifest.variants[0]))
