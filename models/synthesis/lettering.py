"""Words that stand on vehicles and in streets and are no plates: names, telephone numbers, destinations, the time of day.

Rules: they are drawn as masks (255 where there is ink), half of them in the alphabets of plates, so that a face alone makes no
plate; the words are made up or generic, no maker's name.
"""

from __future__ import annotations

import string
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Mask, resized
from models.synthesis.chance import case, chance
from models.synthesis.glyphs import Alphabet, draw_face
from models.synthesis.material import Material
from models.synthesis.strokes import CAP

_HEIGHT = 40
"""Pixels of a line of text before it is laid down; about what a large sign has in the finest scene."""
_SMALL: dict[str, dict[str, Mask]] = {}
"""Alphabets that have been drawn small; some 20 MB when all have been."""
_SYLLABLES = (
    *("ba", "bel", "bo", "ca", "cor", "da", "del", "do", "el", "fa", "fer", "ga", "gen", "ha", "in", "ka", "ko", "la", "len"),
    *("lo", "ma", "mer", "mi", "mo", "na", "nor", "o", "pa", "per", "po", "ra", "ren", "ri", "ro", "sa", "sel", "si", "so"),
    *("ta", "ten", "to", "tra", "va", "ver", "vi", "vo", "wa", "wil", "xa", "za", "zen"),
)
_WORDS = (
    *("TAXI", "POLICE", "POLITIE", "AMBULANCE", "SCHOOL", "EXPRESS", "TRANSPORT", "RENTAL", "SERVICE", "GARAGE", "PARKING"),
    *("STOP", "EXIT", "SORTIE", "UITGANG", "OPEN", "CAFE", "HOTEL", "BANK", "BAKERY", "PHARMACY", "NOT IN SERVICE", "CENTRE"),
    *("STATION", "BRUSSELS", "GENT", "LEUVEN", "NAMUR", "NORTH", "AIRPORT", "BABY ON BOARD", "FOR SALE", "LONG VEHICLE"),
)
_ENDINGS = (
    "GT",
    "GTI",
    "TDI",
    "2.0",
    "1.6",
    "4x4",
    "AWD",
    "LX",
    "SE",
    "TURBO",
    "HYBRID",
    "V6",
    "SPORT",
    "i",
    "D",
    "XL",
    "CDI",
    "E",
)
_FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)


def name(random: np.random.Generator) -> str:
    """A word that could be a firm's or a model's."""
    made = "".join(_SYLLABLES[at] for at in random.integers(len(_SYLLABLES), size=random.integers(1, 4)))
    return made.upper() if chance(random, 0.6) else made.capitalize()


def badge(random: np.random.Generator) -> str:
    """What stands on a boot lid: a model, an engine, or both."""
    ending = _ENDINGS[random.integers(len(_ENDINGS))]
    match case(random, 0.35, 0.55, 0.8):
        case 0:
            return name(random)
        case 1:
            return f"{random.integers(1, 999)}{ending if chance(random, 0.5) else ''}"
        case 2:
            return ending
        case _:
            return f"{name(random)} {ending}"


def telephone(random: np.random.Generator) -> str:
    """A telephone number, grouped as on vans; no prefix of it is in use together."""
    digits = "".join(str(d) for d in random.integers(10, size=10))
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"0{digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:8]}",
        lambda: f"{digits[:3]}-{digits[3:7]}",
        lambda: f"1-800-{digits[:3]}-{digits[3:7]}",
        lambda: f"0{digits[:3]}/{digits[3:5]}.{digits[5:7]}.{digits[7:9]}",
    )
    return forms[random.integers(len(forms))]()


def clock(random: np.random.Generator) -> str:
    """Date and time as cameras burn them into pictures."""
    year, month, day = random.integers(2005, 2030), random.integers(1, 13), random.integers(1, 29)
    hour, minute, second = random.integers(24), random.integers(60), random.integers(60)
    forms = (
        f"{year}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}",
        f"{day:02d}/{month:02d}/{year} {hour:02d}:{minute:02d}",
        f"CAM {random.integers(1, 20):02d} {hour:02d}:{minute:02d}:{second:02d}",
        f"{month}.{day}'{year % 100:02d}",
    )
    return forms[random.integers(len(forms))]


def code(random: np.random.Generator) -> str:
    """Letters and digits that look like a plate's: fleet numbers, route numbers, bay numbers."""
    letters = string.ascii_uppercase
    parts = [
        "".join(letters[at] for at in random.integers(26, size=random.integers(1, 4))),
        "".join(str(d) for d in random.integers(10, size=random.integers(1, 5))),
    ]
    if chance(random, 0.5):
        parts.reverse()
    return ("-", " ", "")[random.integers(3)].join(parts)


def words(random: np.random.Generator) -> str:
    """Any short text of a street."""
    match case(random, 0.3, 0.45, 0.6, 0.7):
        case 0:
            return _WORDS[random.integers(len(_WORDS))]
        case 1:
            return telephone(random)
        case 2:
            return code(random)
        case 3:
            return f"www.{name(random).lower()}.be"
        case _:
            return " ".join(name(random) for _ in range(random.integers(1, 4)))


def lettered(random: np.random.Generator, material: Material, text: str) -> Mask:
    """Draw a line of text as a mask, (h, w): cut to its ink, 255 on it. Half in the alphabets of plates, as capitals."""
    return _set(random, material, text) if chance(random, 0.5) else _printed(random, text)  # half


def _set(random: np.random.Generator, material: Material, text: str) -> Mask:
    """In an alphabet of plates: what tells a sign from a plate must not be its face."""
    small = _small(draw_face(random, material.split, fonts_wanted=material.packages))
    gap = np.zeros((_HEIGHT, round(_HEIGHT * random.uniform(0.06, 0.3))), np.uint8)
    row: list[Mask] = []
    for character in text.upper():
        row += [small.get(character, small[" "]), gap]
    line = inked(np.concatenate(row, axis=1))
    return resized(line, round(line.shape[1] * random.uniform(0.7, 1.1)), line.shape[0])


def _small(alphabet: Alphabet) -> dict[str, Mask]:
    """The characters of an alphabet at the height of a sign's text, and a space; kept by the alphabet's name."""
    known = _SMALL.get(alphabet.name)
    if known is None:
        scale = _HEIGHT / CAP
        known = {" ": np.zeros((_HEIGHT, round(alphabet.usual * 0.6 * scale)), np.uint8)}
        for character, glyph in alphabet.glyphs.items():
            ink = resized(
                glyph.ink[:CAP], round(glyph.ink.shape[1] * scale), min(_HEIGHT, round(min(len(glyph.ink), CAP) * scale))
            )
            known[character] = np.pad(ink, ((0, _HEIGHT - len(ink)), (0, 0)))
        _SMALL[alphabet.name] = known
    return known


def _printed(random: np.random.Generator, text: str) -> Mask:
    """In the drawing library's lettering."""
    face = int(_FACES[random.integers(len(_FACES))])
    thickness = int(random.integers(1, 5))
    scale = _HEIGHT / 30 * random.uniform(0.6, 1.0)
    (width, height), base = cv2.getTextSize(text, face, scale, thickness)
    mask = np.zeros((height + base + 2 * _HEIGHT // 4, width + _HEIGHT), np.uint8)
    cv2.putText(mask, text, (_HEIGHT // 4, height + _HEIGHT // 4), face, scale, 255, thickness, cv2.LINE_AA)
    return inked(mask)


def inked(mask: Mask) -> Mask:
    """Cut a mask to its ink; one pixel where there is none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.zeros((1, 1), np.uint8)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def lines(random: np.random.Generator, material: Material, texts: list[str]) -> Mask:
    """Several lines of text below one another, as a mask."""
    masks = [lettered(random, material, text) for text in texts]
    width = max(mask.shape[1] for mask in masks)
    gap = int(random.integers(4, 24))
    rows: list[npt.NDArray[np.uint8]] = []
    centred = chance(random, 0.5)
    for mask in masks:
        left = (width - mask.shape[1]) // 2 if centred else 0
        rows.append(np.pad(mask, ((0, gap), (left, width - mask.shape[1] - left))))
    return np.concatenate(rows)
