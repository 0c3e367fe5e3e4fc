"""What is struck, slams, bursts or hammers, and is no shot: the sounds that a box in a street hears every day.

Rule: a struck body rings in a few tones that die away (modes); what tells it from a shot is that ring, the rhythm of the hand
or the machine, and how near and dry it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.synthesis.chance import case, chance
from models.synthesis.sound.air import Air
from models.synthesis.sound.blast import friedlander
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.echoes import response
from models.synthesis.sound.filters import Signal, band, convolved
from models.synthesis.sound.mixing import add
from models.synthesis.sound.places import Place, draw_open, draw_room, draw_street
from models.synthesis.sound.shots import draw_air, draw_place


def draw_strikes(random: Random, rate: int, seconds: float) -> Signal:
    """One of the kinds, somewhere near: float64 (n,)."""
    kind = KINDS[random.integers(len(KINDS))]
    sound = kind(random, rate, seconds)
    if kind is bump:
        return sound
    air, metres = draw_air(random), evenly(random, 1, 12) if kind in NEAR else evenly(random, 4, 150)
    place = _place(random, metres, air) if kind is not thunder else draw_place(random, 600, (200, 3), air, room=False)
    answer = response(random, rate, place.seconds, place.echoes, place.dull_hz, place.rest)
    return convolved(sound, answer, len(sound), rate, air.gain(metres))


def door(random: Random, rate: int, seconds: float) -> Signal:
    """A door or a lid slams; its latch clicks before."""
    sound, moment = np.zeros(int(rate * seconds)), random.uniform(0.2, 0.7) * seconds
    samples = int(rate * 0.6)
    slam = ring(rate, samples, random, (40, 900), (0.02, 0.15), 10)
    thud = random.standard_normal(samples) * np.exp(-np.arange(samples) / (rate * evenly(random, 0.02, 0.12)))
    add(sound, slam + random.uniform(0.3, 2) * band(thud, rate, None, evenly(random, 300, 3000)), moment, rate)
    if chance(random, 0.5):
        latch = ring(rate, int(rate * 0.05), random, (1000, 6000), (0.002, 0.02), 5)
        add(sound, latch * random.uniform(0.1, 0.6), moment - random.uniform(0.02, 0.15), rate)
    return sound


def knocking(random: Random, rate: int, seconds: float) -> Signal:
    """Knuckles on wood."""
    return _blows(random, rate, seconds, (100, 1500), (0.003, 0.03), evenly(random, 1.2, 9))


def hammering(random: Random, rate: int, seconds: float) -> Signal:
    """Metal on metal or wood."""
    return _blows(random, rate, seconds, (300, 8000), (0.003, 0.15), evenly(random, 0.8, 6))


def falling(random: Random, rate: int, seconds: float) -> Signal:
    """Something drops and bounces, faster each time."""
    return _blows(random, rate, seconds, (200, 8000), (0.003, 0.1), evenly(random, 1.5, 6), faster=random.uniform(1.1, 1.6))


def clapping(random: Random, rate: int, seconds: float) -> Signal:
    """Hands, one pair or many."""
    sound, pairs = np.zeros(int(rate * seconds)), 1 if chance(random, 0.7) else int(random.integers(2, 20))
    for _ in range(pairs):
        gap, moment = 1 / evenly(random, 0.8, 7), random.uniform(0, 0.6) * seconds
        middle, samples = evenly(random, 700, 3000), int(rate * 0.08)
        while moment < seconds:
            clap = random.standard_normal(samples) * np.exp(-np.arange(samples) / (rate * evenly(random, 0.002, 0.012)))
            add(sound, band(clap, rate, 0.6 * middle, 1.8 * middle) * evenly(random, 0.4, 1), moment, rate)
            moment += gap * (1 + 0.1 * random.standard_normal()) + 0.02
    return sound


def clicking(random: Random, rate: int, seconds: float) -> Signal:
    """Keys, switches, heels, cutlery."""
    sound = np.zeros(int(rate * seconds))
    decays = (0.0005, 0.004) if chance(random, 0.5) else (0.0005, 0.03)
    for moment in random.uniform(0, seconds, random.integers(1, 25)):
        add(sound, ring(rate, int(rate * 0.06), random, (1500, 11_000), decays, 6) * evenly(random, 0.1, 1), moment, rate)
    return sound


def engine(random: Random, rate: int, seconds: float) -> Signal:
    """A motor, often with misfires out of its exhaust."""
    time, idle = np.arange(int(rate * seconds)) / rate, random.uniform(12, 70)
    speed = idle * (1 + random.uniform(-0.3, 0.6) * time / seconds + 0.02 * np.sin(2 * np.pi * random.uniform(1, 9) * time))
    phase, fall = 2 * np.pi * np.cumsum(speed) / rate, random.uniform(0.4, 1.2)
    sound = np.zeros(len(time))
    for harmonic in range(1, 20):
        sound += np.sin(harmonic * phase + random.uniform(0, 6.28)) / harmonic**fall
    sound += evenly(random, 0.05, 2) * band(random.standard_normal(len(time)), rate, None, evenly(random, 500, 3000))
    if chance(random, 0.7):
        for moment in random.uniform(0.2, 0.7) * seconds + np.cumsum(random.uniform(0, 0.5, random.integers(1, 5))):
            push = friedlander(rate, evenly(random, 0.003, 0.012), random.uniform(0.6, 1.5), 1e-3, int(rate * 0.1))
            push += 0.4 * ring(rate, len(push), random, (60, 500), (0.01, 0.05), 5)
            add(sound, push * np.abs(sound).max() * evenly(random, 1, 30), moment, rate)
    return sound


def machine(random: Random, rate: int, seconds: float) -> Signal:
    """A jackhammer, a drill, a nail gun in a row: blows that a motor drives."""
    sound, blow = np.zeros(int(rate * seconds)), ring(rate, int(rate * 0.1), random, (200, 6000), (0.003, 0.03), 8)
    period = 1 / (random.uniform(8, 35) if chance(random, 0.6) else random.uniform(40, 120))
    moment, stop = random.uniform(0, 0.05), seconds if chance(random, 0.6) else random.uniform(0.3, 1) * seconds
    while moment < stop:
        add(sound, blow * evenly(random, 0.7, 1), moment, rate)
        moment += period * (1 + 0.03 * random.standard_normal())
    sound += random.standard_normal(len(sound)) * np.abs(blow).max() * evenly(random, 0.01, 0.2)
    return sound


def drums(random: Random, rate: int, seconds: float) -> Signal:
    """A drum kit or a beat: skins that fall in pitch, snares, cymbals, in the measure of a piece."""
    sound, beat = np.zeros(int(rate * seconds)), 60 / random.uniform(70, 180) / random.integers(1, 5)
    samples = int(rate * 0.4)
    time, skin = np.arange(samples) / rate, evenly(random, 45, 220)
    tone = np.sin(2 * np.pi * np.cumsum(skin * (1 + random.uniform(0.5, 4) * np.exp(-time / 0.02))) / rate)
    noise = random.standard_normal(samples)
    kit = (
        tone * np.exp(-time / evenly(random, 0.04, 0.3)),
        (0.4 * tone + band(noise, rate, evenly(random, 500, 2000), None)) * np.exp(-time / evenly(random, 0.03, 0.2)),
        band(noise, rate, 4000, None) * np.exp(-time / evenly(random, 0.01, 0.3)),
    )
    moment = random.uniform(0, beat)
    while moment < seconds:
        if chance(random, 0.8):
            drum = kit[random.integers(3)]
            add(sound, drum / np.abs(drum).max() * evenly(random, 0.2, 1), moment, rate)
        moment += beat
    return sound


def thunder(random: Random, rate: int, seconds: float) -> Signal:
    """Parts of a bolt that arrive one after the other."""
    sound = np.zeros(int(rate * seconds))
    for moment in random.uniform(0, seconds, random.integers(10, 80)):
        push = friedlander(rate, evenly(random, 0.004, 0.04), 1.0, 3e-3, int(rate * 0.2))
        add(sound, push * evenly(random, 0.05, 1), moment, rate)
    return sound


def pop(random: Random, rate: int, seconds: float) -> Signal:
    """A balloon, a cork, a paper bag, a tyre."""
    sound = np.zeros(int(rate * seconds))
    for moment in random.uniform(0.2, 0.7) * seconds + np.cumsum(random.uniform(0, 0.8, random.integers(1, 3))):
        add(sound, friedlander(rate, evenly(random, 0.0001, 0.0015), 1.2, 3e-5, int(rate * 0.05)), moment, rate)
    return sound


def bump(random: Random, rate: int, seconds: float) -> Signal:
    """The microphone is touched, or a gust of wind hits it."""
    sound = np.zeros(int(rate * seconds))
    for moment in random.uniform(0, 0.8, random.integers(1, 5)) * seconds:
        samples = int(rate * evenly(random, 0.02, 0.6))
        thud = band(random.standard_normal(samples), rate, None, evenly(random, 60, 400), order=2)
        shape = np.hanning(samples) if chance(random, 0.5) else np.exp(-4 * np.arange(samples) / samples)
        add(sound, thud / np.abs(thud).max() * shape * evenly(random, 0.1, 1), moment, rate)
    return sound


def tone(random: Random, rate: int, seconds: float) -> Signal:
    """A horn, a siren, a bell, a chord: something that begins at once and goes on."""
    time, base = np.arange(int(rate * seconds)) / rate, evenly(random, 80, 1500)
    pitch = base * (1 + random.uniform(0, 0.02) * np.sin(2 * np.pi * random.uniform(3, 8) * time))
    if chance(random, 0.3):
        pitch *= 1 + 0.5 * np.abs((time * random.uniform(0.5, 4)) % 1 - 0.5)
    phase, fall, begins = 2 * np.pi * np.cumsum(pitch) / rate, random.uniform(0.4, 1.5), random.uniform(0, 0.5) * seconds
    sound = np.zeros(len(time))
    for harmonic in range(1, 10):
        sound += np.sin(harmonic * phase) / harmonic**fall
    return sound * (time > begins) * np.exp(-np.maximum(0.0, time - begins) / evenly(random, 0.1, 5))


Kind = Callable[[Random, int, float], Signal]
KINDS: tuple[Kind, ...] = (
    door, knocking, hammering, falling, clapping, clicking, engine, machine, drums, thunder, pop, bump, tone,
)  # fmt: skip
NEAR = frozenset({door, knocking, clapping, clicking, falling, pop})


def ring(  # noqa: PLR0913 - physics has them
    rate: int, samples: int, random: Random, hertz: tuple[float, float], decay_s: tuple[float, float], modes: int
) -> Signal:
    """A struck body: so many tones between two frequencies, each dying away in its own time."""
    time = np.arange(samples)[:, None] / rate
    pitch, decay = random.uniform(*hertz, modes), random.uniform(*decay_s, modes)
    tones = np.sin(2 * np.pi * pitch * time + random.uniform(0, 2 * np.pi, modes)) * np.exp(-time / decay)
    result: Signal = tones @ random.exponential(1, modes)
    return result


def _blows(  # noqa: PLR0913 - the body and the rhythm
    random: Random,
    rate: int,
    seconds: float,
    hertz: tuple[float, float],
    decay_s: tuple[float, float],
    a_second: float,
    faster: float = 1.0,
) -> Signal:
    sound, moment = np.zeros(int(rate * seconds)), random.uniform(0, 0.5) * seconds
    blow = ring(rate, int(rate * 0.4), random, hertz, decay_s, 8)
    blow[: rate // 500] += random.standard_normal(rate // 500) * random.uniform(0, 2)
    while moment < seconds:
        add(sound, blow * evenly(random, 0.5, 1), moment, rate)
        moment += max(0.02, 1 / a_second * (1 + 0.15 * random.standard_normal()))
        a_second *= faster
    return sound


def _place(random: Random, metres: float, air: Air) -> Place:
    kind, heights = case(random, 0.5, 0.8, 1.0), (random.uniform(0.5, 2), random.uniform(1.2, 6))
    if kind == 0:
        return draw_room(random, min(metres, 25), air.speed)
    return (draw_street, draw_open)[kind - 1](random, metres, heights, air.speed)
