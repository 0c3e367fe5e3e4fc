"""The exact likelihood of numbers: the sum over all ways of laying them out, checked against counting them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.anpr.likelihood import FOLDED, encode, folded_columns, likelihoods
from models.bundle.reading import ALPHABET, Floats, read_best
from protocol.plates import fold
from tests.edge.analytics.anpr.drawn import columns, read_as


def scores(seed: int, length: int, letters: str) -> Floats:
    """Any columns over a few letters."""
    random = np.random.default_rng(seed)
    chances = np.full((length, 37), 1e-12)
    at = [0, *(1 + ALPHABET.index(letter) for letter in letters)]
    chances[:, at] = random.dirichlet(np.ones(len(at)), length)
    logs: Floats = np.log(chances / chances.sum(axis=1, keepdims=True)).astype(np.float32)
    return logs


def counted(found: Floats, letters: str) -> dict[str, float]:
    """Probability of every text by going through every way."""
    chances, texts = np.exp(found.astype(float)), dict[str, float]()
    classes = [0, *(1 + ALPHABET.index(letter) for letter in letters)]
    for way in itertools.product(classes, repeat=len(found)):
        runs = [key for key, _ in itertools.groupby(way)]
        text = "".join(ALPHABET[of - 1] for of in runs if of)
        texts[text] = texts.get(text, 0.0) + float(np.prod(chances[range(len(found)), way]))
    return texts


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_sum_over_all_ways(seed: int) -> None:
    found = scores(seed, 6, "AB7")
    truth = {text: chance for text, chance in counted(found, "AB7").items() if text}
    got = likelihoods([folded_columns(found)], encode(list(truth)))[0]
    assert got == pytest.approx(list(truth.values()), rel=1e-4, abs=1e-7)


def test_characters_that_are_not_told_apart_are_summed() -> None:
    found = columns([{"O": 0.4, "0": 0.3, "Q": 0.2}, {"I": 0.5, "1": 0.4}])
    assert likelihoods([folded_columns(found)], encode(["01"]))[0, 0] == pytest.approx(0.9 * 0.9, rel=1e-3)


def test_a_repeated_character_needs_silence_between() -> None:
    twice = read_as("AA", 0.99)
    assert likelihoods([folded_columns(twice)], encode(["AA"]))[0, 0] > 0.9
    joined = np.log(np.full((2, 37), 1e-9)).astype(np.float32)
    joined[:, 1 + ALPHABET.index("A")] = 0.0
    assert likelihoods([folded_columns(joined)], encode(["A", "AA"]))[0] == pytest.approx([1.0, 0.0], abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(3, 40))
def test_it_agrees_with_the_search(seed: int, length: int) -> None:
    """The beam finds most of a number's ways, and none that is not."""
    found = scores(seed, length, "4AR")
    read = [reading for reading in read_best(found, 3, width=200) if 0 < len(reading.text) <= 12]
    got = likelihoods([folded_columns(found)], encode([fold(reading.text) for reading in read]))[0]
    for reading, chance in zip(read, got, strict=True):
        assert chance >= reading.probability * (1 - 1e-2) - 1e-7


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6), st.integers(1, 5))
def test_many_at_once_are_as_one_by_one(seeds: list[int], count: int) -> None:
    pictures = [folded_columns(scores(seed, 5 + seed % 20, "AB7")) for seed in seeds]
    texts = ["A", "AB", "7AB", "ABABAB", "7" * 12][:count]
    together = likelihoods(pictures, encode(texts))
    apart = np.array([[likelihoods([picture], encode([text]))[0, 0] for text in texts] for picture in pictures])
    assert together == pytest.approx(apart, rel=1e-9)


def test_nothing_to_score_is_nothing() -> None:
    assert likelihoods([], encode(["A"])).shape == (0, 1)
    assert likelihoods([folded_columns(read_as("A"))], encode([])).shape == (1, 0)


def test_probabilities_stay_some_when_silence_is_joined() -> None:
    told = folded_columns(read_as("1ABC234"))
    assert len(told) < 36
    assert told.shape[1] == 1 + len(FOLDED) == 34
    assert (told > 0).all()
