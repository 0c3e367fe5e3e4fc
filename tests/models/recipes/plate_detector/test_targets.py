"""What training asks for is what decoding reads."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.corners import STRIDE, Region, decode
from models.recipes.plate_detector.targets import LEFT_OUT, OFFSETS, PLANES, SCORE, target
from models.synthesis.material import Material
from models.synthesis.recording import Scene, draw_scene
from models.synthesis.scene import View

WIDTH, HEIGHT = 352, 256
SMALL = np.array([[100, 60], [110, 61], [110, 64], [100, 63]], np.float32)
LARGE = np.array([[40, 120], [290, 100], [300, 170], [44, 190]], np.float32)


def scene(corners: list[np.ndarray], unclear: list[np.ndarray]) -> Scene:
    pack = [np.asarray(quads, np.float32).reshape(-1, 4, 2) for quads in (corners, unclear)]
    return Scene(np.zeros((HEIGHT, WIDTH, 3), np.uint8), pack[0], pack[1], View.VEHICLE)


@pytest.mark.parametrize("quad", [SMALL, LARGE, SMALL + 3, LARGE - 7])
def test_a_plate_has_one_peak_and_its_corners_can_be_read_back(quad: np.ndarray) -> None:
    maps = target(scene([quad], []))
    assert maps.shape == (PLANES, HEIGHT // STRIDE, WIDTH // STRIDE)
    assert maps[SCORE].max() == 1
    offsets = np.arcsinh(maps[OFFSETS] / STRIDE)[None]
    found = decode(maps[SCORE][None], offsets, Region(0, 0, WIDTH, HEIGHT), 0.5)
    assert len(found) == 1
    np.testing.assert_allclose(found.corners[0], quad, atol=1e-3)


def test_nothing_is_asked_where_a_plate_is_unclear_but_at_a_clear_one() -> None:
    maps = target(scene([SMALL], [LARGE, SMALL]))
    assert maps[LEFT_OUT, 36, 40] == 1
    assert maps[LEFT_OUT, 0, 0] == 0
    assert maps[LEFT_OUT][maps[SCORE] > 0].max() == 0


def test_a_scene_without_plate_asks_for_nothing() -> None:
    drawn = draw_scene(np.random.default_rng(2), Material("evaluate", packages=False), WIDTH, HEIGHT, View.EMPTY)
    assert not target(drawn)[SCORE].any()
