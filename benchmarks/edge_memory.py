"""Memory of the whole agent with one camera and one model, whether it grows, and what further cameras add.

What is measured: a real agent, enrolled with a real manager over TLS, plays the clip again and again at the camera's pace, with
gate, tracker, counts and alarms as on a square. After a time to warm up, all its processes are read every few seconds. Then the
agent is started anew with two cameras, and with four, on the same accelerator; all must have been looked at meanwhile.

Growth is the median of the last tenth less that of the first, and what a further camera adds is the difference of medians, both
of memory that belongs to the agent alone: what strangers do with the same libraries does not move it. The short form ends while
an agent still takes what it needs, one to three megabytes, and promises nothing of it.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.camera_box import camera_box, restart_with
from benchmarks.figure import Figure, Options, Sense
from benchmarks.looks import Looks, between
from benchmarks.pages import mapped_mb, own_mb
from benchmarks.real_box import RealBox

DESCRIPTION = "Memory of all of the agent's processes with one, two and four cameras, and its growth over twenty minutes"

MEMORY_MB = 300.0
GROWTH_MB = 2.0
SHARING = 0.9
"""Cameras that show the same are looked at as often as one another, but for chance."""
FURTHER = (2, 4)
LENGTH_S = 1200.0
_FURTHER_S = 120.0
_QUICK_S = 4.0
_WARM_S = 120.0
"""Clip played to its end once, and telemetry sent twice."""


class Memory(NamedTuple):
    """Readings of a while, MB.

    Attributes:
        pss: proportional.
        own: anonymous and shared.
        mapped: at the beginning and the end; empty where the kernel does not tell.
        looks: at each camera.
    """

    pss: list[float]
    own: list[float]
    mapped: list[float]
    looks: Looks


def run(options: Options) -> Iterator[Figure]:
    """Watch an agent for a while."""
    length_s = options.seconds or (_QUICK_S if options.quick else LENGTH_S)
    warm_s, further_s = min(_WARM_S, length_s / 3), min(_FURTHER_S, length_s / 2)
    form = ", short form" if options.quick else ""
    with camera_box(options) as box:
        one = _watch(box, warm_s, length_s, options)
        against = f"clip in a loop at the camera's pace for {length_s:g} s, link up{form}"
        yield from _held("", one, against)
        yield _growth(one.own, against, options)
        watched = {1: one}
        for cameras in FURTHER:
            options.progress(f"starting anew with {cameras} cameras")
            restart_with(box, cameras)
            watched[cameras] = memory = _watch(box, warm_s, further_s, options)
            against = f"{cameras} cameras, clip in a loop at their pace for {further_s:g} s, link up{form}"
            yield from _held(f"_{cameras}", memory, against)
            yield _sharing(cameras, memory.looks, against, options)
    yield _each(
        watched, f"anonymous and shared memory, medians; from 1 to {FURTHER[-1]} cameras; least and most of the steps{form}"
    )


def _held(suffix: str, memory: Memory, against: str) -> Iterator[Figure]:
    readings = (
        ("pss_mb", memory.pss, "libraries are divided among all on the machine that use them"),
        ("mapped_mb", memory.mapped, "every page that the agent maps in full, as on a box of its own"),
    )
    for name, values, meaning in readings:
        if values:
            yield Figure(
                name=name + suffix,
                value=max(values),
                unit="MB",
                n=len(values),
                low=min(values),
                high=max(values),
                target=MEMORY_MB,
                against=f"{against}; most and least; {meaning}",
            )


def _growth(own: list[float], against: str, options: Options) -> Figure:
    tenth = max(1, len(own) // 10)
    return Figure(
        name="growth_mb",
        value=statistics.median(own[-tenth:]) - statistics.median(own[:tenth]),
        unit="MB",
        n=len(own),
        low=min(own) - own[0],
        high=max(own) - own[0],
        target=None if options.quick else GROWTH_MB,
        against=f"{against}; anonymous and shared memory, last tenth less first; furthest below and above the first",
    )


def _sharing(cameras: int, looks: Looks, against: str, options: Options) -> Figure:
    return Figure(
        name=f"sharing_{cameras}",
        value=looks.sharing,
        unit="",
        n=sum(looks.looks.values()),
        target=None if options.quick else SHARING,
        sense=Sense.AT_LEAST,
        against=f"{against}; looks at the camera that had the fewest, over the most; {sum(looks.pictures.values())} pictures, "
        f"of which {sum(looks.lost.values())} were lost",
    )


def _each(watched: dict[int, Memory], against: str) -> Figure:
    """What each further camera adds."""
    numbers = sorted(watched)
    at = {number: statistics.median(watched[number].own) for number in numbers}
    steps = [(at[more] - at[fewer]) / (more - fewer) for fewer, more in itertools.pairwise(numbers)]
    return Figure(
        name="further_camera_mb",
        value=(at[numbers[-1]] - at[numbers[0]]) / (numbers[-1] - numbers[0]),
        unit="MB",
        n=len(numbers),
        low=min(steps),
        high=max(steps),
        against=against,
    )


def _watch(box: RealBox, warm_s: float, length_s: float, options: Options) -> Memory:
    """Read memory again and again.

    Raises:
        RuntimeError: when the link was lost, or a camera was not looked at.
    """
    options.progress("warming up")
    time.sleep(warm_s)
    pss: list[float] = []
    own: list[float] = []
    mapped = [mapped_mb(box.pids())]
    before = box.sources()
    began_s = time.monotonic()
    every_s = min(5.0, length_s / 12)
    while (gone_s := time.monotonic() - began_s) < length_s:
        box.check_alive()
        pss.append(box.pss_mb())
        own.append(own_mb(box.pids()))
        options.progress(f"{len(before)} cameras, {gone_s:.0f} of {length_s:.0f} s: {pss[-1]:.1f} MB")
        time.sleep(every_s)
    status = box.status()
    looks = between(before, {} if status is None else status.telemetry.sources)
    if status is None or not status.telemetry.link.connected or 0 in looks.looks.values():
        msg = "the agent lost its link or a camera meanwhile"
        raise RuntimeError(msg)
    mapped.append(mapped_mb(box.pids()))
    return Memory(pss, own, [value for value in mapped if value is not None], looks)
