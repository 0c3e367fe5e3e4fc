"""The square's clip is the one that everything was measured on, and looking at it twice shows the same twice."""

from __future__ import annotations

import hashlib
import json

import av
import pytest

from edge.capture.file import FilePort
from edge.gate.expected import Expected
from edge.gate.gate import FrameGate
from edge.infer import accelerator
from edge.infer.looker import load_looker
from edge.infer.messages import ModelOrder
from edge.region import Region
from edge.tracking.tracker import Tracker
from models.bundle.bundle import zoo
from protocol.config import Gate
from tests.edge.capture.clips import SQUARE

PERSON = "person-vehicle-fast"
ORDER = ModelOrder("m", str(zoo() / PERSON), f"{PERSON}.int8.onnx", "default")
PICTURES = 25


@pytest.fixture(scope="module")
def manifest() -> dict[str, object]:
    found: dict[str, object] = json.loads(SQUARE.with_suffix(".json").read_text("utf-8"))
    return found


def test_its_manifest_names_its_bytes(manifest: dict[str, object]) -> None:
    assert hashlib.sha256(SQUARE.read_bytes()).hexdigest() == manifest["sha256"]
    assert SQUARE.name == manifest["file"]


def test_it_has_every_picture_of_its_source(manifest: dict[str, object]) -> None:
    sizes = set()
    number = 0
    before_s = -1.0
    for picture in FilePort(str(SQUARE)).pictures():
        number += 1
        sizes.add((picture.size.width, picture.size.height))
        assert picture.media_s > before_s
        before_s = picture.media_s
    assert number == manifest["frames"] == 795
    assert sizes == {(manifest["width"], manifest["height"])} == {(768, 576)}
    with av.open(str(SQUARE)) as container:
        assert container.streams.video[0].average_rate == manifest["file_fps"]


def look() -> list[object]:
    """What gate, model and tracker say of the first pictures, in one process and in order."""
    looker = load_looker(accelerator.make("edge.infer.onnx_cpu:OnnxCpu"), ORDER)
    gate, tracker = FrameGate(Gate()), Tracker(768, 576)
    said: list[object] = []
    expected: tuple[Expected, ...] = ()
    for number, picture in enumerate(FilePort(str(SQUARE)).pictures()):
        regions = gate.regions(picture.y, number / 7, expected)
        detections = looker.look(looker.prepare((picture.y, picture.u, picture.v), regions))
        looked = [(r.left, r.top, r.right, r.bottom) for r in regions]
        tracks = tracker.update(detections, looked, number / 7)
        rows = zip(tracks.boxes.tolist(), tracks.velocities.tolist(), strict=True)
        expected = tuple(
            Expected(Region(int(a), int(b), max(1, int(c - a)), max(1, int(d - b))), (right, down), number / 7, 0.75)
            for (a, b, c, d), (right, down) in rows
        )
        said += [regions, detections.boxes.tobytes(), detections.scores.tobytes(), tracks.ids.tolist(), tracks.boxes.tobytes()]
        if number + 1 == PICTURES:
            break
    assert tracks.counted.sum() >= 3
    return said


def test_the_same_pictures_say_the_same() -> None:
    assert look() == look()
