"""Turns of the agent and of its peer on one core, each with several cameras in real time.

Rules: they take turns, agent, peer, agent, peer; each pair of turns gives one ratio, so that what else the machine does meets
both. Both play the same clip in every camera at ten pictures a second, with the looks that they were tuned to: the agent in all
its processes, the peer in one, with one session of the model for all its cameras (:mod:`benchmarks.peer_stack`). A ratio counts
only where the core carries the cameras, so pictures that were lost, or not done with in time, are figures too. Strangers on the
core make pictures late: how much of it they took is measured in every turn, and disturbed pairs are taken again.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bare_loop import machine_s
from benchmarks.edge_overhead import median_interval
from benchmarks.eye import CLIP_FPS
from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.looks import Looks, between, together
from benchmarks.real_box import CLIP, RealBox
from hardware.processor import saturates
from models.bundle.bundle import load_bundle, zoo
from protocol.config import FOR_PEOPLE

CAMERAS = (2, 4)
PACE = 10
"""Pictures a second of each camera."""
PACE_KEPT = 0.95
"""Share of them that must come; what the agent tells of still pictures is up to 0.4 s old."""
_PAIRS = 5
_QUIET = 0.1
"""Share of the core that strangers may take in a pair that counts."""
_TRIES = 2
"""Most pairs taken for each one that is wanted; then the least disturbed have to do."""
_TURN_S = 10.0
_QUICK_S = 2.0
_WARM_S = 2.0
_LIMIT_S = 90.0


class Turn(NamedTuple):
    """What one side did in a while.

    Attributes:
        pictures: of all its cameras.
        late: of these, lost, or not done with when the next was due.
        wall_s: length of the while.
        cpu_s: processor time of all its processes meanwhile, seconds.
        others: share of the core that strangers took.
    """

    pictures: int
    late: int
    wall_s: float
    cpu_s: float
    others: float

    @property
    def each_s(self) -> float:
        """Processor time for each picture, seconds."""
        return self.cpu_s / self.pictures

    def pace(self, cameras: int) -> float:
        """Pictures a second of each camera."""
        return self.pictures / self.wall_s / cameras


class Pair(NamedTuple):
    """A turn of each, and how the agent shared its looks among its cameras."""

    agent: Turn
    peer: Turn
    looks: Looks

    @property
    def others(self) -> float:
        """Share of the core that strangers took, in the turn in which that was more."""
        return max(self.agent.others, self.peer.others)

    @property
    def ratio(self) -> float:
        """Cameras that a core carries, over those of the peer."""
        return self.peer.each_s / self.agent.each_s


class Sides(NamedTuple):
    """Who takes turns.

    Attributes:
        box_file: configuration of an agent with so many cameras.
        python: of the peer's environment.
        peer: its tuned stride and settings, as it told them.
        core: on which both run.
        against: what is compared, in words.
    """

    box_file: Callable[[int], str]
    python: str
    peer: Mapping[str, Any]
    core: int
    against: str


def several(sides: Sides, target: float, options: Options) -> Iterator[Figure]:
    """Measure both sides with several cameras; ``target`` is cameras that a core carries, over those of the peer."""
    pairs, seconds = (1, _QUICK_S) if options.quick else (_PAIRS, _TURN_S)
    tries = 1 if options.quick else _TRIES
    judge = not options.quick
    for cameras in CAMERAS:
        tried: list[Pair] = []
        while len(tried) < pairs * tries and (done := sum(pair.others <= _QUIET for pair in tried)) < pairs:
            options.progress(f"{cameras} cameras, {done} of {pairs} undisturbed pairs: agent")
            agent, looks = agent_turn(sides.box_file(cameras), cameras, sides.core, seconds)
            options.progress(f"{cameras} cameras, {done} of {pairs} undisturbed pairs: peer")
            tried.append(Pair(agent, _peer_turn(sides, cameras, seconds), looks))
        quietest = sorted(tried, key=lambda pair: pair.others)[:pairs]
        told = (
            f"{sides.against}; {cameras} cameras at {PACE} pictures a second, turns of {seconds:g} s (the least disturbed of "
        )
        told += f"{len(tried)} pairs: strangers took {quietest[-1].others:.2f} of the core at most)"
        yield from _figures(cameras, quietest, target, told + ("" if judge else ", short form"), judge=judge)


def _figures(cameras: int, pairs: list[Pair], target: float, told: str, *, judge: bool) -> Iterator[Figure]:
    ours, theirs = [pair.agent for pair in pairs], [pair.peer for pair in pairs]
    ratios = [pair.ratio for pair in pairs]
    low, high = median_interval(ratios)
    yield Figure(
        name=f"cameras_ratio_{cameras}",
        value=statistics.median(ratios),
        unit="",
        n=len(pairs),
        low=low,
        high=high,
        against=f"{told}; median",
        target=target if judge else None,
        sense=Sense.AT_LEAST,
    )
    yield _share(f"core_share_{cameras}", ours)
    yield _share(f"peer_core_share_{cameras}", theirs)
    paces = [turn.pace(cameras) for turn in ours]
    yield Figure(
        name=f"pace_{cameras}",
        value=min(paces),
        unit="1/s",
        n=len(paces),
        low=min(paces),
        high=max(paces),
        against=f"{told}; pictures a second of each of the agent's cameras, slowest turn",
        target=PACE_KEPT * PACE if judge else None,
        sense=Sense.AT_LEAST,
    )
    yield _late(f"lost_{cameras}", ours, f"{told}; pictures that the agent was to look at and did not", judge=judge)
    yield _late(f"peer_late_{cameras}", theirs, f"{told}; pictures that the peer had not done with when the next was due")
    looks = together([pair.looks for pair in pairs])
    yield Figure(
        name=f"sharing_{cameras}",
        value=looks.sharing,
        unit="",
        n=sum(looks.looks.values()),
        against=f"{told}; looks at the camera that had the fewest, over the most",
    )


def _share(name: str, turns: list[Turn]) -> Figure:
    shares = [turn.cpu_s / turn.wall_s for turn in turns]
    against = "processor time of all processes; median; least and most"
    return Figure(
        name=name,
        value=statistics.median(shares),
        unit="cores",
        n=len(shares),
        low=min(shares),
        high=max(shares),
        against=against,
    )


def _late(name: str, turns: list[Turn], against: str, *, judge: bool = False) -> Figure:
    return Figure(
        name=name,
        value=sum(turn.late for turn in turns),
        unit="pictures",
        n=sum(turn.pictures for turn in turns),
        against=against,
        target=0 if judge else None,
        sense=Sense.EXACTLY,
    )


def _peer_turn(sides: Sides, cameras: int, seconds: float) -> Turn:
    tuned = {key: sides.peer[key] for key in ("stride", "settings")}
    task = {**tuned, "cameras": cameras, "pace": PACE, "warm_s": _WARM_S, "seconds": seconds}
    at_s, busy_s, ours_s = time.monotonic(), machine_s(sides.core), _children_s()
    answer = ask_peer(sides.python, sides.core, task)
    strangers_s = machine_s(sides.core) - busy_s - (_children_s() - ours_s)
    return Turn(**answer, others=max(0.0, strangers_s) / (time.monotonic() - at_s))


def _children_s() -> float:
    """Processor time of processes that this one started and that have ended, seconds."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def ask_peer(python: str, core: int, task: Mapping[str, Any]) -> Any:
    """Give the peer a task on the clip with the model that boxes use, and wait for its answer.

    Args:
        python: of its environment.
        core: on which it runs.
        task: what is to be done, see :mod:`benchmarks.peer_stack`.

    Raises:
        Skipped: when it cannot run.
    """
    bundle = load_bundle(zoo() / FOR_PEOPLE)
    file = next(variant.file for variant in bundle.manifest.variants if variant.precision == "int8")
    whole = {"clip": str(CLIP), "model": str(bundle.folder / file), "fps": CLIP_FPS, "core": core, "exact": saturates(), **task}
    script = Path(__file__).with_name("peer_stack.py")
    done = subprocess.run([python, str(script)], input=json.dumps(whole), capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"the peer cannot run ({done.stderr.strip()[-300:]}); install supervision, trackers and onnxruntime for {python}"
        raise Skipped(msg)
    return json.loads(done.stdout)


def agent_turn(box_file: str, cameras: int, core: int, seconds: float) -> tuple[Turn, Looks]:
    """Run an agent on one core, and take what it does within so many seconds once it is warm."""
    before = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="peer-") as name, contextlib.closing(RealBox(Path(name), box_file)) as box:
        os.sched_setaffinity(0, {core})
        try:
            box.start()
        finally:
            os.sched_setaffinity(0, before)
        for _ in box.polls(0.2, _LIMIT_S):
            if sum(source.inferences for source in box.sources().values()) >= cameras * 2:
                break
        time.sleep(_WARM_S)
        early, cpu_s, busy_s, at_s = box.sources(), box.cpu_s(), machine_s(core), time.monotonic()
        time.sleep(seconds)
        late, spent_s, now_s = box.sources(), box.cpu_s() - cpu_s, time.monotonic()
        others = max(0.0, machine_s(core) - busy_s - spent_s) / (now_s - at_s)
    looks = between(early, late)
    return Turn(sum(looks.pictures.values()), sum(looks.lost.values()), now_s - at_s, spent_s, others), looks
