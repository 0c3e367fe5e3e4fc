"""Columns and plates as a reader and a detector would give them, made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.bundle.plates import COLOURS, PlateSeen
from models.bundle.reading import ALPHABET, Floats

GREY = np.eye(len(COLOURS), dtype=np.float32)[COLOURS.index("grey")]


def columns(characters: Sequence[Mapping[str, float]], length: int = 36) -> Floats:
    """Log-probabilities (length, 37): of each character, in every second column, what it may be; the rest is silent."""
    chances = np.zeros((length, 1 + len(ALPHABET)))
    chances[:, 0] = 1.0
    for place, character in enumerate(characters):
        row = chances[2 * place + 1]
        row[0] = 1.0 - sum(character.values())
        for found, chance in character.items():
            row[1 + ALPHABET.index(found)] = chance
    chances = np.maximum(chances, 1e-7)
    logs: Floats = np.log(chances / chances.sum(axis=1, keepdims=True)).astype(np.float32)
    return logs


def read_as(text: str, sure: float = 0.99, doubts: Mapping[int, tuple[str, float]] | None = None) -> Floats:
    """Columns that read a text, each character with a probability; at some places it may be another one."""
    characters = [{character: sure} for character in text]
    for place, (other, chance) in (doubts or {}).items():
        characters[place] = {text[place]: sure - chance, other: chance}
    return columns(characters)


def sight(
    found: Floats, width: float = 120.0, at: tuple[float, float] = (0.0, 0.0), vehicle: int = 0, colours: Floats = GREY
) -> PlateSeen:
    """A plate of a width, its top left corner somewhere, in focus and in good light."""
    x, y = at
    corners = np.array([[x, y], [x + width, y], [x + width, y + width / 5], [x, y + width / 5]], np.float32)
    return PlateSeen(vehicle, corners, 0.95, found, 0.55, 50.0, colours)
