"""What goes off: the push of a muzzle blast or of a charge, and the noise of its gases.

Sources: Friedlander (1946) for the push; Baker, "Explosions in Air" (1973), for how it widens on its way; the drop beside and
behind the muzzle from Maher and Routh, "Gunshot recordings from a circular array", 2014 (about 20 dB from front to rear).
"""

from __future__ import annotations

import numpy as np

from models.synthesis.sound.filters import Signal, band

WIDENS = 0.12
"""The push of a weak shock grows longer by this share with each e-fold of distance."""
REAR = 0.15
"""Of the pressure ahead of the muzzle, what is left behind it."""


def friedlander(rate: int, positive_s: float, decay: float, rise_s: float, samples: int) -> Signal:
    """The push of an explosion, its largest pressure about 1: ``(1 - t/T) exp(-b t/T)``.

    Args:
        rate: samples a second.
        positive_s: T, seconds of the first push.
        decay: b, 1 for a textbook's blast.
        rise_s: seconds of the front; 0 is a step.
        samples: of the result.
    """
    time = np.arange(samples) / (rate * positive_s)
    push = (1 - time) * np.exp(-decay * time)
    front = max(1, round(rise_s * rate))
    if front > 1:
        shape = np.hanning(front + 2)[1:-1]
        push = np.convolve(push, shape / shape.sum())[:samples]
    return push


def widened(positive_s: float, metres: float) -> float:
    """How long the push lasts at a distance, seconds."""
    return positive_s * (1 + WIDENS * float(np.log(max(metres, 1.0))))


def towards(radians: float) -> float:
    """Share of the pressure ahead of the muzzle that goes into a direction, by the angle from the line of fire."""
    return REAR + (1 - REAR) * float(np.power(0.5 + 0.5 * np.cos(radians), 0.7))


def gases(  # noqa: PLR0913 - physics has them
    random: np.random.Generator, rate: int, decay_s: float, low_hz: float, high_hz: float, samples: int
) -> Signal:
    """Noise of gases that come after the push: filtered, dying away, its largest magnitude 1."""
    noise = random.standard_normal(samples) * np.exp(-np.arange(samples) / (rate * decay_s))
    noise = band(noise, rate, low_hz, high_hz)
    result: Signal = noise / (np.abs(noise).max() + 1e-12)
    return result
