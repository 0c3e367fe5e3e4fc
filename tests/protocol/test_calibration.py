"""Points that determine no ground are refused with the point and the remedy; what a camera can see is not."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.check import check_calibration, check_config
from protocol.config import Calibration, Config, GroundPoint, Source
from protocol.errors import GeometryError
from tests.edge.analytics.ground.cameras import camera

Place = tuple[float, float]

CLICKED: tuple[Place, ...] = ((0.2, 0.9), (0.8, 0.9), (0.65, 0.5), (0.35, 0.5))
MEASURED: tuple[Place, ...] = ((0, 0), (6, 0), (6, 8), (0, 8))


def calibration(clicked: Sequence[Place] = CLICKED, measured: Sequence[Place] = MEASURED, sigma_px: float = 3.0) -> Calibration:
    return Calibration(tuple(map(GroundPoint, clicked, measured)), (800, 600), sigma_px)


INSIDE: tuple[Place, ...] = ((0.5, 0.62), (0.4, 0.75))
"""Two more between the four, on the ground about (3, 4.4) and (2.2, 1.8)."""
ON_GROUND: tuple[Place, ...] = ((3, 4.31), (1.77, 1.85))

FAULTS: tuple[tuple[str, Calibration, str], ...] = (
    ("beside the picture", calibration((*CLICKED[:3], (0.35, -0.1))), "point 4 (0.35, -0.1) lies outside the picture"),
    ("not a number", calibration(measured=(*MEASURED[:3], (float("nan"), 8))), "point 4 has no place on the ground"),
    (
        "three on a line in the picture",
        calibration((CLICKED[0], CLICKED[1], (0.5, 0.9), CLICKED[3]), (*MEASURED[:2], (3, 1), MEASURED[3])),
        "points 1, 2 and 3 lie on one line in the picture (to within 12 pixels)",
    ),
    (
        "three on a line on the ground",
        calibration(measured=(*MEASURED[:2], (3, 0), MEASURED[3])),
        "points 1, 2 and 3 lie on one line on the ground",
    ),
    (
        "all but one on a line",
        calibration(
            ((0.1, 0.9), (0.3, 0.9), (0.5, 0.9), (0.7, 0.9), (0.9, 0.9), (0.5, 0.5)),
            ((0, 0), (2, 0), (4, 0), (6, 0), (8, 0), (4, 9)),
        ),
        "nearly all of the 6 points lie on one line, so that the ground beside it stays unknown",
    ),
    (
        "one place twice",
        calibration((*CLICKED, (0.5, 0.7)), (*MEASURED, MEASURED[0])),
        "points 1 and 5 are one place on the ground and two in the picture",
    ),
    ("exchanged", calibration(measured=(*MEASURED[:2], MEASURED[3], MEASURED[2])), "are two points exchanged"),
    (
        "one over the horizon",
        calibration(((0.2, 0.9), (0.8, 0.9), (0.6, 0.5), (0.5, 0.02)), ((0, 0), (6, 0), (5, 8), (3, -40))),
        "point 4 does not go with the others: the ground would fold over",
    ),
    (
        "one of six measured on the wrong side",
        calibration((*CLICKED, *INSIDE), (*MEASURED, *ON_GROUND[:1], (9.5, 1.85))),
        "point 6 does not go with the others",
    ),
)


@pytest.mark.parametrize(("faulty", "words"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_points_that_are_no_ground_are_refused_by_name(faulty: Calibration, words: str) -> None:
    (refusal,) = check_config(Config((Source("first", "a.mp4"), Source("square", "b.mp4", calibration=faulty))))
    assert refusal.path == "sources[1].calibration.points"
    assert words in refusal.message
    assert "calibration of source 'square'" in refusal.message


GOOD: tuple[tuple[str, Calibration], ...] = (
    ("a rectangle", calibration()),
    ("with more within", calibration((*CLICKED, *INSIDE), (*MEASURED, *ON_GROUND))),
    ("in a mirrored frame", calibration(measured=tuple((-x, y) for x, y in MEASURED))),
    ("turned and far away", calibration(measured=tuple((9000 - y, x - 9000) for x, y in MEASURED))),
    ("clicked exactly though small", calibration(tuple((0.5 + x / 30, 0.5 + y / 30) for x, y in CLICKED), sigma_px=0.3)),
    ("a point twice", calibration((*CLICKED, CLICKED[0]), (*MEASURED, MEASURED[0]))),
)


@pytest.mark.parametrize("good", [c for _, c in GOOD], ids=[n for n, _ in GOOD])
def test_what_a_camera_can_see_is_not_refused(good: Calibration) -> None:
    check_calibration(good, "calibration")


def test_a_click_that_is_surer_may_be_on_less() -> None:
    small = tuple((0.5 + x / 30, 0.5 + y / 30) for x, y in CLICKED)
    with pytest.raises(GeometryError, match="on one line in the picture"):
        check_calibration(calibration(small), "calibration")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 12))
def test_points_before_any_camera_pass_whatever_their_order(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    view = camera(random)
    chosen = random.permutation(view.spread(n, random)).tolist()
    exact = view.calibration(chosen, random, noise_px=0.0, sigma_px=0.1)
    check_calibration(exact, "calibration")


def test_clicks_alone_never_fold_the_ground() -> None:
    random = np.random.default_rng(9)
    for _ in range(40):
        view = camera(random)
        check_calibration(view.calibration(random.choice(len(view.pixels), 32, replace=False).tolist(), random), "calibration")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_two_points_of_a_square_exchanged_never_pass(seed: int) -> None:
    random = np.random.default_rng(seed)
    i, j = random.choice(4, 2, replace=False)
    measured = list(MEASURED)
    measured[i], measured[j] = measured[j], measured[i]
    if {i, j} in ({0, 2}, {1, 3}):
        check_calibration(calibration(measured=measured), "calibration")  # a mirrored frame
        return
    with pytest.raises(GeometryError, match=r"exchanged|fold over"):
        check_calibration(calibration(measured=measured), "calibration")


def test_the_most_points_are_checked_at_once() -> None:
    line = tuple((0.01 + n / 33, 0.5) for n in range(32))
    began = time.process_time()
    with pytest.raises(GeometryError):
        check_calibration(calibration(line, tuple((n, 3.0) for n in range(32))), "calibration")
    assert time.process_time() - began < 1


def test_permutations_of_a_refused_set_are_refused_too() -> None:
    for order in itertools.permutations(range(4)):
        clicked, measured = (tuple(these[i] for i in order) for these in (CLICKED, (*MEASURED[:2], MEASURED[3], MEASURED[2])))
        with pytest.raises(GeometryError):
            check_calibration(calibration(clicked, measured), "calibration")
