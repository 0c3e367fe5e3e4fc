"""Row 54: the wall clock steps by hours; events are marked until it is good again."""

from __future__ import annotations

import ctypes
import datetime as dt
import functools
from typing import Any

import pytest

from hardware.clock import SETTLE_S, ClockWatch, KernelClock, _adjtimex, read_kernel_clock
from protocol.events import ClockSource

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.timezone.utc)
GOOD = KernelClock(synchronised=True, offset_ms=0.25, sigma_ms=1.5)


def test_a_disciplined_clock_is_synchronised() -> None:
    clock = ClockWatch(lambda: GOOD).update(100.0, NOON)
    assert (clock.source, clock.synchronised, clock.sigma_ms) == (ClockSource.NTP, True, 1.5)


def test_a_free_clock_says_so() -> None:
    watch = ClockWatch(lambda: KernelClock(synchronised=False, offset_ms=0.0, sigma_ms=None))
    clock = watch.update(100.0, NOON)
    assert (clock.source, clock.synchronised, clock.sigma_ms) == (ClockSource.FREE, False, None)


def test_a_step_distrusts_until_settled_and_a_second_step_begins_again() -> None:
    watch = ClockWatch(lambda: GOOD)
    watch.update(0.0, NOON)
    jumped = NOON + dt.timedelta(hours=3)
    assert not watch.update(1.0, jumped).synchronised
    assert not watch.update(SETTLE_S, jumped + dt.timedelta(seconds=SETTLE_S - 1)).synchronised
    back = NOON + dt.timedelta(seconds=SETTLE_S + 0.5)
    assert not watch.update(SETTLE_S + 0.5, back).synchronised, "stepped back"
    assert watch.steps == 2
    late = 2 * SETTLE_S + 1
    assert watch.update(late, NOON + dt.timedelta(seconds=late)).synchronised


def test_slewing_is_no_step() -> None:
    watch = ClockWatch(lambda: GOOD)
    for minute in range(600):
        t = minute * 60.0
        assert watch.update(t, NOON + dt.timedelta(seconds=t * 1.0005)).synchronised
    assert watch.steps == 0


def test_the_kernel_can_be_asked() -> None:
    kernel = read_kernel_clock()
    assert isinstance(kernel.synchronised, bool)
    assert abs(kernel.offset_ms) < 1000


def test_asking_the_kernel_starts_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked every second."""

    def started(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("subprocess.Popen", started)
    read_kernel_clock()


def test_the_library_that_asks_the_kernel_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event asks."""
    monkeypatch.setattr("hardware.clock._adjtimex", functools.cache(_adjtimex.__wrapped__))
    load, loaded = ctypes.CDLL, list[None]()

    def loading(name: None) -> ctypes.CDLL:
        loaded.append(name)
        return load(name)

    monkeypatch.setattr("ctypes.CDLL", loading)
    assert [read_kernel_clock() for _ in range(3)]
    assert loaded == [None]


def test_where_the_kernel_cannot_be_asked_the_clock_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.clock._adjtimex", functools.cache(_adjtimex.__wrapped__))
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    assert read_kernel_clock() == KernelClock(synchronised=False, offset_ms=0.0, sigma_ms=None)
