"""The chain from a vehicle to the columns of its plate, with the shipped models."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from models.bundle.bundle import load_bundle, zoo
from models.bundle.corners import Plates
from models.bundle.plate_chain import PlateChain, Stage, assign, worth_a_look
from models.bundle.reading import read_best
from models.factory.forms import used_file
from models.factory.session import open_session
from models.recipes.plate_detector.finder import vehicles
from models.recipes.plates.photos import photos
from protocol.plates import fold
from tests.models.data import DATA
from tests.models.vehicles import Drawn, drawn, lit


def shipped(name: str) -> Stage:
    bundle = load_bundle(zoo() / name)
    session = open_session(used_file(bundle))
    names = list(bundle.manifest.output.names())
    return Stage.of(lambda image: tuple(session.run(names, {bundle.manifest.input.name: image})), bundle.manifest)


@cache
def chain() -> PlateChain:
    return PlateChain(shipped("plate-detector"), shipped("plate-reader"))


def stage(answer: tuple[npt.NDArray[Any], ...]) -> Stage:
    return Stage(lambda _image: answer, (352, 256), 0.4, {}, 0.3)


@pytest.mark.parametrize("seed", range(6))
def test_a_drawn_plate_is_found_where_it_hangs_and_read(seed: int) -> None:
    car = drawn(seed, (640, 480))
    (seen,) = chain()(lit(car.picture, 0.8, noise=3), car.box[None])
    assert (seen.vehicle, read_best(seen.columns)[0].text) == (0, car.text)
    assert np.abs(seen.corners - car.corners).max() < 0.12 * seen.width
    assert seen.columns.shape == (72, 37)
    assert np.exp(seen.columns).sum(axis=1) == pytest.approx(np.ones(72), abs=1e-3)
    assert seen.colours.sum() == pytest.approx(1)


def test_a_plate_costs_one_inference_of_each_however_unsure_the_reader_is() -> None:
    asked: list[str] = []

    def counted(name: str) -> Stage:
        made = shipped(name)

        def run(image: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], ...]:
            asked.append(name)
            return made.run(image)

        return replace(made, run=run)

    car = drawn(0, (640, 480))
    blurred = np.asarray(cv2.GaussianBlur(car.picture, (0, 0), 3.5), np.uint8)
    (seen,) = PlateChain(counted("plate-detector"), counted("plate-reader"))(blurred, car.box[None])
    assert read_best(seen.columns)[0].probability < 0.5
    assert asked == ["plate-detector", "plate-reader"]


def test_a_part_of_the_picture_does_as_well_as_the_whole() -> None:
    car = drawn(2, (960, 720), wide=0.4)
    box = tuple(car.box.tolist())
    left, top, right, bottom = chain().part(box, 960, 720)
    assert right - left < 700
    assert not any(edge % 2 for edge in (left, top, right, bottom))
    part = chain().find(car.picture[top:bottom, left:right], (box[0] - left, box[1] - top, box[2] - left, box[3] - top))
    whole = chain().find(car.picture, box)
    np.testing.assert_allclose(part.moved(left, top).corners[0], whole.corners[0], atol=1.5)


def test_what_is_blurred_or_pale_says_so() -> None:
    car = drawn(5, (640, 480))
    (sharp,), (pale,) = (chain()(picture, car.box[None]) for picture in (car.picture, lit(car.picture, 0.4)))
    assert pale.contrast < 0.6 * sharp.contrast
    small = car.picture[::3, ::3].repeat(3, axis=0).repeat(3, axis=1)
    smooth = np.asarray(0.25 * (small[:-3, :-3].astype(float) + small[3:, :-3] + small[:-3, 3:] + small[3:, 3:]), np.uint8)
    (blurred,) = chain()(smooth, car.box[None])
    assert blurred.sharpness < sharp.sharpness


def test_an_empty_street_has_no_plate() -> None:
    assert chain()(np.full((240, 320, 3), 110, np.uint8), np.array([[40, 40, 200, 200]], np.float32)) == []


def test_a_plate_belongs_to_the_nearer_vehicle_and_to_no_other() -> None:
    near = np.array([[10, 60], [60, 60], [60, 72], [10, 72]], np.float32)
    far = near + np.array([0, -50], np.float32)
    boxes = np.array([[0, 0, 70, 80], [0, 20, 80, 100]], np.float32)
    both = Plates(np.array([0.9, 0.5], np.float32), np.stack([near, far]))
    only = Plates(np.array([0.8], np.float32), near[None])
    mine = assign([both, only], boxes)
    assert {row: corners[0].tolist() for row, (corners, _) in mine.items()} == {0: [10, 10], 1: [10, 60]}


def test_the_widest_are_looked_at_and_the_spared_are_not() -> None:
    boxes = np.array([[0, 0, 50, 50], [100, 0, 300, 100], [400, 0, 500, 60], [0, 200, 20, 230]], np.float32)
    none = np.zeros((0, 4), np.float32)
    assert worth_a_look(boxes, 4, none) == [1, 2, 0], "the last is too narrow for any plate"
    assert worth_a_look(boxes, 1, none) == [1]
    assert worth_a_look(boxes, 4, np.array([[110, 5, 310, 105]], np.float32)) == [2, 0]
    assert worth_a_look(none, 4, none) == []


@pytest.mark.parametrize("box", [(-50.0, -40.0, 30.0, 20.0), (600.0, 400.0, 900.0, 700.0), (0.0, 0.0, 639.0, 479.0)])
def test_vehicles_at_the_edge_of_a_picture_are_parts_of_it(box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = chain().part(box, 639, 479)
    assert 0 <= left < right <= 638
    assert 0 <= top < bottom <= 478
    assert isinstance(chain()(drawn(1, (639, 479)).picture, np.array([box], np.float32)), list)


def test_an_answer_that_is_none_is_an_error() -> None:
    picture, boxes = drawn(0).picture, np.array([[10, 10, 400, 300]], np.float32)
    with pytest.raises(ValueError, match="no maps of plates"):
        PlateChain(stage((np.zeros((1, 4, 4), np.float32), np.zeros((1, 4, 4, 4), np.float32))), shipped("plate-reader"))(
            picture, boxes
        )
    maps = np.zeros((1, 64, 88), np.float32), np.full((1, 8, 64, 88), np.nan, np.float32)
    maps[0][0, 30, 40] = 0.9
    with pytest.raises(ValueError, match="not all finite"):
        PlateChain(stage(maps), shipped("plate-reader"))(picture, boxes)
    columns = np.full((72, 37), np.nan, np.float32)
    with pytest.raises(ValueError, match="not all finite"):
        PlateChain(shipped("plate-detector"), stage((columns,)))(*_one(drawn(0, (640, 480))))


def _one(car: Drawn) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    return car.picture, car.box[None]


def test_photos_are_read_as_the_recipe_reads_them() -> None:
    folder = DATA / "anpr" / "eu"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here; name the folder of the measuring data in LAMPLIGHTER_DATA")
    read = wanted = 0
    for photo in list(photos(folder))[::4]:
        picture = photo.picture()
        boxes = vehicles(picture) or [(0.0, 0.0, float(picture.shape[1]), float(picture.shape[0]))]
        seen = {fold(read_best(plate.columns)[0].text) for plate in chain()(picture, np.array(boxes, np.float32))}
        wanted += len(photo.plates)
        read += sum(fold(plate.text) in seen for plate in photo.plates)
    assert read >= 0.9 * wanted
