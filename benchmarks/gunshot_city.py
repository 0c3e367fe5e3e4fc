"""A shot rendered as one box somewhere in a city hears it, from the muzzle to the samples.

Rules:

- Pressures are pascals all the way: who is far, behind a corner, behind the muzzle or in much noise hears little or nothing.
- Streets answer at both ends: mirror images of the houses about the shot and about the box, the ground between them, and a
  rest that cannot be told apart. Around a corner a sound is damped (Maekawa, "Noise reduction by screens", Applied Acoustics
  1, 1968; at most 25 dB, as in ISO 9613-2:1996, 7.4), and what is reflected into the street less so.
- A sound is rendered about the moment at which it arrives, at 96 kHz, and brought down by a filter that moves nothing; when
  that moment is, geometry and wind say elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.gunshot_street import FINE, noise, rumble
from models.synthesis.sound.air import Air as StillAir
from models.synthesis.sound.blast import friedlander, gases, towards, widened
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.echoes import Echo, Rest, response
from models.synthesis.sound.filters import Signal, band_gain, fast_length, minimum_phase
from models.synthesis.sound.weapons import CALIBRES
from simulator.worlds.gunshots import Air

RATE: Final = 16_000
BEFORE_S, WITHIN_S, AFTER_S = 0.36, 0.02, 0.64
"""Of sound before an arrival, until the background is known; within which it is; and after it, until a box has decided."""
_TIMES = FINE // RATE
_BLAST_S, _ANSWERS_S = 0.1, 0.5
_PASCAL = 2e-5
_BACKGROUND_DB = (50.0, 75.0)
"""A side street by night, a main street by day."""
_DENSITY = 1.2
"""Of air, kilograms a cubic metre."""
_GUSTS = 0.01
"""Share of the wind's dynamic pressure, twice, that a small screen leaves below 60 Hz: 0.3 Pa at 5 m/s."""
_FULL_SCALE_DB = (114.0, 132.0)
"""Peak pressure at which microphones are at their end."""
_DAMPED_DB = 25.0
_BOUNCES = 6
_FAINT = 0.01
_FAR_HOUSES = 0.4
"""Share of places with a tall house far off."""


@dataclass(frozen=True)
class Gun:
    """What is the same of a shot for all boxes.

    Attributes:
        air: of the moment; ``humidity`` relative, percent.
        peak_pa: of the blast 1 m ahead of the muzzle; ``positive_s`` and ``decay`` of its push.
        gases: their share of the push, seconds that they last, Hz from and to.
        muzzle_m: above the ground.
        aim: radians clockwise from north, of the line of fire; ``street`` the same of the city's streets.
    """

    air: Air
    humidity: float
    peak_pa: float
    positive_s: float
    decay: float
    gases: tuple[float, float, float, float]
    muzzle_m: float
    aim: float
    street: float


@dataclass(frozen=True)
class Way:
    """From a shot to a box.

    Attributes:
        metres: on the direct way.
        turn: radians clockwise from north.
        above: metres of the box above the muzzle.
        detour: metres more that the way around a corner is long; 0 on the direct way.
    """

    metres: float
    turn: float
    above: float
    detour: float


@dataclass(frozen=True)
class Sound:
    """What a box has.

    Attributes:
        samples: float32 (n,) at :data:`RATE`, full scale 1.
        arrival_s: of the blast, from the first sample.
        ratio_db: largest pressure of the shot over the standard deviation of the noise.
    """

    samples: npt.NDArray[np.float32]
    arrival_s: float
    ratio_db: float


def draw_gun(random: Random, air: Air) -> Gun:
    """A weapon and where it is fired."""
    weights = np.array([one.weight for one in CALIBRES])
    weapon = CALIBRES[int(random.choice(len(CALIBRES), p=weights / weights.sum()))]
    return Gun(
        air=air,
        humidity=random.uniform(30, 90),
        peak_pa=evenly(random, *weapon.peak_pa),
        positive_s=evenly(random, *weapon.positive_ms) / 1000,
        decay=random.uniform(0.8, 2.2),
        gases=(random.uniform(0.02, 0.5), evenly(random, 0.002, 0.02), evenly(random, 120, 800), evenly(random, 2e3, 12e3)),
        muzzle_m=random.uniform(1.0, 1.8),
        aim=random.uniform(0, 2 * math.pi),
        street=random.uniform(0, math.pi / 2),
    )


def render(random: Random, gun: Gun, way: Way) -> Sound:
    """One box.

    Args:
        random: draws what differs from box to box: its street, its noise, its microphone.
        gun: that is fired once.
        way: to the box.
    """
    arrival = round((BEFORE_S + random.uniform(0, WITHIN_S)) * FINE)
    first, part = divmod(arrival, _TIMES)
    clean = _pressure(random, gun, way, part)
    samples = round((BEFORE_S + WITHIN_S + AFTER_S) * RATE)
    behind = noise(random, samples) * _PASCAL * 10 ** (random.uniform(*_BACKGROUND_DB) / 20)
    gusts = rumble(random, samples, RATE)
    behind += gusts / gusts.std() * _GUSTS * _DENSITY * (gun.air.east**2 + gun.air.north**2)
    ratio = 20 * math.log10(float(np.abs(clean).max() / behind.std()))
    behind[first : first + len(clean)] += clean[: samples - first]
    full = _PASCAL * 10 ** (random.uniform(*_FULL_SCALE_DB) / 20)
    steps = np.round(np.clip(behind / full, -1, 1) * 32767)
    return Sound((steps / 32768).astype(np.float32), arrival / FINE, ratio)


def _pressure(random: Random, gun: Gun, way: Way, late: int) -> Signal:
    """What arrives, pascals at :data:`RATE` from the arrival on; ``late`` by so many samples at 96 kHz."""
    blast, answer = _blast(random, gun, way), _answer(random, gun, way)
    length = fast_length(late + len(blast) + len(answer))
    while length % (2 * _TIMES):
        length = fast_length(length + 2)
    hertz = np.fft.rfftfreq(length, 1 / FINE).astype(np.float64)
    gain = StillAir(gun.air.celsius, gun.humidity).gain(way.metres + way.detour)(hertz)
    gain = gain * band_gain(hertz, evenly(random, 15, 80), evenly(random, 6_000, 20_000))  # of the microphone
    if way.detour:
        gain = gain * around_corner(hertz, way.detour, gun.air.speed)
    spectrum = np.fft.rfft(np.concatenate([np.zeros(late), blast]), length) * np.fft.rfft(answer, length)
    spectrum *= minimum_phase(gain, length)
    gentle = np.clip((RATE / 2 - hertz) / (0.1 * RATE), 0, 1)  # from 0.8 of half the rate down to nothing
    spectrum *= np.square(np.sin(gentle * np.pi / 2))
    pressure: Signal = np.fft.irfft(spectrum[: length // _TIMES // 2 + 1], length // _TIMES) / _TIMES
    return pressure


def around_corner(hertz: Signal, detour: float, speed: float) -> Signal:
    """What is left of each frequency around a corner that makes the way so many metres longer: factors."""
    damped = np.minimum(10 * np.log10(3 + 40 * detour * hertz / speed), _DAMPED_DB)
    factors: Signal = 10 ** (-damped / 20)
    return factors


def _blast(random: Random, gun: Gun, way: Way) -> Signal:
    """At the box in free space, pascals at 96 kHz; air has rounded its front and swallowed nothing yet."""
    size, room = gun.peak_pa * towards(way.turn - gun.aim) / max(way.metres + way.detour, 1.0), round(_BLAST_S * FINE)
    rise = 2e-5 * (1 + way.metres / 10 * random.uniform(0.1, 1.0))
    share, lasts, low, high = gun.gases
    push = friedlander(FINE, widened(gun.positive_s, way.metres), gun.decay, rise, room)
    blast: Signal = size * (push + share * gases(random, FINE, lasts, low, high, room))
    return blast


def _answer(random: Random, gun: Gun, way: Way) -> Signal:
    """Impulse response of both ends and what lies between, at 96 kHz."""
    speed, direct = gun.air.speed, Echo(0.0, 1.0, 0)
    behind = evenly(random, 1, 4) if way.detour else 1.0
    longer = 2 * gun.muzzle_m * (gun.muzzle_m + way.above) / way.metres
    ground = [Echo(longer / speed, random.uniform(0.2, 0.9), 1)]
    sines = [abs(math.sin(way.turn - gun.street - across)) for across in (0.0, random.choice((0.0, math.pi / 2)))]
    ends = [ground, *(list(_houses(random, way.metres, sine, speed)) for sine in sines)]
    echoes = [Echo(0.0, behind, 0)]
    for end in ends:
        pairs = [Echo(a.later_s + b.later_s, a.gain * b.gain, a.bounces + b.bounces) for a in echoes for b in (direct, *end)]
        echoes = [echo for echo in pairs if abs(echo.gain) > _FAINT]
    echoes = [echo for echo in echoes if echo.bounces]  # the direct sound is the response's own
    if random.random() < _FAR_HOUSES:
        echoes.append(Echo(evenly(random, 0.1, _ANSWERS_S), behind * evenly(random, 0.05, 0.5), 2))
    rest = Rest(
        level_db=random.uniform(-7, 6) + 20 * math.log10(behind),
        begins_s=random.uniform(0.005, 0.04),
        grows_s=random.uniform(0.003, 0.05),
        lasts_s=random.uniform(0.5, 2.0),
        highs=random.uniform(0.3, 0.9),
        ragged=random.uniform(0, 0.6),
    )
    return response(random, FINE, _ANSWERS_S, echoes, evenly(random, 1_500, 12_000), rest)


def _houses(random: Random, metres: float, sine: float, speed: float) -> Iterator[Echo]:
    """Reflections of a street that a ray meets at an angle of this sine.

    They come from the houses that the ray goes towards and, where it runs along the street, from those on the other side.
    """
    width, walls = random.uniform(8, 40), random.uniform(0.5, 0.9)
    aside = random.uniform(0.15, 0.85) * width
    for side, wall in ((1, aside), (-1, width - aside)):
        if side < 0 and metres * sine > width:
            continue
        for bounces in range(1, _BOUNCES + 1):
            image = (bounces - bounces % 2) * width + 2 * wall * (bounces % 2)
            longer = math.sqrt(metres**2 + image**2 + 2 * side * metres * image * sine) - metres
            if longer > 0:
                yield Echo(longer / speed, walls**bounces * metres / (metres + longer), bounces)
