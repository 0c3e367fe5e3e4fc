"""The bench of calibrations by hand, on places before a camera that was drawn: the square's are not in the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import calibration
from benchmarks.calibration import SIZE, WHERE, four_corners
from benchmarks.figure import Figure, Options, Skipped
from edge.analytics.ground.homography import apply
from tests.edge.analytics.ground.cameras import camera


def places(folder: Path, *, misplaced_m: float = 0.0) -> Path:
    """Sixty people in the picture of a drawn camera, as the bench reads them."""
    random = np.random.default_rng(5)
    view = next(one for one in iter(lambda: camera(random), None) if one.size == SIZE)
    chosen = random.choice(len(view.pixels), 60, replace=False)
    pixels = np.round(view.pixels[chosen])
    back = np.linalg.inv(view.matrix)
    metres = apply(back * np.sign((view.pixels[:1] @ back[2:, :2].T + back[2, 2]).item()), pixels)
    metres += random.normal(0, misplaced_m, metres.shape) if misplaced_m else 0
    rows = [[0, 0, x - 10, y - 40, 20, 40, *m] for (x, y), m in zip(pixels.tolist(), metres.tolist(), strict=True)]
    path = folder / WHERE
    path.parent.mkdir(parents=True)
    np.savetxt(path, rows, delimiter=",")
    return folder


def figures(folder: Path) -> dict[str, Figure]:
    return {figure.name: figure for figure in calibration.run(Options(data=folder, quick=True))}


def test_more_points_are_better_and_the_region_holds(tmp_path: Path) -> None:
    found = figures(places(tmp_path))
    assert found["p95_m"].value < found["p95_m_6"].value < found["p95_m_4"].value
    assert found["p95_m"].target == 0.3
    for suffix in ("_4", "_6", ""):
        assert 0.75 <= found[f"coverage{suffix}"].value <= 1, "four calibrations"
        assert found[f"coverage{suffix}"].value == found[f"coverage_most{suffix}"].value
    assert 4 <= found["points_asked"].value <= 16
    assert all("short form" in figure.against for figure in found.values())


def test_places_that_are_not_where_they_are_said_to_be_are_not_covered(tmp_path: Path) -> None:
    assert figures(places(tmp_path, misplaced_m=1.0))["coverage"].reached is False


def test_without_the_places_it_is_skipped_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="--data"):
        next(calibration.run(Options(data=tmp_path)))


def test_four_corners_are_the_corners() -> None:
    grid = np.stack(np.meshgrid(np.arange(5.0), np.arange(5.0)), axis=-1).reshape(-1, 2)
    chosen = grid[four_corners(grid, np.random.default_rng(1))]
    assert np.ptp(chosen, axis=0).min() >= 3
