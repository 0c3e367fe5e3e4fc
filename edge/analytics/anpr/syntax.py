"""What plates look like, as a prior over numbers: a mixture of the formats of Europe and of numbers that follow none.

P(number) = free * F(number) + sum over formats of share * P(number | format), tempered: what is added to a log-posterior is
WEIGHT times the log of P(number) over F(number), which is never below zero.

Rules: a prior, never a filter. A personalised plate has one to eight characters of its holder's choice and follows no format;
so no number is worth less than a free one of its length, and none more than MOST times as much. Pure numpy; everything is
folded (:func:`protocol.plates.fold`), so that ``0`` may be the letter or the figure.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edge.analytics.anpr.formats import ALL, FORMATS
from edge.analytics.anpr.likelihood import FOLDED, Doubles, encode
from protocol.plates import fold

FREE = 0.08
"""Share of numbers that follow no format: personalised ones, of which 7,000 and more are on the road in Belgium, and countries
that are not in the table."""
MOST = 50.0
"""Largest factor by which a number that follows a format stands above one that does not: two sure pictures outweigh it."""
WEIGHT = 0.7
"""Exponent of the prior. The table is for a road in Belgium; a box stands where it stands."""
_TOKEN = re.compile(r"\[([A-Z0-9]+)\]|(.)")
_FIGURES = "0123456789"


def log_prior(folded: Sequence[str]) -> Doubles:
    """What is added to the log-posterior of each number, float64 (n,), 0 to log(MOST).

    Args:
        folded: numbers of 1 to 12 characters of :data:`edge.analytics.anpr.likelihood.FOLDED`.
    """
    gained = np.zeros(len(folded))
    codes = encode(folded)
    lengths = np.array([len(text) for text in folded], np.intp)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        table = _tables().get(int(length))
        if table is None:
            continue
        shares, chances = table
        places = np.arange(length)
        each = chances[:, places, codes[rows, :length] - 1].prod(axis=2) if length else np.zeros((len(shares), len(rows)))
        # Against free numbers of the same length, of which each character is as likely as any other.
        ratio = 1.0 + (shares @ each) * len(FOLDED) ** float(length) / FREE
        gained[rows] = np.minimum(WEIGHT * np.log(ratio), np.log(MOST))
    return gained


@functools.cache
def _tables() -> dict[int, tuple[Doubles, Doubles]]:
    """By length: shares (formats,), and chances of each class at each place (formats, length, classes)."""
    found: dict[int, list[tuple[float, Doubles]]] = {}
    for formats in FORMATS:
        for pattern in formats.patterns:
            sets = [_characters(match, formats.letters) for match in _TOKEN.finditer(pattern)]
            chances = np.array([_chances(characters) for characters in sets])
            found.setdefault(len(sets), []).append((formats.share / len(formats.patterns), chances))
    return {
        length: (np.array([share for share, _ in rows]), np.stack([chances for _, chances in rows]))
        for length, rows in found.items()
    }


def _characters(match: re.Match[str], letters: str) -> str:
    return match[1] or {"@": letters, "#": _FIGURES, "*": ALL + _FIGURES}.get(match[2], match[2])


def _chances(characters: str) -> npt.NDArray[np.float64]:
    chances = np.zeros(len(FOLDED))
    for character in characters:
        chances[FOLDED.index(fold(character))] += 1 / len(characters)
    return chances
