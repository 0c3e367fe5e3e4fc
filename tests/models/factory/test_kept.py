"""Inputs that recipes keep beside their weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.bundle.bundle import BundleError
from models.factory.assemble import write_vectors
from models.factory.kept import CALIBRATION, GOLDEN, read_inputs
from models.recipes.gunshot import kept as pictures
from models.recipes.plate_reader import kept as crops

DRAW = "models.recipes.nobody.kept"


@pytest.mark.parametrize(("recipe", "shape"), [(pictures, (96, 64)), (crops, (48, 144, 3))])
def test_what_recipes_keep_can_be_read(recipe: object, shape: tuple[int, ...]) -> None:
    folder = Path(str(recipe.__file__)).parent  # type: ignore[attr-defined]
    found = recipe.read_kept(folder / recipe.FILE)  # type: ignore[attr-defined]
    assert set(found) == {CALIBRATION, GOLDEN}
    assert all(array.shape[1:] == shape and len(array) for array in found.values())


def test_numbers_come_out_as_they_were_kept(tmp_path: Path) -> None:
    kept = {CALIBRATION: np.arange(12, dtype=np.uint8).reshape(2, 2, 3), GOLDEN: np.ones((1, 2, 3), np.uint8)}
    write_vectors(tmp_path / "a.npz", kept)
    found = read_inputs(tmp_path / "a.npz", np.uint8, (2, 3), DRAW)
    assert all((found[name] == kept[name]).all() for name in kept)


@pytest.mark.parametrize(
    "kept",
    [
        {CALIBRATION: np.ones((1, 2, 3), np.uint8)},
        {CALIBRATION: np.ones((1, 2, 3)), GOLDEN: np.ones((1, 2, 3))},
        {CALIBRATION: np.ones((1, 2, 4), np.uint8), GOLDEN: np.ones((1, 2, 4), np.uint8)},
        {CALIBRATION: np.ones((1, 2, 3), np.uint8), GOLDEN: np.ones((0, 2, 3), np.uint8)},
    ],
)
def test_a_file_that_is_something_else_says_how_it_is_made(tmp_path: Path, kept: dict[str, np.ndarray]) -> None:
    write_vectors(tmp_path / "a.npz", kept)
    with pytest.raises(BundleError, match=DRAW):
        read_inputs(tmp_path / "a.npz", np.uint8, (2, 3), DRAW)


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive"])
def test_no_bytes_break_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(BundleError, match=DRAW):
        read_inputs(tmp_path / "a.npz", np.uint8, (2, 3), DRAW)
