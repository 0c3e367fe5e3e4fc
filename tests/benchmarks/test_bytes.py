"""The bench of bytes: its own arithmetic, and the short form against a real manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bytes_per_month import run, video_bytes
from benchmarks.figure import Options
from benchmarks.real_box import CLIP


def test_the_video_is_counted_without_its_container() -> None:
    seconds = 795 / 7
    assert 0.95 * CLIP.stat().st_size < video_bytes(CLIP) * seconds < CLIP.stat().st_size


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_a_month_is_far_below_its_video(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in run(Options(tmp_path, quick=True))}
    assert 20 < figures["mb_per_month"].value < 200
    assert figures["video_ratio"].value > 100
