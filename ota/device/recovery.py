"""What a start begins with: the state of the disk, put in order, and a decision on what runs. Before any model is loaded.

Rules:

- A release whose files are not all there does not run: the good one does, or the one before, or the installation's.
- A start in the middle of a trial or a probation is counted on the disk first (:mod:`ota.device.starts`). Where it cannot be
  counted, the box begins with what ran before: a crash loop on a disk that cannot be written would have no end.
- A disk that does not say whether they are there spoils nothing: whoever loads the release will see, and may try again.
- What cannot be removed now is removed another time.
"""

from __future__ import annotations

import contextlib

import msgspec

from ota.device import transitions
from ota.device.errors import Why, reason
from ota.device.ledger import Ledger, disk_reason
from ota.device.ports import Next, Site
from ota.device.starts import LIMIT, strikes_after_start
from ota.device.state import SWITCHED, Job, Staged
from ota.device.store import Store

_replace = msgspec.structs.replace


class Recovery:
    """Decides with what a start begins.

    Args:
        ledger: the state.
        store: what is on the disk.
        site: this box, and this start of it.
    """

    def __init__(self, ledger: Ledger, store: Store, site: Site) -> None:
        self._ledger, self._store, self._site = ledger, store, site

    def start(self) -> None:
        """Put everything in order."""
        for bundle in self._ledger.state.running:
            while release := self._ledger.state.running.get(bundle, 0):
                if self._is_whole(self._ledger.state.staged_as(bundle, release)):
                    break
                self.damaged(bundle, f"release {release} of {bundle} is not whole on the disk")
        job = self._ledger.state.job
        if job is not None and job.fragile:
            self._suspect(job)
        with contextlib.suppress(OSError):
            self._store.recover()

    def damaged(self, bundle: str, detail: str) -> None:
        """Have another release run than the one that should."""
        why = reason(Why.DAMAGED, detail, bundle)
        state = self._ledger.state
        job = state.job
        if job is not None and job.bundle == bundle and job.phase in SWITCHED:
            self._ledger.adopt(Next(transitions.going_back(state, job, why, blame=False)))
        elif state.running.get(bundle, 0):
            self._ledger.adopt(Next(transitions.fallen_back(state, bundle)))
        self._ledger.trouble = why

    def _is_whole(self, staged: Staged | None) -> bool:
        try:
            return staged is not None and self._store.is_whole(staged)
        except OSError:
            return True

    def _suspect(self, job: Job) -> None:
        """Count this start; where it is one too many, or cannot be counted, begin with what ran before."""
        strikes = strikes_after_start(job, self._site.system, watchdog=self._site.watchdog)
        counted = _replace(job, strikes=strikes, system=self._site.system, orderly=False)
        state = self._ledger.state
        detail = "no good health in three crashes, or five starts of the system, one after the other"
        why, blame = reason(Why.CRASH_LOOP, detail, job.bundle), True
        if strikes < LIMIT:
            try:
                self._ledger.save(_replace(state, job=counted))
            except OSError as error:
                why, blame = disk_reason(error), False
                self._ledger.trouble = why
            else:
                return
        if job.phase in SWITCHED:
            self._ledger.adopt(Next(transitions.going_back(state, counted, why, blame=blame)))
        else:
            self._ledger.adopt(Next(transitions.refused(state, counted, why, blame=blame)))
