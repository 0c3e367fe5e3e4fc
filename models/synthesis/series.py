"""Plate series: what is written on which plate, by whom issued, in which colours and sizes. The table is series.toml.

A pattern says what stands on a plate, character by character:

==========  ===========================================================
``@``       a letter of the series
``#``       a figure
``*``       a letter of the series or a figure
``[12]``    one of these
letters and figures  themselves
``-``       a dash; not part of the number
``.``       a dot; not part of the number
space       a gap
``:``       seals (one above the other); ``|`` an emblem or a sticker; ``~`` a coat of arms: not part of the number
``/``       the next row
==========  ===========================================================

Rules: a series never holds a character that its authority does not issue, because a reader learns what it sees; each
row names the source of its facts.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import tomllib

TABLE = Path(__file__).with_name("series.toml")
SEPARATORS = "-. :|~"
_TOKEN = re.compile(r"\[([^\]]+)\]|(.)")
_PATTERN = re.compile(r"(?:[A-Z0-9@#*/ .:|~-]|\[[A-Z0-9]+\])+")

Style = Literal["euroband", "plain", "american", "brazilian"]


class SeriesError(Exception):
    """The table is wrong; the message names the series."""


class Series(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One series.

    Attributes:
        name: unique; region first: ``be-car``.
        source: where the facts are from.
        weight: how often it is drawn.
        size: width and height in millimetres.
        patterns: what is written; see the module.
        ground: names of colours of the ground.
        ink: names of colours of characters and border; the first goes with the first ground, and so on: the shorter of the two
            lists repeats its last.
        style: how everything else looks.
        country: letters of the band.
        letters: those that ``@`` and ``*`` may be.
        border: whether a line runs around.
    """

    name: str
    source: str
    weight: float
    size: tuple[int, int]
    patterns: tuple[str, ...]
    ground: tuple[str, ...] = ("white",)
    ink: tuple[str, ...] = ("black",)
    style: Style = "euroband"
    country: str = ""
    letters: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    border: bool = True


@functools.cache
def series() -> tuple[Series, ...]:
    """Every series of the table.

    Raises:
        SeriesError: when two have one name, or a pattern cannot be.
    """
    rows = tuple(msgspec.convert(tomllib.loads(TABLE.read_text("utf-8"))["series"], list[Series]))
    if len({row.name for row in rows}) < len(rows):
        msg = f"{TABLE.name}: two series have one name"
        raise SeriesError(msg)
    for row in rows:
        for pattern in row.patterns:
            if pattern.count("/") > 1 or not _PATTERN.fullmatch(pattern):
                msg = f"{TABLE.name}: series {row.name} has the pattern {pattern!r}; see the module for what may stand in it"
                raise SeriesError(msg)
    return rows


def draw_series(random: np.random.Generator) -> Series:
    """Choose one by weight."""
    rows = series()
    return rows[int(np.searchsorted(_cumulated(), random.random() * _cumulated()[-1], side="right"))]


@functools.cache
def _cumulated() -> tuple[float, ...]:
    return tuple(np.cumsum([row.weight for row in series()]).tolist())


def draw_inscription(chosen: Series, random: np.random.Generator) -> str:
    """Draw what is written, separators and row breaks included: ``1-ABC-234``."""
    return inscribe(chosen.patterns[int(random.integers(len(chosen.patterns)))], chosen.letters, random)


def inscribe(pattern: str, letters: str, random: np.random.Generator) -> str:
    """Fill a pattern."""
    out = []
    for match in _TOKEN.finditer(pattern):
        choice = match[1] or {"@": letters, "#": "0123456789", "*": letters + "0123456789"}.get(match[2], match[2])
        out.append(choice[int(random.integers(len(choice)))] if len(choice) > 1 else choice)
    return "".join(out)


def expression(pattern: str, letters: str) -> str:
    """Return the regular expression of what a pattern may become."""
    parts = []
    for match in _TOKEN.finditer(pattern):
        if match[1]:
            parts.append(f"[{match[1]}]")
        else:
            parts.append({"@": f"[{letters}]", "#": "[0-9]", "*": f"[{letters}0-9]"}.get(match[2], re.escape(match[2])))
    return "".join(parts)


def number_of(inscription: str) -> str:
    """Return the number alone, as it is matched and sent: ``1ABC234``."""
    return re.sub(r"[^A-Z0-9]", "", inscription)
