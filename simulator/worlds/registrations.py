"""Plates of an invented registration office, as Belgian ones look (1ABC234), and how cameras mistake them.

Rules: what is made follows from the seed alone; a plate is seven characters of ASCII, ``(n, 7) uint8``; letters that plates do
not tell apart (I, O, Q) are not issued. A share of the plates is one mistake away from another: in a real town, where millions
are on the road, a misread meets a car that exists.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plates = NDArray[np.uint8]

_LETTERS = np.frombuffer(b"ABCDEFGHJKLMNPRSTUVWXYZ", np.uint8)
_DIGITS = np.frombuffer(b"0123456789", np.uint8)
_FORM = "dlllddd"
_LOOK_ALIKE = {
    "0": "86", "1": "74", "2": "73", "3": "89", "4": "19", "5": "63", "6": "85", "7": "12", "8": "36", "9": "38",
    "A": "RH", "B": "RE", "C": "GE", "D": "PU", "E": "FB", "F": "EP", "G": "CE", "H": "MN", "J": "UL", "K": "XR", "L": "EJ",
    "M": "NW", "N": "MH", "P": "FR", "R": "BK", "S": "GB", "T": "YF", "U": "VJ", "V": "YU", "W": "MV", "X": "KY", "Y": "VT",
    "Z": "SE",
}  # fmt: skip
"""What stands instead of a character when it is mistaken: a digit for a digit, a letter for a letter, by strokes in common."""
_MISTAKEN = np.zeros((256, 2), np.uint8)
for _from, _to in _LOOK_ALIKE.items():
    _MISTAKEN[ord(_from)] = np.frombuffer(_to.encode(), np.uint8)


def issue(count: int, twins: float, rng: np.random.Generator) -> Plates:
    """Plates, each once.

    Args:
        count: how many.
        twins: share of them that is one mistake away from another.
        rng: where chance comes from.
    """
    made = np.zeros((0, len(_FORM)), np.uint8)
    while len(made) < count:
        fresh = np.stack([rng.choice(_DIGITS if kind == "d" else _LETTERS, count) for kind in _FORM], axis=1)
        alike = rng.random(count) < twins / 2  # its original is one more that is one mistake away
        fresh[alike] = mistake(np.roll(fresh, 1, axis=0)[alike], rng)
        made = np.concatenate([made, fresh])
        _, first = np.unique(numbers(made), return_index=True)
        made = made[np.sort(first)]
    return made[:count]


def mistake(plates: Plates, rng: np.random.Generator) -> Plates:
    """The same plates with one character mistaken in each."""
    wrong = plates.copy()
    which = np.arange(len(plates))
    position = rng.integers(0, len(_FORM), len(plates))
    wrong[which, position] = _MISTAKEN[plates[which, position], rng.integers(0, 2, len(plates))]
    return wrong


def numbers(plates: Plates) -> NDArray[np.int64]:
    """One number for each plate: its characters, seven bits each."""
    value = np.zeros(len(plates), np.int64)
    for column in plates.T:
        value = value << 7 | column.astype(np.int64)
    return value


def text(number: int) -> str:
    """The plate of a number."""
    return "".join(chr(number >> 7 * place & 0x7F) for place in range(len(_FORM) - 1, -1, -1))


def mistaken(plate: str, number: int) -> list[str]:
    """Two look-alikes of a plate: which ones follows from a number."""
    found = []
    for turn in range(2):
        at = (number + 3 * turn) % len(plate)
        found.append(plate[:at] + _LOOK_ALIKE[plate[at]][turn] + plate[at + 1 :])
    return found
