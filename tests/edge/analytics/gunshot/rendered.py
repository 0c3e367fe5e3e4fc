"""Rendered shots for tests, small: a street, one draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.gunshot_street import Bullet, Rendered, Street, draw_street, render

ARRAY = ((-0.1, -0.1, 0.0), (0.1, -0.1, 0.0), (0.1, 0.1, 0.0), (-0.1, 0.1, 0.0))
"""To the right, ahead, up: a square of 0.2 m."""


def street(seed: int, metres: float = 60.0) -> Street:
    return draw_street(np.random.default_rng(seed), metres)


def shot(seed: int, rate: int = 16_000, metres: float = 60.0, snr_db: float = 25.0, bullet: Bullet | None = None) -> Rendered:
    random = np.random.default_rng(seed)
    return render(random, draw_street(random, metres), rate, snr_db=snr_db, bullet=bullet, after_s=0.05)


def burst(seed: int, rounds: int, rpm: float, rate: int = 16_000, metres: float = 60.0, after_s: float = 0.2) -> Rendered:
    random = np.random.default_rng(seed)
    moments = np.arange(rounds) * 60 / rpm
    return render(random, draw_street(random, metres), rate, moments, 25.0, after_s=after_s)


def at_array(seed: int, heading: float, metres: float = 60.0, snr_db: float = 20.0, rate: int = 16_000) -> Rendered:
    """A shot at the square array that looks ``heading`` degrees clockwise from the street's direction."""
    random = np.random.default_rng(seed)
    turn = np.radians(heading)
    offsets = [
        (ahead * np.cos(turn) - right * np.sin(turn), -ahead * np.sin(turn) - right * np.cos(turn), up)
        for right, ahead, up in ARRAY
    ]
    return render(random, draw_street(random, metres), rate, snr_db=snr_db, offsets=offsets, after_s=0.1)


def overloading(seed: int, rounds: int, over_db: float, metres: float = 5.0, after_s: float = 2.2) -> Rendered:
    """Shots beside the microphone: so many decibels over full scale, and cut off there; 45 dB over the street is full scale."""
    random = np.random.default_rng(seed)
    moments = [0.1 * shot for shot in range(rounds)]
    found = render(random, draw_street(random, metres), 16_000, moments, 45.0 + over_db, after_s=after_s)
    loud = found.sound / np.abs(found.sound).max() * 10 ** (over_db / 20)
    return replace(found, sound=np.clip(loud, -1.0, 1.0).astype(np.float32))
