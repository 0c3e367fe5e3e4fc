"""When a sample was taken."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.capture.sound.sampleclock import HOLE_S, SLOPE, SPAN_S, SampleClock
from edge.clock import Instant
from simulator.faults.clocks import EPOCH

RATE_HZ = 16_000
BLOCK = 800


def instant(seconds: float, wall_s: float = 0.0) -> Instant:
    return Instant(seconds, EPOCH + dt.timedelta(seconds=seconds + wall_s))


def run(seconds: float, *, ppm: float = 0.0, jitter_s: float = 0.0, seed: int = 1) -> tuple[SampleClock, int]:
    """A converter that is fast by so much, whose blocks arrive about so much off."""
    clock, rng = SampleClock(RATE_HZ), np.random.default_rng(seed)
    blocks = round(seconds * RATE_HZ / BLOCK)
    for end in range(BLOCK, blocks * BLOCK + 1, BLOCK):
        clock.add(end, instant(1000 + end / RATE_HZ / (1 + ppm * 1e-6) + jitter_s * rng.normal()))
    return clock, blocks * BLOCK


@pytest.mark.parametrize("seconds", [0.05, 1.0, 10.0, 90.0])
def test_where_blocks_are_on_time_every_sample_is(seconds: float) -> None:
    clock, end = run(seconds)
    for sample in (end - 0.5, end - 1000.0):
        at, sigma_s = clock.when(sample)
        assert at.monotonic_s == pytest.approx(1000 + sample / RATE_HZ, abs=1e-6)
        assert (at.wall - EPOCH).total_seconds() == pytest.approx(at.monotonic_s, abs=2e-6)
        assert 0 < sigma_s <= 1.5e-3


def test_the_line_is_better_than_any_block_and_the_longer_the_better() -> None:
    spans = (1, 5, 20, 90)
    deviations = [
        np.mean([run(seconds, jitter_s=1e-3, seed=seed)[0].when(seconds * RATE_HZ - 8000)[1] for seed in range(10)])
        for seconds in spans
    ]
    assert deviations == sorted(deviations, reverse=True)
    assert deviations[-1] < 0.3e-3
    assert deviations[0] > 0.5e-3


@pytest.mark.parametrize(("seconds", "ppm", "jitter_s"), [(2, 80, 1e-3), (10, -150, 1e-3), (30, 200, 4e-3), (90, 100, 2e-3)])
def test_the_deviation_that_is_told_is_the_one_that_is_found(seconds: float, ppm: float, jitter_s: float) -> None:
    z = []
    for seed in range(100):
        clock, end = run(seconds, ppm=ppm, jitter_s=jitter_s, seed=seed)
        at, sigma_s = clock.when(end - 4000)
        z.append((at.monotonic_s - 1000 - (end - 4000) / RATE_HZ / (1 + ppm * 1e-6)) / sigma_s)
    assert 0.6 < float(np.sqrt(np.mean(np.square(z)))) < 1.4
    assert 0.77 < float(np.mean(np.abs(z) < 1.645)) < 0.99  # 0.86 to 0.9 of many, and what a hundred vary by


def test_blocks_that_a_busy_processor_reads_late_do_not_move_the_line() -> None:
    errors = []
    for seed in range(20):
        clock, rng = SampleClock(RATE_HZ), np.random.default_rng(seed)
        for end in range(BLOCK, 60 * RATE_HZ + 1, BLOCK):
            late_s = 0.05 if rng.random() < 0.1 else 0.0
            clock.add(end, instant(1000 + end / RATE_HZ + 1e-3 * rng.normal() + late_s))
        at, sigma_s = clock.when(59 * RATE_HZ)
        errors.append(at.monotonic_s - 1059)
        assert sigma_s < 2e-3
    assert np.abs(np.mean(errors)) < 0.7e-3, "50 ms of each tenth block would be 5 ms"


def test_a_step_of_the_wall_clock_moves_the_wall_clock_only() -> None:
    clock = SampleClock(RATE_HZ)
    for end in range(BLOCK, 200 * BLOCK, BLOCK):
        clock.add(end, instant(end / RATE_HZ, wall_s=-3600.0 if end > 150 * BLOCK else 0.0))
    at, _ = clock.when(199 * BLOCK - 100.0)
    assert at.monotonic_s == pytest.approx((199 * BLOCK - 100) / RATE_HZ, abs=1e-5)
    assert (at.wall - EPOCH).total_seconds() == pytest.approx(at.monotonic_s - 3600, abs=1e-5)


def test_after_a_hole_the_line_begins_anew() -> None:
    clock, end = run(20.0, jitter_s=1e-4)
    clock.add(end + BLOCK, instant(1000 + (end + BLOCK) / RATE_HZ + 2 * HOLE_S))
    at, _ = clock.when(end + BLOCK)
    assert at.monotonic_s == pytest.approx(1000 + (end + BLOCK) / RATE_HZ + 2 * HOLE_S, abs=1e-6)


def test_before_any_block_nothing_is_known() -> None:
    with pytest.raises(ValueError, match="no block"):
        SampleClock(RATE_HZ).when(0.0)


@settings(max_examples=50, deadline=None)
@given(ppm=st.floats(-2 * SLOPE * 1e6, 2 * SLOPE * 1e6), seconds=st.floats(0.1, 2 * SPAN_S), seed=st.integers(0, 99))
def test_no_sample_is_far_from_its_time(ppm: float, seconds: float, seed: int) -> None:
    clock, end = run(seconds, ppm=ppm, jitter_s=1e-3, seed=seed)
    at, sigma_s = clock.when(max(0, end - 2 * RATE_HZ))
    true_s = 1000 + max(0, end - 2 * RATE_HZ) / RATE_HZ / (1 + ppm * 1e-6)
    assert abs(at.monotonic_s - true_s) < 5e-3
    assert sigma_s < 5e-3
