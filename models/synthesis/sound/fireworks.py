"""Fireworks: shells, rockets that whistle, strings of firecrackers, crackling, whole barrages."""

from __future__ import annotations

import numpy as np

from models.synthesis.chance import case, chance
from models.synthesis.sound.blast import friedlander, gases, widened
from models.synthesis.sound.draws import evenly
from models.synthesis.sound.echoes import response
from models.synthesis.sound.filters import Signal, convolved
from models.synthesis.sound.mixing import add
from models.synthesis.sound.shots import draw_air, draw_place

BANG_S = 0.15


def draw_fireworks(random: np.random.Generator, rate: int, seconds: float) -> Signal:
    """Fireworks somewhere, heard for this long: float64 (n,)."""
    metres, air = evenly(random, 10, 700), draw_air(random)
    sound = set_off(random, rate, seconds, metres)
    high = random.uniform(20, 150) if chance(random, 0.6) else 0.5
    place = draw_place(random, metres, (high, random.uniform(1.2, 8)), air, room=False)
    answer = response(random, rate, place.seconds, place.echoes, place.dull_hz, place.rest)
    return convolved(sound, answer, len(sound), rate, air.gain(metres))


def set_off(random: np.random.Generator, rate: int, seconds: float, metres: float) -> Signal:
    """Fireworks before air and echoes, their pushes as wide as they are at a distance: float64 (n,), a bang is about 1.

    One generator's state sets off the same at every distance.
    """
    sky = _Sky(random, rate, seconds, metres)
    (sky.shells, sky.rocket, sky.string, sky.crackling, sky.barrage)[case(random, 0.35, 0.55, 0.75, 0.85, 1.0)]()
    return sky.sound


class _Sky:
    def __init__(self, random: np.random.Generator, rate: int, seconds: float, metres: float) -> None:
        self.random, self.rate, self.seconds, self.metres = random, rate, seconds, metres
        self.sound = np.zeros(int(rate * seconds))

    def shells(self) -> None:
        middle = self.random.uniform(0.25, 0.6) * self.seconds
        for number in range(1 + self.random.poisson(1.2)):
            moment = middle + (0.0 if number == 0 else self.random.uniform(-0.8, 0.8))
            self._add(self._bang(), moment, evenly(self.random, 0.3, 1))
            if chance(self.random, 0.45):
                self._crackle(
                    moment + self.random.uniform(0.02, 0.4),
                    self.random.uniform(0.3, 1.2),
                    evenly(self.random, 20, 300),
                    evenly(self.random, 0.03, 0.5),
                )

    def rocket(self) -> None:
        moment, lasts = self.random.uniform(0.4, 0.7) * self.seconds, self.random.uniform(0.3, 1.2)
        self._whistle(moment - (lasts if chance(self.random, 0.8) else 0), lasts, evenly(self.random, 0.05, 0.8))
        self._add(self._bang(), moment + self.random.uniform(0, 0.1), 1.0)

    def string(self) -> None:
        rate, moment = evenly(self.random, 8, 70), self.random.uniform(0.05, 0.4) * self.seconds
        bangs = [self._bang(0.05) for _ in range(4)]
        while moment < self.seconds:
            self._add(bangs[self.random.integers(4)], moment, evenly(self.random, 0.15, 1))
            moment += self.random.exponential(1 / rate) + 0.004

    def crackling(self) -> None:
        self._crackle(0.0, self.seconds, evenly(self.random, 15, 400), 1.0)

    def barrage(self) -> None:
        for moment in self.random.uniform(0, self.seconds, self.random.integers(4, 16)):
            self._add(self._bang(), moment, evenly(self.random, 0.1, 1))
        if chance(self.random, 0.6):
            self._crackle(0.0, self.seconds, evenly(self.random, 10, 150), evenly(self.random, 0.03, 0.3))
        if chance(self.random, 0.3):
            self._whistle(self.random.uniform(0, 1), self.random.uniform(0.3, 1), evenly(self.random, 0.03, 0.4))

    def _bang(self, lasts_s: float = BANG_S) -> Signal:
        """A charge bursts: longer than a cartridge, and its front is not as steep."""
        random, samples = self.random, int(self.rate * lasts_s)
        positive = widened(evenly(random, 0.7, 9) / 1000, self.metres)
        front = min(2e-3, 4e-5 * (1 + self.metres / 8 * random.uniform(0.2, 2)))
        push = friedlander(self.rate, positive, random.uniform(0.7, 1.8), front, samples)
        noise = gases(random, self.rate, evenly(random, 0.004, 0.06), 100, evenly(random, 800, 8000), samples)
        return push + evenly(random, 0.02, 0.5) * noise

    def _crackle(self, moment: float, lasts_s: float, rate: float, strength: float) -> None:
        for one in moment + np.sort(self.random.uniform(0, lasts_s, self.random.poisson(rate * lasts_s))):
            samples = int(self.rate * evenly(self.random, 0.0015, 0.008))
            burst = self.random.standard_normal(samples) * np.exp(-5 * np.arange(samples) / samples)
            self._add(burst, one, strength * evenly(self.random, 0.1, 1))

    def _whistle(self, moment: float, lasts_s: float, strength: float) -> None:
        random, samples = self.random, int(self.rate * lasts_s)
        time = np.arange(samples) / self.rate
        begins = evenly(random, 900, 3500)
        pitch = np.linspace(begins, begins * evenly(random, 0.5, 2.2), samples)
        pitch += random.uniform(0, 40) * np.sin(2 * np.pi * random.uniform(5, 40) * time)
        phase = 2 * np.pi * np.cumsum(pitch) / self.rate
        tone = sum(random.uniform(0, share) * np.sin(k * phase) for k, share in ((2, 0.6), (3, 0.4)))
        tone = tone + np.sin(phase) + random.uniform(0, 0.4) * random.standard_normal(samples)
        self._add(tone * np.hanning(samples) ** 0.3, moment, strength)

    def _add(self, sound: Signal, moment: float, strength: float) -> None:
        add(self.sound, sound * strength, moment, self.rate)
