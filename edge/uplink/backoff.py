"""Between attempts: capped exponential backoff with full jitter, so that a whole city does not come back at once.

Full jitter: uniform in [0, min(cap, base * 2^n)] (M. Brooker, "Exponential Backoff And Jitter", 2015).
"""

from __future__ import annotations

from collections.abc import Callable

BASE_S = 1.0
CAP_S = 120.0
CONFLICT_S = 300.0
"""After another box took the session over: long, since each attempt throws the other one out."""

LONGEST_CONFLICT_S = 1.5 * CONFLICT_S


class Backoff:
    """Delays of one link.

    Args:
        random: uniform in [0, 1).
        cap_s: longest wait after a failure.
    """

    def __init__(self, random: Callable[[], float], cap_s: float = CAP_S) -> None:
        self._random, self._cap_s = random, cap_s
        self._failures = 0

    def failed(self) -> float:
        """Seconds until the next attempt."""
        ceiling = min(self._cap_s, BASE_S * 2.0 ** min(self._failures, 20))
        self._failures += 1
        return self._random() * ceiling

    def conflict(self) -> float:
        """Seconds until the next attempt after a take-over."""
        return CONFLICT_S * (0.5 + self._random())

    def worked(self) -> None:
        """A connection stood for a while."""
        self._failures = 0
