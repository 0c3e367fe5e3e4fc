"""The drawn street of the demo as a box looks at it: gate, shipped vehicle detector, tracker, plates, consensus; one process.

Rules: a vehicle is found in a picture when a box has half of its intersection over union with the true one; what is read counts
for the vehicle on which it was read; pictures are looked at in order, as fast as they can be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from edge.capture.file import FilePort
from edge.capture.port import Picture
from edge.gate.expected import Expected
from edge.gate.gate import FrameGate
from edge.gate.street import gate_of
from edge.infer import accelerator
from edge.infer.looker import Looker, load_looker
from edge.infer.messages import ModelOrder
from edge.infer.prepare import Preparer
from edge.region import Region, Size
from edge.tracking.tracker import VEHICLES as FOLLOWED
from edge.tracking.tracker import Tracker
from models.bundle.bundle import load_bundle, zoo
from models.bundle.detections import Floats, pairwise_iou
from models.bundle.plate_chain import PlateChain
from models.bundle.plates import VEHICLES, PlateSeen
from protocol.config import Anpr, Source

DETECTOR, POINT = "person-vehicle-fast", "vehicles"
GATE = gate_of(Source("street", "x", anpr=Anpr()))
"""Cars near a camera that reads plates are 250 to 400 pixels wide, and do not fit into regions made for people."""
FOUND = 0.5
SAME = 0.6
"""Overlap of boxes above which two are one vehicle, whatever the detector calls it."""


@dataclass
class Seen:
    """What became of one vehicle of the truth.

    Attributes:
        plate: what stands on it.
        pictures: in which it is, among those that were looked at.
        found: in how many of them it was found.
        sights: of its plate.
    """

    plate: str
    pictures: int = 0
    found: int = 0
    sights: list[PlateSeen] = field(default_factory=list)


@dataclass(frozen=True)
class Played:
    """What a clip came to.

    Attributes:
        vehicles: of the truth that are in the pictures that were looked at.
        pictures: that were looked at.
        astray: boxes on no vehicle.
        looks: inferences of the vehicle detector.
    """

    vehicles: tuple[Seen, ...]
    pictures: int
    astray: int
    looks: int


def clip() -> Path:
    """The recording; its truth lies beside it."""
    return Path(str(resources.files("simulator") / "media" / "traffic.mp4"))


def truth(path: Path) -> dict[str, Any]:
    """What is in a clip."""
    read: dict[str, Any] = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return read


def play(path: Path, chain: PlateChain, until: int | None = None) -> Played:
    """Look at a clip.

    Args:
        path: of the clip; its truth lies beside it.
        chain: reads plates on vehicles.
        until: picture after which it ends, counted from 1.
    """
    told = truth(path)
    size = Size(told["width"], told["height"])
    eye = _Eye(size)
    whole = Preparer(size)
    seen = [Seen(row["plate"]) for row in told["vehicles"]]
    number = astray = 0
    for number, picture in enumerate(FilePort(str(path)).pictures(), 1):
        boxes = eye.vehicles(picture, number / told["fps"])
        planes = (picture.y, picture.u, picture.v)
        plates = chain(whole.prepare(planes, size.whole)[0], boxes) if len(boxes) else []
        here = [at for at, row in enumerate(told["vehicles"]) if row["from"] <= number <= row["to"]]
        real = np.array([_box(told["vehicles"][at], number) for at in here], np.float32).reshape(-1, 4)
        overlap = pairwise_iou(real, boxes)
        astray += int((overlap < FOUND / 2).all(axis=0).sum())
        for row, at in enumerate(here):
            seen[at].pictures += 1
            if len(boxes) and overlap[row].max() >= FOUND:
                seen[at].found += 1
                seen[at].sights += [plate for plate in plates if plate.vehicle == int(overlap[row].argmax())]
        if number == until:
            break
    return Played(tuple(vehicle for vehicle in seen if vehicle.pictures), number, astray, eye.looks)


class _Eye:
    """Gate, detector and tracker of one source, as the box joins them."""

    def __init__(self, size: Size) -> None:
        order = ModelOrder("vehicles", str(zoo() / DETECTOR), f"{DETECTOR}.int8.onnx", POINT)
        self._looker: Looker = load_looker(accelerator.make("edge.infer.onnx_cpu:OnnxCpu"), order)
        self._wanted = np.isin(load_bundle(zoo() / DETECTOR).manifest.labels, VEHICLES)
        self._gate, self._tracker = FrameGate(GATE), Tracker(size.width, size.height, FOLLOWED)
        self._expected: tuple[Expected, ...] = ()
        self.looks = 0

    def vehicles(self, picture: Picture, second: float) -> Floats:
        """Boxes of vehicles in the next picture, (n, 4), none twice."""
        regions = self._gate.regions(picture.y, second, self._expected)
        self.looks += len(regions)
        if not regions:
            return np.zeros((0, 4), np.float32)
        found = self._looker.look(self._looker.prepare((picture.y, picture.u, picture.v), regions))
        tracks = self._tracker.update(found, [(r.left, r.top, r.right, r.bottom) for r in regions], second)
        rows = zip(tracks.boxes.tolist(), tracks.velocities.tolist(), strict=True)
        self._expected = tuple(Expected(_region(box), (right, down), second, 0.0) for box, (right, down) in rows)
        return np.array(list(_distinct(found.select(self._wanted[found.classes]).boxes)), np.float32).reshape(-1, 4)


def _distinct(ranked: Floats) -> Iterator[Floats]:
    """Boxes, best first, without those that are one of the earlier ones."""
    kept: list[Floats] = []
    for box in ranked:
        if not kept or float(pairwise_iou(box[None], np.stack(kept)).max()) < SAME:
            kept.append(box)
            yield box


def _region(box: list[float]) -> Region:
    left, top, right, bottom = box
    return Region(int(left), int(top), max(1, int(right - left)), max(1, int(bottom - top)))


def _box(row: dict[str, Any], number: int) -> list[int]:
    box: list[int] = row["boxes"][number - row["from"]]
    return box
