"""Drawn scenes: the same seed gives the same scene, and the corners lie on the plate as drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.synthesis import photos, street
from models.synthesis.body import Kind, drawn_body
from models.synthesis.canvas import Picture
from models.synthesis.drawing import Canvas
from models.synthesis.glyphs import Split
from models.synthesis.material import Material
from models.synthesis.photos import PhotoError, album
from models.synthesis.projection import Camera
from models.synthesis.recording import LEAST_WIDTH, draw_scene, record
from models.synthesis.scene import View, compose
from models.synthesis.vehicle import draw_vehicle

PLAIN = Material("evaluate", packages=False)
WIDTH, HEIGHT = 352, 256
ALBUM_HERE = all(photo.path.is_file() for photo in photos.photos())
needs_album = pytest.mark.skipif(
    not ALBUM_HERE, reason=f"needs Debian's {' and '.join(sorted({p.package for p in photos.photos()}))}"
)


def plain(colour: tuple[int, int, int]) -> Callable[[np.random.Generator], Picture]:
    """Makes plates of one colour, 520 x 110 mm."""
    return lambda _: np.full((110, 520, 3), colour, np.uint8)


def test_the_same_seed_draws_the_same_scene_and_another_does_not() -> None:
    first, again, other = (draw_scene(np.random.default_rng(seed), PLAIN, WIDTH, HEIGHT) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.picture, again.picture)
    np.testing.assert_array_equal(first.corners, again.corners)
    assert (first.picture != other.picture).any()


@pytest.mark.parametrize("view", list(View))
def test_scenes_are_what_a_detector_is_fed(view: View) -> None:
    scene = draw_scene(np.random.default_rng(8), PLAIN, WIDTH, HEIGHT, view)
    assert scene.picture.shape == (HEIGHT, WIDTH, 3)
    assert scene.picture.dtype == np.uint8
    assert scene.corners.shape[1:] == scene.unclear.shape[1:] == (4, 2)
    assert scene.corners.dtype == np.float32
    if view is View.EMPTY:
        assert not len(scene.corners)


def test_corners_go_round_the_plate_as_it_is_read_and_none_is_too_small() -> None:
    count = 0
    for seed in range(12):
        scene = draw_scene(np.random.default_rng(seed), PLAIN, WIDTH, HEIGHT, View.VEHICLE)
        for top_left, top_right, bottom_right, bottom_left in scene.corners:
            count += 1
            across, down = top_right - top_left, bottom_left - top_left
            assert across[0] * down[1] - across[1] * down[0] > 0  # clockwise, y downwards
            assert top_left[0] < bottom_right[0]
            assert np.linalg.norm(across) > LEAST_WIDTH * 0.7
    assert count > 6


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("yaw", [-0.6, 0.0, 0.5])
def test_the_corners_lie_truly_on_the_plate(kind: Kind, yaw: float) -> None:
    pictures = []
    for colour in ((255, 0, 255), (0, 255, 0)):  # where the two differ, the plate is
        random = np.random.default_rng([list(Kind).index(kind), int(10 * yaw) + 10])
        body = drawn_body(random, kind)
        camera = Camera.around([0, 0.8, 1], 12, yaw, 0.1, 0.02).framed(body.hull(), (40, 40, 860, 620))
        pictures.append(np.full((660, 900, 3), 90, np.uint8))
        corners = draw_vehicle(random, PLAIN, Canvas(pictures[-1]), camera, body, plain(colour))
    assert corners is not None
    painted = (np.abs(pictures[0].astype(int) - pictures[1]).max(axis=2) > 20).astype(np.uint8)
    inside = np.zeros(painted.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.round((corners - 0.5) * 16).astype(np.int32), 1, shift=4)
    assert (painted & inside).sum() > 0.75 * inside.sum()
    grown = cv2.dilate(inside, np.ones((5, 5), np.uint8)) > 0
    assert not (painted[~grown]).any()


def test_a_vehicle_without_plate_has_no_corners() -> None:
    random = np.random.default_rng(1)
    body = drawn_body(random, Kind.CAR)
    camera = Camera.around([0, 0.8, 1], 12, 0, 0.1, 0).framed(body.hull(), (0, 0, WIDTH, HEIGHT))
    canvas = Canvas(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert draw_vehicle(random, PLAIN, canvas, camera, body, None) is None
    assert canvas.picture.any()


def test_two_recordings_of_one_scene_have_the_same_plates_at_their_places() -> None:
    for seed in range(20):
        composition = compose(np.random.default_rng(seed), PLAIN, WIDTH, HEIGHT, View.CLOSE)
        first, second = (record(np.random.default_rng(other), composition, WIDTH, HEIGHT) for other in (1, 2))
        if len(first.corners) == len(second.corners) == 1:
            one, two = first.corners[0], second.corners[0]
            shape = (np.ptp(quad, axis=0)[0] / np.ptp(quad, axis=0)[1] for quad in (one, two))
            assert next(shape) == pytest.approx(next(shape), rel=0.03)  # cut and enlarged, never turned
            return
    pytest.fail("no scene of twenty had its plate in both recordings")


def test_streets_without_packages_need_no_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(street, "album", lambda _: pytest.fail("looked for photos"))
    for seed in range(6):
        assert street.backdrop(np.random.default_rng(seed), PLAIN, 64, 96).shape == (64, 96, 3)


def test_photos_of_training_and_evaluation_are_different_pictures() -> None:
    for first, second in combinations(photos.photos(), 2):
        assert first.sha256 != second.sha256
        assert first.path != second.path
    assert {photo.split for photo in photos.photos()} == {"train", "evaluate"}
    assert all(photo.licence and photo.authors and photo.package for photo in photos.photos())


def test_a_missing_photo_names_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = photos.photos()[0]
    gone = photos.Photo(tmp_path / "gone.jpg", known.package, known.licence, known.authors, "train", known.sha256)
    monkeypatch.setattr(photos, "photos", lambda: (gone,))
    with pytest.raises(PhotoError, match=f"apt-get install {known.package}"):
        album.__wrapped__("train")


def test_another_picture_under_the_same_name_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = photos.photos()[0]
    path = tmp_path / "other.jpg"
    path.write_bytes(b"another")
    other = photos.Photo(path, known.package, known.licence, known.authors, "train", known.sha256)
    monkeypatch.setattr(photos, "photos", lambda: (other,))
    with pytest.raises(PhotoError, match="another picture"):
        album.__wrapped__("train")


@needs_album
@pytest.mark.parametrize("split", ["train", "evaluate"])
def test_photos_that_are_here_can_be_used(split: Split) -> None:
    assert all(picture.ndim == 3 and max(picture.shape) <= 900 for picture in album(split))
    assert len(album(split)) == sum(photo.split == split for photo in photos.photos())
