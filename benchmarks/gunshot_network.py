"""The network that boxes run to hear shots, as a bundle ships it, and the scores of what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from edge.analytics.gunshot.analytics import LOOKS_S, Hear
from edge.analytics.gunshot.confirm import Calibration
from edge.infer.onnx_cpu import OnnxCpu
from models.bundle.bundle import load_bundle
from models.bundle.detections import Floats

PRECISION = "int8"
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Network:
    """A network that listens.

    Attributes:
        name: and version of its bundle.
        labels: of its answers.
        hear: asks it.
        calibration: what a score is worth.
    """

    name: str
    labels: Sequence[str]
    hear: Hear
    calibration: Calibration


def shipped(folder: Path) -> Network:
    """What boxes run: a bundle's network of 8 bits at its default operating point.

    Raises:
        BundleError: the bundle is not there.
    """
    bundle = load_bundle(folder)
    variant = next(each for each in bundle.manifest.variants if each.precision == PRECISION)
    network = OnnxCpu().load(bundle.read(variant), variant.file)

    def hear(picture: Floats) -> Floats:
        answer: Floats = np.asarray(network.run(picture[None, None])[0][0], np.float32)
        return answer

    calibration = Calibration.of(bundle.manifest.operating_points["default"])
    return Network(f"{bundle.manifest.name} {bundle.manifest.version}", bundle.manifest.labels, hear, calibration)


def by_onset(asked: Sequence[_Answer]) -> list[Sequence[_Answer]]:
    """What was asked of windows, in order, by the onset that they are around; one whose last window never came is left out."""
    whole = len(asked) // len(LOOKS_S) * len(LOOKS_S)
    return [asked[place : place + len(LOOKS_S)] for place in range(0, whole, len(LOOKS_S))]
