"""Microphones of this box, by PortAudio through the package ``sounddevice`` (extra ``sound``), on Linux by ALSA.

Rules:

- It is imported when a microphone is opened, and by its process only: PortAudio looks for devices once, when it is loaded, so
  that a new process is what finds one that was plugged in again.
- Nothing here waits for more than :data:`PERIOD_S`: until a block is almost there, its reader is told when to come again. For
  the rest of it the driver is asked to wait, which returns with the interrupt of the device: so the end of the block is known
  to be now. The converter's own delay (about 1 ms) is not known here.
- Where nothing has come for :data:`STALLED_S` the device has stalled.
- Sound that was lost because nobody fetched it (an overrun) is missing in the count of samples: as much as the clock says,
  and one at least.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from edge.capture.sound.faults import SoundError, SoundFaultCode
from edge.capture.sound.port import BLOCK_S, Block, SoundInfo, clean
from edge.clock import Clock, Instant, SystemClock

STALLED_S = 2.0
"""Half of the time after which a silent process is killed: the reason should be the right one."""

BUFFER_S = 1.0
"""What the driver keeps: a box that is busy for a second loses nothing, and no more than a second of sound lies there."""

PERIOD_S = 0.01
"""Between two interrupts of the device, by which it tells how far it is."""

RATES_HZ = (48_000, 16_000)
"""That can be configured."""

_SHOWN = 24
"""Most characters of a name in a message: what is wrong and what to do must fit behind it."""

_OVERFLOWED = -9981
"""PortAudio's number (paInputOverflowed): not a fault of the device, but of who did not fetch."""


class AlsaMicrophone:
    """A device.

    Args:
        name: as PortAudio shows it, a part of that (``hw:1,0``), or ``default``.
        rate_hz: samples a second and channel.
        channels: how many.
        clock: time.
    """

    def __init__(self, name: str, rate_hz: int, channels: int, clock: Clock | None = None) -> None:
        self._name, self._rate_hz, self._channels = name, rate_hz, channels
        self._shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
        self._clock = clock or SystemClock()
        self._driver: Any = None
        self._stream: Any = None
        self._overflowed = False

    def open(self) -> SoundInfo:
        """Find the device and open it. Errors as :class:`edge.capture.sound.port.SoundPort`."""
        self.close()
        self._driver = driver = _driver()
        wanted = {"device": None if self._name == "default" else self._name, "channels": self._channels, "dtype": "float32"}
        try:
            found = driver.query_devices(wanted["device"], "input")
        except (ValueError, driver.PortAudioError):
            words = f"{self._shown}: no microphone of this name, or several; plug it in, or see `arecord -l`"
            raise SoundError(SoundFaultCode.MISSING, words) from None
        has = int(found["max_input_channels"])
        if has < self._channels:
            words = f"{self._shown}: has {has} channels, configured are {self._channels}; set channels"
            raise SoundError(SoundFaultCode.CHANNELS, words)
        if (refusal := self._refuses(self._rate_hz, wanted)) is not None:
            takes = [rate_hz for rate_hz in RATES_HZ if self._refuses(rate_hz, wanted) is None]
            what = f"set rate_hz = {takes[0]}" if takes else "too slow: take another microphone"
            words = f"{self._shown}: refuses {self._rate_hz} a second ({refusal}); {what}"
            raise SoundError(SoundFaultCode.RATE, words)
        try:
            self._stream = driver.RawInputStream(
                samplerate=self._rate_hz, blocksize=round(self._rate_hz * PERIOD_S), latency=BUFFER_S, **wanted
            )
        except driver.PortAudioError as error:
            words = f"{self._shown}: cannot be opened ({_first_line(error)}); does another program use it?"
            raise SoundError(SoundFaultCode.UNREADABLE, words) from None
        return SoundInfo(self._rate_hz, self._channels, str(found["name"])[:64], live=True)

    def blocks(self) -> Iterator[Block | float]:
        """What comes, for ever; see :class:`edge.capture.sound.port.SoundPort`."""
        if self._stream is None:
            self.open()
        try:
            self._stream.start()
            yield from self._read()
        except self._driver.PortAudioError as error:
            words = f"{self._shown}: gives nothing any more ({_first_line(error)}); is it plugged in?"
            raise SoundError(SoundFaultCode.MISSING, words) from None

    def close(self) -> None:
        """Close the device."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(ignore_errors=True)

    def _refuses(self, rate_hz: int, wanted: dict[str, Any]) -> str | None:
        """Why it does not give so many samples a second, in the driver's words."""
        try:
            self._driver.check_input_settings(samplerate=rate_hz, **wanted)
        except self._driver.PortAudioError as error:
            return _first_line(error)
        return None

    def _read(self) -> Iterator[Block | float]:
        size, period = round(self._rate_hz * BLOCK_S), round(self._rate_hz * PERIOD_S)
        first = 0
        heard_s, last_s = self._clock.monotonic(), None
        while True:
            missing = size - self._available()
            if missing > period:
                if self._clock.monotonic() - heard_s > STALLED_S:
                    words = f"{self._shown}: open, and no sound for {STALLED_S:g} s; plug it in anew"
                    raise SoundError(SoundFaultCode.STALLED, words)
                yield (missing - period / 2) / self._rate_hz
                continue
            data, overran = self._stream.read(size)
            left = self._available()
            at = _before(self._clock.now(), left / self._rate_hz)
            if (overran or self._overflowed) and last_s is not None:
                first += max(1, round((at.monotonic_s - last_s) * self._rate_hz) - size)
            self._overflowed = False
            samples = np.frombuffer(data, np.float32).reshape(-1, self._channels).T
            yield Block(clean(samples), first, at)
            first += size
            heard_s, last_s = self._clock.monotonic(), at.monotonic_s

    def _available(self) -> int:
        """Samples that could be read without waiting."""
        try:
            return int(self._stream.read_available)
        except self._driver.PortAudioError as error:
            if error.args[1:2] != (_OVERFLOWED,):
                raise
            self._overflowed = True
            return 0


def _before(now: Instant, seconds: float) -> Instant:
    return Instant(now.monotonic_s - seconds, now.wall - dt.timedelta(seconds=seconds))


def _driver() -> Any:
    try:
        return importlib.import_module("sounddevice")
    except ImportError:
        words = "sounddevice is not installed, which reads microphones; pip install 'lamplighter[sound]'"
        raise SoundError(SoundFaultCode.DRIVER, words) from None
    except OSError:  # the package is there, and the library that it loads is not
        raise SoundError(SoundFaultCode.DRIVER, "PortAudio is not installed; apt install libportaudio2") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:40]
