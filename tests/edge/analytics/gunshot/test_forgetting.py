"""No sound stays longer than 5 s in what listens, and none after it was told to forget: all that it holds is searched."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.analytics import GunshotAnalytics
from edge.analytics.gunshot.ring import SECONDS
from edge.analytics.gunshot.waves import Waves
from models.bundle.detections import Floats
from protocol.config import Microphone

RATE, WHOLE_S = 16_000, 14
RUN = 24
"""Samples in a row that are not there by chance."""
LABELS = ("gunshot", "fireworks")


def held(thing: object, seen: set[int] | None = None) -> Iterator[npt.NDArray[Any]]:
    """Every array that can be reached from an object, whole: of a view what it is a view of."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        yield thing
        if thing.base is not None:
            yield from held(thing.base, seen)
    elif isinstance(thing, dict):
        for one in (*thing.keys(), *thing.values()):
            yield from held(one, seen)
    elif isinstance(thing, (list, tuple, set, frozenset, collections.deque)):
        for one in thing:
            yield from held(one, seen)
    else:
        for name in (*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ())):
            yield from held(getattr(thing, name, None), seen)


def holds(thing: object, sound: npt.NDArray[np.float32]) -> bool:
    """Whether a run of these samples is anywhere in it."""
    everything = b"\0".join(np.ascontiguousarray(array.astype(np.float32)).tobytes() for array in held(thing))
    return any(sound[start : start + RUN].tobytes() in everything for start in range(0, len(sound) - RUN, RATE // 4))


def stream() -> npt.NDArray[np.float32]:
    """Noise with a bang each half second: what listens has much to do, and takes each bang for a shot."""
    random = np.random.default_rng(4)
    sound = 0.003 * random.standard_normal(WHOLE_S * RATE)
    for start in range(RATE, len(sound) - 2_000, RATE // 2):
        sound[start : start + 800] += 0.7 * np.exp(-np.arange(800) / 60) * random.standard_normal(800)
    return sound.astype(np.float32)


def certain(_window: Floats) -> Floats:
    return np.array([0.95, 0.0], np.float32)


def listened(microphone: Microphone, windows: Waves | None) -> tuple[GunshotAnalytics, npt.NDArray[np.float32]]:
    analytics, sound = GunshotAnalytics(microphone, LABELS, certain, windows=windows), stream()
    told = [shots for start in range(0, len(sound), 800) for shots in analytics.take(sound[None, start : start + 800])]
    assert told, "it had something to remember"
    return analytics, sound


def test_the_search_finds_what_is_there() -> None:
    analytics, sound = listened(Microphone("mast", "street.wav"), None)
    assert holds(analytics, sound[-RATE:]), "the last second is in the ring"


def test_what_is_older_than_five_seconds_is_gone() -> None:
    for windows in (None, Waves(RATE)):
        analytics, sound = listened(Microphone("mast", "street.wav"), windows)
        assert SECONDS <= 5
        assert not holds(analytics, sound[: -5 * RATE])


def test_after_forgetting_nothing_is_left() -> None:
    for windows in (None, Waves(RATE)):
        analytics, sound = listened(Microphone("mast", "street.wav"), windows)
        analytics.forget()
        assert not holds(analytics, sound)
