"""One sound as it is heard at several places of a city at once: shots, fireworks, and what is struck or bursts.

Rules:

- The source is drawn once and is the same for whoever hears it; way, reflections, shielding, background and microphone are
  drawn for each place. So what boxes say of one sound is as alike as sound makes it.
- Everything is in pascals until the microphone, and what is to be heard at a distance follows from that.

Levels, each drawn evenly in the logarithm: shots as in :mod:`models.synthesis.sound.weapons`; fireworks 30 to 3,000 Pa at 1 m
(the European limit for what the public may buy, Directive 2013/29/EU annex I, is 120 dB at 15 m, some 300 Pa at 1 m; half as
much in the logarithm goes to either side of it); blows 0.6 to 20 Pa at 1 m (90 to 120 dB, from a door to a hammer on steel).
Assumed: background 48 to 68 dB without weighting (a street by night, and one with a crowd); houses take up to 20 dB (the most
that ISO 9613-2 lets one edge take) of what comes from far along the ground.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bundle.yamnet import RATE_HZ
from models.synthesis.chance import chance
from models.synthesis.sound.air import Air
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.echoes import response
from models.synthesis.sound.filters import Signal, convolved
from models.synthesis.sound.fireworks import set_off
from models.synthesis.sound.mixing import add
from models.synthesis.sound.places import Place
from models.synthesis.sound.shots import draw_air, draw_onsets, draw_place, draw_weapon, one_round
from models.synthesis.sound.strikes import KINDS, bump, thunder
from models.synthesis.sound.window import noise

BEFORE_S, SCENE_S, AFTER_S = 1.2, 2.4, 0.8
"""Of background before the sound, of the sound, and of its end."""
_PASCALS = 2e-5
_FIREWORKS_PA, _BLOWS_PA = (30.0, 3000.0), (0.6, 20.0)
_BACKGROUND_DB, _OWN_DB = (48.0, 68.0), 32.0
_FULL_SCALE_DB = (120.0, 130.0)
"""Peak, of small microphones on boards."""
_SHIELD_DB, _SHIELD_M = 20.0, 150.0
_FALLS = (1.0, 1.15)
"""Exponent of distance with which a blast's pressure falls."""
_BLOWS = tuple(kind for kind in KINDS if kind not in {bump, thunder})
"""What several boxes can hear: a touched microphone none but itself, thunder the whole city."""


class What(str, enum.Enum):
    """What is heard."""

    SHOT = "shot"
    FIREWORK = "firework"
    BLOW = "blow"


METRES: dict[What, tuple[float, ...]] = {
    What.SHOT: (15.0, 40.0, 80.0, 130.0, 190.0, 260.0, 340.0, 430.0, 540.0, 700.0),
    What.FIREWORK: (15.0, 40.0, 80.0, 130.0, 190.0, 260.0, 340.0, 430.0, 540.0, 700.0),
    What.BLOW: (5.0, 12.0, 25.0, 50.0, 100.0, 200.0),
}
"""At which each is rendered."""


@dataclass(frozen=True)
class Source:
    """A sound before it goes anywhere.

    Attributes:
        what: it is.
        seed: of everything that is the same for whoever hears it.
    """

    what: What
    seed: tuple[int, ...]

    def heard(self, way: Random, metres: float) -> npt.NDArray[np.float32]:
        """What a microphone at a distance makes of it.

        Args:
            way: draws what differs from place to place.
            metres: from the source.

        Returns:
            float32 (n,) at 16 kHz, full scale 1, with 1.2 s of background before the direct sound of its first moment.
        """
        same = np.random.default_rng(self.seed)
        match self.what:
            case What.SHOT:
                sound = self._shots(same, way, metres)
            case What.FIREWORK:
                sound = self._fireworks(same, way, metres)
            case What.BLOW:
                sound = self._blow(same, way, metres)
        background = _PASCALS * 10 ** (way.uniform(*_BACKGROUND_DB) / 20)
        whole = noise(way, len(sound) + round(BEFORE_S * RATE_HZ)) * background
        whole[-len(sound) :] += sound
        whole += way.standard_normal(len(whole)) * _PASCALS * 10 ** (_OWN_DB / 20)
        full = _PASCALS * 10 ** (way.uniform(*_FULL_SCALE_DB) / 20)
        return np.clip(whole / full, -1.0, 1.0).astype(np.float32)

    def _shots(self, same: Random, way: Random, metres: float) -> Signal:
        weapon, air = draw_weapon(same), draw_air(same)
        onsets = draw_onsets(same, weapon, SCENE_S)
        gains = 10 ** (same.normal(0, 1.0, len(onsets)) / 20)
        aim, seen_from = same.uniform(0, 2 * math.pi), way.uniform(0, 2 * math.pi)
        angle = abs((aim - seen_from + math.pi) % (2 * math.pi) - math.pi)
        place = draw_place(way, metres, (1.5, way.uniform(3, 6)), air, room=False)
        one, lead = one_round(same, way, RATE_HZ, weapon, (metres, angle), place, air)
        sound = _empty()
        for onset, gain in zip(onsets, gains, strict=True):
            if 0 <= onset - onsets[0] < SCENE_S:
                add(sound, one * gain, onset - onsets[0] - lead, RATE_HZ)
        return sound * _shielded(way, metres)

    def _fireworks(self, same: Random, way: Random, metres: float) -> Signal:
        pascals, air, high = evenly(same, *_FIREWORKS_PA), draw_air(same), chance(same, 0.6)
        above = same.uniform(20, 150) if high else 0.5
        straight = math.hypot(metres, above)
        sound = np.concatenate([set_off(same, RATE_HZ, SCENE_S, straight), np.zeros(round(AFTER_S * RATE_HZ))])
        place = draw_place(way, metres, (above, way.uniform(3, 6)), air, room=False)
        falls = max(straight, 1.0) ** same.uniform(*_FALLS)
        return _through(way, sound * pascals / falls, place, straight, air) * (1.0 if high else _shielded(way, metres))

    def _blow(self, same: Random, way: Random, metres: float) -> Signal:
        pascals, air = evenly(same, *_BLOWS_PA), draw_air(same)
        sound = _BLOWS[same.integers(len(_BLOWS))](same, RATE_HZ, SCENE_S)
        sound = np.concatenate([sound, np.zeros(round(AFTER_S * RATE_HZ))]) * pascals / (np.abs(sound).max() + 1e-12)
        place = draw_place(way, metres, (same.uniform(0.5, 2), way.uniform(3, 6)), air, room=False)
        return _through(way, sound / max(metres, 1.0), place, metres, air) * _shielded(way, metres)


def _empty() -> Signal:
    return np.zeros(round((SCENE_S + AFTER_S) * RATE_HZ))


def _through(way: Random, sound: Signal, place: Place, metres: float, air: Air) -> Signal:
    answer = response(way, RATE_HZ, place.seconds, place.echoes, place.dull_hz, place.rest)
    return convolved(sound, answer, len(sound), RATE_HZ, air.gain(metres))


def _shielded(way: Random, metres: float) -> float:
    """What houses leave of a sound that comes along the ground."""
    return float(10 ** (-way.uniform(0, _SHIELD_DB) * (1 - math.exp(-metres / _SHIELD_M)) / 20))
