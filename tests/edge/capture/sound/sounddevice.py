"""A package ``sounddevice`` with the calls that a microphone needs, their bytes and their errors, and devices of our own
making.

As the real one (0.5): ``query_devices`` raises ValueError for a name that nothing matches and PortAudioError where there is
no device; ``read`` of a raw stream gives interleaved samples as a buffer, and whether some were lost before them.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge.capture.sound.port import Floats
from edge.clock import Instant, SystemClock
from simulator.faults.clocks import EPOCH


class PortAudioError(Exception):
    """What the library says."""


@dataclass
class Time:
    """A clock that stands until it is moved."""

    now_s: float = 100.0

    def monotonic(self) -> float:
        return self.now_s

    def now(self) -> Instant:
        return Instant(self.now_s, EPOCH + dt.timedelta(seconds=self.now_s))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


class RealTime(SystemClock):
    """The time of a process under test."""

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class Device:
    """One device.

    Attributes:
        sound: that it picks up, (n, channels).
        kept: samples that the driver keeps.
        fails_s: when it is unplugged, seconds after its start.
        stops_s: when it gives nothing any more.
        says_so: whether a loss is an error of asking, as in one of two places of the library.
    """

    name: str = "USB Audio: - (hw:1,0)"
    max_input_channels: int = 1
    rates: tuple[int, ...] = (16_000, 48_000)
    sound: Floats = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    kept: int = 16_000
    fails_s: float = 1e9
    stops_s: float = 1e9
    busy: bool = False
    says_so: bool = False


class Driver:
    """Stands for the module."""

    PortAudioError = PortAudioError

    def __init__(self, *devices: Device, clock: Time | RealTime | None = None) -> None:
        self.devices = devices
        self.time: Any = clock or Time()
        self.open: list[RawInputStream] = []

    def query_devices(self, device: str | None = None, kind: str | None = None) -> dict[str, Any]:
        assert kind == "input"
        found = self._found(device)
        return {"name": found.name, "max_input_channels": found.max_input_channels, "default_samplerate": 48_000.0}

    def check_input_settings(self, device: str | None, channels: int, dtype: str, samplerate: float) -> None:
        if samplerate not in self._found(device).rates:
            msg = "Invalid sample rate [PaErrorCode -9997]"
            raise PortAudioError(msg)

    def RawInputStream(self, **settings: Any) -> RawInputStream:  # noqa: N802 - a class of the module
        device = self._found(settings["device"])
        if device.busy:
            msg = "Error opening RawInputStream: Device unavailable [PaErrorCode -9985]"
            raise PortAudioError(msg)
        self.open.append(RawInputStream(device, self.time, settings))
        return self.open[-1]

    def _found(self, name: str | None) -> Device:
        if name is None:
            if not self.devices:
                msg = "Error querying device -1"
                raise PortAudioError(msg)
            return self.devices[0]
        for device in self.devices:
            if name in device.name:
                return device
        msg = f"No input device matching {name!r}"
        raise ValueError(msg)


class RawInputStream:
    """An open device."""

    def __init__(self, device: Device, clock: Any, settings: dict[str, Any]) -> None:
        assert settings["dtype"] == "float32"
        self._device, self._time = device, clock
        self._rate, self._blocksize = settings["samplerate"], settings["blocksize"]
        self._begun_s: float | None = None
        self._read = 0
        self.closed = False

    def start(self) -> None:
        self._begun_s = self._time.monotonic()

    def close(self, ignore_errors: bool = True) -> None:
        self.closed = True

    @property
    def read_available(self) -> int:
        if self._lost() and self._device.says_so:
            self._read += self._lost() + self._device.kept  # it begins anew
            msg = "Input overflowed"
            raise PortAudioError(msg, -9981)
        return min(self._arrived() - self._read, self._device.kept)

    def read(self, frames: int) -> tuple[memoryview, bool]:
        lost = self._lost()
        self._read += lost
        missing = frames - (self._arrived() - self._read)
        assert missing <= self._blocksize, "it would wait for longer than a period"
        if missing > 0:
            self._time.wait(missing / self._rate)
        data = np.ascontiguousarray(self._device.sound[self._read : self._read + frames], np.float32)
        self._read += frames
        return memoryview(data.tobytes()), lost > 0

    def _lost(self) -> int:
        return max(0, self._arrived() - self._read - self._device.kept)

    def _arrived(self) -> int:
        assert self._begun_s is not None
        after_s = self._time.monotonic() - self._begun_s
        if after_s >= self._device.fails_s:
            msg = "Unanticipated host error [PaErrorCode -9999]: 'No such device'"
            raise PortAudioError(msg, -9999)
        return min(int(min(after_s, self._device.stops_s) * self._rate + 1e-6), len(self._device.sound))
