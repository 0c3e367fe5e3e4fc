"""The lives of a rollout and of a box in it. Pure.

``planned > approved > running <> paused > completed | aborted | stopped``

Rules: what is not in the tables below does not happen; the last three of a rollout are final, and so are those of a box that
count (succeeded, failed) or are set aside; a rollout is stopped by its brake and aborted by a person.
"""

from __future__ import annotations

import enum

from fleet.rollouts.errors import TransitionError
from protocol.events import UpdateStep


class RolloutState(str, enum.Enum):
    """Of a rollout."""

    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ABORTED = "aborted"
    STOPPED = "stopped"


_R = RolloutState
MOVES: dict[RolloutState, frozenset[RolloutState]] = {
    _R.PLANNED: frozenset({_R.APPROVED, _R.ABORTED}),
    _R.APPROVED: frozenset({_R.RUNNING, _R.ABORTED}),
    _R.RUNNING: frozenset({_R.PAUSED, _R.COMPLETED, _R.ABORTED, _R.STOPPED}),
    _R.PAUSED: frozenset({_R.RUNNING, _R.ABORTED, _R.STOPPED}),
    _R.COMPLETED: frozenset(),
    _R.ABORTED: frozenset(),
    _R.STOPPED: frozenset(),
}
ACTIVE = frozenset({_R.RUNNING, _R.PAUSED})
"""Orders of these stand."""

_REMEDY: dict[RolloutState, str] = {
    _R.PLANNED: "a second person approves it first",
    _R.APPROVED: "start it first",
    _R.RUNNING: "pause or abort it first",
    _R.PAUSED: "resume or abort it first",
}


def check_move(rollout: str, now: RolloutState, wanted: RolloutState) -> None:
    """Refuse what does not happen.

    Raises:
        TransitionError: naming both states and the remedy.
    """
    if wanted not in MOVES[now]:
        remedy = _REMEDY.get(now, "it is over; plan another")
        msg = f"rollout {rollout[:36]} is {now.value} and cannot become {wanted.value}: {remedy}"
        raise TransitionError(msg)


class BoxState(str, enum.Enum):
    """Of one box in a rollout."""

    WAITING = "waiting"
    """No order yet."""
    ORDERED = "ordered"
    """The order stands in its twin; it has not said that it accepts. It may be silent by schedule."""
    ACCEPTED = "accepted"
    FETCHED = "fetched"
    ON_PROBATION = "on-probation"
    SUCCEEDED = "succeeded"
    """After probation."""
    FAILED = "failed"
    ASIDE = "aside"
    """Counts neither way: out of reach, withdrawn, taken over by a later rollout."""


PENDING = (BoxState.WAITING, BoxState.ORDERED, BoxState.ACCEPTED, BoxState.FETCHED, BoxState.ON_PROBATION)
BUSY = (BoxState.ACCEPTED, BoxState.FETCHED, BoxState.ON_PROBATION)
"""Their time runs."""
EXPOSED = (BoxState.ON_PROBATION, BoxState.SUCCEEDED, BoxState.FAILED)
FINAL = (BoxState.SUCCEEDED, BoxState.FAILED)

AFTER_STEP: dict[UpdateStep, BoxState] = {
    UpdateStep.ACCEPTED: BoxState.ACCEPTED,
    UpdateStep.FETCHED: BoxState.FETCHED,
    UpdateStep.ON_PROBATION: BoxState.ON_PROBATION,
    UpdateStep.SUCCEEDED: BoxState.SUCCEEDED,
    UpdateStep.ROLLED_BACK: BoxState.FAILED,
    UpdateStep.REFUSED: BoxState.FAILED,
}
RANK: dict[BoxState, int] = {state: rank for rank, state in enumerate(PENDING)} | dict.fromkeys((*FINAL, BoxState.ASIDE), 9)
"""How far a box is; it never goes back."""
