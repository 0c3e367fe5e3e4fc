"""The models that find and read plates, in an accelerator's process: loading them, and looking at the vehicles of one picture.

Rules: each is used only after its file agrees with the manifest and its golden vectors come out on this very device; of a
picture only the parts around vehicles that are worth a look become colours; what fails is named, and costs nobody else a look.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edge.capture.port import Plane
from edge.infer.accelerator import Accelerator, AcceleratorError
from edge.infer.looker import opened, proven
from edge.infer.messages import ModelOrder, PlateLook
from edge.infer.packed import PackedPlates
from edge.infer.prepare import Rgb
from models.bundle.detections import Detections, Floats
from models.bundle.plate_chain import Box, PlateChain, Stage, assign, moved, worth_a_look

_WARM_RUNS = 3

Planes = tuple[Plane, Plane, Plane]


class PlateModel:
    """A loaded model of plates, with how long it takes.

    Args:
        name: under which requests ask for it.
        stage: its network.
        decoder: how its outputs are read.

    Attributes:
        warm_ms: time of one inference, after warming up.
    """

    def __init__(self, name: str, stage: Stage, decoder: str) -> None:
        self.name, self.decoder = name, decoder
        self._stage, self._runs, self._spent_s = stage, 0, 0.0
        self.warm_ms = 0.0

    @property
    def stage(self) -> Stage:
        """The network, watched."""
        stage = self._stage
        return Stage(self._run, stage.size, stage.threshold, stage.settings, stage.overlap)

    def warm_up(self) -> None:
        """Look a few times at nothing."""
        width, height = self._stage.size
        for _ in range(_WARM_RUNS):
            self._run(np.zeros((1, height, width, 3), np.uint8))
            self.warm_ms = self.take_ms() or 0.0

    def take_ms(self) -> float | None:
        """Milliseconds of an inference in the mean since this was asked; ``None`` = there was none."""
        runs, spent_s = self._runs, self._spent_s
        self._runs, self._spent_s = 0, 0.0
        return spent_s * 1000 / runs if runs else None

    def _run(self, image: npt.NDArray[Any]) -> tuple[Floats, ...]:
        begun_s = time.monotonic()
        try:
            return self._stage.run(image)
        except AcceleratorError as error:
            raise PlateModelError(self.name, str(error)) from None
        finally:
            self._runs += 1
            self._spent_s += time.monotonic() - begun_s


class PlateModelError(Exception):
    """A model of plates failed.

    Args:
        name: of the model.
        fault: what happened.
    """

    def __init__(self, name: str, fault: str) -> None:
        super().__init__(f"{name}: {fault}")
        self.name, self.fault = name, fault


def load_plates(accelerator: Accelerator, order: ModelOrder) -> PlateModel:
    """Load a model that finds or reads plates, check it, warm it up.

    Raises:
        AcceleratorError: naming what is wrong with it and what to do.
    """
    found = opened(accelerator, order)
    network, places, manifest = found.network, found.outputs, found.bundle.manifest

    def run(image: npt.NDArray[Any]) -> tuple[Floats, ...]:
        outputs = network.run(image)
        return tuple(outputs[place] for place in places)

    try:
        stage = Stage.of(run, manifest, order.operating_point)
    except KeyError as error:
        msg = f"{manifest.name}: its operating point {order.operating_point} names no threshold of {error}; install it again"
        raise AcceleratorError(msg) from None
    model = PlateModel(order.name, stage, manifest.output.decoder)
    try:
        model.warm_up()
    except PlateModelError as error:
        raise AcceleratorError(error.fault) from None
    proven(found, run, order)
    return model


def look(
    models: tuple[PlateModel, PlateModel], planes: Planes, detections: Detections, vehicles: Sequence[int], asked: PlateLook
) -> PackedPlates:
    """Look for plates on vehicles.

    Args:
        models: that finds, and that reads.
        planes: Y, U, V of the picture.
        detections: of the picture, in its pixels.
        vehicles: rows of those that are vehicles.
        asked: how.
    """
    detector, reader = models
    chain = PlateChain(detector.stage, reader.stage)
    boxes = detections.boxes[list(vehicles)]
    spared = np.array([(r.left, r.top, r.right, r.bottom) for r in asked.spared], np.float32).reshape(-1, 4)
    rows = [vehicles[i] for i in worth_a_look(boxes, asked.most, spared)]
    height, width = planes[0].shape
    for model in models:
        model.take_ms()  # what an earlier look left when it failed
    which = detector.name
    try:
        parts = [_part(chain, planes, _box(detections.boxes[row]), width, height) for row in rows]
        found = [chain.find(picture, box).moved(left, top) for picture, box, (left, top) in parts]
        mine = assign(found, detections.boxes[rows])
        which = reader.name
        seen = []
        for at, (corners, score) in sorted(mine.items()):
            picture, box, (left, top) = parts[at]
            within = corners - np.array([left, top], np.float32)
            seen.append(moved(chain.read(picture, box, within, score, int(rows[at])), left, top))
    except PlateModelError as error:
        return PackedPlates.failure(error.name, error.fault)
    except ValueError as error:  # an answer that is none
        return PackedPlates.failure(which, str(error))
    return PackedPlates.of(rows, seen, detector.take_ms(), reader.take_ms())


def _box(row: Floats) -> Box:
    left, top, right, bottom = row.tolist()
    return left, top, right, bottom


def _part(chain: PlateChain, planes: Planes, box: Box, width: int, height: int) -> tuple[Rgb, Box, tuple[int, int]]:
    """The part of a picture around a vehicle, RGB, the vehicle's box in it, and where its corner lies."""
    left, top, right, bottom = chain.part(box, width, height)
    picture = coloured(planes, left, top, right, bottom)
    return picture, (box[0] - left, box[1] - top, box[2] - left, box[3] - top), (left, top)


def coloured(planes: Planes, left: int, top: int, right: int, bottom: int) -> Rgb:
    """A part of a picture in RGB, uint8 (h, w, 3): BT.601, video range; all edges are even."""
    y, u, v = planes
    size = (right - left, bottom - top)
    half = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
    rows = size[1] * 3 // 2
    packed = np.empty((rows, size[0]), np.uint8)
    packed[: size[1]] = y[top:bottom, left:right]
    flat, area = packed.reshape(-1), size[0] * size[1]
    flat[area : area * 5 // 4] = u[half].reshape(-1)
    flat[area * 5 // 4 :] = v[half].reshape(-1)
    return np.asarray(cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420), np.uint8)
