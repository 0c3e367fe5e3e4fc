"""Other readers for the same task, to be compared with and never to be learnt from: the readers of fast-alpr."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.looks import fitted
from models.bundle.reading import ALPHABET, Reading
from models.factory.session import open_session
from models.recipes.plates.photos import Rgb

Slots: TypeAlias = npt.NDArray[np.float64]

FILES = {"cct-xs-v1": Path("peers") / "cct_xs_v1_global.onnx", "cct-xs-v2": Path("peers") / "cct_xs_v2_global.onnx"}
"""In the folder of data."""
_BEAM = 10


def slots_reading(slots: Slots, count: int = _BEAM) -> list[Reading]:
    """Find the most probable texts of independent slots.

    Args:
        slots: (slots, 37), probabilities of ALPHABET and, last, of an empty slot.
        count: of texts.

    Returns:
        At most ``count`` readings, most probable first; texts that differ in empty slots only are one.
    """
    symbols = (*ALPHABET, "")
    beam: dict[str, tuple[float, tuple[float, ...]]] = {"": (1.0, ())}
    for slot in slots:
        grown: dict[str, tuple[float, tuple[float, ...]]] = {}
        for place in np.argsort(-slot, kind="stable")[:_BEAM].tolist():
            for text, (probability, characters) in beam.items():
                longer, chance = text + symbols[place], probability * float(slot[place])
                seen = (*characters, float(slot[place])) if symbols[place] else characters
                before = grown.get(longer)
                grown[longer] = (chance, seen) if before is None else (before[0] + chance, before[1])
        beam = dict(sorted(grown.items(), key=lambda item: -item[1][0])[: 4 * count])
    return [Reading(text, probability, seen) for text, (probability, seen) in list(beam.items())[:count]]


class SlotReader:
    """A reader with uint8 (1, height, width, 3), RGB, and probabilities (1, slots, 37) as its first output."""

    def __init__(self, path: Path) -> None:
        self._session = open_session(path)
        put = self._session.get_inputs()[0]
        self._name, (_, height, width, _) = put.name, put.shape
        self._size = (width, height)

    def __call__(self, crop: Rgb) -> list[Reading]:
        """Read a crop, RGB uint8; the most probable first."""
        answer = self._session.run(None, {self._name: fitted(crop, self._size)[None]})[0]
        return slots_reading(np.asarray(answer[0], np.float64))
