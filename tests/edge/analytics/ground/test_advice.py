"""What a further point does is known before it is clicked, and the advised one does more than others."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analytics.ground.advice import advise, places, survey
from edge.analytics.ground.errors import UnfitError
from edge.analytics.ground.ground import Ground
from tests.edge.analytics.ground.cameras import Camera, Random, camera

PART = ((0.1, 0.4), (0.9, 0.4), (0.9, 0.95), (0.1, 0.95))


def calibrated(random: Random, n: int) -> tuple[Camera, list[int], Ground]:
    while True:
        view = camera(random)
        chosen = view.spread(n, random)
        try:
            return view, chosen, Ground(view.calibration(chosen, random), *view.size)
        except UnfitError:
            continue


def test_the_radius_after_the_next_point_is_foretold() -> None:
    random = np.random.default_rng(1)
    told, found = [], []
    for _ in range(25):
        view, chosen, ground = calibrated(random, 5)
        advice = advise(ground, view.pixels, view.pixels[::4], 3.0)
        assert advice is not None
        assert advice.after_m < advice.before_m
        nearest = int(np.linalg.norm(view.pixels - np.array(advice.pixel), axis=1).argmin())
        more = Ground(view.calibration([*chosen, nearest], random), *view.size)
        again = advise(more, view.pixels, view.pixels[:1], 3.0)
        if again is not None:
            told.append(advice.after_m)
            found.append(again.before_m)
    assert len(told) > 15
    assert np.median(np.array(found) / np.array(told)) == pytest.approx(1, abs=0.15)


def test_the_advised_point_does_more_than_one_anywhere() -> None:
    """By what comes true, not by what was foretold: errors of fits with the one and with the other."""
    random = np.random.default_rng(2)
    gains = []
    for _ in range(25):
        view, chosen, ground = calibrated(random, 5)
        advice = advise(ground, view.pixels, view.pixels, 3.0)
        assert advice is not None
        advised = int(np.linalg.norm(view.pixels - np.array(advice.pixel), axis=1).argmin())
        errors = []
        for added in (advised, int(random.integers(len(view.pixels)))):
            off = []
            for _ in range(8):
                more = Ground(view.calibration([*chosen, added], random), *view.size)
                off.append(np.nanmean(np.linalg.norm(more.positions(view.pixels)[0] - view.metres, axis=1)))
            errors.append(np.mean(off))
        gains.append(np.log(errors[0] / errors[1]))
    assert np.mean(gains) < -0.05


def test_a_survey_tells_radii_and_what_is_beyond() -> None:
    random = np.random.default_rng(3)
    view, _, ground = calibrated(random, 8)
    whole, part = survey(ground, places(*view.size)), survey(ground, view.pixels)
    assert len(whole.pixels) == 24 * 18
    assert whole.beyond >= part.beyond
    assert part.radius_m(0.5) <= part.radius_m(0.9)
    off = np.linalg.norm(part.metres - view.metres, axis=1)
    assert np.nanmedian(off) < part.radius_m(0.5)


def test_the_parts_that_matter_are_looked_at_to_their_corners() -> None:
    pixels = places(800, 600, [PART, ((0, 0), (0.01, 0), (0, 0.01))])
    assert {(80.0, 240.0), (720.0, 570.0), (8.0, 0.0)} <= {(x, y) for x, y in pixels.tolist()}
    assert (pixels[:-7, 1] >= 0.4 * 600).all()


def test_where_nothing_is_known_there_is_no_advice() -> None:
    random = np.random.default_rng(4)
    view, _, ground = calibrated(random, 4)
    above = np.array([[view.size[0] / 2, -50.0 * view.size[1]]])
    assert advise(ground, above, view.pixels, 3.0) is None
    assert advise(ground, view.pixels, above, 3.0) is None
    assert survey(ground, above).radius_m(0.9) == float("inf")
    assert survey(ground, above).beyond == 1
