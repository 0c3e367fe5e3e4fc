"""A second look goes closer to what the first saw, and only where the first was not sure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.bundle.looks import BESIDE, PlateReader, closer, fitted
from models.bundle.reading import ALPHABET

COLUMNS, LINES = 36, 2
SIZE = (144, 48)


def answer(text: str, first: int, step: int = 2, probability: float = 0.99) -> npt.NDArray[np.float32]:
    """Scores of a number on the first of two lines, its characters in every ``step``-th column from ``first`` on."""
    chances = np.full((LINES * COLUMNS, len(ALPHABET) + 1), 1e-6)
    chances[:, 0] = 1
    for place, character in enumerate(text):
        at = first + step * place
        chances[at] = (1 - probability) / 36
        chances[at, 1 + ALPHABET.index(character)] = probability
    scores: npt.NDArray[np.float32] = np.log(chances / chances.sum(axis=1, keepdims=True)).astype(np.float32)
    return scores


def crop(width: int = 288, height: int = 96) -> npt.NDArray[np.uint8]:
    """Each pixel says where it is: red across, green down."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([across, down, np.zeros_like(across)], axis=2).astype(np.uint8)


def test_a_sure_look_is_enough() -> None:
    looks: list[tuple[int, ...]] = []

    def run(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        looks.append(picture.shape)
        return answer("AB12", 12)

    (best, *_) = PlateReader(run, SIZE, LINES, sure=0.9)(crop())
    assert best.text == "AB12"
    assert len(best.characters) == 4
    assert looks == [(1, 48, 144, 3)]


def test_an_unsure_look_is_followed_by_one_that_is_closer_and_the_surer_wins() -> None:
    seen: list[npt.NDArray[np.uint8]] = []

    def run(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        seen.append(picture[0])
        return answer("AB1Z", 12, probability=0.8) if len(seen) == 1 else answer("AB12", 6, step=6)

    found = PlateReader(run, SIZE, LINES, sure=0.9)(crop())
    assert [reading.text for reading in found[:2]] == ["AB12", "AB1Z"]
    assert 0.4 < found[0].probability < 0.51, "half of what the second look says"
    assert len(found[0].characters) == 4
    assert sum(reading.probability for reading in found) <= 1
    left, right = (12 / COLUMNS - BESIDE) * 255, (19 / COLUMNS + BESIDE) * 255
    assert float(seen[1][24, 0, 0]) == pytest.approx(left, abs=4)
    assert float(seen[1][24, -1, 0]) == pytest.approx(right, abs=4)
    share = (right - left) / 255
    assert float(seen[1][0, 70, 1]) == pytest.approx((1 - share) / 2 * 255, abs=6), "as much is cut away above and below"


def test_what_both_say_adds_up() -> None:
    answers = iter([answer("AB1O", 12, probability=0.8), answer("AB10", 6, step=6)])
    (best, *_) = PlateReader(lambda _: next(answers), SIZE, LINES, sure=0.9)(crop(), count=3)
    assert best.text == "AB1O", "O and 0 are not told apart; the first look's text stays"
    assert best.probability > 0.6


@pytest.mark.parametrize(
    ("scores", "size"),
    [
        (answer("", 0), (288, 96)),  # nothing seen
        (answer("A23456789BCDEFGH", 2), (288, 96)),  # from side to side
        (answer("1", 20), (12, 5)),  # nothing to go closer to
    ],
)
def test_there_is_not_always_something_to_go_closer_to(scores: npt.NDArray[np.float32], size: tuple[int, int]) -> None:
    assert closer(crop(*size), scores, LINES) is None
    PlateReader(lambda _: scores, SIZE, LINES, sure=1.0)(crop(*size))


@pytest.mark.parametrize("size", [(400, 100), (50, 20)])
def test_crops_are_fitted(size: tuple[int, int]) -> None:
    made = fitted(crop(*size), SIZE)
    assert made.shape == (48, 144, 3)
    assert float(made[24, 72, 0]) == pytest.approx(127, abs=4)
