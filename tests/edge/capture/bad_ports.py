"""Inputs that misbehave, for the source's process under test."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import numpy as np

from edge.capture.file import FilePort
from edge.capture.port import Address, Picture, Port, StreamInfo
from edge.region import Size

SIZE = Size(160, 120)


class _Camera:
    """A live camera of twenty pictures a second."""

    def __init__(self, address: str) -> None:
        self.address = address

    def open(self) -> StreamInfo:
        return StreamInfo(SIZE, 20.0, "raw", live=True)

    def close(self) -> None:
        pass

    def picture(self, number: int, seed: int) -> Picture:
        y = np.random.default_rng(seed).integers(60, 90, (SIZE.height, SIZE.width), np.uint8)
        chroma = np.full((SIZE.height // 2, SIZE.width // 2), 128, np.uint8)
        return Picture(y, chroma, chroma, number / 20)


class Exploding(_Camera):
    """Raises what nobody expects."""

    def pictures(self) -> Iterator[Picture]:
        yield self.picture(0, 0)
        raise ZeroDivisionError(self.address)


class Freezing(_Camera):
    """Delivers one picture for four seconds, then lives again."""

    def pictures(self) -> Iterator[Picture]:
        begun = time.monotonic()
        number = 0
        while True:
            frozen = 0.2 < time.monotonic() - begun < 4.2
            yield self.picture(number, 0 if frozen else number)
            number += 1
            time.sleep(0.05)


class Slow(_Camera):
    """A live camera of an empty place that gives two pictures a second."""

    def pictures(self) -> Iterator[Picture]:
        for number in range(1000):
            yield dataclasses.replace(self.picture(number, 0), media_s=number / 2)
            time.sleep(0.5)


class Darkening(_Camera):
    """Ten seconds of light, ten without, ten with it again, as fast as they are taken."""

    def open(self) -> StreamInfo:
        return StreamInfo(SIZE, 20.0, "raw", live=False)

    def pictures(self) -> Iterator[Picture]:
        for number in range(600):
            picture = self.picture(number, number)
            yield picture if number // 200 != 1 else dataclasses.replace(picture, y=picture.y // 4)


class Huge(_Camera):
    """Delivers pictures that no box has memory for."""

    def pictures(self) -> Iterator[Picture]:
        chroma = np.zeros((2161, 3840), np.uint8)
        yield Picture(np.zeros((4322, 7680), np.uint8), chroma, chroma, 0.0)


class Hanging(_Camera):
    """Delivers a few pictures and then nothing, for ever."""

    def pictures(self) -> Iterator[Picture]:
        for number in range(3):
            yield self.picture(number, number)
        while True:
            time.sleep(3600)


class Segfaulting(_Camera):
    """Takes its process with it after a few pictures."""

    def pictures(self) -> Iterator[Picture]:
        import os
        import signal

        for number in range(3):
            yield self.picture(number, number)
        os.kill(os.getpid(), signal.SIGSEGV)


def chosen(address: Address) -> Port:
    """``bad:Hanging`` makes that one; anything else is a file."""
    if address.uri.startswith("bad:"):
        port: Port = globals()[address.uri.removeprefix("bad:")](address.uri)
        return port
    return FilePort(address.uri)
