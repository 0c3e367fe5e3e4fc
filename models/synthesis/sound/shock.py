"""The shock wave of a bullet that is faster than sound: when it arrives, how strong it is and how long.

Source: Whitham, "The flow pattern of a supersonic projectile" (1952), in the form of Maher (2007) and of Sadler and others
(1998). The bullet flies along the x axis from the muzzle; it slows down on its way, which is taken as its mean velocity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synthesis.sound.filters import Signal

SLOWS = 0.6
"""Metres a second that a bullet loses on each metre."""
LEAST_MACH = 1.02
FARTHEST_M = 120.0
"""Beyond, the ground and the wind have undone a shock wave."""


@dataclass(frozen=True)
class Shock:
    """What arrives at a listener.

    Attributes:
        seconds: after the shot.
        peak_pa: pascals.
        length_s: from the first jump to the second, seconds.
        x: metres along the line of fire where it left the bullet: the direction it comes from.
    """

    seconds: float
    peak_pa: float
    length_s: float
    x: float


def shock_at(along: float, beside: float, bullet_m_s: float, bullet_mm: tuple[float, float], sound_m_s: float) -> Shock | None:
    """The shock wave at a listener, or ``None`` where there is none: behind the cone, too far, or a bullet that is too slow.

    Args:
        along: metres from the muzzle along the line of fire.
        beside: metres from the line of fire.
        bullet_m_s: at the muzzle.
        bullet_mm: diameter and length.
        sound_m_s: speed of sound.
    """
    velocity = bullet_m_s - SLOWS * max(along, 0.0) / 2
    mach = velocity / sound_m_s
    if mach < LEAST_MACH or not 0 < beside < FARTHEST_M:
        return None
    tangent = 1 / np.sqrt(mach**2 - 1)
    x = along - beside * tangent
    if x <= 0:
        return None
    way = float(np.hypot(beside, beside * tangent))
    diameter, length = (size / 1000 for size in bullet_mm)
    peak = 0.53 * 101_325 * diameter * (mach**2 - 1) ** 0.125 / (beside**0.75 * length**0.25)
    lasts = 1.82 * diameter * mach * beside**0.25 / ((mach**2 - 1) ** 0.375 * length**0.25) / sound_m_s
    return Shock(x / velocity + way / sound_m_s, float(peak), float(lasts), float(x))


def n_wave(rate: int, length_s: float, rise_s: float, samples: int) -> Signal:
    """The shape of a shock wave, jumps of 1: up, straight down to -1, up; as averages over each sample.

    Args:
        rate: samples a second.
        length_s: from jump to jump.
        rise_s: of each jump.
        samples: of the result.
    """
    fine = 8
    time = np.arange(samples * fine) / (rate * fine)
    wave = np.where(time < length_s, 1 - 2 * time / length_s, 0.0)
    front = max(1, round(rise_s * rate * fine))
    wave = np.convolve(wave, np.full(front, 1 / front))[: samples * fine]
    result: Signal = wave.reshape(samples, fine).mean(axis=1)
    return result
