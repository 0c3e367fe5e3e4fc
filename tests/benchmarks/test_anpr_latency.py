"""A hit is in the control room while the car is still near: camera, box, broker, store and live stream, all of them real."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figure import Options
from benchmarks.plates_latency import HITS_QUICK, TARGET_MS, figures, stream_latency


def test_the_short_form(tmp_path: Path) -> None:
    """The figures come out; the bench itself judges them, since here other tests run beside it."""
    found = {figure.name: figure for figure in stream_latency(Options(tmp_path, quick=True))}
    p50, p95 = found["p50_ms"], found["p95_ms"]
    assert p95.n >= HITS_QUICK
    assert 0 < p50.value <= p95.value
    assert p95.target == TARGET_MS


def test_late_hits_miss_the_target() -> None:
    shown = [(i / 2, 1500.0 if i % 10 == 0 else 300.0) for i in range(200)]
    found = {figure.name: figure for figure in figures(shown, quick=False)}
    assert found["p50_ms"].value == 300
    assert found["p95_ms"].reached is False
    assert found["p95_ms"].low == found["p95_ms"].high == 1500
    assert next(f for f in figures([(at, 300.0) for at, _ in shown], quick=False) if f.name == "p95_ms").reached
