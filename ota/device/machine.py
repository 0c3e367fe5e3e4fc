"""The update's state machine: one order at a time, one step at a time, all of it on the disk.

::

    idle > resolve > download > verify > stage > golden > shadow > switch > probation > commit > idle
                                                                         > rollback > quarantine > idle
    refused on the way: > idle, or, where the release is at fault, > quarantine > idle

Rules:

- Between two phases lies one write of the state (:mod:`ota.device.slots`). What a step did before it may be done again after a
  power cut; what follows the write relies on it.
- Nothing new runs before the write that says so, and nothing is reported as succeeded before it is written. But what keeps the
  box going is not held up by a disk that cannot be written: refusing, going back and giving up happen all the same, and are
  written as soon as that is possible.
- No error leaves :meth:`Machine.step` but those of programming. Trouble that lasts is told by :attr:`Machine.trouble`.
- Used by one thread. :meth:`Machine.step` may take as long as a download that is not told to pause.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path

import msgspec

from ota.device import transitions
from ota.device.errors import (
    FetchError,
    MissingError,
    PausedError,
    RefusedError,
    TrialError,
    TrustError,
    UpdateError,
    Why,
    reason,
)
from ota.device.fetching import Fetching
from ota.device.judge import Criteria
from ota.device.ports import Next, Ports, Site
from ota.device.queue import arrange, may_be_dropped
from ota.device.reports import signed
from ota.device.retry import Retry
from ota.device.starts import LIMIT, strikes_after_start
from ota.device.state import SWITCHED, Job, Phase, State
from ota.device.store import Store
from ota.device.trying import Trying
from protocol.events import Reason
from protocol.orders import Orders

_IDLE_S = 60.0
_DISK_S = 30.0
"""Before a write is tried again that the disk has refused."""
_WRITTEN_FIRST = frozenset(Phase) - {Phase.PROBATION, Phase.ROLLBACK, Phase.QUARANTINE}
"""Phases that nothing is gone on with before they are on the disk. The others tell what has happened, and are not held up."""
_DISK_CODES = {errno.ENOSPC: Why.DISK_FULL, errno.EDQUOT: Why.DISK_FULL, errno.EROFS: Why.DISK_READ_ONLY}

_replace = msgspec.structs.replace


class Machine:
    """Follows orders.

    Args:
        store: what is on the disk.
        site: this box.
        ports: ways outside.
        criteria: limits.

    Attributes:
        state: what counts; what is on the disk may be behind it while the disk cannot be written.
        trouble: why it does not get on, or nothing.
    """

    def __init__(self, store: Store, site: Site, ports: Ports, criteria: Criteria) -> None:
        self._store, self._site, self._ports = store, site, ports
        self._fetching = Fetching(store, site, ports)
        self._trying = Trying(store, ports, criteria)
        self._retry = Retry(ports.monotonic, ports.draw)
        self._unsaved = False
        self._untidy = store.state.job is not None
        self.state = store.state
        self.trouble: Reason | None = None
        self._phases: dict[Phase, Callable[[State, Job], Next]] = {
            Phase.RESOLVE: self._fetching.resolve,
            Phase.DOWNLOAD: self._fetching.download,
            Phase.VERIFY: self._fetching.verify,
            Phase.STAGE: self._fetching.stage,
            Phase.GOLDEN: self._trying.golden,
            Phase.SHADOW: self._trying.shadow,
            Phase.SWITCH: self._trying.switch,
            Phase.PROBATION: self._trying.probation,
            Phase.COMMIT: self._trying.commit,
            Phase.ROLLBACK: self._trying.rollback,
            Phase.QUARANTINE: self._trying.quarantine,
        }

    def start(self) -> None:
        """Put in order what a power cut left, and decide with what this start begins. To be called before a model is loaded."""
        for bundle, release in self.state.running.items():
            staged = self.state.staged_as(bundle, release)
            if staged is None or not self._store.is_whole(staged):
                self._damaged(bundle, f"release {release} of {bundle} is not whole on the disk")
        job = self.state.job
        if job is not None and job.fragile:
            self._suspect(job)
        with contextlib.suppress(OSError):
            self._store.recover()

    def folder(self, bundle: str) -> tuple[Path, str] | None:
        """Where the release lies that is to run, and its variant; nothing for the one that came with the installation."""
        staged = self.state.staged_as(bundle, self.state.running.get(bundle, 0))
        return None if staged is None else (self._store.folder(bundle, staged.release), staged.form)

    def damaged(self, bundle: str, detail: str) -> None:
        """Be told that the release that should run cannot be loaded; :meth:`folder` names another one afterwards."""
        if self.state.running.get(bundle, 0):
            self._damaged(bundle, detail)

    def take(self, orders: Orders) -> None:
        """Take orders that were verified.

        Raises:
            OrdersError: these, or later ones, were taken before.
            OSError: they cannot be written down, and are not taken.
        """
        self.change(arrange(self.state, orders))

    def change(self, following: State) -> None:
        """Take a state with another queue.

        Raises:
            OSError: it cannot be written down, and is not taken.
        """
        before, after = self.state.job, following.job
        self._store.save(following)
        self.state, self._unsaved = self._store.state, False
        if before is not None and (after is None or after.bundle != before.bundle):
            self._trying.end_shadow(before)
            self._untidy = True
        self._retry.forget()

    def stop(self) -> None:
        """Say farewell: the next start is nobody's fault."""
        if self.state.job is not None and self.state.job.fragile:
            self.state = _replace(self.state, job=_replace(self.state.job, orderly=True))
            self._unsaved = True
        self._save_again()

    def step(self) -> float:
        """Get on by one step.

        Returns:
            Seconds until the next one is of use.
        """
        self._save_again()
        self._deliver()
        job = self.state.job
        if job is None:
            return self._idle()
        try:
            waited = self._adopt(self._phases[job.phase](self.state, job))
        except UpdateError as error:
            return self._hindered(error, job)
        except OSError as error:
            return self._disk_refuses(error, job)
        self._retry.forget()
        if not self._unsaved:
            self.trouble = None
        return waited

    def _idle(self) -> float:
        if self._untidy and not self._unsaved:
            with contextlib.suppress(OSError):
                self._store.save(self.state)  # so that the state before this one does not hold what is over either
                self.state = self._store.state
                self._store.collect()
                self._untidy = False
        if not self.state.waiting:
            return _DISK_S if self._unsaved else _IDLE_S
        self._untidy = True
        return self._adopt(Next(transitions.begun(self.state)))

    def _adopt(self, following: Next) -> float:
        """Let a state count.

        Raises:
            OSError: it goes to a phase that relies on being written down, and cannot be.
        """
        if not following.save:
            self.state = following.state
            return following.wait_s
        before, after = self.state.job, following.state.job
        try:
            self._store.save(following.state)
        except OSError as error:
            if before is not None and after is not None and before.phase is not after.phase and after.phase in _WRITTEN_FIRST:
                raise
            self.trouble = _disk_reason(error)
            self.state, self._unsaved = following.state, True
            return following.wait_s
        self.state, self._unsaved = self._store.state, False
        return following.wait_s

    def _save_again(self) -> None:
        if self._unsaved:
            try:
                self._store.save(self.state)
            except OSError as error:
                self.trouble = _disk_reason(error)
                self._store.forget_partials()
            else:
                self.state, self._unsaved, self.trouble = self._store.state, False, None

    def _hindered(self, error: UpdateError, job: Job) -> float:
        """Try again later, or give up."""
        state = self._fetching.charged(self.state)
        match error:
            case PausedError():
                self._retry.pause()
                return self._adopt(Next(state, error.wait_s, save=state is not self.state))
            case FetchError() | TrustError():
                self.trouble = error.reason(job.bundle)
                wait_s, tried_s = self._retry.failed()
                current = _replace(job if state.job is None else state.job, tried_s=job.tried_s + tried_s)
                if self._retry.is_over(current.tried_s, stick=bool(job.source), missing=isinstance(error, MissingError)):
                    return self._refuse(_replace(state, job=current), current, error.reason(job.bundle), blame=False)
                return self._adopt(Next(_replace(state, job=current), wait_s))
            case RefusedError():
                return self._refuse(state, job, error.reason(job.bundle), blame=error.blame)
            case TrialError() if job.phase is Phase.ROLLBACK:
                return self._cannot_go_back(error, job)
        return self._refuse(state, job, error.reason(job.bundle), blame=False)

    def _disk_refuses(self, error: OSError, job: Job) -> float:
        """Before the switch, give the order up; after it, go on."""
        self.trouble = _disk_reason(error)
        if not may_be_dropped(job):
            return _DISK_S
        self._store.forget_partials()
        return self._refuse(self._fetching.charged(self.state), job, self.trouble, blame=False)

    def _refuse(self, state: State, job: Job, why: Reason, *, blame: bool) -> float:
        if job.phase is Phase.SHADOW:
            self._trying.end_shadow(job)
        self._retry.forget()
        return self._adopt(Next(transitions.refused(state, job, why, blame=blame)))

    def _cannot_go_back(self, error: TrialError, job: Job) -> float:
        """The last good release does not run either: the installation's is what is left."""
        self.trouble = error.reason(job.bundle)
        wait_s, _ = self._retry.failed()
        if self._retry.failures >= 3 and self.state.running.get(job.bundle, 0):  # noqa: PLR2004 - tries, ten seconds apart
            return self._adopt(Next(transitions.fallen_back(self.state, job.bundle), wait_s))
        return min(wait_s, _DISK_S)

    def _suspect(self, job: Job) -> None:
        """Count this start; where it is one too many, or cannot be counted, begin with what ran before."""
        strikes = strikes_after_start(job, self._site.system, watchdog=self._site.watchdog)
        counted = _replace(job, strikes=strikes, system=self._site.system, orderly=False)
        if strikes < LIMIT:
            try:
                self._store.save(_replace(self.state, job=counted))
            except OSError as error:
                self.trouble = _disk_reason(error)
            else:
                self.state = self._store.state
                return
        detail = f"it did not come to good health in {strikes} points of starts that nobody planned; {LIMIT} are too many"
        why = self.trouble or reason(Why.CRASH_LOOP, detail, job.bundle)
        blame = self.trouble is None
        if job.phase in SWITCHED:
            self._adopt(Next(transitions.going_back(self.state, counted, why, blame=blame)))
        else:
            self._adopt(Next(transitions.refused(self.state, counted, why, blame=blame)))

    def _damaged(self, bundle: str, detail: str) -> None:
        why = reason(Why.DAMAGED, detail, bundle)
        job = self.state.job
        if job is not None and job.bundle == bundle and job.phase in SWITCHED:
            following = transitions.going_back(self.state, job, why, blame=False)
        else:
            following = transitions.fallen_back(self.state, bundle)
        self._adopt(Next(following))
        self.trouble = why

    def _deliver(self) -> None:
        """Hand reports on; what is handed on is forgotten with the next write."""
        reports = self.state.reports
        handed = 0
        for report in reports:
            try:
                self._ports.tell(signed(report, self._site.fleet, self._site.device, self._ports.sign))
            except Exception:  # noqa: BLE001 - whatever it is, what runs models must not suffer from it
                break
            handed += 1
        if handed:
            self._adopt(Next(_replace(self.state, reports=reports[handed:])))


def _disk_reason(error: OSError) -> Reason:
    detail = f"{error.strerror or error}; nothing new is begun until the disk can be written"
    return reason(_DISK_CODES.get(error.errno or 0, Why.DISK), detail)
