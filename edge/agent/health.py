"""Health of the box: which reasons stand, and when to say so.

Rules: a reason is named by (code, subject) and stands until whoever raised it clears it. Changes are told as one event, not
more often than every :data:`MIN_INTERVAL_S`, so that a flapping part makes no flood; the first change is told at once. What
does not fit one event is told with the next. Pure.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from protocol.events import DeviceHealth, Reason
from protocol.limits import EVENT_BYTES
from protocol.state import Status

_Key: TypeAlias = tuple[str, str]

MIN_INTERVAL_S = 2.0
"""Below the five seconds in which a fault must be known, above what a flapping part could flood."""

MAX_REASONS = 16
"""As many as the wire carries; a box with more faults than that is broken whichever are named."""

_ROOM_BYTES = EVENT_BYTES - 1024
"""For reasons in one event, beside its attributes and the clock."""


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
        room = _ROOM_BYTES
        raised, room = _fitting([item for item in self._standing.items() if item[0] not in self._told], room)
        cleared, room = _fitting([item for item in self._told.items() if item[0] not in self._standing], room)
        self._told = {key: reason for key, reason in self._told.items() if key not in cleared} | raised
        self._told_at = now_s
        return DeviceHealth(self.status.value, tuple(raised.values()), tuple(cleared.values()))


def _fitting(reasons: list[tuple[_Key, Reason]], room: int) -> tuple[dict[_Key, Reason], int]:
    """As many as an event carries, from the first; and the bytes that are left."""
    kept: dict[_Key, Reason] = {}
    for key, reason in reasons[:MAX_REASONS]:
        room -= len(msgspec.json.encode(reason)) + 1
        if room < 0:
            return kept, 0
        kept[key] = reason
    return kept, room
