"""A model that is only proven: its golden vectors on this very device, and the time of an inference.

So a release is tried that nothing asks here: its input does not come to an accelerator's process, or nothing uses it yet.
"""

from __future__ import annotations

import time
from typing import Any

import numpy.typing as npt

from edge.infer.accelerator import Accelerator
from edge.infer.looker import opened, proven
from edge.infer.messages import ModelOrder
from models.bundle.detections import Floats

_TIMES = 3
"""Inferences of each golden vector: of those of one small model, the quickest is steady."""


def prove(accelerator: Accelerator, order: ModelOrder) -> float:
    """Load a model, check it, let go of it.

    Returns:
        Time of an inference, milliseconds: the least of all, because what else runs only adds to it.

    Raises:
        AcceleratorError: naming what is wrong with it and what to do.
    """
    found = opened(accelerator, order)
    network, places = found.network, found.outputs
    least_s = float("inf")

    def run(image: npt.NDArray[Any]) -> tuple[Floats, ...]:
        nonlocal least_s
        for _ in range(_TIMES):
            begun_s = time.perf_counter()
            outputs = network.run(image)
            least_s = min(least_s, time.perf_counter() - begun_s)
        return tuple(outputs[place] for place in places)

    proven(found, run, order)
    return 1000 * least_s
