"""What stands on a plate besides its number: bands, seals, arms, stickers, emblems, slogans, screws, scenery and dirt.

Rule: nothing here belongs to the number, and everything here may look as if it did; that is why it is drawn.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Mask, Picture, box, disc, resized, stamp
from models.synthesis.colours import NAMED, Colour, any_colour, clipped, dark, legible, named
from models.synthesis.hand import Hand
from models.synthesis.layout import Gap

Box: TypeAlias = tuple[float, float, float, float]
"""Of what is drawn: left, top, width, height; of a room: left, top, right, bottom."""

STATES = (
    "California", "Missouri", "TEXAS", "ARIZONA", "FLORIDA", "NEW YORK", "Ohio", "WASHINGTON", "INDIANA", "ILLINOIS", "Georgia",
    "Oregon", "NEVADA", "UTAH", "Kansas", "Kentucky", "MICHIGAN", "New Jersey", "COLORADO", "Virginia", "Arkansas", "MAINE",
    "Idaho", "ONTARIO", "QUEBEC", "Alberta", "Wisconsin", "MINNESOTA", "Iowa", "ALASKA", "Louisiana", "MARYLAND",
)  # fmt: skip
SLOGANS = (
    "LAKES AND RIVERS", "OPEN ROADS", "Old Harbour State", "FIRST IN SPRING", "The Mountain State", "LAND OF PLENTY",
    "www.dmv.gov", "Discover More", "VEHICLE DEALER", "CENTENNIAL", "In Trust", "GREEN HILLS", "COLLECTOR", "NATIONAL GUARD",
    "The Coast", "VETERAN",
)  # fmt: skip
DEALERS = (
    "AUTO CENTER", "GARAGE DU PONT", "AUTOHAUS", "MOTORS", "www.garage.be", "CAR GROUP", "AUTOBEDRIJF", "SERVICE 02 555 01 00",
    "VAN DEN AUTO", "TRUCKS & CARS", "AUTO MOBIL", "your dealer", "SPORT LEASE", "FORD CITY", "MOTOR SALES", "CARS 4 YOU",
)  # fmt: skip
STICKERS = ("11", "12", "JAN", "APR", "OCT", "2013", "2025", "A", "7", "05", "H", "Z", "SEP", "DIV 24", "26", "MO", "19")
_TWELVE = np.linspace(0, 2 * np.pi, 12, endpoint=False)


def draw_band(picture: Picture, country: str, width: int, hand: Hand) -> None:
    """The blue band with twelve stars and the letters of the country at the left (Regulation (EC) 2411/98), or a fake."""
    height = len(picture)
    plain = hand.chance(0.08)  # bands without blue: flags, arms, sponsors
    colour = named("band blue", hand.random) if not plain else any_colour(hand.random)
    picture[:, :width] = colour
    centre, radius = (width / 2, height * hand.random.uniform(0.27, 0.38)), width * hand.random.uniform(0.26, 0.34)
    if hand.chance(0.85):  # worn or national emblems in its place otherwise
        gold = clipped(np.array([245, 215, 60]) + hand.random.normal(0, 15, 3))
        for angle in _TWELVE:
            at = centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)
            disc(picture, at, max(1.0, width * 0.045), gold)
    else:
        box(picture, (width * 0.2, height * 0.15, width * 0.6, height * 0.35), any_colour(hand.random))
    letters = country or str(hand.random.choice(["D", "F", "I", "S", "N", "H", "RO", "BG", "HR", "EST", "LT", "P", "GR"]))
    ink = hand.words(letters, max(8, round(height * 0.17)))
    ink = resized(ink, min(ink.shape[1], round(width * 0.75)), ink.shape[0])
    light_ink = legible(colour, hand.random)
    stamp(picture, ink, round((width - ink.shape[1]) / 2), round(height * hand.random.uniform(0.64, 0.74)), light_ink)


def fill_gap(picture: Picture, gap: Gap, ink: Colour, hand: Hand) -> None:
    """What a separator of a pattern looks like; the room is the whole height of the characters."""
    x, y, size = gap.x + gap.width / 2, gap.y + gap.height / 2, min(gap.width * 0.42, gap.height * 0.3)
    if gap.kind == "-":
        thick = max(2.0, gap.height * hand.random.uniform(0.07, 0.14))
        box(picture, (x - size, y - thick / 2, 2 * size, thick), ink)
        if hand.chance(0.15):  # a validation sticker below or above the dash
            side = gap.width * hand.random.uniform(0.5, 0.9)
            top = y + float(hand.random.choice([-0.28, 0.28])) * gap.height - side / 2
            box(picture, (x - side / 2, top, side, side), any_colour(hand.random))
    elif gap.kind == ".":
        disc(
            picture,
            (x, y + float(hand.random.choice([0, 0, 0.4])) * gap.height),
            max(2.0, size * hand.random.uniform(0.4, 0.8)),
            ink,
        )
    elif gap.kind == ":":
        _seals(picture, gap, ink, hand)
    elif gap.kind == "~":
        _arms(picture, x, y, size, hand)
    elif gap.kind == "|":
        _emblem(picture, gap, hand)


def draw_ghost(picture: Picture, gap: Gap, hand: Hand) -> None:
    """A pale picture printed in the ground: a fruit, a tree, the outline of a state, larger than the gap that it shows in."""
    tall = gap.height * hand.random.uniform(0.4, 1.3)
    wide = tall * hand.random.uniform(0.35, 1.2)
    middle = gap.x + gap.width / 2 + hand.random.normal(0, 0.2) * wide, gap.y + gap.height * hand.random.uniform(0.3, 0.7)
    layer = picture.copy()
    for _ in range(int(hand.random.integers(1, 4))):
        shape = _ragged(middle, wide * hand.random.uniform(0.4, 1), tall * hand.random.uniform(0.4, 1), hand)
        if hand.chance(0.75):
            cv2.fillPoly(layer, [shape], any_colour(hand.random), cv2.LINE_AA)
        else:
            cv2.polylines(layer, [shape], True, any_colour(hand.random), int(hand.random.integers(1, 4)), cv2.LINE_AA)
    if hand.chance(0.5):
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), hand.random.uniform(0.5, 5)), np.uint8)
    share = hand.random.uniform(0.1, 0.6)
    cv2.addWeighted(layer, share, picture, 1 - share, 0, dst=picture)


def _ragged(middle: tuple[float, float], wide: float, tall: float, hand: Hand) -> npt.NDArray[np.int32]:
    angles = np.linspace(0, 2 * np.pi, int(hand.random.integers(5, 14)), endpoint=False)
    radii = hand.random.uniform(0.4, 1.0, len(angles))[:, None] * (wide / 2, tall / 2)
    return np.round(np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + middle).astype(np.int32)


def _seals(picture: Picture, gap: Gap, ink: Colour, hand: Hand) -> None:
    x, radius = gap.x + gap.width / 2, min(gap.width * 0.45, gap.height * 0.2)
    shift = hand.random.uniform(0.2, 0.28) * gap.height
    for sign in (-1, 1):
        if hand.chance(0.9):  # one is sometimes missing
            colour = any_colour(hand.random) if hand.chance(0.6) else named("silver", hand.random)
            disc(picture, (x, gap.y + gap.height / 2 + sign * shift), radius * hand.random.uniform(0.8, 1.1), colour)
            disc(picture, (x, gap.y + gap.height / 2 + sign * shift), radius * 0.5, any_colour(hand.random), 1)
    if hand.chance(0.3):  # some countries put a dash between
        thick = max(2, round(gap.height * 0.08))
        box(picture, (x - radius, gap.y + gap.height / 2 - thick / 2, 2 * radius, thick), ink)


def _arms(picture: Picture, x: float, y: float, size: float, hand: Hand) -> None:
    """A shield: square shoulders, pointed foot, a charge of another colour."""
    tall = size * hand.random.uniform(1.0, 1.7)
    shape = np.array([(-1, -1), (1, -1), (1, 0.2), (0, 1), (-1, 0.2)]) * (size, tall) + (x, y)
    cv2.fillPoly(picture, [np.round(shape).astype(np.int32)], any_colour(hand.random), cv2.LINE_AA)
    if hand.chance(0.8):
        charge = (x + hand.random.normal(0, size / 5), y - tall * 0.2)
        disc(picture, charge, size * hand.random.uniform(0.3, 0.6), any_colour(hand.random))
    if hand.chance(0.5):
        cv2.polylines(picture, [np.round(shape).astype(np.int32)], True, dark(hand.random), 1, cv2.LINE_AA)


def _emblem(picture: Picture, gap: Gap, hand: Hand) -> None:
    x, y = gap.x + gap.width / 2, gap.y + gap.height * hand.random.uniform(0.3, 0.7)
    wide, tall = gap.width * hand.random.uniform(0.55, 1.1), gap.height * hand.random.uniform(0.3, 0.9)
    if hand.chance(0.45):  # a sticker, perhaps of two colours, perhaps with print
        draw_sticker(picture, (x - wide / 2, y - tall / 2, wide, tall), hand)
    elif hand.chance(0.36):  # the outline of a state, a tree, a sun: something ragged
        cv2.fillPoly(picture, [_ragged((x, y), wide, tall, hand)], any_colour(hand.random), cv2.LINE_AA)
    elif hand.chance(0.43):
        _arms(picture, x, y, wide / 2, hand)
    else:
        thick = int(hand.random.choice([-1, 1, 2]))
        disc(picture, (x, y), wide * hand.random.uniform(0.25, 0.5), any_colour(hand.random), thick)


def draw_sticker(picture: Picture, room: Box, hand: Hand) -> None:
    """A validation sticker: a coloured rectangle with a month or a year."""
    x, y, width, height = room
    colour = any_colour(hand.random)
    box(picture, (x, y, width, height), colour)
    if hand.chance(0.3):
        box(picture, (x, y + height / 2, width, height / 2), any_colour(hand.random))
    if hand.chance(0.7):
        ink = hand.words(str(hand.random.choice(STICKERS)), int(hand.random.choice([9, 12, 16])))
        ink = resized(ink, round(width * 0.8), round(height * hand.random.uniform(0.35, 0.75)))
        inked = legible(colour, hand.random)
        stamp(picture, ink, round(x + width * 0.1), round(y + height * hand.random.uniform(0.05, 0.25)), inked)


def draw_scenery(picture: Picture, hand: Hand) -> None:
    """Gradients, hills and stripes behind the number, as American plates have them."""
    height, width = picture.shape[:2]
    if hand.chance(0.4):
        rise = np.linspace(0, 1, height) ** hand.random.uniform(0.7, 4)
        bowl = np.abs(np.linspace(-1, 1, height)) ** hand.random.uniform(1, 4)
        slope = bowl if hand.chance(0.5) else rise
        fade = (slope[:: int(hand.random.choice([-1, 1]))] * hand.random.uniform(0.3, 0.9))[:, None, None]
        end = np.clip(picture[0, 0].astype(np.float32) * 0.4 + hand.random.uniform(0, 150, 3), 0, 255)
        picture[:] = picture * (1 - fade) + end * fade
    if hand.chance(0.28):
        for _ in range(int(hand.random.integers(1, 4))):
            level = hand.random.uniform(0.3, 0.95) * height
            steps = np.linspace(0, width, int(hand.random.integers(3, 9)))
            ridge = np.stack([steps, level + hand.random.uniform(-0.15, 0.15, len(steps)) * height], axis=1)
            shape = np.concatenate([[(0, height)], ridge, [(width, height)]]).astype(np.int32)
            layer = picture.copy()
            cv2.fillPoly(layer, [shape], any_colour(hand.random))
            share = hand.random.uniform(0.1, 0.4)
            cv2.addWeighted(layer, share, picture, 1 - share, 0, dst=picture)
    if hand.chance(0.22):
        edge, colour = round(hand.random.uniform(0.1, 0.22) * height), any_colour(hand.random)
        picture[:edge] = colour
        if hand.chance(0.6):
            picture[-edge:] = colour


def draw_print(picture: Picture, hand: Hand) -> None:
    """The state above, a slogan below, stickers in the corners, as American plates have them."""
    height, width = picture.shape[:2]
    if hand.chance(0.78):
        words = hand.words(str(hand.random.choice(STATES)), height * hand.random.uniform(0.1, 0.17))
        _print(picture, words, height * hand.random.uniform(0.02, 0.06), hand)
    if hand.chance(0.6):
        words = hand.words(str(hand.random.choice(SLOGANS)), height * hand.random.uniform(0.06, 0.1))
        _print(picture, words, height * hand.random.uniform(0.95, 0.98) - len(words), hand)
    for x, y in ((0.03, 0.05), (0.82, 0.05), (0.03, 0.78), (0.82, 0.78)):
        if hand.chance(0.25):
            size = hand.random.uniform(0.09, 0.15), hand.random.uniform(0.12, 0.2)
            draw_sticker(picture, (x * width, y * height, size[0] * width, size[1] * height), hand)


def _print(picture: Picture, words: Mask, top: float, hand: Hand) -> None:
    height, width = picture.shape[:2]
    here = picture[min(max(round(top), 0), height - 1), width // 2]
    x = round((width - words.shape[1]) * hand.random.uniform(0.3, 0.7))
    stamp(picture, words, x, round(top), legible(clipped(here), hand.random))


def draw_side_letters(picture: Picture, room: Box, ink: Colour, hand: Hand) -> float:
    """Small letters one above another beside the number, which authorities do not count to it.

    Returns:
        The width that they took from the room's left (positive) or right (negative).
    """
    left, top, right, bottom = room
    words = str(hand.random.choice(["DV", "USA", "AM", "MC", "K", "TRK", "PT", "H9", "C1", "NG", "VET", "APP"]))
    tall = (bottom - top) / max(2, len(words)) * hand.random.uniform(0.7, 0.95)
    colour = ink if hand.chance(0.6) else any_colour(hand.random)
    at_left = hand.chance(0.6)
    widest = 0
    for place, letter in enumerate(words):
        mask = hand.words(letter, max(6, round(tall)))
        mask = resized(mask, round(tall * hand.random.uniform(0.5, 0.75)), round(tall))
        widest = max(widest, mask.shape[1])
        x = left if at_left else right - tall * 0.75
        stamp(picture, mask, round(x), round(top + place * tall * 1.08), colour)
    taken = widest + (right - left) * 0.02
    return taken if at_left else -taken


def draw_screws(picture: Picture, hand: Hand) -> None:
    """Heads of screws and rivets, caps of any colour; some sit on the number."""
    height, width = picture.shape[:2]
    american = width < 2.4 * height  # between the two shapes of plates
    places = (
        ((0.22, 0.07), (0.78, 0.07), (0.22, 0.93), (0.78, 0.93))
        if american
        else ((0.2, 0.5), (0.8, 0.5), (0.04, 0.5), (0.96, 0.5))
    )
    for x, y in places:
        if hand.random.random() < (0.4 if american else 0.12):
            radius = height * hand.random.uniform(0.025, 0.05)
            disc(picture, (x * width + hand.random.normal(0, 0.02 * width), y * height), radius, any_colour(hand.random))


def draw_dirt(picture: Picture, hand: Hand) -> None:
    """Spots, mud from below, scratches."""
    height, width = picture.shape[:2]
    layer = picture.copy()
    for _ in range(int(hand.random.integers(1, 14))):
        at = int(hand.random.integers(width)), int(hand.random.integers(height))
        mud = clipped(hand.random.uniform(30, 120) + hand.random.normal(0, 8, 3))
        colour = any_colour(hand.random) if hand.chance(0.2) else mud
        if hand.chance(0.8):
            cv2.circle(layer, at, int(hand.random.integers(1, max(2, height // 11))), colour, -1, cv2.LINE_AA)
        else:
            to = at[0] + int(hand.random.normal(0, width / 6)), at[1] + int(hand.random.normal(0, height / 4))
            cv2.line(layer, at, to, colour, int(hand.random.integers(1, 3)), cv2.LINE_AA)
    if hand.chance(0.3):
        layer[round(height * hand.random.uniform(0.5, 0.9)) :] = NAMED["silver"] if hand.chance(0.3) else (96, 84, 70)
    share = hand.random.uniform(0.12, 0.55)
    cv2.addWeighted(layer, share, picture, 1 - share, 0, dst=picture)
