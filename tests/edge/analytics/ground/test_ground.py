"""Metres with what is known of them: the stated region holds, what is beyond is NaN, another picture is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.ground.errors import GroundError, HorizonError, ShapeError, UnfitError
from edge.analytics.ground.ground import Ground
from edge.analytics.ground.homography import Floats
from protocol.config import Calibration, GroundPoint
from tests.edge.analytics.ground.cameras import Camera, Random, camera

Q90 = 4.605


def calibrated(random: Random, n: int, *, spread: bool = True) -> Iterator[tuple[Camera, Ground]]:
    while True:
        view = camera(random)
        chosen = view.spread(n, random) if spread else random.choice(len(view.pixels), n, replace=False).tolist()
        try:
            yield view, Ground(view.calibration(chosen, random), *view.size)
        except UnfitError:
            continue


def share(off: Floats, covariance: Floats) -> list[bool]:
    """Which lie within the stated region; what has no extent and is not off is left out."""
    known = np.isfinite(off[:, 0])
    known[known] = np.linalg.det(covariance[known]) > 1e-12
    distance = np.einsum("ni,nij,nj->n", off[known], np.linalg.inv(covariance[known]), off[known])
    return [bool(one) for one in distance <= Q90]


@pytest.mark.parametrize("n", [4, 6, 8, 16])
@pytest.mark.parametrize("spread", [True, False], ids=["well spread", "anyhow"])
def test_the_stated_region_holds_nine_of_ten(n: int, spread: bool) -> None:
    """First order alone holds 0.88 of four points anyhow, with errors of metres; this is where it is not enough."""
    random = np.random.default_rng(100 + n)
    views = calibrated(random, n, spread=spread)
    hits: dict[str, list[bool]] = {"positions": [], "displacements": []}
    for _ in range(120):
        view, ground = next(views)
        a, b = random.choice(len(view.pixels), (2, 12), replace=False)
        metres, covariance = ground.positions(view.pixels[a])
        hits["positions"] += share(metres - view.metres[a], covariance)
        gone, covariance = ground.displacements(view.pixels[a], view.pixels[b])
        hits["displacements"] += share(gone - (view.metres[b] - view.metres[a]), covariance)
    for what, hit in hits.items():
        assert 0.85 <= np.mean(hit) <= 0.96, (what, float(np.mean(hit)))


def test_feet_that_are_not_exact_are_told_with_it() -> None:
    random = np.random.default_rng(7)
    views = calibrated(random, 8)
    foot = np.array([[4.0, 1.0], [1.0, 36.0]])
    hits: list[bool] = []
    for _ in range(60):
        view, ground = next(views)
        seen = view.pixels + random.multivariate_normal([0, 0], foot, len(view.pixels))
        metres, covariance = ground.positions(seen, foot)
        hits += share(metres - view.metres, covariance)
    assert 0.85 <= np.mean(hits) <= 0.96
    view, ground = next(views)
    exact, none = ground.positions(view.pixels), ground.positions(view.pixels, np.zeros((2, 2)))
    assert np.allclose(exact[1], none[1])


def test_an_area_is_told_with_its_deviation() -> None:
    random = np.random.default_rng(8)
    views = calibrated(random, 6)
    within: list[bool] = []
    while len(within) < 150:
        view, ground = next(views)
        metres = view.metres.mean(axis=0) + random.uniform(1, 3) * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        side = metres[1, 0] - metres[0, 0]
        corners = np.column_stack([metres, np.ones(4)]) @ view.matrix.T
        area, sigma = ground.area(corners[:, :2] / corners[:, 2:])
        within.append(abs(area - side**2) <= 1.645 * sigma)
    assert 0.85 <= np.mean(within) <= 0.97


SQUARE = ((0.2, 0.9), (0.8, 0.9), (0.65, 0.5), (0.35, 0.5))


def square(size: tuple[int, int] = (800, 600)) -> Calibration:
    """Looks along a street; the horizon is in row 60."""
    metres = ((0.0, 0.0), (6.0, 0.0), (6.0, 8.0), (0.0, 8.0))
    return Calibration(tuple(GroundPoint(p, g) for p, g in zip(SQUARE, metres, strict=True)), size)


def test_positions_and_pixels_are_each_others_inverse() -> None:
    ground = Ground(square(), 800, 600)
    pixels = np.array(SQUARE) * [800, 600]
    metres, _ = ground.positions(pixels)
    assert np.allclose(metres, [[0, 0], [6, 0], [6, 8], [0, 8]], atol=1e-6)
    assert np.allclose(ground.pixels(metres), pixels, atol=1e-6)


def test_another_resolution_is_the_same_ground_and_a_squeezed_one_too() -> None:
    whole = Ground(square(), 800, 600)
    for size in ((400, 300), (1600, 1200), (750, 600)):
        other = Ground(square(), *size)
        for a, b in zip(whole.positions(np.array(SQUARE) * [800, 600]), other.positions(np.array(SQUARE) * size), strict=True):
            assert np.allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_picture_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match="calibrated on a picture of 800 x 600 and this is 1920 x 1080: set the camera back"):
        Ground(square(), 1920, 1080)


def test_what_is_on_or_over_the_horizon_or_too_far_is_not_told() -> None:
    ground = Ground(square(), 800, 600)
    column = np.column_stack([np.full(60, 400.0), np.arange(0, 600, 10.0)])
    beyond = ground.beyond(column)
    assert beyond[:7].all(), "to the horizon"
    assert (np.diff(beyond.astype(int)) <= 0).all(), "and no hole"
    assert beyond[np.isnan(ground.positions(column)[0][:, 0])].all()
    assert not beyond[30:].any()
    middle, far = np.array([3.0, 4.0]), ground.positions(column[~beyond])[0].max(axis=0)
    assert far[1] - middle[1] < 4 * np.sqrt(2) * 4 + 1e-6, "four times the farthest of its points"
    metres, covariance = ground.positions(column)
    assert np.isnan(metres[beyond]).all()
    assert np.isnan(covariance[beyond]).all()
    assert np.isfinite(metres[~beyond]).all()
    assert np.isfinite(covariance[~beyond]).all()
    gone, _ = ground.displacements(column[:1], column[-1:])
    assert np.isnan(gone).all()
    with pytest.raises(HorizonError, match="vertex 3 of the polygon"):
        ground.area([(300, 500), (500, 500), (500, 100), (300, 450)])


def test_places_behind_the_camera_are_nowhere_in_the_picture() -> None:
    ground = Ground(square(), 800, 600)
    assert np.isnan(ground.pixels(np.array([[3.0, -50.0]]))).all()


def test_uncertainty_grows_with_distance_from_the_points() -> None:
    ground = Ground(square(), 800, 600)
    _, covariance = ground.positions(np.array([[400.0, 400.0], [400.0, 290.0], [400.0, 270.0]]))
    sizes = np.linalg.det(covariance)
    assert sizes[0] < sizes[1] < sizes[2]


def test_nothing_asked_is_nothing_told() -> None:
    metres, covariance = Ground(square(), 800, 600).positions(np.zeros((0, 2)))
    assert metres.shape == (0, 2)
    assert covariance.shape == (0, 2, 2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(0, 1)] * 2, *[st.floats(-10_000, 10_000)] * 2), min_size=4, max_size=8),
    st.lists(st.tuples(*[st.floats()] * 2), min_size=1, max_size=4),
)
def test_any_points_give_a_ground_or_a_name_and_any_pixels_metres_or_nan(
    points: list[tuple[float, float, float, float]], asked: list[tuple[float, float]]
) -> None:
    calibration = Calibration(tuple(GroundPoint((u, v), (x, y)) for u, v, x, y in points), (640, 480))
    try:
        ground = Ground(calibration, 640, 480)
    except GroundError:
        return
    pixels = np.array(asked)
    metres, covariance = ground.positions(pixels, np.eye(2))
    assert (np.isnan(metres).any(axis=1) == ground.beyond(pixels)).all()
    assert (np.isnan(covariance).any(axis=(1, 2)) == ground.beyond(pixels)).all()


@pytest.mark.parametrize("order", [(0, 1, 2, 0), (0, 1, 3, 2)], ids=["one twice", "two exchanged"])
def test_points_that_the_contract_refuses_are_no_ground_either(order: tuple[int, ...]) -> None:
    whole = square()
    points = tuple(GroundPoint(p, whole.points[i].ground) for p, i in zip(SQUARE, order, strict=True))
    with pytest.raises(UnfitError, match="point"):
        Ground(Calibration(points, (800, 600)), 800, 600)
