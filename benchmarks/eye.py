"""The way of a picture in one process and in order: decoder, gate, model, tracker, counts, as the box joins them.

Rules: the parts are the agent's own. What was learnt from one picture reaches the gate one picture later, as on a box, where
the next has been captured by then. Processor time is that of this thread; the model runs in one thread. Models are loaded
once.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from msgspec import structs

from benchmarks.crowd_metrics import Box, Told
from edge.agent.pipeline import Pipeline
from edge.capture.file import FilePort
from edge.capture.port import Picture
from edge.clock import Instant
from edge.gate.expected import Acuity, Expected
from edge.gate.gate import FrameGate
from edge.infer import accelerator
from edge.infer.looker import Looker, load_looker
from edge.infer.messages import ModelOrder
from edge.infer.outcome import NothingSeen, Outcome, Seen, Still
from edge.observation import Observation
from edge.runtime.plan import Plan
from edge.runtime.planner import BundlePlanner
from edge.runtime.result import FrameResult
from hardware.accelerators import detect
from models.bundle.bundle import zoo
from protocol.config import Gate, Report, Source, Zone
from protocol.events import CrowdCount, CrowdDensity

EVERYWHERE = Zone("all", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
SQUARE = Source(id="square", uri="x", zones=(EVERYWHERE,))
CLIP_FPS = 7.0
"""Of the scene on the square; see docs/performance.md."""
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.timezone.utc)


@dataclass
class Watched:
    """What came of a recording.

    Attributes:
        told: counts and tracks of the first zone, by number of the picture, from 1.
        densities: of any zone, people per square metre, likewise, where somebody looked.
        looks: pictures in which somebody looked.
        inferences: parts of pictures that the model was asked about.
        model_s: processor time of the model with preparing and decoding, seconds.
        cpu_s: processor time of all, with the decoder of the recording, seconds.
        pictures: how many there were.
    """

    told: dict[int, Told] = field(default_factory=dict)
    densities: dict[int, float] = field(default_factory=dict)
    looks: int = 0
    inferences: int = 0
    model_s: float = 0.0
    cpu_s: float = 0.0
    pictures: int = 0


def clip(*paths: Path, until: int | None = None) -> Iterator[Picture]:
    """Pictures of recordings, one after another."""
    number = 0
    for path in paths:
        for picture in FilePort(str(path)).pictures():
            number += 1
            yield picture
            if number == until:
                return


def watch(pictures: Iterable[Picture], gate: Gate, fps: float = CLIP_FPS, source: Source = SQUARE) -> Watched:
    """Watch a recording with the model that boxes use.

    Args:
        pictures: in order.
        gate: how it is configured.
        fps: pictures a second.
        source: zones, and where the ground is.
    """
    looker, plan = model()
    pipeline = Pipeline(structs.replace(source, gate=gate), Report(count_interval_s=0, evaluation=True))
    frames = FrameGate(gate, plan.acuity if isinstance(plan.acuity, Acuity) else None)
    found = Watched()
    expected: tuple[Expected, ...] = ()
    coming: tuple[Expected, ...] = ()
    begun_s = time.thread_time()
    for number, picture in enumerate(pictures, 1):
        media_s = (number - 1) / fps
        regions = frames.regions(picture.y, media_s, expected)
        expected = coming
        outcome: Outcome = Still()
        if regions:
            looked_s = time.thread_time()
            detections = looker.look(looker.prepare((picture.y, picture.u, picture.v), regions))
            found.model_s += time.thread_time() - looked_s
            found.looks += 1
            found.inferences += len(regions)
            outcome = Seen(detections, 0.0) if len(detections) else NothingSeen(0.0)
        at = Instant(media_s, NOON + dt.timedelta(seconds=media_s))
        looked = plan if regions else None
        result = FrameResult(
            "square", number, at, media_s, picture.size, regions, outcome, sure=None if looked is None else looked.sure
        )
        _tell(pipeline.take(result), found)
        coming = pipeline.expected
        found.pictures = number
        last = at
    _tell(pipeline.close(last), found)
    found.cpu_s = time.thread_time() - begun_s
    return found


@cache
def model() -> tuple[Looker, Plan]:
    """What boxes look with, and its plan."""
    plan = BundlePlanner(zoo(), detect()).plan(Source(id="square", uri="x"))
    assert isinstance(plan, Plan), plan
    order: ModelOrder = plan.model
    return load_looker(accelerator.make(plan.entry), order), plan


def _tell(observations: list[Observation], found: Watched) -> None:
    for each in observations:
        if isinstance(each.observed, CrowdDensity) and each.frame is not None:
            found.densities[each.frame] = each.observed.density.value
        if isinstance(each.observed, CrowdCount) and each.frame is not None:
            people = each.observed.people
            boxes: dict[int, Box] = {t.track: (t.left, t.top, t.left + t.width, t.top + t.height) for t in each.observed.tracks}
            found.told[each.frame] = Told(people.value, people.low, people.high, boxes)
