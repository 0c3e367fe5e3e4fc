"""How many vehicles a second the chain of plates keeps up with on one thread, and what it costs beside: copies and memory.

What is measured: of each photo with a plate, every vehicle that the shipped detector finds is cut out of the camera's planes,
looked at for plates, read, named a colour, and fused with what was read before, as a box does it for each vehicle in each
picture; without the vehicle detector, whose look is one for all. Time is the process's own: other programs on the machine
are not the chain's doing. How long a hit takes to the control room is measured by :mod:`benchmarks.plates_latency`.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.plates_latency import stream_latency
from benchmarks.plates_site import MODELS, check_models
from edge.analytics.anpr.analytics import AnprAnalytics
from edge.analytics.anpr.sight import Sight
from edge.analytics.anpr.without import Without
from edge.clock import Instant
from edge.infer import plates
from edge.infer.looker import load_looker
from edge.infer.messages import ModelOrder, PlateLook, Task
from edge.infer.onnx_cpu import OnnxCpu
from edge.tracking.tracks import Tracks
from hardware.system import memory_mb
from models.bundle.bundle import zoo
from models.bundle.detections import Detections
from models.recipes.plate_detector.finder import vehicles
from models.recipes.plates.photos import FOLDER, photos
from protocol.config import Anpr, Source

DESCRIPTION = (
    "From a plate's best reading to the manager's live stream; vehicles a second on one thread; memory of three models"
)

VEHICLES_S = 10.0
_PICTURES, _QUICK_PICTURES = 200, 20
_HD = (1080, 1920)


def run(options: Options) -> Iterator[Figure]:
    """Measure."""
    check_models()
    yield from stream_latency(options)
    cv2.setNumThreads(1)
    accelerator, before = OnnxCpu(), memory_mb([os.getpid()])
    looker = load_looker(accelerator, _order(MODELS[0], Task.OBJECTS))
    one = memory_mb([os.getpid()])
    models = tuple(plates.load_plates(accelerator, _order(name, Task.PLATES)) for name in MODELS[1:])
    three = memory_mb([os.getpid()])
    del looker
    yield _speed((models[0], models[1]), options)
    yield _copy()
    if before is not None and one is not None and three is not None:
        yield Figure(
            name="models_mb",
            value=three - before,
            unit="MB",
            n=1,
            against=f"{one - before:.0f} MB for people and vehicles, {three - one:.0f} MB more for both models of plates",
        )


def _order(name: str, task: Task) -> ModelOrder:
    return ModelOrder(name, str(zoo() / name), f"{name}.int8.onnx", "default", task)


def _speed(models: tuple[plates.PlateModel, plates.PlateModel], options: Options) -> Figure:
    pictures, what = _pictures(options)
    asked = PlateLook(models[0].name, models[1].name, most=8)
    source = Source("gate", "x.mp4", anpr=Anpr())
    spent: list[float] = []
    read = 0
    for number in range(1, (_QUICK_PICTURES if options.quick else _PICTURES) + 1):
        planes, detections = pictures[number % len(pictures)]
        height, width = planes[0].shape
        if number <= len(pictures) or number % len(pictures) == 0:
            analytics = AnprAnalytics(source, width, height, Without(), Without())
        rows = list(range(len(detections)))
        options.progress(f"picture {number}")
        begun_s = time.process_time()
        looked = plates.look(models, planes, detections, rows, asked).looked(len(detections))
        found = {plate.vehicle: plate for plate in looked.seen}
        boxes = [tuple(box) for box in detections.boxes.tolist()]
        sights = [Sight(row, found.get(row), "car", 0.9, boxes[row]) for row in looked.vehicles]
        at = Instant(number / 10, dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(seconds=number / 10))
        analytics.update(_tracks(detections), sights, at, number, number / 10)
        if number > 2 and looked.vehicles:  # the first looks allocate
            spent.append((time.process_time() - begun_s) / len(looked.vehicles))
            read += len(found)
    rate = 1 / float(np.mean(spent))
    low, high = (1 / float(np.percentile(spent, share)) for share in (90, 10))
    against = f"{what}; {read} plates read; nine and one in ten pictures; one thread, processor's time"
    return Figure(
        name="vehicles_per_s",
        value=rate,
        unit="vehicles/s",
        n=len(spent),
        low=low,
        high=high,
        against=against,
        target=VEHICLES_S,
        sense=Sense.AT_LEAST,
    )


def _tracks(detections: Detections) -> Tracks:
    count = len(detections)
    return Tracks(
        np.arange(count, dtype=np.int64),
        detections.boxes,
        np.ones(count, np.float32),
        np.ones(count, np.int8),
        np.zeros((count, 2), np.float32),
    )


def _pictures(options: Options) -> tuple[list[tuple[plates.Planes, Detections]], str]:
    folder = options.data / FOLDER / "eu"
    if not folder.is_dir():
        msg = f"{folder}: not here; name the folder of the measuring data with --data"
        raise Skipped(msg)
    found = []
    for photo in photos(folder):
        picture = photo.picture()
        picture = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
        boxes = np.array(vehicles(picture), np.float32).reshape(-1, 4)
        if len(boxes):
            detections = Detections(boxes, np.ones(len(boxes), np.float32), np.full(len(boxes), 2, np.int16))
            found.append((_planes(picture), detections))
        if options.quick and len(found) >= _QUICK_PICTURES // 2:
            break
    sizes = sorted(planes[0].shape[1] for planes, _ in found)
    return found, f"{len(found)} photos {sizes[0]} to {sizes[-1]} pixels wide"


def _planes(picture: np.ndarray) -> plates.Planes:
    height, width = picture.shape[:2]
    packed = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2YUV_I420), np.uint8)
    flat, area = packed[height:].reshape(-1), height * width // 4
    half = (height // 2, width // 2)
    return packed[:height].copy(), flat[:area].reshape(half).copy(), flat[area:].reshape(half).copy()


def _copy() -> Figure:
    """What it costs to keep a picture of 1080 rows until it has been looked at."""
    height, width = _HD
    planes = [np.full(shape, 90, np.uint8) for shape in (_HD, (height // 2, width // 2), (height // 2, width // 2))]
    spent = [_timed(lambda: [plane.copy() for plane in planes]) for _ in range(100)]
    against = f"{width} x {height}; median; least and most of nine in ten"
    low, high = (float(np.percentile(spent, share)) for share in (5, 95))
    return Figure(name="copy_ms", value=float(np.median(spent)), unit="ms", n=len(spent), low=low, high=high, against=against)


def _timed(work: Callable[[], object]) -> float:
    begun_s = time.process_time()
    work()
    return (time.process_time() - begun_s) * 1000
