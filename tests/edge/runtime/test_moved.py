"""A camera that was turned: every result says so, from the first after a restart on, until a new calibration comes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from edge.capture.scene.kept import write_landmarks
from edge.capture.scene.landmarks import Finder, Landmarks
from edge.capture.scene.post import Post, post
from edge.gate.motion import shrink
from protocol.config import Calibration, GroundPoint, Source
from tests.edge.capture.clips import SQUARE
from tests.edge.capture.scene.square import pictures
from tests.edge.runtime.box import Box, source
from tests.edge.runtime.test_source_faults import process_of

CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
CALIBRATION = Calibration(tuple(GroundPoint(at, (10 * at[0], 10 * at[1])) for at in CORNERS), (768, 576))
OTHER = msgspec.structs.replace(CALIBRATION, sigma_px=2.0)


def square(calibration: Calibration | None = CALIBRATION) -> Source:
    return source("gate", SQUARE, repeat=True, calibration=calibration)


def remembered(folder: Path, *, right: float, moved: bool, name: str = "gate") -> Post:
    """What an earlier run of the box knew of the square: the same landmarks, so many small pixels farther to the right."""
    first = shrink(pictures()[0])
    seen = Finder().find(first)
    points = seen.points + np.array([right, 0], np.float32)
    within = points[:, 0] < first.shape[1]
    where = post(folder, name, CALIBRATION)
    write_landmarks(where, first.shape[1], first.shape[0], Landmarks(points, seen.bits).select(within), moved=moved)
    return where


def test_what_had_moved_has_moved_from_the_first_picture_on_until_a_new_calibration_comes(box: Box) -> None:
    remembered(box.landmarks, right=10.0, moved=True)
    box.run(square())
    box.until(lambda: len(box.results) >= 50)
    assert all(result.moved for result in box.results)
    assert box.codes("source gate") == ("scene-moved",)
    box.run(square(OTHER))
    box.until(lambda: box.codes("source gate") == ())
    before = len(box.results)
    box.until(lambda: len(box.results) >= before + 50)
    assert not any(result.moved for result in box.results[-40:])


def test_a_process_that_dies_does_not_put_the_camera_back(box: Box) -> None:
    remembered(box.landmarks, right=10.0, moved=True)
    box.run(square())
    box.until(lambda: len(box.results) >= 20)
    process_of("gate").kill()
    box.until(lambda: box.codes("source gate") == ("source-crashed",))
    lost = len(box.results)
    box.until(lambda: len(box.results) >= lost + 50)
    assert box.codes("source gate") == ("scene-moved",)
    assert all(result.moved for result in box.results[lost:] if result.regions)


def test_one_that_was_turned_while_the_box_was_off_is_found_out(box: Box) -> None:
    remembered(box.landmarks, right=10.0, moved=False)
    box.run(square())
    box.until(lambda: box.codes("source gate") == ("scene-moved",))
    assert not box.results[0].moved


def test_without_a_calibration_nothing_is_kept(box: Box) -> None:
    box.run(square(None))
    box.until(lambda: len(box.results) >= 300)
    assert box.codes("source gate") == ()
    assert not box.landmarks.exists()


def test_with_one_the_landmarks_are(box: Box) -> None:
    box.run(square())
    box.until((box.landmarks / "gate").exists)
    assert not any(result.moved for result in box.results)
