"""Nothing is lost and nothing doubled, whatever is killed or cut (rows 30, 31, 32 and 40).

The store is compared with what the boxes know they made; boxes, broker, ingest and links are real and really killed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import uplink
from benchmarks.figure import Options


def check(folder: Path, seed: int, cuts: int, events: int, *, quick: bool) -> None:
    notes: list[str] = []
    figures = {
        figure.name: figure for figure in uplink.run(Options(data=folder, quick=quick, seed=seed, progress=notes.append))
    }
    lost = [note for note in notes if note.startswith("lost")]
    assert figures["lost"].value == 0, lost
    assert figures["doubled"].value == 0
    assert figures["holes"].value == 0
    assert figures["lost"].n >= events
    assert figures["window_lost"].value < events / 10
    assert figures["window_lost_oldest_s"].reached
    assert figures["cuts"].value == cuts
    assert figures["in_flight_at_cut"].n == cuts
    assert figures["in_flight_at_cut"].value > 0
    assert all(f"seed {seed}" in figures[name].against for name in ("lost", "doubled", "window_lost"))


@pytest.mark.timeout(300)
def test_the_short_form(tmp_path: Path) -> None:
    check(tmp_path, 1, 10, 3_000, quick=True)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_long_form(tmp_path: Path, seed: int) -> None:
    check(tmp_path, seed, 100, 50_000, quick=False)
