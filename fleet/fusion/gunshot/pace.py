"""How much each box may say. Pure.

Rule: joining what one box says takes some hundredths of a second; a box that says more than anybody can hear must not make all
others wait.
"""

from __future__ import annotations

from collections import deque

MOST_A_MINUTE = 240
"""Words of a box: shots that are 1.5 s apart are one incident for it, and it says more of one a few times a second at most."""
_MINUTE_MS = 60_000
_MOST_BOXES = 10_000


class Pace:
    """Counts."""

    def __init__(self) -> None:
        self._said: dict[str, deque[int]] = {}

    def allows(self, device: str, now: int) -> bool:
        """Whether a box may say one thing more; ``now`` in ms."""
        said = self._said.setdefault(device, deque(maxlen=MOST_A_MINUTE))
        if len(said) == MOST_A_MINUTE and 0 <= now - said[0] < _MINUTE_MS:
            return False
        said.append(now)
        if len(self._said) > _MOST_BOXES:
            self._said = {name: kept for name, kept in self._said.items() if now - kept[-1] < _MINUTE_MS}
        return True
