"""The update's state machine: one order at a time, one step at a time, all of it on the disk.

::

    idle > resolve > download > verify > stage > golden > shadow > switch > probation > commit > idle
                                                                         > rollback > quarantine > idle
    refused on the way: > idle, or, where the release is at fault, > quarantine > idle

Rules:

- Between two phases lies one write of the state (:mod:`ota.device.slots`). What a step did before it may be done again after a
  power cut; what follows the write relies on it.
- Nothing new runs before the write that says so, and nothing is reported as succeeded before it is written.
- Whatever an order meets before the switch, the box goes on with what it runs. After it, there is a way back that needs nothing
  from outside.
- No error leaves :meth:`Machine.step` but those of programming. Trouble that lasts is told by :attr:`Machine.trouble`.
- Used by one thread. :meth:`Machine.step` may take as long as a download that is not told to pause.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from ota.device import transitions
from ota.device.errors import FetchError, MissingError, PausedError, RefusedError, TrialError, TrustError, UpdateError
from ota.device.fetching import Fetching
from ota.device.judge import Criteria
from ota.device.ledger import Ledger, disk_reason
from ota.device.ports import Next, Ports, Site
from ota.device.queue import arrange, enqueue, may_be_dropped
from ota.device.recovery import Recovery
from ota.device.reports import signed
from ota.device.retry import Retry
from ota.device.state import Job, Phase, State
from ota.device.stick import offered
from ota.device.store import Store
from ota.device.trying import Trying
from protocol.events import Reason
from protocol.orders import Order, Orders

_IDLE_S = 60.0
_DISK_S = 30.0
"""Before a write is tried again that the disk has refused."""
_TRIES_BACK = 3
"""Of the last good release, before the installation's takes its place."""

_replace = msgspec.structs.replace


class Machine:
    """Follows orders.

    Args:
        store: what is on the disk.
        site: this box.
        ports: ways outside.
        criteria: limits.
    """

    def __init__(self, store: Store, site: Site, ports: Ports, criteria: Criteria) -> None:
        self._site, self._ports, self._store = site, ports, store
        self._ledger = Ledger(store)
        self._recovery = Recovery(self._ledger, store, site)
        self._fetching = Fetching(store, site, ports)
        self._trying = Trying(store, ports, criteria)
        self._retry = Retry(ports.monotonic, ports.draw)
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

    @property
    def state(self) -> State:
        """What counts."""
        return self._ledger.state

    @property
    def trouble(self) -> Reason | None:
        """Why it does not get on, for the box's health."""
        return self._ledger.trouble

    def start(self) -> None:
        """Put in order what a power cut left, and decide with what this start begins. To be called before a model is loaded."""
        self._recovery.start()

    def folder(self, bundle: str) -> tuple[Path, str] | None:
        """Where the release lies that is to run, and its variant; nothing for the one that came with the installation."""
        staged = self.state.staged_as(bundle, self.state.running.get(bundle, 0))
        return None if staged is None else (self._store.folder(bundle, staged.release), staged.form)

    def damaged(self, bundle: str, detail: str) -> None:
        """Be told that the release that should run cannot be loaded; :meth:`folder` names another one afterwards."""
        self._recovery.damaged(bundle, detail)

    def take(self, orders: Orders) -> None:
        """Take orders that were verified.

        Raises:
            OrdersError: these, or later ones, were taken before.
            OSError: they cannot be written down, and are not taken.
        """
        self._change(arrange(self.state, orders))

    def plug(self, source: str) -> int:
        """Take what a stick brings: of each bundle of this box, its highest release, if that is newer.

        Args:
            source: folder in which it is mounted.

        Returns:
            How many releases it brings.

        Raises:
            UpdateError: it is none, or not believed.
            OSError: it cannot be read, or what it brings cannot be written down.
        """
        bundles = {*self._site.installed, *self.state.running}
        found = offered(self._ports.repository(source).catalogue("", 0), self.state, bundles)
        state = self.state
        for bundle, release in found:
            order = Order(bundle=bundle, release=release, nonce=self._ports.draw(16).hex())
            state = enqueue(state, Job(order=order, counter=0, source=source))
        if found:
            self._change(state)
        return len(found)

    def stop(self) -> None:
        """Say farewell: the next start is nobody's fault."""
        job = self.state.job
        if job is not None and job.fragile:
            self._ledger.adopt(Next(_replace(self.state, job=_replace(job, orderly=True))))

    def step(self) -> float:
        """Get on by one step.

        Returns:
            Seconds until the next one is of use.
        """
        self._ledger.save_again()
        self._deliver()
        job = self.state.job
        if job is None:
            return self._idle()
        try:
            waited = self._ledger.adopt(self._phases[job.phase](self.state, job))
        except UpdateError as error:
            return self._hindered(error, job)
        except OSError as error:
            return self._disk_refuses(error, job)
        self._retry.forget()
        if not self._ledger.unsaved:
            self._ledger.trouble = None
        return waited

    def _idle(self) -> float:
        self._ledger.tidy()
        if self.state.waiting:
            return self._ledger.adopt(Next(transitions.begun(self.state)))
        return _DISK_S if self._ledger.unsaved else _IDLE_S

    def _change(self, following: State) -> None:
        before, after = self.state.job, following.job
        self._ledger.save(following)
        if before is not None and (after is None or after.bundle != before.bundle):
            self._trying.end_shadow(before)
        self._retry.forget()

    def _hindered(self, error: UpdateError, job: Job) -> float:
        """Try again later, or give up."""
        state = self._fetching.charged(self.state)
        match error:
            case PausedError():
                self._retry.pause()
                return self._ledger.adopt(Next(state, error.wait_s, save=state is not self.state))
            case FetchError() | TrustError():
                return self._try_again(error, state, job)
            case RefusedError():
                return self._refuse(state, job, error.reason(job.bundle), blame=error.blame)
            case TrialError() if job.phase is Phase.ROLLBACK:
                return self._cannot_go_back(error, job)
        return self._refuse(state, job, error.reason(job.bundle), blame=False)

    def _try_again(self, error: FetchError | TrustError, state: State, job: Job) -> float:
        self._ledger.trouble = error.reason(job.bundle)
        wait_s, tried_s = self._retry.failed()
        current = _replace(state.job or job, tried_s=job.tried_s + tried_s)
        state = _replace(state, job=current)
        if self._retry.is_over(current.tried_s, stick=bool(job.source), missing=isinstance(error, MissingError)):
            return self._refuse(state, current, error.reason(job.bundle), blame=False)
        return self._ledger.adopt(Next(state, wait_s))

    def _disk_refuses(self, error: OSError, job: Job) -> float:
        """Before the switch, give the order up; after it, go on."""
        self._ledger.trouble = disk_reason(error)
        self._store.forget_partials()
        if not may_be_dropped(job):
            return _DISK_S
        return self._refuse(self._fetching.charged(self.state), job, disk_reason(error), blame=False)

    def _refuse(self, state: State, job: Job, why: Reason, *, blame: bool) -> float:
        self._retry.forget()
        if job.phase is Phase.SHADOW:
            self._trying.end_shadow(job)
        return self._ledger.adopt(Next(transitions.refused(state, job, why, blame=blame)))

    def _cannot_go_back(self, error: TrialError, job: Job) -> float:
        """Where the last good release does not run either, the installation's is what is left."""
        self._ledger.trouble = error.reason(job.bundle)
        wait_s, _ = self._retry.failed()
        if self._retry.failures >= _TRIES_BACK and self.state.running.get(job.bundle, 0):
            return self._ledger.adopt(Next(transitions.fallen_back(self.state, job.bundle)))
        return min(wait_s, _DISK_S)

    def _deliver(self) -> None:
        """Hand reports on; what is handed on is forgotten with a write of its own."""
        handed = 0
        for report in self.state.reports:
            try:
                self._ports.tell(signed(report, self._site.fleet, self._site.device, self._ports.sign))
            except Exception:  # noqa: BLE001 - whatever it is, what runs models must not suffer from it
                break
            handed += 1
        if handed:
            self._ledger.adopt(Next(_replace(self.state, reports=self.state.reports[handed:])))
