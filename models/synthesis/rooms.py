"""What a style of plate prints around its number, and the room that it leaves for the rows."""

from __future__ import annotations

from typing import TypeAlias

from models.synthesis import decoration
from models.synthesis.canvas import Picture, box, stamp
from models.synthesis.colours import clipped, legible, named
from models.synthesis.hand import Hand
from models.synthesis.series import Series

Room: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

LONG = 3.0
"""Width over height above which a plate is one of a single long row."""
_TOWNS = ("SP-SAO PAULO", "RJ-RIO", "BRASIL", "PR-CURITIBA", "MG-CONTAGEM")


def furnish(picture: Picture, chosen: Series, rows: int, hand: Hand) -> list[Room]:
    """Print what the style has besides the number; return where each row may stand."""
    room = _SIDES[chosen.style](picture, chosen, rows, hand)
    left, top, right, bottom = room
    if rows == 1:
        return [room]
    middle = top + (bottom - top) * hand.random.uniform(0.44, 0.56)
    space = (bottom - top) * hand.random.uniform(0.04, 0.08)
    lower = left
    if chosen.style == "euroband" and bool((picture[-3, 2] == picture[-3, -3]).all()) and hand.chance(0.5):
        lower = hand.random.uniform(0.03, 0.06) * picture.shape[1]  # below a short band the second row may begin farther left
    return [(left, top, right, middle - space), (lower, middle + space, right, bottom)]


def _plain(picture: Picture, _: Series, __: int, hand: Hand) -> Room:
    height, width = picture.shape[:2]
    left, right = hand.random.uniform(0.02, 0.05) * width, width * (1 - hand.random.uniform(0.02, 0.05))
    return left, height * hand.random.uniform(0.11, 0.18), right, height * (1 - hand.random.uniform(0.11, 0.18))


def _european(picture: Picture, chosen: Series, rows: int, hand: Hand) -> Room:
    left, top, right, bottom = _plain(picture, chosen, rows, hand)
    height, width = picture.shape[:2]
    if not hand.chance(0.88):  # front plates and older ones come without a band
        return left, top, right, bottom
    band = round((0.085 if width > LONG * height else 0.125) * width * hand.random.uniform(0.9, 1.15))
    short = rows > 1 and hand.chance(0.6)
    decoration.draw_band(picture[: round(height * 0.48)] if short else picture, chosen.country, band, hand)
    left = band + hand.random.uniform(0.01, 0.03) * width
    if chosen.country == "I" and hand.chance(0.8):  # Italy has one on either side
        picture[:, -band:] = named("band blue", hand.random)
        right = width - band - hand.random.uniform(0.005, 0.02) * width
    return left, top, right, bottom


def _american(picture: Picture, _: Series, rows: int, hand: Hand) -> Room:
    height, width = picture.shape[:2]
    decoration.draw_print(picture, hand)
    middle = height * (hand.random.uniform(0.47, 0.56) if rows == 1 else 0.5)
    tall = height * (hand.random.uniform(0.42, 0.62) if rows == 1 else hand.random.uniform(0.66, 0.8))
    left, right = hand.random.uniform(0.03, 0.1) * width, width * (1 - hand.random.uniform(0.03, 0.1))
    return left, middle - tall / 2, right, middle + tall / 2


def _brazilian(picture: Picture, chosen: Series, rows: int, hand: Hand) -> Room:
    left, _, right, bottom = _plain(picture, chosen, rows, hand)
    height, width = picture.shape[:2]
    if chosen.name == "br-mercosur":
        box(picture, (0, 0, width, height * 0.22), named("band blue", hand.random))
    words = hand.words(str(hand.random.choice(_TOWNS)), height * 0.1)
    stamp(picture, words, (width - words.shape[1]) // 2, round(height * 0.06), legible(clipped(picture[2, 2]), hand.random))
    return left, height * hand.random.uniform(0.26, 0.32), right, bottom


_SIDES = {"plain": _plain, "euroband": _european, "american": _american, "brazilian": _brazilian}
