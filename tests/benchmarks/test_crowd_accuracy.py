"""The bench's way through the house: a real manager, a box that enrols, counts read from the store. It needs no truth."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.crowd_accuracy import play

LAST = 60


def test_every_picture_has_a_count_in_the_store() -> None:
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        stored = play(Path(folder), said.append, until=LAST)
    told = stored.counts
    assert set(told) <= set(stored.flows), "a flow comes with each count"
    assert set(range(1, LAST + 1)) <= set(told)
    assert all(one.low <= one.count <= one.high for one in told.values())
    assert all(len(one.tracks) == one.count for one in told.values()), "in evaluation the boxes come with the count"
    late = [told[frame] for frame in range(LAST // 2, LAST + 1)]
    assert 3 <= sum(one.count for one in late) / len(late) <= 9, "some people are on the square"
    assert len(set.intersection(*(set(one.tracks) for one in late[-10:]))) >= 2, "and keep their numbers"
    assert any("events stored" in text for text in said)
