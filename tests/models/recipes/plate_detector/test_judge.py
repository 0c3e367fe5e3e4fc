"""Judging: what counts as found, and what is said about photos that cannot be read."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.bundle.corners import Plates
from models.factory.figures import Ratio
from models.factory.statistics import estimate
from models.recipes.plate_detector import judge as judging
from models.recipes.plate_detector.finder import Finder, regions
from models.recipes.plate_detector.judge import BOTH, DRAWN, EU, US, judge, matched


def plates(*boxes: tuple[float, float, float, float, float]) -> Plates:
    """From score, left, top, right and bottom, best first."""
    corners = [[[left, top], [right, top], [right, bottom], [left, bottom]] for _, left, top, right, bottom in boxes]
    return Plates(np.array([box[0] for box in boxes], np.float32), np.asarray(corners, np.float32).reshape(-1, 4, 2))


@pytest.mark.parametrize(
    ("found", "hits"),
    [
        (plates(), []),
        (plates((0.9, 10, 10, 60, 20)), [0]),
        (plates((0.9, 10, 10, 60, 20), (0.8, 11, 10, 60, 20)), [0, -1]),  # the second finds nothing new
        (plates((0.9, 10, 10, 30, 20)), [-1]),  # 0.4 of it
        (plates((0.9, 200, 10, 260, 22), (0.8, 10, 10, 60, 20)), [1, 0]),
    ],
)
def test_a_plate_is_found_once_by_a_box_that_overlaps_it_by_half(found: Plates, hits: list[int]) -> None:
    real = np.array([[10, 10, 60, 20], [200, 10, 260, 22]], np.float32)
    assert matched(found, real).tolist() == hits


def folder(data: Path, rows: dict[str, str]) -> None:
    for part in ("eu", "us"):
        (data / "anpr" / part).mkdir(parents=True)
        for name, row in rows.items():
            cv2.imwrite(str(data / "anpr" / part / f"{name}.png"), np.full((120, 160, 3), 70, np.uint8))
            (data / "anpr" / part / f"{name}.txt").write_text(f"{name}.png\t{row}\n", "utf-8")


def test_figures_are_those_of_the_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, {"a": "10\t10\t50\t10\tABC123", "b": "90\t60\t40\t10\tXYZ9"})
    monkeypatch.setattr(judging, "SCENES", 2)
    monkeypatch.setattr(judging, "threshold", lambda: 0.5)
    answers = plates((0.9, 10, 10, 60, 20), (0.6, 80, 90, 90, 95), (0.3, 90, 60, 130, 70))
    finder = Finder(lambda _: answers, lambda _: plates())
    judged = judge(finder, tmp_path, lambda _: None)
    random = np.random.default_rng(0)
    recall = estimate(judged.outcomes[EU], Ratio("hits_here", "real"), "eu_recall", EU, random)
    false = estimate(judged.outcomes[BOTH], Ratio("false_here", "pictures", (0, 100)), "false_per_image", BOTH, random)
    assert recall.metric.value == 0.5
    assert false.metric.value == 1.5  # in one photo the second box, in the other both of the surer ones
    assert {on.name: on.n for on in judged.data} == {EU: 2, US: 2, BOTH: 4, DRAWN: 2}
    assert judged.failures[0].got.startswith("1 missed")


def test_photos_that_are_not_here_are_named_as_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "SCENES", 1)
    monkeypatch.setattr(judging, "threshold", lambda: 0.5)
    judged = judge(Finder(lambda _: plates(), lambda _: plates()), None, lambda _: None)
    assert {on.name: on.skipped for on in judged.data if on.skipped} == {EU: "not here", US: "not here"}
    assert set(judged.outcomes) == {DRAWN}


def test_a_photo_without_vehicle_is_one_region_and_else_each_vehicle_is() -> None:
    photo = np.zeros((480, 640, 3), np.uint8)
    (whole,) = regions(photo, [])
    assert whole.left <= 0
    assert whole.left + whole.width >= 640
    assert len(regions(photo, [(10, 10, 200, 150), (300, 50, 600, 400)])) == 2
