"""The camera: straight ahead, from the side, and zoomed."""

from __future__ import annotations

import numpy as np
import pytest

from models.synthesis.projection import Camera


def test_straight_ahead_right_is_right_and_up_is_up() -> None:
    camera = Camera.around([0, 0, 0], 10, 0, 0, 0)
    right, up, far = camera.project([[1, 0, 0], [0, 1, 0], [1, 0, 10]])
    np.testing.assert_allclose(right, [0.1, 0], atol=1e-12)
    np.testing.assert_allclose(up, [0, -0.1], atol=1e-12)
    np.testing.assert_allclose(far, [0.05, 0], atol=1e-12)  # twice as far, half as large


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0.5, 0.0, 0.0), (-0.9, 0.3, 0.1), (1.0, 0.6, -0.1)])
def test_the_target_stays_in_the_middle_and_lengths_are_kept(yaw: float, pitch: float, roll: float) -> None:
    camera = Camera.around([0.3, 0.8, 1.0], 7, yaw, pitch, roll)
    np.testing.assert_allclose(camera.project([[0.3, 0.8, 1.0]]), [[0, 0]], atol=1e-12)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(camera.rotation) == pytest.approx(-1)  # y is up in the vehicle's frame and down in the picture's
    assert np.linalg.norm(camera.position - [0.3, 0.8, 1.0]) == pytest.approx(7)


def test_from_the_right_the_right_flank_is_seen_behind_the_end() -> None:
    camera = Camera.around([0, 1, 0], 8, 0.6, 0.1, 0)
    near, far = camera.project([[0, 1, 0], [0, 1, 4]])
    assert far[0] > near[0]


@pytest.mark.parametrize("stretch", [0.8, 1.0, 1.25])
def test_a_framed_body_touches_its_box_and_stays_inside(stretch: float) -> None:
    points = np.array([[x, y, z] for x in (-0.9, 0.9) for y in (0, 1.5) for z in (0, 4)])
    camera = Camera.around([0, 0.8, 1], 9, 0.4, 0.2, 0.02).framed(points, (20, 10, 320, 240), stretch)
    seen = camera.project(points)
    low, high = seen.min(axis=0), seen.max(axis=0)
    assert (low >= np.array([20, 10]) - 1e-6).all()
    assert (high <= np.array([320, 240]) + 1e-6).all()
    np.testing.assert_allclose((low + high) / 2, [170, 125])
    assert np.isclose(high - low, [300, 230]).any()
    assert camera.focal[0] == pytest.approx(stretch * camera.focal[1])
