"""People on the square, asked as of person-vehicle-fast, so that the two can be compared; see there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from models.factory.recipe import read_recipe
from models.factory.steps import Judged, Progress
from models.recipes.person_vehicle_fast.judge import (
    Detector,
    figures,
    judged,
    open,  # noqa: A004 - the judge's word
    peers,
    picture,
)

__all__ = ["figures", "judge", "open", "peers", "picture"]


def judge(model: Detector, data: Path | None, progress: Progress) -> Judged:
    """Look at every frame, whole and in tiles."""
    return judged(model, data, progress, _threshold())


@cache
def _threshold() -> float:
    threshold: float = read_recipe("person-vehicle-accurate").manifest["operating_points"]["default"]["thresholds"]["person"]
    return threshold
