"""The life of a rollout: every move that there is, and no other."""

from __future__ import annotations

import itertools

import pytest

from fleet.rollouts.errors import TransitionError
from fleet.rollouts.states import AFTER_STEP, FINAL, MOVES, PENDING, RANK, BoxState, RolloutState, check_move
from protocol.events import UpdateStep

R = RolloutState
HAPPENS = {
    (R.PLANNED, R.APPROVED),
    (R.PLANNED, R.ABORTED),
    (R.APPROVED, R.RUNNING),
    (R.APPROVED, R.ABORTED),
    (R.RUNNING, R.PAUSED),
    (R.RUNNING, R.COMPLETED),
    (R.RUNNING, R.ABORTED),
    (R.RUNNING, R.STOPPED),
    (R.PAUSED, R.RUNNING),
    (R.PAUSED, R.ABORTED),
    (R.PAUSED, R.STOPPED),
}


@pytest.mark.parametrize(("now", "wanted"), [*itertools.product(R, R)])
def test_every_move(now: RolloutState, wanted: RolloutState) -> None:
    if (now, wanted) in HAPPENS:
        check_move("r", now, wanted)
        return
    with pytest.raises(TransitionError, match=f"is {now.value} and cannot become {wanted.value}: .+"):
        check_move("r", now, wanted)


def test_nothing_runs_that_was_not_approved() -> None:
    assert [now for now, moves in MOVES.items() if R.RUNNING in moves] == [R.APPROVED, R.PAUSED]


def test_every_step_of_a_box_leads_on() -> None:
    ranks = [RANK[AFTER_STEP[step]] for step in UpdateStep]
    assert ranks == sorted(ranks)
    assert {AFTER_STEP[step] for step in list(UpdateStep)[-3:]} == set(FINAL)
    assert RANK.keys() == set(BoxState)
    assert all(RANK[state] < RANK[BoxState.SUCCEEDED] for state in PENDING)
