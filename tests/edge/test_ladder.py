"""Row 62: a box that is hot or short of memory does less, step by step, says so, and takes it up again."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.ladder import DOWN_S, UP_S, Ladder, Measured, steps_of, work_of
from protocol.config import FOR_PEOPLE, Source

CAMERAS = tuple(Source(id=name, uri=f"{name}.mp4") for name in ("gate", "square", "yard"))
LIGHTER = tuple(Source(id=one.id, uri="a.mp4", lighter="light" if one.id != "square" else None) for one in CAMERAS)
HOT, WARM, COOL = Measured(85.0, 2000.0), Measured(75.0, 2000.0), Measured(60.0, 2000.0)


class Board:
    """Looks every second."""

    def __init__(self, sources: tuple[Source, ...] = CAMERAS) -> None:
        self.ladder, self.sources, self.now_s = Ladder(80.0, 100.0), sources, 1000.0

    def stay(self, measured: Measured, seconds: float) -> list[int]:
        """Steps that it came to meanwhile."""
        steps = []
        end = self.now_s + seconds
        while self.now_s < end:
            if self.ladder.look(measured, steps_of(self.sources), self.now_s):
                steps.append(self.ladder.step)
            self.now_s += 1.0
        return steps

    @property
    def said(self) -> str:
        return "".join(reason.detail for reason in self.ladder.reasons(work_of(self.ladder.step, self.sources)))


def test_row_62_rate_then_model_then_cameras_and_the_first_camera_never_rests() -> None:
    works = [work_of(step, LIGHTER) for step in range(steps_of(LIGHTER) + 1)]
    assert [work.every for work in works] == [1, 2, 2, 2, 2]
    assert [[source.id for source in work.sources] for work in works] == [
        ["gate", "square", "yard"], ["gate", "square", "yard"], ["gate", "square", "yard"], ["gate", "square"], ["gate"],
    ]  # fmt: skip
    assert [[source.bundle for source in work.sources][:2] for work in works[1:4]] == [
        [FOR_PEOPLE, FOR_PEOPLE], ["light", FOR_PEOPLE], ["light", FOR_PEOPLE],
    ]  # fmt: skip
    assert [work.rested for work in works] == [(), (), (), ("yard",), ("square", "yard")]


def test_without_lighter_models_that_step_is_left_out() -> None:
    assert steps_of(CAMERAS) == 3
    assert work_of(2, CAMERAS).rested == ("yard",)
    assert steps_of(CAMERAS[:1]) == 1
    assert steps_of(()) == 0


def test_row_62_each_step_is_reported_with_what_is_given_up_and_why() -> None:
    board = Board(LIGHTER)
    assert board.said == ""
    assert board.stay(HOT, 1) == [1]
    assert board.said == "85 degrees, 80 are too hot: one picture of 2 is looked at"
    assert board.stay(HOT, 2 * UP_S) == [2, 3]
    assert board.said == (
        "85 degrees, 80 are too hot: one picture of 2 is looked at; a lighter model looks at gate; yard rests"
    )
    assert board.stay(Measured(60.0, 90.0), UP_S) == [4]
    assert board.said == (
        "90 MB of memory left, 100 are needed: one picture of 2 is looked at; a lighter model looks at gate; square, yard rest"
    )
    assert board.stay(HOT, 600) == [], "there is no further step"


def test_a_step_up_waits_for_what_the_last_one_brings_and_a_step_down_for_calm() -> None:
    board = Board()
    assert board.stay(HOT, UP_S) == [1]
    assert board.stay(WARM, 10 * DOWN_S) == [], "between hot and cool nothing changes"
    assert board.stay(COOL, DOWN_S) == []
    assert board.stay(WARM, 1) == []
    assert board.stay(COOL, DOWN_S) == [], "it begins to count anew"
    assert board.stay(COOL, 2) == [0]
    assert board.said == ""


def test_what_is_not_measured_does_not_count() -> None:
    assert Board().stay(Measured(None, None), 100) == []
    board = Board()
    board.stay(HOT, 1)
    assert board.stay(Measured(None, None), DOWN_S + 2) == [0]


def test_a_pc_is_never_too_hot() -> None:
    board = Board()
    board.ladder = Ladder(math.inf, 100.0)
    assert board.stay(Measured(110.0, 4000.0), 100) == []
    assert board.stay(Measured(110.0, 50.0), 1) == [1]
    assert board.stay(Measured(110.0, 4000.0), DOWN_S + 2) == [0]


def test_cameras_that_are_taken_away_take_steps_away() -> None:
    board = Board()
    board.stay(HOT, 4 * UP_S)
    assert board.ladder.step == 3
    board.sources = CAMERAS[:1]
    assert board.stay(HOT, 1) == [1]


@given(
    st.lists(st.tuples(st.none() | st.floats(0, 120), st.none() | st.floats(0, 4000)), max_size=200),
    st.integers(0, 5),
)
def test_whatever_a_board_measures_something_is_looked_at(measured: list[tuple[float | None, float | None]], many: int) -> None:
    sources = tuple(Source(id=f"camera-{n}", uri="a.mp4", lighter="light" if n % 2 else None) for n in range(many))
    board = Board(sources)
    for temperature, memory in measured:
        board.stay(Measured(temperature, memory), 40)
        work = work_of(board.ladder.step, sources)
        assert work.every in {1, 2}
        assert work.sources[:1] == sources[:1] or work.sources[0].model == "light"
        assert [*(source.id for source in work.sources), *work.rested] == [source.id for source in sources]
        assert bool(board.said) == (board.ladder.step > 0)


@pytest.mark.parametrize("step", [-1, 0, 99])
def test_steps_beyond_the_ladder(step: int) -> None:
    work = work_of(step, CAMERAS)
    assert len(work.sources) == (1 if step == 99 else 3)
