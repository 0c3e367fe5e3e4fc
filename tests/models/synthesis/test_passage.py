"""Passages: the same seed gives the same, plates grow and turn as a camera sees them, and what spoils them stays with them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from models.synthesis import passage as passages
from models.synthesis.approach import FAR_WIDTH, NEAR_WIDTH, PICTURES, draw_approach
from models.synthesis.canvas import Picture
from models.synthesis.film import LONGEST_BLUR, Film, exposed, through_h264
from models.synthesis.material import Material
from models.synthesis.passage import ENLARGED, WINDOW, Flat, Passage, drawn_passage, moved_photo, soil

Floats = npt.NDArray[np.float64]
PLAIN = Material("evaluate", packages=False)
METRES = 0.52
STILL = np.zeros((6, 2))
CLEAR = Film(
    gain=1.0, haze=0.0, cast=np.ones(3), grey=False, focus=0.3, shutter_s=0.0, noise=0.0, hanging=0.0, sharpened=0.0,
    crf=20, key=25,
)  # fmt: skip


def widths(passage: Passage) -> list[float]:
    return [float(np.linalg.norm(plate[1] - plate[0])) for plate in passage.corners]


def photo() -> Flat:
    """A red car's end with a white plate, 90 pixels wide, the left half of which is written on."""
    picture = np.full((240, 320, 3), (150, 30, 30), np.uint8)
    picture[140:160, 115:205] = 240
    picture[145:155, 120:160:6] = 10
    return Flat(picture, (115, 140, 90, 20), METRES)


@pytest.mark.parametrize("kind", ["drawn", "photo"])
def test_the_same_seed_gives_the_same_passage_and_another_does_not(kind: str) -> None:
    def made(seed: int) -> Passage:
        random = np.random.default_rng(seed)
        if kind == "drawn":
            return drawn_passage(random, PLAIN, "a plate", 6)
        return moved_photo(random, photo(), "a photo", "AB123", 6)

    first, again, other = made(3), made(3), made(4)
    np.testing.assert_array_equal(np.stack(first.pictures), np.stack(again.pictures))
    np.testing.assert_array_equal(first.corners, again.corners)
    assert first.text == again.text
    assert len(first.pictures) != len(other.pictures) or (np.stack(first.pictures) != np.stack(other.pictures)).any()


@pytest.mark.parametrize("seed", range(8))
def test_a_vehicle_comes_goes_or_turns_as_fast_as_it_may(seed: int) -> None:
    approach = draw_approach(np.random.default_rng(seed), METRES, WINDOW)
    assert PICTURES[0] <= len(approach.cameras) <= PICTURES[1]
    half = METRES / 2
    ends = [camera.project([[-half, 0.5, 0], [half, 0.5, 0]]) for camera in approach.cameras]
    across = np.array([float(np.linalg.norm(right - left)) for left, right in ends])
    assert FAR_WIDTH[0] * 0.6 < across.min() < FAR_WIDTH[1] * 1.05
    assert across.max() < NEAR_WIDTH[1] * 1.05
    steps = np.diff(across)
    assert (np.diff(np.sign(steps[np.abs(steps) > 0.2])) != 0).sum() <= 1, "nearer, farther, or there and back"
    assert (approach.origins % 16 == 0).all()
    for (left, right), origin in zip(ends, approach.origins, strict=True):
        middle = (left + right) / 2
        assert (middle > 0).all(), origin
        assert (middle < WINDOW).all(), origin


def test_a_photo_comes_hardly_nearer_than_it_has_pixels() -> None:
    for seed in range(6):
        passage = moved_photo(np.random.default_rng(seed), photo(), "a photo", "AB123", 5)
        assert max(widths(passage)) < 90 * ENLARGED * 1.1


def test_corners_lie_on_the_plate() -> None:
    passage = moved_photo(np.random.default_rng(11), photo(), "a photo", "AB123", 8)
    for picture, quad, (left, top, right, bottom) in zip(passage.pictures, passage.corners, passage.vehicles, strict=True):
        assert picture.shape == (WINDOW[1], WINDOW[0], 3)
        clear = quad[0] * 0.3 + quad[1] * 0.7, quad[3] * 0.3 + quad[2] * 0.7  # the unwritten half of it
        x, y = np.mean(clear, axis=0)
        beside = picture[int(y), min(int(quad[1, 0] + 12), WINDOW[0] - 1)].astype(int)
        on = picture[int(y), int(x)].astype(int)
        assert on[1] > beside[1] + 20, "white is greener than red"
        assert left < quad[:, 0].min()
        assert quad[:, 0].max() < right
        assert top < quad[:, 1].min()
        assert quad[:, 1].max() < bottom


@pytest.mark.parametrize("kind", ["drawn", "photo"])
def test_dirt_stays_on_the_plate(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    soiled: list[Picture] = []

    def blacken(_random: np.random.Generator, plate: Picture) -> None:
        plate[:] = 0
        soiled.append(plate)

    monkeypatch.setattr(passages, "soil", blacken)
    random = np.random.default_rng(21)
    made = drawn_passage(random, PLAIN, "", 6) if kind == "drawn" else moved_photo(random, photo(), "", "AB123", 6)
    assert len(soiled) == 1, "once for all pictures"
    target = np.array([[0, 0], [104, 0], [104, 22], [0, 22]], np.float32)
    for picture, corners in zip(made.pictures, made.corners, strict=True):
        plate = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, target), (104, 22))
        assert float(np.median(plate)) < 60


def test_about_half_of_all_plates_are_soiled() -> None:
    clean = np.full((110, 520, 3), 230, np.uint8)
    soiled = 0
    for seed in range(60):
        dirty = clean.copy()
        soil(np.random.default_rng(seed), dirty)
        soiled += bool((clean != dirty).any())
    assert 20 <= soiled <= 45


def scene() -> list[Picture]:
    """Six times the same: dark strokes on white."""
    picture = np.full((96, 192, 3), 235, np.uint8)
    picture[30:66, 40:150:10] = 20
    picture[30:66, 41:150:10] = 20
    return [picture] * 6


def test_what_moves_is_smeared_along_its_way_and_never_beyond_all_reading() -> None:
    def contrast(velocity: float) -> float:
        film = replace(CLEAR, shutter_s=0.01)
        moved = exposed(np.random.default_rng(1), film, scene(), STILL + np.array([velocity, 0]), (192, 96))
        return float(moved[0][48, 40:150].astype(float).std())

    still, slow, fast, mad = (contrast(v) for v in (0, 300, 600, 100 * LONGEST_BLUR))
    assert still > slow > fast
    assert contrast(1e6) == pytest.approx(mad)


def test_noise_hangs_on_from_picture_to_picture() -> None:
    def correlation(hanging: float) -> float:
        film = replace(CLEAR, noise=6.0, hanging=hanging)
        grey = [np.full((96, 192, 3), 120, np.uint8)] * 6
        made = exposed(np.random.default_rng(2), film, grey, STILL, (192, 96))
        first, second = (picture.astype(float).ravel() - picture.mean() for picture in made[3:5])
        return float((first * second).mean() / np.sqrt((first**2).mean() * (second**2).mean()))

    assert abs(correlation(0.0)) < 0.05
    assert correlation(0.7) > 0.5


def test_the_codec_loses_more_at_a_metered_link_and_answers_the_same_twice() -> None:
    def loss(crf: int) -> float:
        coded = through_h264(noisy, crf, 25)
        return float(np.mean([np.abs(a.astype(float) - b).mean() for a, b in zip(coded, noisy, strict=True)]))

    grain = np.random.default_rng(3).normal(128, 60, (24, 48, 1)).clip(0, 255).astype(np.uint8)
    noisy = [np.asarray(cv2.resize(np.repeat(grain, 3, axis=2), (192, 96)), np.uint8)] * 4
    assert loss(33) > 1.2 * loss(20) > 0
    np.testing.assert_array_equal(np.stack(through_h264(noisy, 30, 25)), np.stack(through_h264(noisy, 30, 25)))
