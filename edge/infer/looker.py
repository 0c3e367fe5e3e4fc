"""A model that looks: prepare, run, decode, for each region of a picture, and join what was seen.

Rules: a model is used only after its file agrees with the manifest, its golden vectors come out as they should on this very
device, and the first slow looks are over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from edge.capture.port import Plane
from edge.infer.accelerator import Accelerator, AcceleratorError, Network
from edge.infer.messages import ModelOrder
from edge.infer.prepare import Fitted, Fitter
from edge.region import Region, Size
from models.bundle.boxes import BoxReader, fed
from models.bundle.bundle import Bundle, BundleError, load_bundle
from models.bundle.detections import Detections, Floats, Window, clipped, merge, pairwise_iou
from models.bundle.golden import Run, check_golden
from models.bundle.plates import VEHICLE_POINT, VEHICLES
from protocol.manifest import Manifest, OperatingPoint, Variant

_WARM_LOOKS = 3
"""The first looks allocate; the third is as quick as any."""

_UNWANTED = 2.0
"""Threshold of a label that the operating point does not name: above any score."""

SAME_VEHICLE = 0.6
"""Overlap from which two boxes are one vehicle, whatever each calls it: a van is a car and a lorry."""

Prepared: TypeAlias = tuple[Fitted, ...]
"""Parts of a picture as the model takes them, and where each was."""


class Looker:
    """A loaded model with its pre- and post-processing.

    Args:
        network: the compiled model.
        manifest: of its bundle.
        point: thresholds to use.

    Raises:
        BundleError: when its outputs do not give its labels as boxes.
    """

    def __init__(self, network: Network, manifest: Manifest, point: OperatingPoint) -> None:
        self._network = network
        self._input = manifest.input
        self._size = Size(manifest.input.width, manifest.input.height)
        self._fitter = Fitter(self._size, manifest.input.fit, manifest.input.fill)
        self._reader = BoxReader(manifest)
        self._thresholds = np.array([point.thresholds.get(label, _UNWANTED) for label in manifest.labels], np.float32)
        self._iou = point.iou
        chosen = manifest.operating_points.get(VEHICLE_POINT)
        thresholds = {} if chosen is None else {label: chosen.thresholds.get(label, _UNWANTED) for label in VEHICLES}
        self._vehicle_thresholds = np.array([thresholds.get(label, _UNWANTED) for label in manifest.labels], np.float32)
        self._others = np.where(np.isin(manifest.labels, VEHICLES), np.float32(_UNWANTED), self._thresholds)
        self._is_vehicle = np.isin(manifest.labels, VEHICLES)
        self._outputs = [network.outputs.index(name) for name in manifest.output.names()]
        self.warm_ms = 0.0

    def prepare(self, planes: tuple[Plane, Plane, Plane], regions: Sequence[Region]) -> Prepared:
        """Make inputs of parts of a picture, which is not needed any more afterwards. May be another thread than looks.

        Args:
            planes: Y, U, V of the whole picture.
            regions: within it.
        """
        return tuple(self._fitter.prepare(planes, region) for region in regions)

    def look(self, prepared: Prepared, *, vehicles: bool = False) -> Detections:
        """Look at what was prepared.

        Args:
            prepared: parts of a picture.
            vehicles: whether vehicles are wanted beside what the operating point names, which stays as it is without.

        Returns:
            Detections in pixels of the picture, each object once.

        Raises:
            AcceleratorError: when the device refuses.
        """
        raw = [(window, lens, self.raw(image)) for window, lens, image in prepared]
        if not vehicles:
            return self._merged(raw, self._thresholds)
        return Detections.join([self._merged(raw, self._others), distinct(self._merged(raw, self._vehicle_thresholds))])

    def vehicles(self, detections: Detections) -> npt.NDArray[np.intp]:
        """Rows of those that are vehicles."""
        return np.flatnonzero(self._is_vehicle[detections.classes])

    def _merged(self, raw: Sequence[tuple[Window, Window, tuple[Floats, ...]]], thresholds: Floats) -> Detections:
        parts = []
        for window, lens, answers in raw:
            found = self._reader.detections(answers, lens, thresholds)
            parts.append((window, found if lens == window else clipped(found, window)))
        return merge(parts, self._iou)

    def raw(self, image: npt.NDArray[np.uint8]) -> tuple[Floats, ...]:
        """What golden vectors hold of one input, uint8 (1, height, width, 3), RGB.

        Raises:
            AcceleratorError: when the device refuses, or the model answers in another shape than its manifest says.
        """
        outputs = self._network.run(fed(self._input, image))
        try:
            return self._reader.answers([outputs[place] for place in self._outputs])
        except BundleError as error:
            raise AcceleratorError(str(error)) from None

    def warm_up(self) -> None:
        """Look a few times at nothing."""
        image = np.zeros((1, self._size.height, self._size.width, 3), np.uint8)
        for _ in range(_WARM_LOOKS):
            begun_s = time.monotonic()
            self.raw(image)
            self.warm_ms = (time.monotonic() - begun_s) * 1000


def distinct(vehicles: Detections) -> Detections:
    """Each vehicle once, under the label of which the model is surest."""
    ranked = vehicles.select(np.argsort(-vehicles.scores, kind="stable"))
    overlap = pairwise_iou(ranked.boxes, ranked.boxes)
    alive = np.ones(len(ranked), np.bool_)
    for row in range(len(ranked)):
        if alive[row]:
            alive[row + 1 :] &= overlap[row, row + 1 :] <= SAME_VEHICLE
    return ranked.select(alive)


@dataclass(frozen=True)
class Opened:
    """A compiled model whose file agrees with its manifest; nothing has been asked of it yet.

    Attributes:
        bundle: whose it is.
        variant: which.
        network: on its accelerator.
        outputs: places of the outputs that its decoder reads, in the decoder's order.
    """

    bundle: Bundle
    variant: Variant
    network: Network
    outputs: tuple[int, ...]


def opened(accelerator: Accelerator, order: ModelOrder) -> Opened:
    """Open a model.

    Raises:
        AcceleratorError: naming what is wrong with it and what to do.
    """
    try:
        bundle = load_bundle(Path(order.bundle))
        variant = _variant(bundle, order.variant)
        network = accelerator.load(bundle.read(variant), variant.file)
    except BundleError as error:
        raise AcceleratorError(_short(error, order)) from None
    try:
        outputs = tuple(network.outputs.index(name) for name in bundle.manifest.output.names())
    except ValueError:
        found = ", ".join(network.outputs)
        msg = f"{variant.file}: has the outputs {found}, not those of its manifest; install the bundle again"
        raise AcceleratorError(msg) from None
    return Opened(bundle, variant, network, outputs)


def proven(found: Opened, run: Run, order: ModelOrder) -> None:
    """Check a model's golden vectors on this very device.

    Raises:
        AcceleratorError: when they come out otherwise.
    """
    try:
        check_golden(found.bundle, found.variant, run)
    except BundleError as error:
        raise AcceleratorError(_short(error, order)) from None


def load_looker(accelerator: Accelerator, order: ModelOrder) -> Looker:
    """Load a model, check it, warm it up.

    Raises:
        AcceleratorError: naming what is wrong with it and what to do.
    """
    found = opened(accelerator, order)
    manifest, point = found.bundle.manifest, found.bundle.manifest.operating_points.get(order.operating_point)
    if point is None:
        msg = f"{manifest.name}: has no operating point {order.operating_point!r}; install it again"
        raise AcceleratorError(msg)
    try:
        looker = Looker(found.network, manifest, point)
    except BundleError as error:
        raise AcceleratorError(_short(error, order)) from None
    looker.warm_up()
    proven(found, looker.raw, order)
    return looker


def _short(error: Exception, order: ModelOrder) -> str:
    """What was wrong, with files named within the bundle: the whole path leaves no room for the remedy on the wire."""
    return str(error).replace(f"{order.bundle}/", "")


def _variant(bundle: Bundle, file: str) -> Variant:
    for variant in bundle.manifest.variants:
        if variant.file == file:
            return variant
    msg = f"{bundle.folder}: has no variant {file}; install the bundle again"
    raise BundleError(msg)
