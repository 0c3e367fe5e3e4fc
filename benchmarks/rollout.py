"""A rollout to many boxes, and a bad model that must not leave its canary.

A real manager, a real broker, boxes with the real guard, outbox and session, each under a client id and a key of its own. They
take a few seconds for an update; what is measured is what the manager adds: orders signed and sent, reports verified and
counted, groups opened one after the other.
"""

from __future__ import annotations

import math
import random
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.rollout_site import BUNDLE, Ended, Site, open_site
from benchmarks.uplink_site import broker_kind
from simulator.devices.updates import UpdateModel

DESCRIPTION = "Seconds, processor and memory of the manager for a rollout; boxes that a bad model reaches"

SIZES = (100, 500, 2000)
BAD_SHARE = 0.02
CANARY_PERCENT = 10.0
GOOD, BAD = 2, 3
_MODEL = UpdateModel(fetch_s=(0.5, 2.0), probation_s=2.0, bad_releases=(f"{BUNDLE}/{BAD}",))
_LIMIT_S = 600.0
_FILES_BESIDE = 500
_NOTE = "boxes fetch for 0.5-2 s and are on probation for 2 s; 10% canary, then all; SQLite; manager = ingest, rollouts, web; "


def run(options: Options) -> Iterator[Figure]:
    """Roll out, then roll a bad model out.

    Raises:
        Skipped: this system allows too few open files for so many boxes.
        RuntimeError: a rollout ended otherwise than it should.
        TimeoutError: one did not end.
    """
    sizes = SIZES[:1] if options.quick else SIZES
    _allow_files(2 * sizes[-1] + _FILES_BESIDE)
    ended: dict[int, Ended] = {}
    against = f"seed {options.seed}; {broker_kind().value}; {_NOTE}{'short form' if options.quick else 'full form'}"
    for size in sizes:
        options.progress(f"{size} boxes: enrolling and connecting")
        with tempfile.TemporaryDirectory(prefix="rollout-") as name, open_site(Path(name), size) as site:
            site.publish(GOOD, BAD)
            bad = frozenset(random.Random(options.seed).sample(site.names, round(BAD_SHARE * size)))
            with site.boxes(_MODEL, options.seed, bad):
                options.progress(f"{size} boxes: a good release")
                ended[size] = _good(site, bad)
                if size == sizes[0]:
                    options.progress(f"{size} boxes: a bad release")
                    yield _exposed(site, against)
        yield from _figures(size, ended[size], against, largest=size == SIZES[-1])
    if len(ended) > 1:
        yield from _growth(ended, against)


def _good(site: Site, bad: frozenset[str]) -> Ended:
    ended = site.roll_out(_plan(GOOD), _LIMIT_S)
    succeeded = ended.counts.get("succeeded", 0)
    if ended.state != "completed" or ended.failed != bad or succeeded + len(bad) != len(site.names):
        wrong = sorted(ended.failed ^ bad)[:5]
        msg = f"the good release is {ended.state}: {ended.reason}; {ended.counts} of {len(site.names)}; wrong: {wrong}"
        raise RuntimeError(msg)
    return ended


def _exposed(site: Site, against: str) -> Figure:
    ended = site.roll_out(_plan(BAD), _LIMIT_S)
    if ended.state != "stopped":
        msg = f"the bad release is {ended.state}: {ended.reason}; {ended.counts}"
        raise RuntimeError(msg)
    canary = site.placed(2, 0)
    return Figure(
        name="exposed",
        value=sum(ended.ordered.values()),
        unit="boxes",
        n=site.placed(2, 0) + site.placed(2, 1),
        target=canary,
        against=f"boxes that got the order for a release that goes wrong on all of them; the canary has {canary}; {against}",
    )


def _figures(size: int, ended: Ended, against: str, *, largest: bool) -> Iterator[Figure]:
    beside = f"{against}; {len(ended.failed)} bad boxes, all of them and no other failed"
    yield Figure(name=f"seconds_{size}", value=ended.seconds, unit="s", n=size, target=120 if largest else None, against=beside)
    yield Figure(name=f"manager_cpu_s_{size}", value=ended.cpu_s, unit="s", n=size, against=beside)
    yield Figure(name=f"manager_mb_{size}", value=ended.memory_mb, unit="MB", n=size, against=beside)


def _growth(ended: dict[int, Ended], against: str) -> Iterator[Figure]:
    """Exponent of the least-squares line through the logarithms: 1 is linear."""
    for name, values in (
        ("growth_seconds", {size: one.seconds for size, one in ended.items()}),
        ("growth_cpu", {size: one.cpu_s for size, one in ended.items()}),
    ):
        yield Figure(
            name=name,
            value=exponent(values),
            unit="",
            n=len(values),
            target=1.0,
            sense=Sense.AT_MOST,
            against=f"exponent over {', '.join(map(str, values))} boxes; 1 is linear; {against}",
        )


def exponent(values: dict[int, float]) -> float:
    """Slope of the least-squares line through (log size, log value)."""
    points = [(math.log(size), math.log(max(value, 1e-9))) for size, value in values.items()]
    mean_x, mean_y = (math.fsum(part) / len(points) for part in zip(*points, strict=True))
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / math.fsum((x - mean_x) ** 2 for x, _ in points)


def _plan(release: int) -> dict[str, Any]:
    canary = {"percent": CANARY_PERCENT, "success_percent": 70.0, "minimum": 5, "budget_percent": 30.0}
    rest = {"success_percent": 90.0, "minimum": 10, "budget_percent": 10.0}
    groups = [{"name": "canary", **canary}, {"name": "rest", **rest}]
    return {"bundle": BUNDLE, "release": release, "groups": groups, "timeout_s": 300}


def _allow_files(needed: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        msg = f"{needed} open files are needed and {hard} allowed; raise the limit (ulimit -Hn), or use --quick"
        raise Skipped(msg)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
