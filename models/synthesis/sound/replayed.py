"""Recorded sounds somewhere else: faster or slower, farther off, in another place, several after one another."""

from __future__ import annotations

import numpy as np

from models.synthesis.chance import chance
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.echoes import response
from models.synthesis.sound.filters import Signal, convolved
from models.synthesis.sound.mixing import add
from models.synthesis.sound.recordings import decoded, draw_recording
from models.synthesis.sound.shots import draw_air, draw_place


def draw_recorded(random: Random, rate: int, seconds: float) -> Signal:
    """One recording, or the same one several times, somewhere: float64 (n,)."""
    sound = np.zeros(int(rate * seconds))
    played = _played(random, rate, seconds)
    moment = random.uniform(0, 0.5) * seconds if len(played) < len(sound) else 0.0
    times = random.integers(2, 8) if chance(random, 0.25) else 1
    gap = evenly(random, 0.08, 1)
    for number in range(times):
        add(
            sound,
            played * 10 ** (random.normal(0, 1) / 20),
            moment + number * gap * (1 + 0.03 * random.standard_normal()),
            rate,
        )
    if chance(random, 0.5):
        return sound
    air, metres = draw_air(random), evenly(random, 2, 300)
    place = draw_place(random, metres, (1.5, random.uniform(1.2, 6)), air, room=metres < 25 and chance(random, 0.6))  # noqa: PLR2004
    answer = response(random, rate, place.seconds, place.echoes, place.dull_hz, place.rest)
    return convolved(sound, answer, len(sound), rate, air.gain(metres))


def _played(random: Random, rate: int, seconds: float) -> Signal:
    """A recording, or a part of a long one, at another speed: float64, its largest magnitude 1."""
    recorded = np.zeros(0)
    while len(recorded) < 2 or not np.abs(recorded).max():  # noqa: PLR2004 - nothing to play
        recorded = decoded(draw_recording(random), rate).astype(np.float64)
    speed = evenly(random, 0.7, 1.4)
    wanted = int(rate * seconds * speed)
    if len(recorded) > wanted:
        start = random.integers(len(recorded) - wanted + 1)
        recorded = recorded[start : start + wanted] if np.abs(recorded[start : start + wanted]).max() else recorded[:wanted]
    places = np.arange(0, len(recorded) - 1, speed)
    heard = np.interp(places, np.arange(len(recorded)), recorded)
    result: Signal = heard / (np.abs(heard).max(initial=0.0) + 1e-9)
    return result
