"""What the plate reader learns from: numbers laid out in columns, so that they can be read from there."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.reading import ALPHABET, read_greedily
from models.recipes.plate_reader.sample import LONGEST, Sample, draw_samples
from models.recipes.plate_reader.shape import COLUMNS, HEIGHT, LINES, WIDTH
from models.synthesis.series import inscribe, number_of, series


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return draw_samples(np.random.default_rng(1), 150, 2, fonts=False)


def test_a_sample_is_whole(samples: list[Sample]) -> None:
    for sample in samples:
        assert sample.picture.shape == (HEIGHT, WIDTH, 3)
        assert sample.columns.shape == (LINES, COLUMNS)
        assert sample.classes.shape == (LONGEST,)
        assert "".join(ALPHABET[found - 1] for found in sample.classes[: sample.length]) == sample.text
        assert not sample.classes[sample.length :].any()


def test_columns_read_as_the_number(samples: list[Sample]) -> None:
    """Certain columns, read as the device reads them; repeats need a silent column between, which some lack."""
    right = []
    for sample in samples:
        scores = np.full((LINES * COLUMNS, len(ALPHABET) + 1), -30.0, np.float32)
        scores[np.arange(LINES * COLUMNS), sample.columns.ravel()] = 0
        right.append(read_greedily(scores).text == sample.text)
    assert np.mean(right) > 0.98


def test_lines(samples: list[Sample]) -> None:
    for sample in samples:
        spoken = sample.columns.any(axis=1).tolist()
        assert spoken == [sample.rows > 0, sample.rows == LINES]
    assert {sample.rows for sample in samples} == {0, 1, 2}


def test_pictures_of_one_plate_differ(samples: list[Sample]) -> None:
    for one, other in zip(samples[::2], samples[1::2], strict=True):
        assert one.text == other.text
        assert not np.array_equal(one.picture, other.picture)


def test_no_number_is_longer_than_its_place() -> None:
    random = np.random.default_rng(2)
    numbers = [number_of(inscribe(pattern, row.letters, random)) for row in series() for pattern in row.patterns]
    assert max(map(len, numbers)) <= LONGEST


def test_the_same_seed_draws_the_same(samples: list[Sample]) -> None:
    again = draw_samples(np.random.default_rng(1), 3, 2, fonts=False)
    for one, other in zip(samples, again, strict=False):
        assert np.array_equal(one.picture, other.picture)
        assert np.array_equal(one.columns, other.columns)
