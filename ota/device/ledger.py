"""The state that counts, and its way to the disk.

Rules:

- A phase that relies on being written down is entered on the disk first (``_WRITTEN_FIRST``); where that fails, it is not
  entered. The others tell what has happened already, or is happening whatever the disk says: the box gives up, goes back, has
  switched. They count at once, and are written as soon as that is possible.
- A write that has failed may be there all the same. What counts here is written over it with the next one.
"""

from __future__ import annotations

import contextlib
import errno

from ota.device.errors import Why, reason
from ota.device.ports import Next
from ota.device.state import Phase, State
from ota.device.store import Store
from protocol.events import Reason

_WRITTEN_FIRST = frozenset(Phase) - {Phase.PROBATION, Phase.ROLLBACK, Phase.QUARANTINE}
_CODES = {errno.ENOSPC: Why.DISK_FULL, errno.EDQUOT: Why.DISK_FULL, errno.EROFS: Why.DISK_READ_ONLY}


class Ledger:
    """Keeps the state.

    Args:
        store: what is on the disk.

    Attributes:
        state: what counts; what is on the disk may be behind it while the disk cannot be written.
        unsaved: whether it is.
        trouble: why the machine does not get on, or nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.state = store.state
        self.unsaved = False
        self.trouble: Reason | None = None
        self._untidy = store.holds_more

    def save(self, state: State) -> None:
        """Let a state count when it is on the disk.

        Raises:
            OSError: it is not, or it is not known whether it is; the one before counts.
        """
        self._store.save(state)
        self.state, self.unsaved = self._store.state, False
        self._untidy = self._untidy or self._store.holds_more

    def adopt(self, following: Next) -> float:
        """Let a state count, and write it if it is worth a write.

        Returns:
            Seconds until the next step is of use.

        Raises:
            OSError: it goes to a phase that relies on being written down, and cannot be.
        """
        before, after = self.state.job, following.state.job
        try:
            if following.save:
                self.save(following.state)
            else:
                self.state = following.state
        except OSError as error:
            if before is not None and after is not None and before.phase is not after.phase and after.phase in _WRITTEN_FIRST:
                raise
            self.trouble = disk_reason(error)
            self.state, self.unsaved = following.state, True
        return following.wait_s

    def save_again(self) -> None:
        """Write what could not be written."""
        if not self.unsaved:
            return
        try:
            self.save(self.state)
        except OSError as error:
            self.trouble = disk_reason(error)
            self._store.forget_partials()
        else:
            self.trouble = None

    def tidy(self) -> None:
        """Remove what is over, when there is no job."""
        if self.state.job is not None or self.unsaved or not self._untidy:
            return
        with contextlib.suppress(OSError):
            if self._store.holds_more:
                self.save(self.state)  # so that the state before this one does not hold what is over either
            self._store.collect()
            self._untidy = False


def disk_reason(error: OSError) -> Reason:
    """How an error of the disk is reported."""
    detail = f"{error.strerror or error}; nothing new is begun until the disk can be written"
    return reason(_CODES.get(error.errno or 0, Why.DISK), detail)
