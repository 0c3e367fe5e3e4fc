"""A city's readings, from the reading on: lists, pseudonyms, hits, guard and outbox of a box, to the bytes that would go out.

Rules: readings come from simulated traffic (:mod:`simulator.worlds`), misread as cameras misread them; from there on all code
is the box's own, a lap of the agent's loop for each vehicle; the manager, which stands for itself elsewhere, acknowledges in
groups. What would go out is handed on as the outbox gives it to the uplink.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from benchmarks.anpr_hits import matching_of
from edge.agent.health import HealthBoard
from edge.agent.voice import Voice
from edge.analytics.anpr.analytics import AnprAnalytics, _Vehicle
from edge.clock import Instant, SystemClock
from edge.observation import Observation
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from hardware.clock import ClockWatch
from models.bundle.reading import Reading
from protocol.acks import Ack
from protocol.codec import Message
from protocol.config import Anpr, Source
from protocol.events import Passage
from protocol.keys import PlateKey, packed
from simulator.worlds.readings import passage, plausible
from simulator.worlds.registrations import text
from simulator.worlds.traffic import Plan, Traffic, make_traffic

PURPOSE = "travel-times"
CARS, DAYS = 11_600, 9
LISTED = 30
_KEY = bytes(range(50, 82))
_GROUP = 2000
_SIZE = (1920, 1080)


@dataclass(frozen=True)
class City:
    """Traffic whose plates are all known.

    Attributes:
        traffic: what was read.
        plates: of all cars.
        listed: those of them that are on the list.
    """

    traffic: Traffic
    plates: frozenset[str]
    listed: frozenset[str]


def make_city(seed: int) -> City:
    """Let cars drive."""
    traffic = make_traffic(Plan(cars=CARS, days=DAYS, seed=seed))
    plates = sorted({text(int(number)) for number in {*traffic.true_plate.tolist()}})
    return City(traffic, frozenset(plates), frozenset(plates[:: len(plates) // LISTED]))


def speak(
    city: City, readings: int, folder: Path, progress: Callable[[str], None] = lambda _text: None
) -> Iterator[Sequence[Message]]:
    """Have a box take readings, and yield what would go out, in groups.

    Args:
        city: whose traffic.
        readings: how many of its reads, from the first on.
        folder: for the outbox.
        progress: told how far it is.

    Raises:
        RuntimeError: the guard refused something, or there are not so many reads.
    """
    if readings > len(city.traffic):
        msg = f"the city's traffic has {len(city.traffic)} reads, and {readings} are asked for"
        raise RuntimeError(msg)
    clock = SystemClock()
    now = clock.now().wall
    key = PlateKey("travel-1", "pseudonym", PURPOSE, packed(_KEY), now - dt.timedelta(days=1), now + dt.timedelta(days=9))
    matching = matching_of(sorted(city.listed), now, key)
    anpr = Anpr(lists=("stolen",), others="pseudonym", purpose=PURPOSE)
    analytics = AnprAnalytics(Source("cam", "x.mp4", anpr=anpr), *_SIZE, matching, matching)
    with contextlib.closing(Outbox.open(folder / "outbox.sqlite", Limits(), clock, "city", "box")) as outbox:
        voice = Voice(outbox, HealthBoard(), clock, ClockWatch(), lambda: None, evaluation=False)
        for row in range(readings):
            for told in _lap(analytics, city.traffic, row, clock.now()):
                voice.say(told)
            if row % _GROUP == _GROUP - 1 or row == readings - 1:
                progress(f"reading {row + 1:,} of {readings:,}")
                yield [message for _, message in outbox.pending(4 * _GROUP)]
                outbox.tick()
                outbox.acknowledge(Ack(outbox.boot, outbox.last_seq))
        if voice.builder.refused:
            msg = f"the guard refused {voice.builder.refused} observations"
            raise RuntimeError(msg)


class _Heard:
    """A passage of which the readings are known."""

    widest_px, looked = 100.0, 5

    def __init__(self, traffic: Traffic, row: int, at: Instant) -> None:
        self.number = self.frame = row + 1
        self.last = at
        self._told = passage(traffic, row)
        self._readings = [Reading(plate, probability) for plate, probability in plausible(traffic, row).items()]

    def readings(self) -> list[Reading]:
        return self._readings

    def told(self) -> Passage:
        return self._told

    def forget(self) -> None:
        self._readings = []


def _lap(analytics: AnprAnalytics, traffic: Traffic, row: int, at: Instant) -> list[Observation]:
    """A vehicle comes, is held against the lists, and goes: what the box says of it, as after its consensus."""
    heard = cast("Any", _Heard(traffic, row, at))
    vehicle = analytics._vehicles.setdefault(heard.number, _Vehicle())  # noqa: SLF001 - what comes before is not measured
    said = analytics._ask(heard, vehicle, at, heard.frame, at.monotonic_s)  # noqa: SLF001
    return said + analytics._end(heard, at)  # noqa: SLF001
