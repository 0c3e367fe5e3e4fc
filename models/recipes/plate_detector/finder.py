"""Plates in a whole photo, as a box finds them: vehicles first, by the shipped detector, then plates in each vehicle's region.

Rules: a photo without a vehicle is one region, so that a close-up of a bumper is looked at too; a box around a vehicle is
looked at once, whatever the vehicle detector calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle import detections
from models.bundle.bundle import load_bundle, zoo
from models.bundle.corners import Plates, Region, around, cut, decode, distinct
from models.bundle.golden import Run
from models.bundle.litert import LiteRtNetwork
from models.factory.forms import used_file
from models.factory.session import open_session
from models.recipes.plate_detector.export import CORNERS, INPUT, SCORES
from models.recipes.plate_detector.shape import HEIGHT, WIDTH
from models.recipes.plates.photos import Rgb

VEHICLES = "person-vehicle-fast"
POINT = "vehicles"
"""The shipped vehicle detector and its operating point."""
KINDS = ("car", "motorcycle", "bus", "truck")
SAME = 0.6
"""Overlap of boxes above which two are one vehicle."""
SMALLEST = 32.0
"""Pixels; a plate on a narrower vehicle has no six pixels and cannot be read."""
LEAST = 0.05
"""Score from which plates are reported to an evaluation: the tail below adds nothing to a curve."""

Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Finder:
    """Something that finds plates.

    Attributes:
        photo: in a whole photo, RGB uint8 (h, w, 3).
        region: in a picture that is one vehicle's region.
    """

    photo: Callable[[Rgb], Plates]
    region: Callable[[Rgb], Plates]


def open_finder(path: Path, least: float = LEAST) -> Finder:
    """The plate detector at ``path`` behind the shipped vehicle detector; plates of a lower score are not given."""
    network = open_network(path)

    def look(picture: Rgb, region: Region) -> Plates:
        scores, offsets = network(cut(picture, region, WIDTH, HEIGHT))
        return decode(scores, offsets, region, least)

    def region(picture: Rgb) -> Plates:
        return look(picture, _whole(picture))

    def photo(picture: Rgb) -> Plates:
        return distinct(look(picture, each) for each in regions(picture, vehicles(picture)))

    return Finder(photo, region)


def open_network(path: Path) -> Run:
    """Run a file, ONNX or TFLite: uint8 (1, height, width, 3) to scores (1, h, w) and corners (1, 8, h, w)."""
    if path.suffix == ".tflite":
        network = LiteRtNetwork(path.read_bytes(), path.name, (SCORES, CORNERS))

        def answer(picture: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], ...]:
            scores, corners = network.answers(picture)  # (1, h, w, 1) and (1, h, w, 8)
            return scores[..., 0], corners.transpose(0, 3, 1, 2)

        return answer
    session = open_session(path)
    return lambda picture: tuple(session.run([SCORES, CORNERS], {INPUT: picture}))


def regions(picture: Rgb, boxes: list[Box]) -> list[Region]:
    """Where to look: around each vehicle, or everywhere when there is none."""
    return [around(box, WIDTH, HEIGHT) for box in boxes] or [_whole(picture)]


def vehicles(picture: Rgb) -> list[Box]:
    """Boxes of vehicles in a photo, best first: left, top, right, bottom in pixels."""
    run, thresholds, wanted, side = _vehicle_detector()
    height, width = picture.shape[:2]
    scores, boxes = run(np.asarray(cv2.resize(picture, side), np.uint8)[None])
    window = detections.Window(0, 0, width, height, width, height)
    found = detections.merge([(window, detections.decode(scores, boxes, window, thresholds))], SAME)
    kept: list[npt.NDArray[np.float32]] = []
    for at in np.argsort(-found.scores, kind="stable"):
        box = found.boxes[at]
        if found.classes[at] not in wanted or box[2] - box[0] < SMALLEST:
            continue
        if not kept or float(detections.pairwise_iou(box[None], np.stack(kept)).max()) <= SAME:
            kept.append(box)
    return [(float(left), float(top), float(right), float(bottom)) for left, top, right, bottom in kept]


@cache
def _vehicle_detector() -> tuple[
    Callable[[Rgb], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]],
    npt.NDArray[np.float32],
    frozenset[int],
    tuple[int, int],
]:
    bundle = load_bundle(zoo() / VEHICLES)
    manifest = bundle.manifest
    session = open_session(used_file(bundle))
    point = manifest.operating_points[POINT]
    thresholds = np.array([point.thresholds.get(label, 2.0) for label in manifest.labels], np.float32)

    def run(picture: Rgb) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        scores, boxes = session.run(list(manifest.output.names()), {manifest.input.name: picture})
        return scores, boxes

    wanted = frozenset(manifest.labels.index(kind) for kind in KINDS)
    return run, thresholds, wanted, (manifest.input.width, manifest.input.height)


def _whole(picture: Rgb) -> Region:
    height, width = picture.shape[:2]
    return around((0.0, 0.0, float(width), float(height)), WIDTH, HEIGHT, margin=0.0)
