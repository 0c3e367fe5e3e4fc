"""What a rollout came to: in words, and what a check finds wrong with it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulator.rollouts.outcome import Told, problems, read_told
from simulator.rollouts.releases import BAD, GOOD

BUDGET = "group canary: 2 of 4 failed, which reaches the budget of 50%"


def answer(state: str, turns: str, reason: str = "", release: int = GOOD, **counts: int) -> Told:
    names = ("canary", "half", "rest")
    found: dict[str, Any] = {
        "rollout": {"number": release, "release": release, "state": state, "reason": reason, "counts": counts},
        "groups": [{"name": name, "turn": turn} for name, turn in zip(names, turns.split(), strict=True)],
    }
    return read_told(found)


COMPLETED = answer("completed", "passed passed passed", succeeded=30)
STOPPED = answer("stopped", "now later later", BUDGET, BAD, failed=2, waiting=26, ordered=2)
ESCAPED = answer("stopped", "passed now later", "group half: 9 of 11 failed", BAD, failed=9, succeeded=4)
UNDER_WAY = answer("running", "passed now later", succeeded=14, accepted=2, waiting=14)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (answer("planned", "later later later", waiting=30), "rollout 1: 0 of 30 boxes, group canary, planned"),
        (UNDER_WAY, "rollout 1: 14 of 30 boxes, group half"),
        (answer("paused", "now later later", succeeded=1, failed=1), "rollout 1: 1 of 2 boxes, group canary, 1 failed, paused"),
        (COMPLETED, "rollout 1: completed: 30 of 30 boxes succeeded"),
        (STOPPED, f"rollout 2: stopped at the canary: {BUDGET}"),
        (ESCAPED, "rollout 2: stopped in group half: group half: 9 of 11 failed"),
    ],
)
def test_the_line_says_how_far_it_is(told: Told, line: str) -> None:
    assert told.line() == line


@pytest.mark.parametrize("seconds", [5.0, 500.0])
def test_what_went_as_it_should_is_no_problem(seconds: float) -> None:
    assert problems([COMPLETED, STOPPED], "", seconds, 60.0) == []


def test_a_short_check_asks_for_no_end() -> None:
    assert problems([], "", 30.0, 60.0) == []
    assert problems([UNDER_WAY], "", 30.0, math.inf) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([answer("stopped", "now later later", "why")], "the good release did not reach its boxes"),
        ([answer("aborted", "now later later", "why")], "the good release did not reach its boxes"),
        ([COMPLETED, ESCAPED], "the bad release left its canary"),
        ([COMPLETED, answer("completed", "passed passed passed", release=BAD)], "the bad release left its canary"),
    ],
)
def test_what_must_never_be_is_a_problem_of_any_check(told: list[Told], words: str) -> None:
    found = problems(told, "", 10.0, 60.0)
    assert len(found) == 1
    assert found[0].startswith(words)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([], "the good release is not everywhere: not even begun"),
        ([UNDER_WAY], "the good release is not everywhere: rollout 1: 14 of 30"),
        ([COMPLETED], "the bad release is not stopped: not even begun"),
        ([COMPLETED, answer("running", "now later later", release=BAD)], "the bad release is not stopped: rollout 2"),
    ],
)
def test_with_time_enough_both_must_have_come_to_their_end(told: list[Told], words: str) -> None:
    found = problems(told, "", 60.0, 60.0)
    assert len(found) == 1
    assert words in found[0]


def test_a_story_that_could_not_go_on_is_a_problem() -> None:
    assert problems([], "no web", 5.0, 60.0) == ["the rollouts could not go on: no web"]
