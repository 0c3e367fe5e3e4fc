"""A condition that counts when it has lasted, and is over when its end has lasted. Pure."""

from __future__ import annotations

import math


class Lasting:
    """One condition.

    Args:
        raise_s: how long it must be seen without a break before it stands, seconds.
        clear_s: how long its end must be seen likewise before it stands no more.
    """

    def __init__(self, raise_s: float, clear_s: float) -> None:
        self.stands = False
        self._raise_s, self._clear_s = raise_s, clear_s
        self._since_s = math.inf
        """Since when the opposite of what stands has been seen."""

    def judge(self, *, worse: bool, better: bool, at_s: float) -> bool:
        """Take one look; returns whether it stands.

        Args:
            worse: its limit is passed.
            better: the limit on the other side is passed; between the two everything stays as it is.
            at_s: seconds, never going back.
        """
        turning, needed_s = (better, self._clear_s) if self.stands else (worse, self._raise_s)
        self._since_s = min(self._since_s, at_s) if turning else math.inf
        if at_s - self._since_s >= needed_s:
            self.stands, self._since_s = not self.stands, math.inf
        return self.stands
