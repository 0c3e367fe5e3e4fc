"""What the recipes of plates share: weights that say what is wrong with them, photos, and splits without a common source."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.bundle.bundle import BundleError
from models.factory.leaks import LeakError, check_splits
from models.factory.statistics import EvaluationError
from models.factory.trained import read_weights
from models.recipes.plates.material import alphabets, backgrounds, renderings
from models.recipes.plates.photos import Photo, photos


def test_weights_that_are_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    with pytest.raises(BundleError, match="no weights"):
        read_weights(path)
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(BundleError, match="no weights"):
        read_weights(path)
    np.savez(path, **{"fold.0.0.weight": np.array([1, np.nan], np.float32)})  # type: ignore[arg-type]
    with pytest.raises(BundleError, match=r"fold\.0\.0\.weight are not all finite"):
        read_weights(path)


def test_a_missing_weight_is_named_with_its_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", one=np.zeros(2, np.float32))
    weights = read_weights(tmp_path / "weights.npz")
    assert weights["one"].shape == (2,)
    with pytest.raises(BundleError, match=r"weights\.npz: lacks other"):
        weights["other"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a.png\t1\t2\t3\tABC\n", "separated by tabs"),
        ("a.png\tx\t2\t3\t4\tABC\n", "separated by tabs"),
        ("b.png\t1\t2\t3\t4\tABC\n", "names no photo"),
        ("", "names no photo"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, told: str) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "a.txt").write_text(text, "utf-8")
    with pytest.raises(EvaluationError, match=told):
        list(photos(tmp_path))


def test_a_photo_may_show_several_plates(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 12, 3), np.uint8))
    (tmp_path / "a.txt").write_text("a.png\t1\t2\t3\t4\tABC\na.png\t5\t2\t6\t3\tDEF\n", "utf-8")
    (photo,) = photos(tmp_path)
    assert [plate.text for plate in photo.plates] == ["ABC", "DEF"]
    assert photo.boxes().tolist() == [[1, 2, 4, 6], [5, 2, 11, 5]]
    assert photo.picture().shape == (8, 12, 3)


def test_a_photo_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(EvaluationError, match=r"a\.jpg"):
        Photo(tmp_path / "a.jpg", ()).picture()


def test_nothing_that_plates_are_reported_on_was_learned_from() -> None:
    learned = alphabets("train") | backgrounds("train")
    check_splits({"train": learned, "report": alphabets("evaluate") | backgrounds("evaluate")})
    check_splits({"choose": renderings(1, 10), "report": renderings(2, 10)})
    with pytest.raises(LeakError, match="share the sources pen"):
        check_splits({"train": alphabets("train"), "report": alphabets("train", packages=False)})
