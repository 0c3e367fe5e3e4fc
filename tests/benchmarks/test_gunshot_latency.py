"""A shot is on the wire while it matters: microphone, box and broker, all of them real; and how times are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gunshot_fused, gunshot_latency
from benchmarks.figure import Figure, Options
from benchmarks.gunshot_fused import Seen, Shot
from benchmarks.gunshot_latency import TARGET_MS, figures, matched
from benchmarks.gunshot_recording import FIRED_S, shots
from models.bundle.yamnet import RATE_HZ

BEGAN = 1_800_000_000.0


def by_name(found: Sequence[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in found}


def test_the_recording_is_the_real_thing_with_its_truth(tmp_path: Path) -> None:
    """What is loud begins where the recording says."""
    made = shots(np.random.default_rng(1), 5, 2.0, (2.9, 3.9))
    assert len(made.onsets) == 5
    assert made.seconds == pytest.approx(made.onsets[-1] + FIRED_S + 2.0, abs=FIRED_S)
    rises = []
    for onset in made.onsets:
        at = round(onset * RATE_HZ)
        before, after = made.sound[at - 1600 : at - 160], made.sound[at : at + 320]
        rises.append(np.square(after).mean() / np.square(before).mean())
    assert np.median(rises) > 30, "not of all: a shock wave may come before the blast"
    path = made.write(tmp_path / "x.wav")
    assert path.stat().st_size == 44 + 2 * len(made.sound)


def test_events_find_their_shots_whatever_else_was_told() -> None:
    truth = np.array([4.0, 7.1, 10.9, 13.8, 17.5])
    captured = BEGAN + np.concatenate([truth[[0, 2, 3]] + [0.001, -0.001, 0.0], [15.0]])
    assert matched(truth, captured) == [(0, 0), (2, 1), (3, 2)]
    assert matched(truth, np.array([])) == []


def test_late_events_miss_the_target_and_missed_shots_are_counted() -> None:
    onsets = np.cumsum(np.random.default_rng(1).uniform(2.9, 3.9, 60))
    heard = onsets[:50]
    for late_s, reached in ((0.6, True), (0.8, False)):
        found = by_name([*figures(onsets, BEGAN + heard, BEGAN + heard + late_s, quick=False)])
        p95 = found["onset_to_event_p95_ms"]
        assert p95.value == pytest.approx(1000 * late_s, abs=0.01)
        assert p95.target == TARGET_MS
        assert p95.reached is reached
        assert p95.n == 50
        assert "50 of 60" in p95.against
    with pytest.raises(RuntimeError, match="none of 60 shots"):
        next(figures(onsets, [], [], quick=False))


def test_the_last_box_that_was_needed_starts_the_clock_of_an_incident() -> None:
    fired = [Shot({"a": BEGAN + 0.1, "b": BEGAN + 0.3, "c": BEGAN + 0.9}), Shot({"d": BEGAN + 5, "e": BEGAN + 6})]
    seen = [
        Seen(BEGAN + 0.5, frozenset("ab")),
        Seen(BEGAN + 1.3, frozenset("abc")),
        Seen(BEGAN + 6.2, frozenset("de")),
        Seen(BEGAN + 9.0, frozenset("de")),
    ]
    found = by_name([*gunshot_fused.figures(fired, seen, quick=False)])
    assert found["fused_p50_ms"].value == pytest.approx(300)
    assert found["fused_p95_ms"].value == pytest.approx(390)
    assert found["fused_p95_ms"].reached
    assert found["fused_first_p95_ms"].value == pytest.approx(200)
    found = by_name([*gunshot_fused.figures(fired, [Seen(one.at_s + 2, one.events) for one in seen], quick=False)])
    assert found["fused_p95_ms"].reached is False
    half = by_name([*gunshot_fused.figures(fired, seen[:2], quick=False)])
    assert half["fused_p95_ms"].n == 1
    assert "2 shots" in half["fused_p95_ms"].against
    with pytest.raises(RuntimeError, match="none became an incident"):
        next(gunshot_fused.figures(fired, seen[:1], quick=False))


def test_the_short_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures come out; the bench itself judges them, since here other tests run beside it."""
    monkeypatch.setattr(gunshot_fused, "run", lambda _options: iter(()))
    found = by_name([*gunshot_latency.run(Options(tmp_path, quick=True))])
    p50, p95 = found["onset_to_event_p50_ms"], found["onset_to_event_p95_ms"]
    assert p95.n >= 1
    assert 200 < p50.value <= p95.value, "the network's last window ends half a second after an onset"
