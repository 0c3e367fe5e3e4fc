"""When a box may switch. Pure.

Rules: an order without windows may be followed at once. Windows are moments in the world's time; a box that does not know it
waits until it does. Only switching waits: fetching, trying and going back do not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from protocol.orders import Window

_LONGEST_WAIT_S = 60.0
"""A clock may be set meanwhile, and orders may come."""


@dataclass(frozen=True)
class Opening:
    """Whether it may."""

    now: bool
    wait_s: float = 0.0
    missed: bool = False
    """Whether no window will open any more."""


def opening(windows: Sequence[Window], now: dt.datetime | None) -> Opening:
    """Look whether a window is open.

    Args:
        windows: of the order.
        now: the time, if the box knows it.
    """
    if not windows:
        return Opening(now=True)
    if now is None:
        return Opening(now=False, wait_s=_LONGEST_WAIT_S)
    if any(window.opens <= now < window.closes for window in windows):
        return Opening(now=True)
    ahead = [window.opens for window in windows if window.opens > now and window.opens < window.closes]
    if not ahead:
        return Opening(now=False, missed=True)
    return Opening(now=False, wait_s=min(_LONGEST_WAIT_S, (min(ahead) - now).total_seconds()))
