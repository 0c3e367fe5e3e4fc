"""Measuring a detector of the user's own, which has no recipe: people on the square, asked as of the detectors built here.

Rules: pictures fill its input and its outputs are read as its manifest says, which is how boxes do it; people found are counted
at its default operating point; it has no gates, since nobody here said what it must reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.boxes import DECODERS, BoxReader
from models.bundle.bundle import BundleError
from models.bundle.detections import Detections, Window, clipped
from models.bundle.fit import placed_in
from models.bundle.litert import RUNTIME
from models.factory.detector import runner
from models.factory.gates import Gate
from models.factory.steps import Asked, Judged, Progress
from models.factory.subject import names
from models.recipes.person_vehicle_fast import judge as square
from protocol.manifest import Input, Manifest, Output

POINT = "default"
PERSON = "person"


def is_judged(manifest: Manifest) -> bool:
    """Whether people can be asked of it."""
    return manifest.output.decoder in DECODERS and manifest.labels[:1] == (PERSON,)


class OwnDetector:
    """What measuring needs to know of it: :class:`models.factory.subject.Subject` and :class:`models.factory.steps.Judge`.

    Args:
        manifest: of its bundle.

    Raises:
        BundleError: when it has no threshold at which people are counted.
    """

    gates: tuple[Gate, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self.name, self.version = manifest.name, manifest.version
        point = manifest.operating_points.get(POINT)
        if point is None or PERSON not in point.thresholds:
            msg = f"{manifest.name}: has no operating point {POINT!r} with a threshold of {PERSON!r}; add it to its bundle.toml"
            raise BundleError(msg)
        self._look = point.thresholds[PERSON]

    def interface(self) -> tuple[Input, Output]:
        """What every form of the model takes and gives."""
        return self._manifest.input, self._manifest.output

    def figures(self) -> Sequence[Asked]:
        """See :class:`models.factory.steps.Judge`; so for all below."""
        return square.figures()

    def peers(self) -> Mapping[str, Callable[[Path], Any]]:
        """None."""
        return {}

    def open(self, path: Path) -> square.Detector:
        """Load a variant."""
        runtime = next((v.runtime for v in self._manifest.variants if v.file == path.name), RUNTIME)
        run, reader, its = runner(self._manifest, path, runtime), BoxReader(self._manifest), self._manifest.input
        least = np.array([square.LEAST, *[2.0] * (len(self._manifest.labels) - 1)], np.float32)

        def look(part: npt.NDArray[np.uint8], window: Window) -> Detections:
            placed = placed_in(part.shape[1], part.shape[0], (its.width, its.height), its.fit)
            scaled = np.asarray(cv2.resize(part, (placed.width, placed.height)), np.uint8)
            lens = placed.lens(window)
            found = reader.detections(run(placed.frame(scaled, its.fill)), lens, least)
            return found if lens == window else clipped(found, window)

        return look

    def judge(self, model: square.Detector, data: Path | None, progress: Progress) -> Judged:
        """Look at every frame, whole and in tiles."""
        return square.judged(model, data, progress, self._look)

    def picture(self, item: str, data: Path | None) -> npt.NDArray[np.uint8] | None:
        """Return the frame."""
        return square.picture(item, data)


def own_detector(manifest: Manifest, recipes: Path) -> OwnDetector | None:
    """How a bundle is measured that no recipe is of; ``None`` where one is, or where people cannot be asked of it.

    Raises:
        BundleError: as :class:`OwnDetector`.
    """
    return OwnDetector(manifest) if is_judged(manifest) and manifest.name not in names(recipes) else None
