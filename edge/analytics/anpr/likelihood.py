"""How likely each candidate number makes what a reader saw: the exact sum over all ways of laying it out in columns.

Forward recursion of connectionist temporal classification (Graves and others, 2006), for many numbers and pictures at once.
Rules: characters that plates do not tell apart (:func:`protocol.plates.fold`) are one class whose probability is their sum;
runs of columns in which nothing answers are one column; pure numpy, float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.reading import ALPHABET, SILENT, Floats
from protocol.plates import MOST_CHARACTERS, fold

Doubles: TypeAlias = npt.NDArray[np.float64]

FOLDED = "".join(sorted({fold(character) for character in ALPHABET}))
"""Characters that are told apart, in the order of classes from 1 on."""
QUIET = 1e-4
"""Probability of all characters of a column together below which it says nothing; nine in ten columns are such."""
LEAST = 1e-9
"""Of a class in a column: no number is impossible, and most stay within what float64 holds."""

_CLASS = {character: number for number, character in enumerate(FOLDED, 1)}
_OF_CHARACTER = np.array([_CLASS[fold(character)] for character in ALPHABET])
_STATES = 2 * MOST_CHARACTERS + 1


def folded_columns(columns: Floats) -> Doubles:
    """Probabilities of the classes that are told apart, silent runs joined.

    Args:
        columns: float32 (T, 37), log-probabilities.

    Returns:
        float64 (t, 1 + len(FOLDED)), t at most T.

    Raises:
        ValueError: they have another shape, or are not finite.
    """
    if columns.ndim != 2 or columns.shape[1] != len(ALPHABET) + 1 or not len(columns):  # noqa: PLR2004 - columns and classes
        msg = f"columns are (T, {len(ALPHABET) + 1}), not {columns.shape}; is this the output of a reader?"
        raise ValueError(msg)
    if not np.isfinite(columns).all():
        msg = "columns of a plate are not all finite; the model or its input is broken"
        raise ValueError(msg)
    full = np.exp(np.minimum(columns.astype(np.float64), 0.0))
    told = np.zeros((len(full), 1 + len(FOLDED)))
    told[:, SILENT] = full[:, SILENT]
    for place, number in enumerate(_OF_CHARACTER, 1):
        told[:, number] += full[:, place]
    told = np.maximum(told, LEAST)
    quiet = told[:, 1:].sum(axis=1) < QUIET
    begins = np.flatnonzero(~quiet | ~np.concatenate([[False], quiet[:-1]]))
    joined = told[begins]
    joined[:, SILENT] = np.multiply.reduceat(told[:, SILENT], begins)
    return joined


def encode(folded: Sequence[str]) -> npt.NDArray[np.intp]:
    """Classes of numbers, intp (n, MOST_CHARACTERS), 0 behind their ends.

    Args:
        folded: each of 1 to MOST_CHARACTERS characters of FOLDED.
    """
    codes = np.zeros((len(folded), MOST_CHARACTERS), np.intp)
    for row, text in enumerate(folded):
        codes[row, : len(text)] = [_CLASS[character] for character in text]
    return codes


def likelihoods(pictures: Sequence[Doubles], codes: npt.NDArray[np.intp]) -> Doubles:
    """Probability that each picture's columns are read as each number.

    Args:
        pictures: of :func:`folded_columns`.
        codes: of :func:`encode`, (n, MOST_CHARACTERS).

    Returns:
        float64 (len(pictures), n).
    """
    if not len(codes) or not pictures:
        return np.zeros((len(pictures), len(codes)))
    longest = max(len(picture) for picture in pictures)
    # A column that is certainly silent at the end changes nothing.
    stack = np.zeros((longest, len(pictures), 1 + len(FOLDED)))
    stack[..., SILENT] = 1.0
    for place, picture in enumerate(pictures):
        stack[: len(picture), place] = picture
    lengths = (codes > 0).sum(axis=1)
    states = 2 * int(lengths.max()) + 1
    labels = np.zeros((len(codes), states), np.intp)
    labels[:, 1::2] = codes[:, : states // 2]
    # From a character to the next one without silence between, where they differ (its rule for repeats).
    skips = np.zeros((len(codes), states))
    skips[:, 3::2] = labels[:, 3::2] != labels[:, 1:-2:2]
    forward = np.zeros((len(pictures), len(codes), states))
    forward[..., 0] = 1.0
    moved = np.empty_like(forward)
    for column in stack:
        np.copyto(moved, forward)
        moved[..., 1:] += forward[..., :-1]
        moved[..., 2:] += forward[..., :-2] * skips[:, 2:]
        np.multiply(moved, column[:, labels], out=forward)
    rows = np.arange(len(codes))
    found: Doubles = forward[:, rows, 2 * lengths] + forward[:, rows, 2 * lengths - 1]
    return found
