"""Steps of recipes that make one network of trained weights, in 32 and in 8 bits, with one input and one answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from models.bundle.detections import Floats
from models.bundle.golden import Run
from models.factory.session import open_session
from models.factory.steps import Room
from models.factory.trained import Weights, trained_weights


def write_reference(room: Room, to_onnx: Callable[[Weights, Path], None]) -> Path:
    """Make the model in 32-bit floating point.

    Args:
        room: of the build.
        to_onnx: writes the network with these weights.

    Raises:
        BundleError: when the weights are missing, of another network, or not numbers.
    """
    room.progress("writing the network")
    path = room.scratch / "fp32.onnx"
    to_onnx(trained_weights(room), path)
    return path


def write_both(
    room: Room, reference: Path, quantise: Callable[[Path, Path, npt.NDArray[Any]], None], shown: npt.NDArray[Any]
) -> None:
    """Write the variants of 8 and 32 bits.

    Args:
        room: of the build.
        reference: the model in 32 bits.
        quantise: writes the one in 8 bits, from a file, to a file, calibrated on inputs.
        shown: those inputs, (n, ...).
    """
    room.variant("fp32").write_bytes(reference.read_bytes())
    room.progress("quantising")
    quantise(reference, room.variant("int8"), shown)


def run_of(path: Path, inputs: str, output: str) -> Run:
    """Run a file on the CPU."""
    session = open_session(path)

    def run(shown: npt.NDArray[Any]) -> tuple[Floats, ...]:
        return (session.run([output], {inputs: shown})[0],)

    return run
