"""Versions over time: lines that add up to the boxes at every moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fleet.rollouts.series import MOST_POINTS, Switch, versions_over_time

SWITCHES = st.lists(
    st.builds(Switch, st.sampled_from(["", "1.0.0", "1.1.0", "2.0.0"]), st.none() | st.integers(900, 2100)), max_size=400
)


def at(line: list[tuple[int, int]], moment: int) -> int:
    return [count for when, count in line if when <= moment][-1]


def test_each_box_runs_its_version_until_it_succeeds() -> None:
    boxes = [Switch("1.0.0", 1300), Switch("1.0.0", None), Switch("", 1200), Switch("0.9.0", 1300)]
    assert versions_over_time(boxes, "2.0.0", 1000, 2000) == {
        "0.9.0": [(1000, 1), (1300, 0), (2000, 0)],
        "1.0.0": [(1000, 2), (1300, 1), (2000, 1)],
        "2.0.0": [(1000, 0), (1200, 1), (1300, 2), (1300, 3), (2000, 3)],
        "unknown": [(1000, 1), (1200, 0), (2000, 0)],
    }


@given(SWITCHES)
def test_lines_add_up_and_stay_short(boxes: list[Switch]) -> None:
    lines = versions_over_time(boxes, "2.0.0", 1000, 2000)
    assert all(len(line) <= MOST_POINTS for line in lines.values())
    assert all(list(line) == sorted(line, key=lambda point: point[0]) for line in lines.values())
    for moment in (1000, 2000):
        assert sum(at(line, moment) for line in lines.values()) == len(boxes)
    assert all(count >= 0 for line in lines.values() for _, count in line)
    assert lines["2.0.0"][-1][1] == sum(box.at is not None or box.version == "2.0.0" for box in boxes)
