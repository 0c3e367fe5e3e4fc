"""Microphones that behave, and such that do not, for the process under test."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Iterator

import numpy as np

from edge.capture.sound.alsa import AlsaMicrophone
from edge.capture.sound.faults import SoundError, SoundFaultCode
from edge.capture.sound.file import SoundFile
from edge.capture.sound.port import BLOCK_S, Block, Floats, SoundInfo, SoundPort
from edge.clock import Instant
from tests.edge.capture.sound.sounddevice import Device, Driver, RealTime

ENTRY = "tests.edge.capture.sound.live_ports:chosen"


class Noise:
    """A live microphone: noise that can be told again, and that is at hand when its time has come."""

    def __init__(self, address: str, rate_hz: int, channels: int) -> None:
        self.address, self.rate_hz, self.channels = address, rate_hz, channels

    def open(self) -> SoundInfo:
        return SoundInfo(self.rate_hz, self.channels, "noise", live=True)

    def close(self) -> None:
        pass

    def blocks(self) -> Iterator[Block | float]:
        size = round(self.rate_hz * BLOCK_S)
        begun_s, number = time.monotonic(), 0
        while True:
            due_s = begun_s + (number + 1) * BLOCK_S
            if (left_s := due_s - time.monotonic()) > 0:
                yield left_s
                continue
            wall = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=-left_s)
            yield Block(self.block(number), self.first(number, size), Instant(due_s, wall))
            number += 1

    def first(self, number: int, size: int) -> int:
        return number * size

    def block(self, number: int) -> Floats:
        return noise(number, self.channels, round(self.rate_hz * BLOCK_S))


def noise(number: int, channels: int, size: int) -> Floats:
    """Block of that number: values of 16 bits, so that they are the same in both codings."""
    values = np.random.default_rng(4711 + number).integers(-9000, 9000, (channels, size))
    return (values / 32768).astype(np.float32)


class Banging(Noise):
    """Bangs every half second."""

    def block(self, number: int) -> Floats:
        samples = super().block(number)
        samples[:, 100] = 0.9 if number % 10 == 5 else 0.0
        return samples


class Losing(Noise):
    """Loses a tenth of a second of sound, soon and then once a second."""

    def first(self, number: int, size: int) -> int:
        return (number + 2 * ((number + 17) // 20)) * size


class LosingLoud(Losing):
    """Is loud all the time while it loses sound."""

    def block(self, number: int) -> Floats:
        samples = super().block(number)
        samples[:, 100] = 0.9
        return samples


class Dead(Noise):
    """Gives zeros."""

    def block(self, number: int) -> Floats:
        return np.zeros_like(super().block(number))


class Clipped(Noise):
    """At full scale for the half of the time."""

    def block(self, number: int) -> Floats:
        return np.sign(super().block(number))


class Mending(Noise):
    """Gives zeros for a second and a half, and sound then."""

    def block(self, number: int) -> Floats:
        return super().block(number) * (number * BLOCK_S > 1.5)


class Mute(Noise):
    """Is open, and gives nothing, not even silence."""

    def blocks(self) -> Iterator[Block | float]:
        while True:
            yield 0.05


class Hanging(Noise):
    """Gives a little, and hangs in the driver then."""

    def block(self, number: int) -> Floats:
        if number > 5:
            time.sleep(3600)
        return super().block(number)


class Unplugged(Noise):
    """Gives a little, and is gone then."""

    def block(self, number: int) -> Floats:
        if number > 5:
            raise SoundError(SoundFaultCode.MISSING, f"{self.address}: gives nothing any more; is it plugged in?")
        return super().block(number)


class Exploding(Noise):
    """Raises what nobody expects."""

    def open(self) -> SoundInfo:
        raise ZeroDivisionError(self.address)


class Segfaulting(Noise):
    """Takes its process with it."""

    def block(self, number: int) -> Floats:
        if number > 5:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().block(number)


def chosen(address: str, rate_hz: int, channels: int) -> SoundPort:
    """``live:Hanging`` makes that one, ``alsa:NAME`` a device on the driver of tests; anything else is a file."""
    if address.startswith("alsa:"):
        sound = np.concatenate([noise(i, channels, rate_hz // 20) for i in range(200)], axis=1).T
        device = Device(sound=sound, max_input_channels=channels, fails_s=0.5)
        sys.modules["sounddevice"] = Driver(device, clock=RealTime())  # type: ignore[assignment]
        return AlsaMicrophone(address.removeprefix("alsa:"), rate_hz, channels)
    if address.startswith("live:"):
        port: SoundPort = globals()[address.removeprefix("live:")](address, rate_hz, channels)
        return port
    return SoundFile(address, rate_hz, channels)
