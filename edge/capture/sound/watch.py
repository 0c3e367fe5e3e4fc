"""A microphone that gives nothing, or nothing but full scale, is deaf, however alive it looks.

Rules:

- A real converter has noise: a channel whose samples are the same to the last bit for a second is not connected
  (:attr:`dead_s`). One with noise and nothing else, below any street at night, is covered or broken: that takes minutes to
  know (:attr:`quiet_s`).
- No blast is at full scale for a hundredth of a second: a second of which a hundredth is, is clipped, and three of them are a
  fault (gain too high, wind, a broken capsule). It is taken back after a while without.
- Time is counted in sound. Verdicts are withdrawn when they no longer hold. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.capture.sound.faults import SoundFault, SoundFaultCode
from edge.capture.sound.port import Floats

LOWEST_DB = -120.0
"""Level that is told of silence: below one step of 16 bits, and of any microphone's noise."""
_QUIET = 1e-4
"""Largest sample, -80 dB of full scale: the noise of a MEMS microphone alone peaks at -76."""
_FULL = 0.999
"""Of full scale: the largest value of 16 bits is .99997 of it, and a driver may round."""
_SHARE = 0.01


@dataclass(frozen=True)
class WatchPolicy:
    """After how many seconds of sound a verdict stands."""

    dead_s: int = 3
    """Two less than the five in which a fault must be known."""
    quiet_s: int = 120
    clipped_s: int = 3
    unclipped_s: int = 4
    """Without, before it is taken back: gusts come in seconds, and what is well again is to be known within five."""
    overrun_s: int = 10
    """How long a loss of sound is told."""


class _Second:
    """What is known of the second that runs."""

    def __init__(self, channels: int) -> None:
        self.samples = 0
        self.power = np.zeros(channels)
        self.peak = np.zeros(channels, np.float32)
        self.full = np.zeros(channels, np.int64)
        self.moved = np.zeros(channels, bool)
        self._first: Floats | None = None

    def add(self, samples: Floats) -> None:
        """A block, (channels, n)."""
        size = np.abs(samples)
        self.samples += samples.shape[1]
        self.power += np.square(samples, dtype=np.float64).sum(axis=1)
        self.peak = np.maximum(self.peak, size.max(axis=1))
        self.full += (size >= _FULL).sum(axis=1)
        self._first = samples[:, :1].copy() if self._first is None else self._first
        self.moved |= (samples != self._first).any(axis=1)


class SoundWatch:
    """Judges a stream of sound, second by second.

    Args:
        rate_hz: samples a second and channel.
        channels: how many.
        policy: times.
    """

    def __init__(self, rate_hz: int, channels: int, policy: WatchPolicy) -> None:
        self._rate_hz, self._channels, self._policy = rate_hz, channels, policy
        zeros = np.zeros(channels, np.int64)
        self._dead, self._quiet, self._run, self._since = zeros, zeros, zeros, zeros
        self._clipped = np.zeros(channels, bool)
        self._overran: int | None = None
        self._second = _Second(channels)
        self.faults: tuple[SoundFault, ...] = ()
        self.level_db = LOWEST_DB
        """Of the loudest channel in the last second, RMS, dB of full scale."""
        self.overruns = 0
        """Losses of sound since the start."""

    def add(self, samples: Floats) -> bool:
        """Take a block, (channels, n). Returns whether it was judged anew, once a second."""
        self._second.add(samples)
        if self._second.samples < self._rate_hz:
            return False
        self._judge(self._second)
        self._second = _Second(self._channels)
        return True

    def overran(self) -> None:
        """Sound was lost."""
        self.overruns += 1
        self._overran = 0

    def _judge(self, second: _Second) -> None:
        policy = self._policy
        rms = float(np.sqrt(second.power.max() / second.samples))
        self.level_db = max(LOWEST_DB, 20 * float(np.log10(max(rms, 1e-9))))
        self._dead = np.where(second.moved, 0, self._dead + 1)
        self._quiet = np.where(second.peak >= _QUIET, 0, self._quiet + 1)
        clipped = second.full >= _SHARE * second.samples
        self._run = np.where(clipped, self._run + 1, 0)
        self._since = np.where(clipped, 0, self._since + 1)
        self._clipped = (self._clipped & (self._since < policy.unclipped_s)) | (self._run >= policy.clipped_s)
        if self._overran is not None:
            self._overran = self._overran + 1 if self._overran < policy.overrun_s else None
        quiet = f"is quieter than any street for {policy.quiet_s} s; is it covered, or its gain at zero?"
        self.faults = (
            *(
                self._of(self._dead >= policy.dead_s, SoundFaultCode.SILENT, "gives no sound at all; look at its cable")
                or self._of(self._quiet >= policy.quiet_s, SoundFaultCode.SILENT, quiet)
            ),
            *self._of(
                self._clipped, SoundFaultCode.CLIPPED, "is at full scale for long; lower its gain, or shield it from wind"
            ),
            *(() if self._overran is None else (self._loss(),)),
        )

    def _of(self, bad: npt.NDArray[np.bool_], code: SoundFaultCode, words: str) -> tuple[SoundFault, ...]:
        """One fault for the channels that have it."""
        if not bad.any():
            return ()
        if self._channels == 1:
            return (SoundFault(code, f"it {words}"),)
        which = ", ".join(str(i + 1) for i in np.flatnonzero(bad))
        return (SoundFault(code, f"channel {which} of {self._channels} {words}"),)

    def _loss(self) -> SoundFault:
        return SoundFault(SoundFaultCode.OVERRUN, f"sound was lost {self.overruns} times: the box was too busy to fetch it")
