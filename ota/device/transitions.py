"""What becomes of the state at each step. Pure: what is written here happens in one write, or not at all.

Rules:

- The pointer moves with the phase: from :func:`switched` on a start begins with the new release, from :func:`going_back` on
  with the last good one again. There is no moment between.
- Whatever ends, ends with a report, in the same write.
- A release that is at fault is quarantined in the write that says so; one that is not may be ordered again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ota.device.reports import told
from ota.device.state import Job, Phase, Quarantined, State
from ota.device.store import without
from protocol.events import Reason, UpdateStep

_MOST_QUARANTINED = 64
"""More releases than a bundle has in a year; the oldest is forgotten first."""

_replace = msgspec.structs.replace


def begun(state: State) -> State:
    """Take the first order that waits; the spare makes room for what comes."""
    job = state.waiting[0]
    return _replace(state, job=job, waiting=state.waiting[1:], spare=_pointing(state.spare, job.bundle, 0))


def moved(state: State, job: Job, phase: Phase, **changed: Any) -> State:
    """Go to a phase, and change what it brings along."""
    return _replace(state, job=_replace(job, phase=phase, **changed))


def refused(state: State, job: Job, reason: Reason, *, blame: bool) -> State:
    """End before the switch: what ran goes on."""
    state = told(state, job, UpdateStep.REFUSED, reason)
    if not blame:
        return ended(state)
    return moved(_quarantined(state, job, reason), job, Phase.QUARANTINE, reason=reason, blame=True)


def switched(state: State, job: Job) -> State:
    """From now on a start begins with the new release."""
    state = _replace(state, running={**state.running, job.bundle: job.release})
    return moved(state, job, Phase.SWITCH, strikes=0, passed_s=0.0)


def on_probation(state: State, job: Job) -> State:
    """It runs."""
    return told(moved(state, job, Phase.PROBATION, passed_s=0.0), job, UpdateStep.ON_PROBATION)


def committed(state: State, job: Job) -> State:
    """It has passed: from now on it is the one to go back to."""
    state = _replace(
        state,
        good={**state.good, job.bundle: job.release},
        spare=_pointing(state.spare, job.bundle, state.good.get(job.bundle, 0)),
        committed={**state.committed, job.bundle: max(job.release, state.committed.get(job.bundle, 0))},
    )
    return told(moved(state, job, Phase.COMMIT), job, UpdateStep.SUCCEEDED)


def going_back(state: State, job: Job, reason: Reason, *, blame: bool) -> State:
    """From now on a start begins with the last good release again."""
    state = _replace(state, running=_pointing(state.running, job.bundle, state.good.get(job.bundle, 0)))
    return moved(state, job, Phase.ROLLBACK, reason=reason, blame=blame)


def gone_back(state: State, job: Job) -> State:
    """The last good release runs."""
    state = told(state, job, UpdateStep.ROLLED_BACK, job.reason)
    if job.blame:
        state = _quarantined(state, job, job.reason)
    return moved(state, job, Phase.QUARANTINE)


def ended(state: State) -> State:
    """No job any more, and nothing of it is needed."""
    state = _replace(state, job=None)
    return without(state, state.needed())


def fallen_back(state: State, bundle: str) -> State:
    """What should run is damaged: the good release takes its place, or the one before, and in the end the installation's."""
    running = state.running.get(bundle, 0)
    ways = (state.good.get(bundle, 0), state.spare.get(bundle, 0), 0)
    following = next(release for release in ways if release != running)
    return _replace(
        state,
        running=_pointing(state.running, bundle, following),
        good=_pointing(state.good, bundle, following),
        spare=_pointing(state.spare, bundle, 0 if following in ways[1:] else ways[1]),
    )


def _quarantined(state: State, job: Job, reason: Reason | None) -> State:
    entry = Quarantined(bundle=job.bundle, release=job.release, code="" if reason is None else reason.code)
    return _replace(state, quarantine=(*state.quarantine, entry)[-_MOST_QUARANTINED:])


def _pointing(pointers: Mapping[str, int], bundle: str, release: int) -> dict[str, int]:
    """Pointers with one set; that to the installation's is left out."""
    return {name: number for name, number in {**pointers, bundle: release}.items() if number}
