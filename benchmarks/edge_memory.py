"""Memory of the whole agent with one camera and one model, and whether it grows.

What is measured: a real agent, enrolled with a real manager over TLS, plays the clip again and again at the camera's pace, with
gate, tracker, counts and alarms as on a square. After a time to warm up, all its processes are read every few seconds.

Growth is the median of the last tenth less that of the first, of memory that belongs to the agent alone: what strangers do with
the same libraries does not move it. The short form ends while an agent still takes what it needs, one to three megabytes, and
promises nothing of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks.camera_box import camera_box
from benchmarks.figure import Figure, Options
from benchmarks.pages import mapped_mb, own_mb
from benchmarks.real_box import RealBox

DESCRIPTION = "Memory of all of the agent's processes with one camera and one model, and its growth over twenty minutes"

MEMORY_MB = 300.0
GROWTH_MB = 2.0
LENGTH_S = 1200.0
_QUICK_S = 6.0
_WARM_S = 120.0
"""Clip played to its end once, and telemetry sent twice."""


def run(options: Options) -> Iterator[Figure]:
    """Watch an agent for a while."""
    length_s = options.seconds or (_QUICK_S if options.quick else LENGTH_S)
    with camera_box(options) as box:
        options.progress("warming up")
        time.sleep(min(_WARM_S, length_s / 3))
        pss, own, mapped = _watch(box, length_s, options)
    against = f"clip in a loop at the camera's pace for {length_s:g} s, link up" + (", short form" if options.quick else "")
    yield Figure(
        name="pss_mb",
        value=max(pss),
        unit="MB",
        n=len(pss),
        low=min(pss),
        high=max(pss),
        target=MEMORY_MB,
        against=f"{against}; most and least; libraries are divided among all on the machine that use them",
    )
    if mapped:
        yield Figure(
            name="mapped_mb",
            value=max(mapped),
            unit="MB",
            n=len(mapped),
            low=min(mapped),
            high=max(mapped),
            target=MEMORY_MB,
            against=f"{against}; most and least; every page that the agent maps in full, as on a box of its own",
        )
    tenth = max(1, len(own) // 10)
    yield Figure(
        name="growth_mb",
        value=statistics.median(own[-tenth:]) - statistics.median(own[:tenth]),
        unit="MB",
        n=len(own),
        low=min(own) - own[0],
        high=max(own) - own[0],
        target=None if options.quick else GROWTH_MB,
        against=f"{against}; anonymous and shared memory, last tenth less first; furthest below and above the first",
    )


def _watch(box: RealBox, length_s: float, options: Options) -> tuple[list[float], list[float], list[float]]:
    """Read memory again and again: proportional, own, and, at the beginning and the end, mapped."""
    pss: list[float] = []
    own: list[float] = []
    mapped = [mapped_mb(box.pids())]
    began_s = time.monotonic()
    every_s = min(5.0, length_s / 12)
    while (gone_s := time.monotonic() - began_s) < length_s:
        box.check_alive()
        pss.append(box.pss_mb())
        own.append(own_mb(box.pids()))
        options.progress(f"{gone_s:.0f} of {length_s:.0f} s: {pss[-1]:.1f} MB")
        time.sleep(every_s)
    status = box.status()
    if status is None or not status.telemetry.link.connected or status.telemetry.sources["square"].inferences == 0:
        msg = "the agent lost its link or its camera meanwhile"
        raise RuntimeError(msg)
    mapped.append(mapped_mb(box.pids()))
    return pss, own, [value for value in mapped if value is not None]
