"""Sounds in their time."""

from __future__ import annotations

from models.synthesis.sound.filters import Signal


def add(whole: Signal, sound: Signal, moment: float, rate: int) -> None:
    """Mix a sound into a longer one from a moment (s) on; what stands out at either end is cut off."""
    start = round(moment * rate)
    part = sound[max(0, -start) :]
    room = len(whole) - max(0, start)
    if room > 0 and len(part):
        whole[max(0, start) : max(0, start) + len(part)] += part[:room]
