"""Reads of a day's traffic, drawn from the sample of misreads; and what lists make of them.

How one read stands for many vehicles: the characters over which the reader hesitated, in any reading that could ever count,
stay as they are; the others are drawn anew from the series. So every confusion is one that the reader made, of that character,
beside the doubts that went with it, and the vehicle is another each time. Readings with a character too few or too many move
the drawn ones along.

Rules: plates are folded before they are compared, as everywhere; a plate is a number to the base of 37, so that a million
vehicles are a few thousand operations on arrays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.anpr_misreads import SERIES, Readings
from models.bundle.reading import ALPHABET
from models.synthesis.series import series
from protocol.plates import fold

Codes: TypeAlias = npt.NDArray[np.uint64]
BASE = len(ALPHABET) + 1
_CODE = {character: ALPHABET.index(fold(character)) + 1 for character in ALPHABET}
_TOKEN = re.compile(r"\[([^\]]+)\]|(.)")


@dataclass(frozen=True)
class Plate:
    """A read, ready to stand for many vehicles.

    Attributes:
        truth: the plate, folded, as codes; uint64 (n,).
        free: of each place the codes that may stand there instead; ``None`` where the reader hesitated.
        readings: of each its probability, and its codes: a place of the truth as ``-1 - place``, another character as itself.
        right: probability of the reading that is the truth; 0 = there is none.
        best: whether the most probable one is.
    """

    truth: Codes
    free: tuple[Codes | None, ...]
    readings: tuple[tuple[float, tuple[int, ...]], ...]
    right: float
    best: bool


def patterns() -> tuple[tuple[str, ...], ...]:
    """Of each way in which plates of the series are written, the characters that may stand at each place."""
    (chosen,) = [entry for entry in series() if entry.name == SERIES]
    kinds = {"@": chosen.letters, "#": "0123456789"}
    return tuple(
        tuple(one_of or kinds[token] for one_of, token in _TOKEN.findall(pattern) if one_of or token in kinds)
        for pattern in chosen.patterns
    )


def prepare(plate: str, said: Readings, least: float) -> Plate:
    """Make a read ready.

    Args:
        plate: what stands there.
        said: what was read.
        least: probability below which a reading can never count.
    """
    truth = fold(plate)
    layout = next(places for places in patterns() if _fits(places, plate))
    kept, readings, right = set[int](), [], 0.0
    for text, probability in said:
        if fold(text) == truth:
            right += probability
        elif probability >= least:
            codes, moved = _aligned(truth, fold(text))
            readings.append((probability, codes))
            kept |= set(range(len(truth))) - moved
    free = tuple(None if place in kept else _codes(layout[place]) for place in range(len(truth)))
    best = bool(said) and fold(said[0][0]) == truth
    return Plate(_codes(truth), free, tuple(readings), right, best)


def wrong_scores(plates: Sequence[Plate], listed: Codes, count: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Vehicles go by whose plates are on no list; of each the probability of its most probable reading that is.

    Args:
        plates: reads, each as often as any other.
        listed: sorted.
        count: vehicles.
        random: what is random about them.

    Returns:
        float64 (vehicles that are not on the list themselves,); 0 where no reading is.
    """
    each = -(-count // len(plates))
    scores = []
    for plate in plates:
        vehicles = np.tile(plate.truth, (each, 1))
        for place, free in enumerate(plate.free):
            if free is not None:
                vehicles[:, place] = random.choice(free, each)
        score = np.zeros(each)
        for probability, codes in plate.readings:
            score[_has(listed, _read_as(vehicles, codes)) & (score < probability)] = probability
        scores.append(score[~_has(listed, number(vehicles))])
    return np.concatenate(scores)


def draw_list(size: int, random: np.random.Generator) -> tuple[list[str], Codes]:
    """Draw a list of plates of the series; returns them as text, and as sorted numbers, folded."""
    forms, found = patterns(), dict[str, None]()
    while len(found) < size:
        drawn = random.integers(len(forms), size=2 * size)
        columns = np.empty((2 * size, max(map(len, forms))), "U1")
        for at, places in enumerate(forms):
            for place, characters in enumerate(places):
                columns[drawn == at, place] = random.choice(list(characters), int((drawn == at).sum()))
        found |= dict.fromkeys("".join(row) for row in columns.tolist())
    texts = list(found)[:size]
    numbers = np.array([_number(fold(text)) for text in texts], np.uint64)
    return texts, np.unique(numbers)


def number(codes: Codes) -> Codes:
    """Plates as numbers: uint64 (vehicles, places) to (vehicles,)."""
    total = np.zeros(len(codes), np.uint64)
    for place in range(codes.shape[1]):
        total = total * np.uint64(BASE) + codes[:, place]
    return total


def _read_as(vehicles: Codes, codes: tuple[int, ...]) -> Codes:
    total = np.zeros(len(vehicles), np.uint64)
    for code in codes:
        total = total * np.uint64(BASE) + (vehicles[:, -1 - code] if code < 0 else np.uint64(code))
    return total


def _has(listed: Codes, asked: Codes) -> npt.NDArray[np.bool_]:
    places = np.minimum(listed.searchsorted(asked), len(listed) - 1)
    found: npt.NDArray[np.bool_] = listed[places] == asked
    return found


def _aligned(truth: str, text: str) -> tuple[tuple[int, ...], set[int]]:
    """A reading in terms of the truth, and the places of the truth that it has right."""
    codes = [_CODE[character] for character in text]
    right = set[int]()
    for block in SequenceMatcher(a=truth, b=text, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            codes[block.b + step] = -1 - (block.a + step)
            right.add(block.a + step)
    return tuple(codes), right


def _fits(places: tuple[str, ...], text: str) -> bool:
    return len(places) == len(text) and all(character in place for character, place in zip(text, places, strict=True))


def _codes(text: str) -> Codes:
    return np.array([_CODE[character] for character in text], np.uint64)


def _number(text: str) -> int:
    total = 0
    for character in text:
        total = total * BASE + _CODE[character]
    return total
