"""What goes off in the demo's city, as the truth beside its recording tells it.

Rule: the recording goes round; ``begins`` is when it was played from its first sample on, and each round repeats all of it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from importlib import resources
from typing import Literal

import msgspec


class Bang(msgspec.Struct, frozen=True):
    """One thing that goes off.

    Attributes:
        kind: what.
        place: its name, for people.
        at_s: when its sound begins at its place, seconds of the recording.
        rounds: of shots, seconds after that.
        lat, lon: its place, degrees.
        up_m: above the ground.
        travel_s: how long its sound takes to each box.
    """

    kind: Literal["shots", "fireworks"]
    place: str
    at_s: float
    rounds: tuple[float, ...]
    lat: float
    lon: float
    up_m: float
    travel_s: dict[str, float]


class Truth(msgspec.Struct, frozen=True):
    """Of the recording.

    Attributes:
        file: its name.
        seconds: how long it is.
        rate_hz: samples a second.
        full_scale_db: peak sound pressure level of full scale, dB re 20 micropascals.
        sha256: of its bytes.
        bangs: all that is heard.
    """

    file: str
    seconds: int
    rate_hz: int
    full_scale_db: float
    sha256: str
    bangs: tuple[Bang, ...]


class Fired(msgspec.Struct, frozen=True):
    """A bang of one round: seconds since 1970 at which it went off."""

    bang: Bang
    at_s: float


MEDIA = resources.files("simulator") / "media"


def read_truth() -> Truth:
    """The truth of the recording that is shipped."""
    return msgspec.json.decode((MEDIA / "bangs.json").read_bytes(), type=Truth)


def fired(truth: Truth, begins: dt.datetime, until_s: float) -> Iterator[Fired]:
    """What goes off from the recording's beginning on, in order; until that moment, seconds since 1970."""
    start = begins.timestamp()
    for number in itertools.count():
        for bang in truth.bangs:
            at_s = start + number * truth.seconds + bang.at_s
            if at_s >= until_s:
                return
            yield Fired(bang, at_s)
