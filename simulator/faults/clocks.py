"""Clocks that do as they are told."""

from __future__ import annotations

import datetime as dt
import time

from edge.clock import Instant

EPOCH = dt.datetime(2026, 5, 2, 10, 0, tzinfo=dt.timezone.utc)
"""A Saturday morning: where clocks that are moved by hand begin."""


class HandClock:
    """Stands still until moved."""

    def __init__(self, start: dt.datetime = EPOCH) -> None:
        self._start = start
        self._monotonic_s = 0.0
        self._step = dt.timedelta()

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._monotonic_s

    def now(self) -> Instant:
        """Both clocks."""
        return Instant(self._monotonic_s, self._start + dt.timedelta(seconds=self._monotonic_s) + self._step)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._monotonic_s += seconds

    def step(self, seconds: float) -> None:
        """Step the wall clock alone."""
        self._step += dt.timedelta(seconds=seconds)


class SteppedClock:
    """The operating system's clocks, with a wall clock that can be stepped."""

    def __init__(self) -> None:
        self._step = dt.timedelta()

    def monotonic(self) -> float:
        """Seconds of ``CLOCK_MONOTONIC``."""
        return time.monotonic()

    def now(self) -> Instant:
        """Both clocks, read together."""
        return Instant(time.monotonic(), dt.datetime.now(dt.timezone.utc) + self._step)

    def step(self, seconds: float) -> None:
        """Step the wall clock; steps add up."""
        self._step += dt.timedelta(seconds=seconds)

    @property
    def offset_s(self) -> float:
        """How far the wall clock is from the truth."""
        return self._step.total_seconds()
