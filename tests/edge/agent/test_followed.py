"""Whom the gate is told of, and how long each can wait."""

from __future__ import annotations

import numpy as np
import pytest

from edge.agent.followed import expected, near
from edge.region import Region
from edge.tracking.tracks import Tracks, TrackState

WHOLE = Region(0, 0, 640, 480)


def people(*places: tuple[float, float], state: TrackState = TrackState.CONFIRMED) -> Tracks:
    """Who is at a place from the left and goes so many pixels a second to the right."""
    n = len(places)
    boxes = np.array([(x, 100, x + 40, 200) for x, _ in places], np.float32).reshape(-1, 4)
    speeds = np.array([(speed, 0.0) for _, speed in places], np.float32).reshape(-1, 2)
    return Tracks(np.arange(1, n + 1), boxes, np.full(n, 0.9, np.float32), np.full(n, state, np.int8), speeds)


@pytest.mark.parametrize(
    ("tracks", "waits_s"),
    [
        (people((100, 0)), [0.8]),
        (people((100, 0), (300, 0)), [0.8, 0.8]),
        (people((100, 0), (145, 0)), [0.4, 0.4]),
        (people((100, 60), (200, 0)), [0.4, 0.4]),
        (people((100, -60), (200, 0)), [0.8, 0.8]),
        (people((100, 0), state=TrackState.COASTING), [0.4]),
        (people((100, 0), state=TrackState.TENTATIVE), [0.8]),
        (people(), []),
    ],
    ids=["alone", "apart", "beside", "coming near", "going apart", "not found", "new", "nobody"],
)
def test_who_may_be_lost_is_looked_at_twice_as_often(tracks: Tracks, waits_s: list[float]) -> None:
    assert [each.every_s for each in expected(tracks, WHOLE, 5.0, 0.8)] == pytest.approx(waits_s)


def test_what_is_to_be_seen_in_every_picture_is() -> None:
    assert [each.every_s for each in expected(people((100, 0), (145, 0)), WHOLE, 5.0, 0.0)] == [0.0, 0.0]


def test_the_gate_is_told_where_they_are_and_how_they_go() -> None:
    ((box, velocity, at_s),) = [(each.box, each.velocity, each.at_s) for each in expected(people((620, 90)), WHOLE, 5.0, 0.8)]
    assert (box, velocity, at_s) == (Region(620, 100, 20, 100), (90.0, 0.0), 5.0)
    assert expected(people((700, 0)), WHOLE, 5.0, 0.8) == [], "who is out of the picture is not told"


def test_nobody_is_near_themselves() -> None:
    assert near(people((100, 50)), 1.0).tolist() == [False]
    assert near(Tracks.none(), 1.0).tolist() == []
