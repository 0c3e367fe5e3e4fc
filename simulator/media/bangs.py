"""What goes off in the demo's city, and how six microphones hear it: shots in two streets, fireworks over three squares.

Rules:

- Everything is computed at 96 kHz, where any moment is exact, and brought down to the rate of a box by a filter that moves
  nothing. A bang is drawn once, its way to each box apart: distance, air, turbulence, and what the street answers.
- Shots are fired upwards: no bullet passes a box, and no direction hears them louder.
- Sound is in pascals against the pressure of full scale, without any background: that is added where it is played, for it is
  what does not compress.
- The recording goes round: what is not over at its end goes on at its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.synthesis.chance import chance
from models.synthesis.sound.air import Air
from models.synthesis.sound.echoes import response
from models.synthesis.sound.filters import Signal, fast_length
from models.synthesis.sound.fireworks import set_off
from models.synthesis.sound.mixing import add
from models.synthesis.sound.places import Place, draw_open, draw_street
from models.synthesis.sound.shots import muzzle_blast, smeared
from models.synthesis.sound.weapons import CALIBRES
from simulator.worlds.city import City
from simulator.worlds.sites import MAST_M, ear_sites

RATE, FINE = 16_000, 96_000
SECONDS = 120
AIR = Air(11.0, 70.0)
FULL_SCALE_DB = 127.0
"""Peak sound pressure level of full scale, dB re 20 micropascals."""
FULL_SCALE_PA = 20e-6 * 10 ** (FULL_SCALE_DB / 20)

WEAPON = next(calibre for calibre in CALIBRES if calibre.name == "5.56 x 45 mm")
UPWARDS = np.pi / 2
"""Between the line of fire and the way to any box."""
ROUND_DB, UNEVEN = 1.0, 0.02
"""Standard deviation of a round's level, and of the time from one to the next, as a share of it."""
FIREWORK_PA, FALLS = 1_500.0, 1.05
"""A charge's pressure 1 m away, and the power of distance by which it falls."""
FIREWORKS_S, FIREWORKS_M = 3.0, 60.0
"""How long each lasts, and how high above the ground it bursts."""
MUZZLE_M = 2.0
TURBULENT_M, TURBULENT = 60.0, 0.6
"""From how far on turbulence gathers, and how often."""
BEFORE_S = 0.05
"""Of silence before a front, for the filter."""

Point = tuple[float, float, float]
"""Metres east and north of the city's origin, and above the ground."""


@dataclass(frozen=True)
class Bang:
    """One thing that goes off.

    Attributes:
        kind: ``shots`` or ``fireworks``.
        place: its name, for people.
        at_s: when its sound begins at its place, seconds of the recording.
        where: its place.
        rounds: of shots, seconds after that.
    """

    kind: str
    place: str
    at_s: float
    where: Point
    rounds: tuple[float, ...] = (0.0,)


def plan(city: City) -> tuple[Bang, ...]:
    """What goes off: the first shots early, so that who has just begun to look need not wait."""

    def over(name: str, at_s: float) -> Bang:
        place = city.places[name]
        return Bang("fireworks", place.label, at_s, (*place.middle, FIREWORKS_M))

    def volley(street: str, point: int, at_s: float, rounds: int, a_minute: float) -> Bang:
        uneven = 1 + UNEVEN * np.random.default_rng(rounds).standard_normal(rounds - 1)
        moments = tuple(round(float(moment), 4) for moment in (0.0, *np.cumsum(60 / a_minute * uneven)))
        return Bang("shots", street, at_s, (*city.streets[street][point], MUZZLE_M), moments)

    return (
        volley("Kanunnikstraat", 75, 22.0, 10, 700.0),
        over("church", 34.0),
        over("station", 43.0),
        volley("Lindenlaan", 3, 54.0, 9, 650.0),
        over("fish", 66.0),
        over("church", 78.0),
        over("station", 91.0),
        over("fish", 105.0),
    )


def ears(city: City) -> tuple[Point, ...]:
    """Where the microphones are."""
    return tuple((*site.at, MAST_M) for site in ear_sites(city))


def travel_s(bang: Bang, ear: Point) -> float:
    """How long its sound takes to a microphone, in air that stands still."""
    return float(np.linalg.norm(np.subtract(bang.where, ear))) / AIR.speed


def render(seed: int, city: City) -> npt.NDArray[np.float32]:
    """What the microphones hear.

    Args:
        seed: of everything that is drawn.
        city: where.

    Returns:
        (microphones, samples) at 16 kHz, full scale 1.
    """
    places = ears(city)
    sound = np.zeros((len(places), SECONDS * RATE))
    for number, bang in enumerate(plan(city)):
        for box, ear in enumerate(places):
            _hear(sound[box], np.random.default_rng([seed, number]), np.random.default_rng([seed, number, box + 1]), bang, ear)
    return (sound / FULL_SCALE_PA).astype(np.float32)


def _hear(channel: Signal, thing: np.random.Generator, way: np.random.Generator, bang: Bang, ear: Point) -> None:
    """Add to a channel what comes of one bang.

    Args:
        channel: float64 (samples,), pascals.
        thing: draws what goes off, the same for every microphone.
        way: draws what happens to it on its way.
        bang: what, where and when.
        ear: the microphone.
    """
    metres = float(np.linalg.norm(np.subtract(bang.where, ear)))
    dry = _shots(thing, bang, metres) if bang.kind == "shots" else _fireworks(thing, metres)
    if metres > TURBULENT_M and chance(way, TURBULENT):
        dry = smeared(way, FINE, dry)
    draw = draw_street if bang.kind == "shots" else draw_open
    across = float(np.hypot(bang.where[0] - ear[0], bang.where[1] - ear[1]))
    place = draw(way, across, (bang.where[2], ear[2]), AIR.speed)
    arrives = (bang.at_s + travel_s(bang, ear)) * RATE
    first = int(arrives - BEFORE_S * RATE)
    heard = _arrived(way, AIR.carry(dry, metres, FINE), place, (arrives - first) / RATE)
    np.add.at(channel, (first + np.arange(len(heard))) % len(channel), heard)


def _shots(random: np.random.Generator, bang: Bang, metres: float) -> Signal:
    blast = muzzle_blast(random, FINE, WEAPON, metres, UPWARDS)
    whole = np.zeros(len(blast) + round(bang.rounds[-1] * FINE))
    for moment in bang.rounds:
        add(whole, blast * 10 ** (random.normal(0, ROUND_DB) / 20), moment, FINE)
    return whole


def _fireworks(random: np.random.Generator, metres: float) -> Signal:
    sound: Signal = set_off(random, FINE, FIREWORKS_S, metres) * FIREWORK_PA / metres**FALLS
    return sound


def _arrived(random: np.random.Generator, sound: Signal, place: Place, after_s: float) -> Signal:
    """A sound with all its echoes at the rate of a box, from so long before its front on."""
    answer = response(random, FINE, place.seconds, place.echoes, place.dull_hz, place.rest)
    samples = len(sound) + len(answer) + round(after_s * FINE)
    length = fast_length(samples + FINE)
    hertz = np.fft.rfftfreq(length, 1 / FINE)
    gentle = np.clip((RATE / 2 - hertz) / (0.1 * RATE), 0, 1)  # from 0.8 of half the rate down to nothing
    spectrum = np.fft.rfft(sound, length) * np.fft.rfft(answer, length)
    spectrum *= np.square(np.sin(gentle * np.pi / 2)) * np.exp(-2j * np.pi * hertz * after_s)
    result: Signal = np.fft.irfft(spectrum, length)[: samples : FINE // RATE]
    return result
