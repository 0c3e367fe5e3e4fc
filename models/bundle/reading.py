"""From a reader's columns to the numbers that may stand on a plate, with the probability of each.

A reader answers with log-probabilities float32 (T, 37): T columns in the order of reading, class 0 saying that no character has
its centre there, classes 1 to 36 the characters of ALPHABET; every number is the sum over all ways of laying it out in columns,
repeats joined unless a silent column is between (connectionist temporal classification; Graves and others, 2006).
Rules: pure numpy; nothing here is trained; the temperature is the calibration that the bundle was built with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from protocol.plates import fold

Floats: TypeAlias = npt.NDArray[np.float32]

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SILENT = 0
CERTAIN = 0.995
"""Probability from which a silent column is passed over by the search; most columns are such."""
ANSWERING = 0.2
"""Probability from which a column answers with a character when golden vectors are compared."""
LEAST = 0.001
"""Probability of a class in a column below which the search does not try it."""
_ALIKE = [[1 + at for at, other in enumerate(ALPHABET) if fold(other) == fold(own)] for own in " " + ALPHABET]
"""Of each class, those that are not told from it."""


@dataclass(frozen=True)
class Reading:
    """One reading of a plate.

    Attributes:
        text: the number, of ALPHABET.
        probability: that the plate bears it: among all readings, not only those that were found.
        characters: of each character the probability that it stands there, it or one that is not told from it (:func:`fold`);
            empty when it was not asked for.
    """

    text: str
    probability: float
    characters: tuple[float, ...] = ()


def soften(scores: Floats, temperature: float) -> Floats:
    """Divide by a temperature and normalise again: the calibration of Guo and others (2017). Scores float32 (T, classes)."""
    if temperature == 1.0:
        return scores
    cooled = scores / np.float32(temperature)
    top = cooled.max(axis=1, keepdims=True)
    softened: Floats = cooled - top - np.log(np.exp(cooled - top).sum(axis=1, keepdims=True))
    return softened


def read_greedily(scores: Floats, temperature: float = 1.0) -> Reading:
    """Read by the best class of every column.

    Args:
        scores: float32 (T, classes), log-probabilities.
        temperature: of the calibration.

    Returns:
        The reading; its probability is the product of its characters', each taken from the best of the columns it spans.

    Raises:
        ValueError: when the scores are of another shape, or not numbers.
    """
    check_scores(scores)
    softened = soften(scores, temperature)
    best = softened.argmax(axis=1)
    text: list[str] = []
    characters: list[float] = []
    before = (SILENT, -1)
    for at in np.flatnonzero(best != SILENT).tolist():
        found = int(best[at])
        probability = min(1.0, float(np.exp(softened[at, _ALIKE[found]]).sum()))
        if before == (found, at - 1):
            characters[-1] = max(characters[-1], probability)
        else:
            text.append(ALPHABET[found - 1])
            characters.append(probability)
        before = (found, at)
    return Reading("".join(text), float(np.prod(characters)) if characters else 0.0, tuple(characters))


def read_best(scores: Floats, count: int = 10, width: int = 24, temperature: float = 1.0) -> list[Reading]:
    """Find the most probable numbers: prefix beam search (Hannun and others, 2014).

    Args:
        scores: float32 (T, classes), log-probabilities.
        count: of readings to return.
        width: of prefixes that are kept from column to column.
        temperature: of the calibration.

    Returns:
        At most ``count`` readings, most probable first. Numbers that differ only in characters that plates do not tell apart
        (:func:`fold`) are one reading: its text is the most probable of them, its probability that of all.

    Raises:
        ValueError: when the scores are of another shape, or not numbers.
    """
    check_scores(scores)
    softened = soften(scores, temperature)
    quiet = 1.0
    # Of each prefix: probability of the ways that end silent, and of those that end with its last character. They do not
    # underflow: every class that is tried has LEAST, and columns are few.
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for column in np.exp(softened.astype(np.float64)):
        if column[SILENT] > CERTAIN:
            quiet *= float(column[SILENT])
            beam = {prefix: (silent + loud, 0.0) for prefix, (silent, loud) in beam.items()}
            continue
        tried = [(found, float(column[found])) for found in np.flatnonzero(column > LEAST).tolist()]
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (silent, loud) in beam.items():
            for found, chance in tried:
                if found == SILENT:
                    _join(grown, prefix, (silent + loud) * chance, 0.0)
                elif prefix and prefix[-1] == found:
                    _join(grown, prefix, 0.0, loud * chance)
                    _join(grown, (*prefix, found), 0.0, silent * chance)
                else:
                    _join(grown, (*prefix, found), 0.0, (silent + loud) * chance)
        beam = dict(sorted(grown.items(), key=_likelihood, reverse=True)[:width])
    texts: dict[str, tuple[str, float]] = {}
    for prefix, (silent, loud) in sorted(beam.items(), key=_likelihood, reverse=True):
        text = "".join(ALPHABET[found - 1] for found in prefix)
        first, before = texts.get(fold(text), (text, 0.0))
        texts[fold(text)] = first, before + (silent + loud) * quiet
    ranked = sorted(texts.values(), key=lambda item: -item[1])[:count]
    return [Reading(text, min(1.0, probability)) for text, probability in ranked]


def deviation(vectors: dict[str, npt.NDArray[Any]], run: Callable[[npt.NDArray[Any]], tuple[Floats, ...]]) -> float:
    """How far readings are from golden vectors, in the line where they are farthest.

    Looked at are the columns in which a character answers, in the reference or here; of each counts the largest difference of
    a class's probability, in the mean over a line's columns.

    Args:
        vectors: ``inputs`` (n, ...); ``characters`` float32 (n, T, 37), what the reference answered; and where there are
            several lines ``branches`` uint8 (T,): the line of each column, counted from 0.
        run: one inference.

    Returns:
        The deviation, 0 to 1; infinite when an answer has another shape or is not finite, or a line is never asked.
    """
    lines = vectors.get("branches", np.zeros(vectors["characters"].shape[1], np.uint8))
    total, count, known = np.zeros((3, int(lines.max()) + 1))
    for crop, scores in zip(vectors["inputs"], vectors["characters"], strict=True):
        (got,) = run(crop[None])
        if got.shape != scores.shape or not np.isfinite(got).all():
            return float("inf")
        expected, answered = np.exp(scores), np.exp(got)
        speaks = expected[:, SILENT + 1 :].max(axis=1) >= ANSWERING
        either = speaks | (answered[:, SILENT + 1 :].max(axis=1) >= ANSWERING)
        np.add.at(known, lines[speaks], 1)
        np.add.at(count, lines[either], 1)
        np.add.at(total, lines[either], np.abs(expected - answered)[either].max(axis=1))
    return float((total / count).max()) if known.all() else float("inf")


def check_scores(scores: Floats) -> None:
    """See that scores are a reader's.

    Raises:
        ValueError: they have another shape than (columns, classes), or are not all finite.
    """
    if scores.ndim != 2 or scores.shape[1] != len(ALPHABET) + 1:  # noqa: PLR2004 - columns and classes
        msg = (
            f"a reading is made from (columns, {len(ALPHABET) + 1}) scores, not {scores.shape}; is this the output of a reader?"
        )
        raise ValueError(msg)
    if not np.isfinite(scores).all():
        msg = "scores of a reading are not all finite; the model or its input is broken"
        raise ValueError(msg)


def _join(grown: dict[tuple[int, ...], tuple[float, float]], prefix: tuple[int, ...], silent: float, loud: float) -> None:
    before = grown.get(prefix)
    grown[prefix] = (silent, loud) if before is None else (before[0] + silent, before[1] + loud)


def _likelihood(item: tuple[tuple[int, ...], tuple[float, float]]) -> float:
    return item[1][0] + item[1][1]
