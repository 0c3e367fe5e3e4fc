"""From a folder to a decision: golden vectors, shadow run, switch, probation, and whichever end it takes.

Rules:

- Nothing here asks for the network, for metadata or for the time; only the window for the switch needs a clock, and waits for
  one (rows 21 and 22 of the faults).
- What runs a model is asked through its port, and judged by :mod:`ota.device.judge`.
- Each of these steps may be done again: after a power cut it will be.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from ota.device import transitions
from ota.device.errors import RefusedError, TrialError, Why, reason
from ota.device.judge import Before, Criteria, Decision, Verdict, judge_golden, judge_probation, judge_shadow
from ota.device.ports import Next, Ports
from ota.device.progress import Progress
from ota.device.state import Job, Phase, State
from ota.device.store import Store
from ota.device.trial import Health
from ota.device.windows import opening
from protocol.events import Reason

_AGAIN_S = 10.0
"""Before going back is tried again, where what runs models could not."""


class Trying:
    """The last steps.

    Args:
        store: what is on the disk.
        ports: ways outside.
        criteria: limits.
    """

    def __init__(self, store: Store, ports: Ports, criteria: Criteria) -> None:
        self._store, self._ports, self._criteria = store, ports, criteria
        self._seen = Progress(ports.monotonic())

    def golden(self, state: State, job: Job) -> Next:
        """Run its golden vectors on this machine."""
        folder, file = self._new(state, job)
        found = self._ports.trial.golden(folder, file)
        _refuse_if_bad(judge_golden(found, found.old_latency_ms, self._criteria))
        self._seen = Progress(self._ports.monotonic())
        return Next(transitions.moved(state, job, Phase.SHADOW, strikes=0, passed_s=0.0, latency_ms=found.latency_ms))

    def shadow(self, state: State, job: Job) -> Next:
        """Run it beside the old one; then wait for a window."""
        if job.ready:
            return self._wait_for_window(state, job)
        folder, file = self._new(state, job)
        try:
            found = self._ports.trial.shadow(job.bundle, folder, file)
        except TrialError as error:
            raise RefusedError(Why.TRIAL, str(error), blame=True) from error
        passed_s = job.passed_s + self._seen.elapsed(self._ports.monotonic())
        verdict = judge_shadow(found, passed_s, self._criteria)
        if verdict.decision is Decision.WAIT:
            return self._progress(state, job, passed_s, well=found.looks > 0)
        self.end_shadow(job)
        _refuse_if_bad(verdict)
        measured = {
            "agreement": found.agreement if found.looks else None,
            "latency_ms": found.latency_ms if found.latency_ms is not None else job.latency_ms,
            "old_latency_ms": found.old_latency_ms,
            "old_temperature_c": found.temperature_c,
        }
        return Next(transitions.moved(state, job, Phase.SHADOW, ready=True, strikes=0, **measured))

    def switch(self, state: State, job: Job) -> Next:
        """Have it run instead of the old one."""
        folder, file = self._new(state, job)
        try:
            self._ports.trial.switch(job.bundle, folder, file)
        except TrialError as error:
            return Next(transitions.going_back(state, job, error.reason(job.bundle), blame=True))
        self._seen = Progress(self._ports.monotonic())
        return Next(transitions.on_probation(state, job))

    def probation(self, state: State, job: Job) -> Next:
        """Watch it."""
        now = self._ports.monotonic()
        try:
            health = self._ports.trial.health(job.bundle)
        except TrialError:
            health = Health(asked=self._seen.answered + 1, answered=self._seen.answered)  # nothing runs: nothing answers
        passed_s = job.passed_s + self._seen.elapsed(now)
        stalled_s = self._seen.stalled(health, now)
        before = Before(job.old_latency_ms, job.old_temperature_c)
        verdict = judge_probation(health, passed_s, stalled_s, before, self._criteria)
        match verdict.decision:
            case Decision.GOOD:
                return Next(transitions.committed(state, job))
            case Decision.BAD:
                return Next(transitions.going_back(state, job, _reason(verdict, job), blame=verdict.blame))
            case Decision.WAIT:
                return self._progress(
                    state, job, passed_s, well=not stalled_s and self._seen.age(now) >= self._criteria.alive_s
                )

    def commit(self, state: State, _job: Job) -> Next:
        """Tidy up."""
        return Next(transitions.ended(state))

    def rollback(self, state: State, job: Job) -> Next:
        """Have the last good release run again."""
        release = state.running.get(job.bundle, 0)
        staged = state.staged_as(job.bundle, release)
        folder = None if staged is None else self._store.folder(job.bundle, release)
        self.end_shadow(job)
        self._ports.trial.switch(job.bundle, folder, "" if staged is None else staged.form)
        return Next(transitions.gone_back(state, job))

    def quarantine(self, state: State, job: Job) -> Next:
        """Tidy up."""
        self.end_shadow(job)
        return Next(transitions.ended(state))

    def end_shadow(self, job: Job) -> None:
        """Stop the shadow run, if there is one."""
        with contextlib.suppress(TrialError):
            self._ports.trial.end_shadow(job.bundle)

    def _wait_for_window(self, state: State, job: Job) -> Next:
        found = opening(job.order.windows, self._ports.wall())
        if found.missed:
            msg = f"every window of the order for release {job.release} has closed; order it again with later ones"
            raise RefusedError(Why.WINDOW_MISSED, msg)
        return Next(transitions.switched(state, job)) if found.now else Next(state, found.wait_s, save=False)

    def _progress(self, state: State, job: Job, passed_s: float, *, well: bool) -> Next:
        """Go on watching; written down is the time now and then, and at once that it is no crash loop."""
        strikes = 0 if well else job.strikes
        save = strikes != job.strikes or self._seen.is_worth_saving(passed_s)
        return Next(
            transitions.moved(state, job, job.phase, passed_s=passed_s, strikes=strikes), self._criteria.look_s, save=save
        )

    def _new(self, state: State, job: Job) -> tuple[Path, str]:
        staged = state.staged_as(job.bundle, job.release)
        assert staged is not None, "a job of these phases has its release staged in the same state"
        return self._store.folder(job.bundle, job.release), staged.form


def _refuse_if_bad(verdict: Verdict) -> None:
    if verdict.decision is Decision.BAD:
        raise RefusedError(verdict.why or Why.UPDATE, verdict.detail, blame=verdict.blame)


def _reason(verdict: Verdict, job: Job) -> Reason:
    return reason(verdict.why or Why.UPDATE, verdict.detail, job.bundle)
