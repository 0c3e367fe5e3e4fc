"""Where something impulsive begins in a stream of sound: a cheap look at every sample, so that a model need not look at all.

The largest sample of each millisecond, without rumble, is held against two levels: the running background, and how loud it has
just been, which falls as a street's answer falls. A blast lasts 3 to 5 ms: its peak stands out where its energy over a window
does not.

Rules: what is found does not depend on how the stream was cut into blocks, because work is done in steps that are counted from
the stream's first sample; what is kept is bounded, and so is how much can be found in a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.rumble import finite, reach, without_rumble

CELL_S = 0.001
CELLS = 20
"""Of one step: 20 ms."""
OVER_BACKGROUND = 3.0
"""Times the usual peak of a millisecond, which is twice the deviation of noise: noise itself passes it once an hour or so."""
OVER_TAIL = 1.5
"""Times what is left of the last bang: reflections that overlap fluctuate by less."""
TAIL_S = 0.025
"""In which the memory of a bang falls to a third: less than between two rounds of the fastest weapon."""
BACKGROUND_S = 1.0
"""In which the background is learned."""
MOST_RISE = 2.0
"""Of a peak against the background, as far as the background believes it: bursts of seconds stay outside of it."""
REST_S = 0.012
"""After an onset, in which there is no other: at most 83 a second."""
LEAST = 3e-4
"""-70 dB of full scale: below is a microphone's own noise."""
FIRST_CELLS = 50
"""From which the background is first known."""


@dataclass(frozen=True)
class Onset:
    """Something begins.

    Attributes:
        index: of the first sample of its millisecond, from the stream's first.
        peak: largest magnitude in that millisecond, without rumble, of full scale; a front may not have reached its height.
        background: usual largest magnitude of a millisecond before.
    """

    index: int
    peak: float
    background: float


class Onsets:
    """Of one channel.

    Args:
        rate: samples a second, 8,000 to 192,000.

    Raises:
        ValueError: for another rate.
    """

    def __init__(self, rate: int) -> None:
        if not 8_000 <= rate <= 192_000:  # noqa: PLR2004 - see the docstring
            msg = f"onsets are found at 8,000 to 192,000 samples a second, not at {rate}"
            raise ValueError(msg)
        self._rate = rate
        self._cell = round(rate * CELL_S)
        self._reach = reach(rate)
        self._fall = math.exp(-CELL_S / TAIL_S)
        self._learn = CELL_S / BACKGROUND_S
        self.forget()

    def forget(self) -> None:
        """Begin anew: no sample is kept, the next one is the stream's first."""
        self._held = np.zeros(self._reach, np.float32)
        self._next = 0
        self._first: list[float] = []
        self._background = 0.0
        self._tail = self._before = 0.0
        self._quiet_from = 0

    @property
    def background(self) -> float:
        """Usual largest magnitude of a millisecond, of full scale; 0 until it is known."""
        return self._background

    def take(self, block: npt.ArrayLike) -> list[Onset]:
        """Take the stream's next samples.

        Args:
            block: (n,), any n; full scale is 1.

        Returns:
            Onsets that are known now, in order. Each is known 29 ms after it at the latest.
        """
        self._held = np.concatenate([self._held, finite(block).reshape(-1)])
        step = self._cell * CELLS
        found: list[Onset] = []
        begin = 0
        while len(self._held) - begin >= step + 2 * self._reach:
            found += self._step(self._held[begin : begin + step + 2 * self._reach])
            begin += step
        self._held = self._held[begin:].copy()
        return found

    def _step(self, sound: npt.NDArray[np.float32]) -> list[Onset]:
        peaks = np.abs(without_rumble(sound, self._rate)).reshape(CELLS, self._cell).max(axis=1)
        return [onset for peak in peaks.tolist() if (onset := self._one(peak)) is not None]

    def _one(self, peak: float) -> Onset | None:
        index = self._next
        self._next += self._cell
        if len(self._first) < FIRST_CELLS:
            self._first.append(peak)
            self._background = sorted(self._first)[len(self._first) // 2]
            return None
        background, before = self._background, self._before
        least = max(OVER_BACKGROUND * background, LEAST)
        self._background += self._learn * (min(peak, MOST_RISE * background + LEAST / 10) - background)
        # the tail is that of two milliseconds ago: a front that begins late in one reaches its height in the next
        self._before, self._tail = self._tail, max(peak, self._tail * self._fall)
        if index < self._quiet_from or peak < least or peak < OVER_TAIL * before:
            return None
        self._quiet_from = index + round(REST_S * self._rate)
        return Onset(index, peak, background)
