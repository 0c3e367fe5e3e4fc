"""Row 51 on a whole box: what is measured of a camera over RTSP is said, and is as it must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import sources
from benchmarks.figure import Options
from benchmarks.sources import SECTIONS, Look, hearings
from simulator.ipcamera.camera import missing as no_camera


@pytest.mark.skipif(bool(no_camera()), reason=f"a real RTSP server needs {no_camera()}")
def test_the_short_form(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in sources.run(Options(data=tmp_path, quick=True))}
    assert set(figures) == {f"{kind}_s_{name}" for name in ("gone", "credentials") for kind in ("told", "recovery")}
    for figure in figures.values():
        assert (figure.unit, figure.n, figure.target) == ("s", 1, 5.0)
        assert 0 <= figure.value <= 5.0, figure


def test_what_was_said_of_a_recording_is_measured_from_where_it_was_played() -> None:
    looks = []
    for tick in range(4500):
        at_s = tick / 100
        place_s = at_s % sum(seconds for _, seconds in SECTIONS)
        codes = (
            {"microphone-silent"}
            if 8.0 <= place_s < 10.5
            else {"microphone-clipped"}
            if place_s >= 18.25 or place_s < 4.0
            else set()
        )
        looks.append(Look(1000 + at_s, frozenset(codes if at_s > 4.0 else ()), 0, 0, int(at_s) * 16_000, synchronised=True))
    found = hearings(looks)
    assert [(span.told_s, span.recovery_s) for span in found["silent"]] == [pytest.approx((3.0, 0.5), abs=0.02)]
    assert [(span.told_s, span.recovery_s) for span in found["clipped"]] == [pytest.approx((3.25, 4.0), abs=0.02)]
