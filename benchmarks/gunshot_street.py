"""Shots rendered in a street with their truth: when each blast arrives at each microphone, and from where.

Rules: everything is made at 96 kHz, where a moment is exact to 10 microseconds, and brought down to the rate of a box by a
filter that moves nothing; walls, air and rest come from :mod:`models.synthesis.sound`; gases are drawn for each round anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.synthesis.sound.air import Air
from models.synthesis.sound.blast import friedlander, gases, widened
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.echoes import Echo, Rest, response
from models.synthesis.sound.filters import Signal, fast_length
from models.synthesis.sound.places import Point, distance, street_echoes
from models.synthesis.sound.shock import n_wave

FINE = 96_000
BEFORE_S = 0.4
"""Of background before the first blast."""
Mono = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Street:
    """A street and who stands in it.

    Attributes:
        source: of the sound, m: x along the street, y across, z up.
        listener: the same, of the middle of the microphones.
        width: of the street, m.
        walls: share of the pressure that houses give back.
        ground: the same of the ground.
        far: late reflections.
        rest: what cannot be told apart.
        dull_hz: from where up a bounce takes highs.
        behind: how much stronger reflections are than the direct sound's way round a corner lets them be.
    """

    source: Point
    listener: Point
    width: float
    walls: float
    ground: float
    far: tuple[Echo, ...]
    rest: Rest | None
    dull_hz: float
    behind: float = 1.0

    @property
    def metres(self) -> float:
        """From source to listener."""
        return distance(self.source, self.listener)


@dataclass(frozen=True)
class Rendered:
    """A sound as a box has it.

    Attributes:
        sound: float32 (channels, n), full scale 1.
        rate: samples a second.
        onsets: seconds at which the blasts arrive in the first channel.
        azimuth_deg: of the source seen from the listener, clockwise from the street's direction (x is ahead, -y to the right).
        elevation_deg: the same, above the horizon.
    """

    sound: Mono
    rate: int
    onsets: tuple[float, ...]
    azimuth_deg: float
    elevation_deg: float


@dataclass(frozen=True)
class Bullet:
    """A shock wave before each blast.

    Attributes:
        lead_s: before the blast.
        length_s: from jump to jump.
        gain: against the blast's peak.
    """

    lead_s: float
    length_s: float
    gain: float


def draw_street(random: Random, metres: float) -> Street:
    """A street as cities have them, with a source so far away (along it)."""
    width = random.uniform(8, 40)
    source = (0.0, random.uniform(0.15, 0.85) * width, random.uniform(1.0, 1.8))
    listener = (metres, random.uniform(0.1, 0.9) * width, random.uniform(3, 6))
    far = [
        Echo(evenly(random, 0.1, 1.0), evenly(random, 0.05, 0.5) * random.choice((-1, 1)), 2)
        for _ in range(int(random.random() < 0.4))
    ]
    rest = Rest(
        level_db=random.uniform(-7, 6),
        begins_s=random.uniform(0.005, 0.04),
        grows_s=random.uniform(0.003, 0.05),
        lasts_s=random.uniform(0.5, 2.0),
        highs=random.uniform(0.3, 0.9),
        ragged=random.uniform(0, 0.6),
    )
    behind = evenly(random, 1, 2) if metres > 80 and random.random() < 0.3 else 1.0
    walls, ground, dull = random.uniform(0.5, 0.9), random.uniform(0.2, 0.9), evenly(random, 1_500, 12_000)
    return Street(source, listener, width, walls, ground, tuple(far), rest, dull, behind)


def draw_burst(random: Random, rounds: int) -> Signal:
    """Moments of rounds, seconds from the first: by themselves at 300 to 1,200 a minute."""
    period = 60 / evenly(random, 300, 1200)
    return np.concatenate([[0.0], np.cumsum(period * (1 + 0.02 * random.standard_normal(rounds - 1)))])


def render(  # noqa: PLR0913 - a scene has as many sides
    random: Random,
    street: Street,
    rate: int,
    moments: Sequence[float] | Signal = (0.0,),
    snr_db: float = 20.0,
    offsets: Sequence[Point] = ((0.0, 0.0, 0.0),),
    bullet: Bullet | None = None,
    after_s: float = 0.6,
    level: float = 0.3,
    wind: float = 0.0,
) -> Rendered:
    """Rounds in a street, in front of its noise.

    Args:
        random: draws the weapon, the air and the noise.
        street: where.
        rate: samples a second of the box, a divisor of 96,000.
        moments: of the rounds, seconds from the first.
        snr_db: first blast over the sound before it, both RMS of 20 ms.
        offsets: of the microphones from the listener, m, in the street's coordinates.
        bullet: a shock wave before each blast.
        after_s: of sound after the last round.
        level: largest sample.
        wind: largest pressure of rumble below 60 Hz, of full scale.
    """
    air = Air(random.uniform(-5, 32), random.uniform(30, 90))
    samples = int(FINE * (BEFORE_S + float(moments[-1]) + after_s))
    starts = [round((BEFORE_S + float(moment)) * FINE) for moment in moments]
    dry = air.carry(_rounds(random, street.metres, starts, samples, bullet), street.metres, FINE)
    length = fast_length(samples + FINE)
    spectrum, hertz = np.fft.rfft(dry, length), np.fft.rfftfreq(length, 1 / FINE)
    gentle = np.clip((rate / 2 - hertz) / (0.1 * rate), 0, 1)  # from 0.8 of half the rate down to nothing
    spectrum *= np.square(np.sin(gentle * np.pi / 2))
    channels, ways = [], [distance(street.source, _moved(street.listener, offset)) for offset in offsets]
    for offset, way in zip(offsets, ways, strict=True):
        answer = _answer(random, street, _moved(street.listener, offset), air.speed)
        delay = np.exp(-2j * np.pi * hertz * (way - ways[0]) / air.speed)
        whole = np.fft.irfft(spectrum * np.fft.rfft(answer, length) * delay, length)[:samples]
        channels.append(whole[:: FINE // rate])
    clean = np.stack(channels)
    first = round(starts[0] / FINE * rate)
    power = float(np.square(clean[0, first : first + rate // 50]).mean())
    behind = np.stack([noise(random, clean.shape[1]) for _ in offsets]) * np.sqrt(power) * 10 ** (-snr_db / 20)
    sound = clean + behind
    sound *= level / np.abs(sound).max()
    if wind:
        gusts = rumble(random, clean.shape[1], rate)
        sound += wind * gusts / np.abs(gusts).max()
    east, north = street.source[0] - street.listener[0], street.source[1] - street.listener[1]
    up = street.source[2] - street.listener[2]
    return Rendered(
        sound.astype(np.float32),
        rate,
        tuple(start / FINE for start in starts),
        float(np.degrees(np.arctan2(-north, east)) % 360),
        float(np.degrees(np.arctan2(up, np.hypot(east, north)))),
    )


def _rounds(random: Random, metres: float, starts: list[int], samples: int, bullet: Bullet | None) -> Signal:
    positive = widened(evenly(random, 0.4e-3, 2.5e-3), metres)
    decay, rise, share = (
        random.uniform(0.8, 2.2),
        2e-5 * (1 + metres / 10 * random.uniform(0.1, 1.0)),
        random.uniform(0.02, 0.5),
    )
    lasts, low, high = evenly(random, 0.002, 0.02), evenly(random, 120, 800), evenly(random, 2000, 12_000)
    room = int(0.1 * FINE)
    whole = np.zeros(samples + room)
    for start in starts:
        push = friedlander(FINE, positive * random.normal(1, 0.03), decay, rise, room)
        loud = 10 ** (random.normal(0, 1.0) / 20)
        whole[start : start + room] += loud * (push + share * gases(random, FINE, lasts, low, high, room))
        if bullet is not None:
            wave = bullet.gain * n_wave(FINE, bullet.length_s, 3e-5, int(0.002 * FINE))
            at = start - round(bullet.lead_s * FINE)
            whole[at : at + len(wave)] += wave
    return whole[:samples]


def _answer(random: Random, street: Street, listener: Point, speed: float) -> Signal:
    echoes = list(street_echoes(street.source, listener, street.width, street.walls, street.ground, speed))
    echoes = [Echo(e.later_s, e.gain * street.behind, e.bounces) for e in (*echoes, *street.far)]
    return response(random, FINE, 1.0, echoes, street.dull_hz, street.rest)


def _moved(point: Point, offset: Point) -> Point:
    return point[0] + offset[0], point[1] + offset[1], point[2] + offset[2]


def noise(random: Random, samples: int) -> Signal:
    """Noise that falls by 0 to 5 dB an octave; its RMS is 1."""
    slope = np.maximum(np.fft.rfftfreq(samples), 5e-3) ** random.uniform(0, 0.8)
    sound: Signal = np.fft.irfft(np.fft.rfft(random.standard_normal(samples)) / slope, samples)
    sound /= sound.std()
    return sound


def rumble(random: Random, samples: int, rate: int) -> Signal:
    """What wind does to a microphone, below 60 Hz; of any size."""
    hertz = np.fft.rfftfreq(samples, 1 / rate)
    sound: Signal = np.fft.irfft(np.fft.rfft(random.standard_normal(samples)) * (hertz < 60) / np.maximum(hertz, 4), samples)
    return sound
