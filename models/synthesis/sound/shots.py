"""Shots as they are heard at one place: one weapon, one to many rounds, the bullet's shock wave where it passes, the echoes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synthesis.chance import case, chance
from models.synthesis.sound.air import Air
from models.synthesis.sound.blast import friedlander, gases, towards, widened
from models.synthesis.sound.draws import evenly
from models.synthesis.sound.echoes import response
from models.synthesis.sound.filters import Signal, band, convolved
from models.synthesis.sound.mixing import add
from models.synthesis.sound.places import Place, draw_open, draw_room, draw_street, draw_valley
from models.synthesis.sound.shock import Shock, n_wave, shock_at
from models.synthesis.sound.weapons import CALIBRES, Calibre

BLAST_S = 0.15
MOST_ROUNDS = 15


@dataclass(frozen=True)
class Heard:
    """A sound and where its shots are.

    Attributes:
        sound: float64 (n,), pascals.
        onsets: seconds at which muzzle blasts arrive, in order.
    """

    sound: Signal
    onsets: tuple[float, ...]


def draw_shots(random: np.random.Generator, rate: int, seconds: float) -> Heard:
    """A weapon somewhere fires, at least once within the middle of the time."""
    weapon = draw_weapon(random)
    air = draw_air(random)
    room = chance(random, 0.2)
    metres = evenly(random, 1.5, 25) if room else evenly(random, 2, 450)
    place = draw_place(random, metres, (random.uniform(1, 1.8), random.uniform(1.2, 8)), air, room=room)
    one, lead = one_round(random, random, rate, weapon, (metres, float(np.pi * random.random())), place, air)
    onsets = draw_onsets(random, weapon, seconds)
    sound = np.zeros(int(rate * seconds))
    for onset in onsets:
        add(sound, one * 10 ** (random.normal(0, 1.0) / 20), onset - lead, rate)
    return Heard(sound, tuple(onset for onset in onsets if 0 <= onset < seconds))


def draw_weapon(random: np.random.Generator) -> Calibre:
    """As often as each is drawn."""
    whole = sum(calibre.weight for calibre in CALIBRES)
    return CALIBRES[random.choice(len(CALIBRES), p=[calibre.weight / whole for calibre in CALIBRES])]


def draw_air(random: np.random.Generator) -> Air:
    """Of any season."""
    return Air(random.uniform(-10, 38), random.uniform(20, 95), random.uniform(95, 103))


def draw_place(random: np.random.Generator, metres: float, heights: tuple[float, float], air: Air, *, room: bool) -> Place:
    """A place that fits the distance."""
    if room:
        return draw_room(random, metres, air.speed)
    kind = case(random, 0.38, 0.88, 1.0)
    return (draw_open, draw_street, draw_valley)[kind](random, metres, heights, air.speed)


def muzzle_blast(random: np.random.Generator, rate: int, weapon: Calibre, metres: float, angle: float) -> Signal:
    """What one round's muzzle sends into a direction, at a distance, before air and echoes: float64 (0.15 s,), pascals."""
    peak = evenly(random, *weapon.peak_pa) * towards(angle) / max(metres, 1.0) ** random.uniform(1.0, 1.15)
    positive = widened(evenly(random, *weapon.positive_ms) / 1000, metres) * (1 + 0.15 * (1 - np.cos(angle)))
    samples = int(rate * BLAST_S)
    push = friedlander(rate, positive, random.uniform(0.8, 2.2), 2e-5 * (1 + metres / 40 * random.uniform(0.1, 1.5)), samples)
    noise = gases(random, rate, evenly(random, 0.002, 0.04), evenly(random, 120, 800), evenly(random, 2000, 12_000), samples)
    if chance(random, 0.06):  # a suppressor: the push is let out slowly, the gases remain
        push = 0.1 * band(push, rate, None, evenly(random, 500, 3000), order=2)
        hiss = 0.03
    else:
        hiss = evenly(random, 0.02, 0.7)
    blast: Signal = peak * (push + hiss * noise)
    return blast


def smeared(random: np.random.Generator, rate: int, sound: Signal) -> Signal:
    """A sound (n,) after turbulent air: nothing comes earlier, and what came at once comes within 2 ms."""
    smear = np.abs(random.standard_normal(max(2, int(rate * evenly(random, 2e-4, 2e-3)))))
    smear *= np.exp(-3 * np.arange(len(smear)) / len(smear))
    return convolved(sound, smear / smear.sum(), len(sound))


def one_round(  # noqa: PLR0913 - physics has them
    fired: np.random.Generator,
    way: np.random.Generator,
    rate: int,
    weapon: Calibre,
    where: tuple[float, float],
    place: Place,
    air: Air,
) -> tuple[Signal, float]:
    """One round at the listener, and how long before the blast its sound begins, seconds.

    Args:
        fired: draws the round; one in the same state draws the same round for another listener.
        way: draws what differs from listener to listener.
        rate: samples a second.
        weapon: that fires.
        where: the listener is: metres from the muzzle, radians from the line of fire.
        place: around both.
        air: between them.
    """
    metres, angle = where
    blast = muzzle_blast(fired, rate, weapon, metres, angle)
    shock = _shock(way, weapon, metres, angle, air)
    lead = 0.0
    if shock is not None:
        lead = max(0.0, metres / air.speed - shock.seconds)
        front = min(3e-4, 1e-5 * (1 + metres / 10))
        wave = shock.peak_pa * n_wave(rate, max(shock.length_s, 6e-5), front, int(rate * 0.01))
        blast = np.concatenate([np.zeros(round(lead * rate)), blast])
        blast[: len(wave)] += wave[: len(blast)]
    if metres > 60 and chance(way, 0.6):  # noqa: PLR2004 - turbulence has to gather
        blast = smeared(way, rate, blast)
    answer = response(way, rate, place.seconds, place.echoes, place.dull_hz, place.rest)
    return convolved(blast, answer, len(blast) + len(answer), rate, air.gain(metres)), lead


def _shock(random: np.random.Generator, weapon: Calibre, metres: float, angle: float, air: Air) -> Shock | None:
    if metres < 15 or chance(random, 0.25):  # noqa: PLR2004 - nearer it is one with the blast; a wall may stop a bullet
        return None
    along, beside = metres * float(np.cos(angle)), metres * float(np.sin(angle)) + 0.5
    return shock_at(along, beside, random.uniform(*weapon.bullet_m_s), weapon.bullet_mm, air.speed)


def draw_onsets(random: np.random.Generator, weapon: Calibre, seconds: float) -> list[float]:
    """Moments of a volley, at least one of them within the middle of the time, s."""
    kind = case(random, 0.5, 0.5 + (0.3 if weapon.rates else 0.1), 1.0)
    if kind == 0:
        gaps = np.zeros(0)
    elif kind == 1:
        period = 60 / evenly(random, *(weapon.rates or (300, 900)))
        gaps = period * (1 + 0.02 * random.standard_normal(random.integers(2, MOST_ROUNDS)))
    else:
        gaps = random.uniform(0.12, 0.9, random.integers(1, 7))
    onsets = np.concatenate([[0.0], np.cumsum(gaps)])
    return list(onsets - onsets[random.integers(len(onsets))] + random.uniform(0.25, 0.7) * seconds)
