"""Turns of the agent and of its peer on one core, each with several cameras in real time.

Rules: they take turns, agent, peer, agent, peer; each pair of turns gives one ratio, so that what else the machine does meets
both. Both play the same clip in every camera at ten pictures a second, with the looks that they were tuned to: the agent in all
its processes, the peer in one, with one session of the model for all its cameras (:mod:`benchmarks.peer_stack`). A ratio counts
only where the core carries the cameras, so pictures that were lost, or not done with in time, are figures too.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.edge_overhead import median_interval
from benchmarks.eye import CLIP_FPS
from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.looks import Looks, between, together
from benchmarks.real_box import CLIP, RealBox
from models.bundle.bundle import load_bundle, zoo
from protocol.config import FOR_PEOPLE

CAMERAS = (2, 4)
PACE = 10
"""Pictures a second of each camera."""
PACE_KEPT = 0.95
"""Share of them that must come; what the agent tells of still pictures is up to 0.4 s old."""
_PAIRS = 5
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
    """

    pictures: int
    late: int
    wall_s: float
    cpu_s: float

    @property
    def each_s(self) -> float:
        """Processor time for each picture, seconds."""
        return self.cpu_s / self.pictures

    def pace(self, cameras: int) -> float:
        """Pictures a second of each camera."""
        return self.pictures / self.wall_s / cameras


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
    for cameras in CAMERAS:
        ours: list[Turn] = []
        theirs: list[Turn] = []
        looks: list[Looks] = []
        for pair in range(pairs):
            options.progress(f"{cameras} cameras, pair {pair + 1} of {pairs}: agent")
            turn, looked = agent_turn(sides.box_file(cameras), cameras, sides.core, seconds)
            ours.append(turn)
            looks.append(looked)
            options.progress(f"{cameras} cameras, pair {pair + 1} of {pairs}: peer")
            theirs.append(_peer_turn(sides, cameras, seconds))
        told = f"{sides.against}; {cameras} cameras at {PACE} pictures a second, turns of {seconds:g} s"
        judge = not options.quick
        ratios = [peer.each_s / agent.each_s for agent, peer in zip(ours, theirs, strict=True)]
        low, high = median_interval(ratios)
        yield Figure(
            name=f"cameras_ratio_{cameras}",
            value=statistics.median(ratios),
            unit="",
            n=pairs,
            low=low,
            high=high,
            against=f"{told}; median of pairs" + ("" if judge else ", short form"),
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
            n=pairs,
            low=min(paces),
            high=max(paces),
            against=f"{told}; pictures a second of each of the agent's cameras, slowest turn",
            target=PACE_KEPT * PACE if judge else None,
            sense=Sense.AT_LEAST,
        )
        all_looks = together(looks)
        yield _late(f"lost_{cameras}", ours, f"{told}; pictures that the agent was to look at and did not", judge=judge)
        yield _late(f"peer_late_{cameras}", theirs, f"{told}; pictures that the peer had not done with when the next was due")
        yield Figure(
            name=f"sharing_{cameras}",
            value=all_looks.sharing,
            unit="",
            n=sum(all_looks.looks.values()),
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
    return Turn(**ask_peer(sides.python, sides.core, task))


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
    whole = {"clip": str(CLIP), "model": str(bundle.folder / file), "fps": CLIP_FPS, "core": core, **task}
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
        early, cpu_s, at_s = box.sources(), box.cpu_s(), time.monotonic()
        time.sleep(seconds)
        late, spent_s, now_s = box.sources(), box.cpu_s(), time.monotonic()
    looks = between(early, late)
    return Turn(sum(looks.pictures.values()), sum(looks.lost.values()), now_s - at_s, spent_s - cpu_s), looks
