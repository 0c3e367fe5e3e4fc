"""Periods of the keys that make pseudonyms, and when each is made, used and destroyed. Pure.

Rules: the next period begins where the last one ends, so that no instant is without a key and none has two; its key is made and
handed out :data:`AHEAD_MS` before; a key is destroyed :data:`GRACE_MS` after its end.
"""

from __future__ import annotations

_DAY_MS = 86_400_000
AHEAD_MS = 2 * _DAY_MS
"""A box that is without a link over a weekend's night has the next key already."""
GRACE_MS = _DAY_MS
"""What came at the end of a period can still be followed for a day; then nobody makes or opens its pseudonyms."""


def due(last_end: int | None, period_days: int, now: int) -> tuple[int, int] | None:
    """Beginning and end, ms, of the period whose key is to be made now; ``None`` when none is due.

    Args:
        last_end: of the latest period that has a key; ``None`` = there is none.
        period_days: of the policy, at most 28.
        now: ms.
    """
    if last_end is not None and now < last_end - AHEAD_MS:
        return None
    midnight = now - now % _DAY_MS
    begins = midnight if last_end is None or last_end <= midnight else last_end
    return begins, begins + period_days * _DAY_MS


def over(ends: int, now: int) -> bool:
    """Whether a key is to be destroyed."""
    return now >= ends + GRACE_MS
