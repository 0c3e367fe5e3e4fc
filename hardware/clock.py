"""How far the wall clock may be trusted.

Rules:

- The kernel knows whether something disciplines its clock (``adjtimex(2)``); nothing is asked over the network.
- A step of the wall clock against the monotonic one marks every event as unsynchronised until the kernel reports a
  synchronised clock for :data:`SETTLE_S` without a further step. Monotonic durations are never touched.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass

from protocol.events import Clock, ClockSource

STEP_S = 0.5
"""A change between both clocks above which it is a step: slewing moves at most 500 ppm (adjtimex), 30 ms a minute."""

SETTLE_S = 60.0
"""One polling interval of an NTP client at its usual minimum (64 s)."""

_STA_UNSYNC = 0x0040
_STA_PPSTIME = 0x0004
_STA_NANO = 0x2000
_TIME_ERROR = 5


@dataclass(frozen=True)
class KernelClock:
    """What ``adjtimex`` says."""

    synchronised: bool
    offset_ms: float
    sigma_ms: float | None
    pps: bool = False


class _Timex(ctypes.Structure):
    # struct timex of adjtimex(2) on 64-bit Linux; only the first fields are read.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("_rest", ctypes.c_byte * 256),
    )


@functools.cache
def _adjtimex() -> Callable[[_Timex], int]:
    """``adjtimex(2)`` of the library that this process runs on, loaded once: each event asks it.

    By name it would be looked for with a program. Where there is none (not Linux) it fails, as the kernel may.
    """
    try:
        function = ctypes.CDLL(None).adjtimex
    except AttributeError:
        return lambda _timex: -1
    function.argtypes, function.restype = (ctypes.POINTER(_Timex),), ctypes.c_int
    return lambda timex: int(function(timex))


def read_kernel_clock() -> KernelClock:
    """Ask the kernel; an unsynchronised clock where it cannot be asked."""
    timex = _Timex()
    state = _adjtimex()(timex)
    if state < 0:
        return KernelClock(synchronised=False, offset_ms=0.0, sigma_ms=None)
    synchronised = state != _TIME_ERROR and not timex.status & _STA_UNSYNC
    scale = 1e-6 if timex.status & _STA_NANO else 1e-3
    return KernelClock(
        synchronised=synchronised,
        offset_ms=timex.offset * scale,
        sigma_ms=timex.esterror * 1e-3 if synchronised else None,
        pps=bool(timex.status & _STA_PPSTIME),
    )


def put_forward(to: dt.datetime) -> None:
    """Set the system's clock.

    Args:
        to: with time zone.

    Raises:
        OSError: it may not be set by this user, or not to that.
    """
    time.clock_settime(time.CLOCK_REALTIME, to.timestamp())


class ClockWatch:
    """Follows both clocks and notices steps. Pure.

    Args:
        read: what the kernel says, asked at each update.
    """

    def __init__(self, read: Callable[[], KernelClock] = read_kernel_clock) -> None:
        self._read = read
        self._difference_s: float | None = None
        self._distrust_until_s: float | None = None
        self.steps = 0
        self.clock = Clock(ClockSource.FREE, synchronised=False)

    def update(self, monotonic_s: float, wall: dt.datetime) -> Clock:
        """Look at both clocks, read together.

        Args:
            monotonic_s: seconds.
            wall: with time zone.

        Returns:
            The quality to stamp on events from now on.
        """
        kernel = self._read()
        difference = wall.timestamp() - monotonic_s
        if self._difference_s is not None and abs(difference - self._difference_s) > STEP_S:
            self.steps += 1
            self._distrust_until_s = monotonic_s + SETTLE_S
        self._difference_s = difference
        if self._distrust_until_s is not None and monotonic_s >= self._distrust_until_s:
            self._distrust_until_s = None
        trusted = kernel.synchronised and self._distrust_until_s is None
        self.clock = Clock(
            source=(ClockSource.GNSS if kernel.pps else ClockSource.NTP) if trusted else ClockSource.FREE,
            synchronised=trusted,
            offset_ms=round(kernel.offset_ms, 3),
            sigma_ms=round(kernel.sigma_ms, 3) if trusted and kernel.sigma_ms is not None else None,
        )
        return self.clock
