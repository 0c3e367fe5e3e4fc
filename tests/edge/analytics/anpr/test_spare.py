"""Vehicles that stand are looked at until they are known, and again when they move."""

from __future__ import annotations

import numpy as np

from edge.analytics.anpr.spare import LEAST_LOOKS, MOST_LOOKS, Standing
from edge.tracking.tracks import Tracks, TrackState


def track(left: float) -> Tracks:
    box = np.array([[left, 100, left + 200, 250]], np.float32)
    return Tracks(
        np.array([7]), box, np.array([0.9], np.float32), np.array([TrackState.CONFIRMED], np.int8), np.zeros((1, 2), np.float32)
    )


def stood(pictures: int, step: float = 0.0) -> Standing:
    standing = Standing()
    for number in range(pictures):
        standing.take(track(100 + step * number), [7], number / 10)
    return standing


def test_what_stands_and_is_known_is_spared() -> None:
    assert stood(12).spared(7, 0.999, 1.1)


def test_what_is_not_known_is_looked_at_longer_and_not_for_ever() -> None:
    assert not stood(12).spared(7, 0.6, 1.1)
    assert stood(MOST_LOOKS).spared(7, 0.6, 2.5)


def test_what_moves_is_looked_at() -> None:
    assert not stood(40, step=60).spared(7, 0.999, 4.0)
    standing = stood(40)
    standing.take(track(180), [], 4.0)
    assert not standing.spared(7, 0.999, 4.0)


def test_what_creeps_is_not_taken_to_stand() -> None:
    assert not stood(14, step=6).spared(7, 0.999, 1.3)


def test_a_moment_is_no_standing() -> None:
    assert LEAST_LOOKS <= 6
    assert not stood(6).spared(7, 0.999, 0.5)


def test_what_is_gone_is_forgotten() -> None:
    standing = stood(40)
    standing.take(Tracks.none(), [7], 4.0)
    assert not standing.spared(7, 0.999, 4.0)
    assert standing.tracks() == []
