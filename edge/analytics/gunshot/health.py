"""Whether a microphone is well: not silent, clipped for minutes, dead beside the others, deafened by wind, or at another rate.

Rules: judged in whole seconds that are counted from the stream's first sample, so that blocks do not matter; a fault is told
when it has lasted, and taken back with the first quarter as long that is well; a reason says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.hearing import clipped_share, decibels, low_level_db, root_mean_square
from edge.analytics.gunshot.rumble import finite
from protocol.events import Reason

SILENT = 2e-6
"""Largest magnitude (about its mean) of a channel that carries nothing: the least of 16 bits is 3e-5, of 24 bits 1e-7."""
CLIPPED = 0.01
"""Share of a second's samples at full scale from which it counts as clipped."""
DEAD_DB = 30.0
"""Below the median of the other channels."""
WIND_DB = -20.0
"""RMS below 80 Hz: gusts reach full scale."""
HOLLOW_DB = -70.0
"""Of the upper half of the pitches against the lower: what a stream has that was recorded at half its rate."""
HOLLOW_LEAST_DB = -60.0
"""RMS from which that can be told."""
LASTS_S = {"silent": 10, "clipped": 60, "dead": 10, "wind": 30, "rate": 60}
"""Seconds before each fault is told."""
REMEDIES = {
    "silent": "no sound at all arrives; look after its cable and its power",
    "clipped": "overloaded for a minute; turn its gain down",
    "dead": "30 dB below the others; change it",
    "wind": "hardly anything is heard but wind; give it a windscreen",
    "rate": "nothing in the upper half of its pitches; it was recorded at half the rate: set rate_hz, or change the card",
}
DEAF = ("silent", "clipped", "dead")
"""With which a channel is not listened to."""


class Health:
    """Of the channels of one microphone.

    Args:
        name: of the microphone.
        rate: samples a second.
        channels: how many.
    """

    def __init__(self, name: str, rate: int, channels: int) -> None:
        self._name, self._rate, self._channels = name, rate, channels
        self._held = np.zeros((channels, 0), np.float32)
        self._lasted = {fault: np.zeros(channels, np.int64) for fault in LASTS_S}
        self._told = {fault: np.zeros(channels, bool) for fault in LASTS_S}

    @property
    def deaf(self) -> npt.NDArray[np.bool_]:
        """Channels that are not to be listened to: bool (channels,)."""
        deaf: npt.NDArray[np.bool_] = np.logical_or.reduce([self._told[fault] for fault in DEAF])
        return deaf

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What is not well."""
        return tuple(self._reasons())

    def forget(self) -> None:
        """Let go of the sound that makes no whole second yet."""
        self._held = np.zeros((self._channels, 0), np.float32)

    def take(self, block: npt.NDArray[np.floating]) -> None:
        """Take the next samples: (channels, n)."""
        self._held = np.concatenate([self._held, finite(block)], axis=1)
        while self._held.shape[1] >= self._rate:
            self._second(self._held[:, : self._rate])
            self._held = self._held[:, self._rate :].copy()

    def _second(self, sound: npt.NDArray[np.float32]) -> None:
        centred = sound - sound.mean(axis=1, keepdims=True)
        levels = np.array([decibels(root_mean_square(channel)) for channel in centred])
        now = {
            "silent": np.abs(centred).max(axis=1) <= SILENT,
            "clipped": np.array([clipped_share(channel) >= CLIPPED for channel in sound]),
            "dead": levels < np.median(levels) - DEAD_DB if self._channels > 2 else np.zeros(self._channels, bool),  # noqa: PLR2004
            "wind": np.array([low_level_db(channel, self._rate) >= WIND_DB for channel in centred]),
            "rate": np.array([self._hollow(channel, level) for channel, level in zip(centred, levels, strict=True)]),
        }
        now["dead"] &= ~now["silent"]
        for fault, found in now.items():
            most = LASTS_S[fault]
            step = np.where(found, 1, -4)
            self._lasted[fault] = np.clip(self._lasted[fault] + step, 0, most)
            self._told[fault] = (self._lasted[fault] >= most) | (self._told[fault] & (self._lasted[fault] > 0))

    def _hollow(self, sound: npt.NDArray[np.float32], level_db: float) -> bool:
        """Whether the upper half of the pitches is missing, not merely faint."""
        if level_db < HOLLOW_LEAST_DB:
            return False
        power = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
        half = len(power) // 2
        upper, lower = float(power[half + half // 10 :].sum()), float(power[:half].sum())
        return bool(10 * np.log10((upper + 1e-30) / (lower + 1e-30)) < HOLLOW_DB)

    def _reasons(self) -> Iterator[Reason]:
        for fault, told in self._told.items():
            if told.any():
                which = ", ".join(str(channel + 1) for channel in np.flatnonzero(told))
                detail = f"channel {which} of {self._channels}: {REMEDIES[fault]}"
                yield Reason(f"microphone-{fault}", f"microphone {self._name}"[:64], detail)
