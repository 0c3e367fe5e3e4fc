"""A model that is only proven: its golden vectors on this very device, and the time of an inference.

So a release is tried that nothing asks here: its input does not come to an accelerator's process, or nothing uses it yet.
"""

from __future__ import annotations

import time
from typing import Any

import numpy.typing as npt

from edge.infer.accelerator import Accelerator, AcceleratorError
from edge.infer.looker import Opened, opened, proven
from edge.infer.messages import ModelOrder
from models.bundle.boxes import DECODERS, BoxReader, fed
from models.bundle.bundle import BundleError
from models.bundle.detections import Floats
from models.bundle.golden import Run

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
    least_s = float("inf")
    try:
        answer = _answering(found)
    except BundleError as error:
        raise AcceleratorError(str(error)) from None

    def run(image: npt.NDArray[Any]) -> tuple[Floats, ...]:
        nonlocal least_s
        for _ in range(_TIMES):
            begun_s = time.perf_counter()
            answers = answer(image)
            least_s = min(least_s, time.perf_counter() - begun_s)
        return answers

    proven(found, run, order)
    return 1000 * least_s


def _answering(found: Opened) -> Run:
    """What golden vectors hold: of detectors of boxes what their reader makes of a picture, of others the outputs."""
    manifest, network, places = found.bundle.manifest, found.network, found.outputs
    if manifest.output.decoder not in DECODERS:
        return lambda image: tuple(outputs[place] for outputs in (network.run(image),) for place in places)
    reader = BoxReader(manifest)

    def run(image: npt.NDArray[Any]) -> tuple[Floats, ...]:
        outputs = network.run(fed(manifest.input, image))
        return reader.answers([outputs[place] for place in places])

    return run
