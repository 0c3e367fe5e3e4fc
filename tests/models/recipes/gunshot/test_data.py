"""What the network learns from: shards follow from their numbers, ESC-10 is split by source, kept pictures are checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.bundle.bundle import BundleError
from models.bundle.yamnet import COLUMNS
from models.factory.kept import CALIBRATION, GOLDEN
from models.recipes.gunshot import drawn
from models.recipes.gunshot.kept import read_kept
from models.recipes.gunshot.sample import Samples, measures
from models.recipes.gunshot.shape import FIRST_TAUGHT, LABELS, TAUGHT

KEPT = Path(drawn.__file__).with_name("pictures.npz")


def test_a_shard_is_drawn_once_and_read_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def draw(random: np.random.Generator, scenes: int, windows: int) -> Samples:
        asked.append((scenes, windows))
        rows = scenes * windows
        return Samples(
            random.random((rows, 96, 64), np.float32), random.random((rows, TAUGHT), np.float32), np.ones(rows, np.float32)
        )

    monkeypatch.setattr(drawn, "draw_samples", draw)
    first = drawn.shard(3, tmp_path)
    drawn.shard.cache_clear()
    again = drawn.shard(3, tmp_path)
    assert asked == [(drawn.SCENES, drawn.WINDOWS)]
    assert np.array_equal(first.pictures, again.pictures)
    other = drawn.shard(4, tmp_path)
    assert not np.array_equal(first.pictures, other.pictures)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00003", "00004"], "nothing half done stays"
    drawn.shard.cache_clear()


def test_a_third_of_esc_10_measures_and_a_source_is_on_one_side() -> None:
    share = np.mean([measures(str(source)) for source in range(10_000, 10_900)])
    assert 0.3 < share < 0.37
    assert measures("17367") == measures("17367")


def test_nobody_is_taught_what_people_sound_like() -> None:
    assert min(column for column, _ in COLUMNS.values()) >= FIRST_TAUGHT
    assert FIRST_TAUGHT == 67, "speech, laughter, crying, breathing, clapping and crowds stand before"
    assert not {"speech", "shout", "screaming", "children", "crowd"} & set(LABELS)


def test_kept_pictures_are_those_of_the_shape() -> None:
    pictures = read_kept(KEPT)
    assert pictures[CALIBRATION].shape[1:] == pictures[GOLDEN].shape[1:] == (96, 64)
    assert all(np.isfinite(array).all() for array in pictures.values())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 nothing", b"\x93NUMPY"])
def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "pictures.npz").write_bytes(data)
    with pytest.raises(BundleError, match=r"python -m models\.recipes\.gunshot\.kept"):
        read_kept(tmp_path / "pictures.npz")


def test_pictures_of_another_shape_are_refused(tmp_path: Path) -> None:
    wrong = np.zeros((4, 90, 64), np.float16)
    np.savez(tmp_path / "pictures.npz", calibration=wrong, golden=wrong)
    with pytest.raises(BundleError, match="draw them anew"):
        read_kept(tmp_path / "pictures.npz")
