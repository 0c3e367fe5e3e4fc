"""The fit finds the camera, is the best in the picture, and says how far clicks leave it open."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analytics.ground.errors import UnfitError
from edge.analytics.ground.homography import Floats, apply, fit
from tests.edge.analytics.ground.cameras import camera

SIGMAS = np.array([3.0, 3.0])


@pytest.mark.parametrize("n", [4, 5, 8, 32])
def test_exact_pairs_give_the_camera_itself(n: int) -> None:
    random = np.random.default_rng(n)
    for _ in range(5):
        view = camera(random)
        chosen = view.spread(n, random)
        found = fit(view.metres[chosen], view.pixels[chosen], SIGMAS)
        assert np.allclose(apply(found.matrix, view.metres), view.pixels, atol=1e-4)
        assert np.abs(found.residuals).max() < 1e-6
        assert found.freedom == 2 * n - 8


def test_the_error_in_the_picture_is_the_least_there_is() -> None:
    random = np.random.default_rng(1)
    view = camera(random)
    chosen = view.spread(9, random)
    clicked = view.pixels[chosen] + random.normal(0, 5, (9, 2))
    found = fit(view.metres[chosen], clicked, SIGMAS)

    def cost(matrix: Floats) -> float:
        return float(((apply(matrix, view.metres[chosen]) - clicked) ** 2).sum())

    least = cost(found.matrix)
    assert least < cost(view.matrix)
    for i in range(8):
        for factor in (1 - 1e-4, 1 + 1e-4):
            other = found.matrix / found.matrix[2, 2]
            other.flat[i] *= factor
            assert cost(other) >= least


def test_the_spread_has_the_covariance_of_many_fits() -> None:
    random = np.random.default_rng(2)
    view = camera(random)
    chosen = view.spread(12, random)
    exact = fit(view.metres[chosen], view.pixels[chosen], SIGMAS)
    probe = view.metres[chosen][:3]
    said = np.stack([apply(one, probe) for one in exact.spread]) - apply(exact.matrix, probe)
    refits = [fit(view.metres[chosen], view.pixels[chosen] + random.normal(0, 3, (12, 2)), SIGMAS).matrix for _ in range(400)]
    seen = np.stack([apply(one, probe) for one in refits]) - apply(view.matrix, probe)
    assert np.sqrt((said**2).mean(axis=0)) / exact.scale == pytest.approx(np.sqrt((seen**2).mean(axis=0)), rel=0.2)


def test_residuals_inform_what_a_click_is_worth_and_four_points_have_none() -> None:
    random = np.random.default_rng(3)
    scales: dict[tuple[int, float], float] = {}
    for n in (4, 24):
        for noise in (0.5, 3.0, 9.0):
            found = []
            for _ in range(10):
                view = camera(random)
                chosen = view.spread(n, random)
                clicked = view.pixels[chosen] + random.normal(0, noise, (n, 2))
                found.append(fit(view.metres[chosen], clicked, SIGMAS).scale)
            scales[n, noise] = float(np.mean(found))
    assert scales[4, 0.5] == scales[4, 3.0] == scales[4, 9.0] == 1.0
    assert scales[24, 0.5] < 0.7 < scales[24, 3.0] < 1.2
    assert scales[24, 9.0] > 2


def test_points_have_leverage_that_sums_to_eight() -> None:
    random = np.random.default_rng(4)
    view = camera(random)
    chosen = view.spread(7, random)
    found = fit(view.metres[chosen], view.pixels[chosen], SIGMAS)
    assert found.leverages.sum() == pytest.approx(8)
    assert (found.leverages <= 2 + 1e-9).all()


@pytest.mark.parametrize(
    ("metres", "pixels"),
    [
        (np.zeros((4, 2)), np.array([[0, 0], [9, 0], [9, 9], [0, 9.0]])),
        (np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]]), np.full((4, 2), 7.0)),
        (np.full((4, 2), np.nan), np.array([[0, 0], [9, 0], [9, 9], [0, 9.0]])),
        (np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]]), np.array([[0, 0], [90, 90], [90, 0], [0, 90.0]])),
    ],
    ids=["one place on the ground", "one place in the picture", "no numbers", "a bow tie"],
)
def test_what_is_no_ground_has_a_name(metres: Floats, pixels: Floats) -> None:
    with pytest.raises(UnfitError):
        fit(metres, pixels, SIGMAS)
