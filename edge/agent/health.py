"""Health of the box: which reasons stand, and when to say so.

Rules: a reason is named by (code, subject) and stands until whoever raised it clears it. Changes are told as one event, not
more often than every :data:`MIN_INTERVAL_S`, so that a flapping part makes no flood; the first change is told at once. Pure.
"""

from __future__ import annotations

from protocol.events import DeviceHealth, Reason
from protocol.state import Status

MIN_INTERVAL_S = 2.0
"""Below the five seconds in which a fault must be known, above what a flapping part could flood."""

MAX_REASONS = 16
"""As many as the wire carries; a box with more faults than that is broken whichever are named."""


class HealthBoard:
    """The reasons for which a box is degraded."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], Reason] = {}
        self._told: dict[tuple[str, str], Reason] = {}
        self._told_at: float | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands now, in the order it was raised."""
        return tuple(self._standing.values())[:MAX_REASONS]

    @property
    def status(self) -> Status:
        """Online, or degraded when any reason stands."""
        return Status.DEGRADED if self._standing else Status.ONLINE

    def raise_(self, reason: Reason) -> None:
        """Let a reason stand; raising it again only renews its detail."""
        self._standing[reason.code, reason.subject] = reason

    def clear(self, code: str, subject: str = "") -> None:
        """Take a reason away; one that does not stand is no error."""
        self._standing.pop((code, subject), None)

    def replace(self, subject: str, reasons: tuple[Reason, ...]) -> None:
        """Let exactly these reasons stand for one subject."""
        keep = {(reason.code, reason.subject) for reason in reasons}
        for key in [key for key in self._standing if key[1] == subject and key not in keep]:
            del self._standing[key]
        for reason in reasons:
            self.raise_(reason)

    def changes(self, now_s: float) -> DeviceHealth | None:
        """What to tell, if anything has changed and it is time.

        Args:
            now_s: monotonic seconds.
        """
        if self._told.keys() == self._standing.keys():
            return None
        if self._told_at is not None and now_s - self._told_at < MIN_INTERVAL_S:
            return None
        raised = [reason for key, reason in self._standing.items() if key not in self._told]
        cleared = [reason for key, reason in self._told.items() if key not in self._standing]
        self._told = dict(self._standing)
        self._told_at = now_s
        return DeviceHealth(self.status.value, tuple(raised[:MAX_REASONS]), tuple(cleared[:MAX_REASONS]))
