"""Both plate models behind one another, against a peer: who read what, and how long each took."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.bundle.corners import Plates
from models.bundle.reading import Reading
from models.factory.statistics import EvaluationError
from models.recipes.plate_detector.finder import Finder
from models.recipes.plate_reader.shape import HEIGHT, WIDTH
from models.recipes.plates.anpr import joined, peer_chain, race
from models.recipes.plates.photos import Rgb

CORNERS = np.array([[[10, 10], [60, 12], [60, 24], [10, 22]], [[80, 40], [110, 40], [110, 48], [80, 48]]], np.float32)
FOUND = Plates(np.array([0.9, 0.3], np.float32), CORNERS)


def test_plates_above_the_threshold_are_read_upright_or_as_boxes() -> None:
    seen: list[tuple[int, ...]] = []

    def reader(crop: Rgb) -> list[Reading]:
        seen.append(crop.shape)
        return [Reading("AB1", 0.9), Reading("AB7", 0.1)]

    finder = Finder(lambda _: FOUND, lambda _: FOUND)
    picture = np.zeros((100, 160, 3), np.uint8)
    assert joined(finder, 0.5, reader, upright=True)(picture) == ["AB1"]
    assert joined(finder, 0.2, reader, upright=False)(picture) == ["AB1", "AB1"]
    assert seen == [(HEIGHT, WIDTH, 3), (14, 50, 3), (8, 30, 3)]
    assert joined(finder, 0.5, lambda _: [], upright=True)(picture) == []


def photo(data: Path, region: str, name: str, text: str) -> None:
    folder = data / "anpr" / region
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{name}.png"), np.full((20, 30, 3), 90, np.uint8))
    (folder / f"{name}.txt").write_text(f"{name}.png\t1\t1\t9\t3\t{text}\n", "utf-8")


def test_a_race_counts_what_was_read_and_times_both_in_turns(tmp_path: Path) -> None:
    for name, text in (("a", "AB0"), ("b", "CD1")):
        photo(tmp_path, "eu", name, text)
    now, order = [0], []

    def side(name: str, texts: list[str], milliseconds: int) -> object:
        def read(_: Rgb) -> list[str]:
            now[0] += milliseconds * 1_000_000
            order.append(name)
            return texts

        return read

    ours, theirs = side("ours", ["ABO", "XX"], 3), side("theirs", ["CD1"], 6)
    assert callable(ours)
    assert callable(theirs)
    found = race(ours, theirs, tmp_path, lambda _: None, lambda: now[0])
    assert [outcome.values for outcome in found.ours["eu"]] == [{"read": 1.0, "extra": 1.0}, {"read": 0.0, "extra": 2.0}]
    assert [outcome.values["read"] for outcome in found.theirs["eu"]] == [0.0, 1.0]
    assert found.milliseconds.tolist() == [[3, 3], [6, 6]]
    assert order[2:] == ["theirs", "ours", "ours", "theirs"], "each is first in turn; the first photo was shown once before"
    assert "us" not in found.ours


def test_without_the_peers_files_it_says_which(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"yolo-v9-t.* and .*cct_xs_v1_global\.onnx: not here"):
        peer_chain(tmp_path)
