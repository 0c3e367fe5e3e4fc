"""Looks may be far apart: whoever walks on keeps their track, and whoever has gone is given up as soon."""

from __future__ import annotations

import numpy as np
import pytest

from edge.tracking.tracker import Tracker, TrackerSettings
from models.bundle.detections import Detections
from tests.edge.tracking.walkers import HEIGHT, STEP_S, WHOLE, WIDTH, person, seen, tracker

DEFAULT = TrackerSettings()


def look_every(of: Tracker, pictures: int, every: int, speed: float, x: float = 100.0) -> list[int]:
    """Somebody walks; looks are so many pictures apart. Returns the tracks that were there after each look."""
    found: list[int] = []
    for i in range(pictures):
        here = person(x + speed * i * STEP_S, 300)
        if i % every == 0:
            found += of.update(seen(here), WHOLE, i * STEP_S).ids.tolist()
        else:
            of.update(Detections.none(), (), i * STEP_S)
    return found


@pytest.mark.parametrize("every", [1, 3, 5, 7])
@pytest.mark.parametrize("speed", [-60.0, 0.0, 45.0, 80.0])
def test_who_walks_on_keeps_their_track(every: int, speed: float) -> None:
    """At 80 pixels a second somebody 90 high has walked on by twice their width between two looks."""
    assert set(look_every(tracker(), 36, every, speed, x=350.0)) == {1}


@pytest.mark.parametrize("every", [1, 2, 4, 7])
def test_who_has_gone_is_given_up_after_as_long_however_often_is_looked(every: int) -> None:
    of = tracker()
    for i in range(20):
        of.update(seen(person(300, 300)), WHOLE, i * STEP_S)
    gone = next(
        i for i in range(1, 100) if not len(of.update(Detections.none(), WHOLE if i % every == 0 else (), (19 + i) * STEP_S))
    )
    assert 1.0 <= gone * STEP_S <= 5.0


def test_who_walks_out_does_not_slow_down_at_the_edge() -> None:
    """The box is cut off by the picture: its middle goes at half the speed, and whoever has left would stay for seconds."""
    of = tracker()
    speed, start = 90.0, WIDTH - 160.0
    for i in range(40):
        left, top, right, bottom = person(start + speed * i * STEP_S, 300)
        visible = min(right, float(WIDTH))
        shown = seen((left, top, visible, bottom)) if visible - left > 0.3 * (right - left) else seen()
        tracks = of.update(shown, WHOLE, i * STEP_S)
        middle = (left + right) / 2
        if middle > WIDTH + 10:
            assert len(tracks) == 0
            break
        if len(tracks) and i > 5:
            box = tracks.boxes[0]
            assert box[0] == pytest.approx(left, abs=6)
            assert box[2] - box[0] == pytest.approx(right - left, rel=0.08), "as wide as they were"
    else:
        pytest.fail("never out of the picture")


def test_two_far_apart_are_not_confused_however_long_ago_a_look_was() -> None:
    of = tracker()
    for i in range(8):
        of.update(seen(person(200, 300), person(500, 300)), WHOLE, i * STEP_S)
    later = of.update(seen(person(210, 300), person(490, 300)), WHOLE, 8 * STEP_S + 1.0)
    assert later.ids.tolist() == [1, 2]
    assert np.abs(later.boxes[0, 0] - person(210, 300)[0]) < 15
    assert HEIGHT > 300
