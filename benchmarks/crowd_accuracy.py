"""How well the square's people are counted and followed, told from what the manager has stored.

What is measured: the whole way of an observation. A manager is started, a box enrols with a one-time code, its agent plays the
clip once as fast as it can, one count for each picture travels over TLS, and everything below is computed from the manager's
store. The fleet is in evaluation, so that counts carry the boxes of tracks.

Truth: PETS 2009 S2.L1 view 1, frames 201-400. The tracker's constants and the operating point were chosen on frames 1-200,
but the whole clip had been looked at before: these figures repeat, they are no blind test. Counts are judged against the people
whom the truth counts; those whom it says to ignore (two who stand far away, up to frame 244) are nobody there. Where tracks are
judged, or where the name says so, tracks on people to ignore are neither right nor wrong. Pictures are played as fast as the
box can, so the gate learns a few pictures late where people are expected; at the camera's pace it learns at once.

What is told in metres, and over a line: :mod:`benchmarks.crowd_ground`.
"""

from __future__ import annotations

import contextlib
import csv
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from sqlalchemy import Engine, func, select

from benchmarks.crowd_ground import LINE, ground_figures
from benchmarks.crowd_metrics import (
    Box,
    Boxes,
    Measure,
    Told,
    best_constant,
    clear_mot,
    identities,
    idf1,
    interval,
    mota,
    without_ignored,
)
from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.real_box import CLIP, RealBox
from benchmarks.real_manager import FLEET, real_manager
from fleet.manager import BrokerKind
from fleet.store.database import open_engine
from fleet.store.tables import event, quarantine
from protocol.events import CrowdCount, CrowdFlow, EventBody, EventType
from simulator.enrolment import make_codes

DESCRIPTION = "Counts and tracks of people on the square, from the manager's store against PETS 2009"

FIRST, LAST = 201, 400
TARGET = 0.6
"""Most part of the best constant guess's error that may remain."""
MOTA = 0.76


_QUICK_LAST = 260
_BLOCK = 20
"""Pictures: three seconds, in which the people of a picture change."""

_DEVICE = "square-north"
_PLAY_S = 300.0
_LOOK_S = 0.2
T = TypeVar("T")


@dataclass(frozen=True)
class Picture:
    """What the truth says of one picture, or the box of the same."""

    people: Boxes
    ignored: Boxes


@dataclass(frozen=True)
class Stored:
    """What the store holds of all of them, by picture.

    Attributes:
        counts: of the whole picture.
        flows: over the line, forward and backward.
    """

    counts: dict[int, Told]
    flows: dict[int, tuple[float, float]]


def run(options: Options) -> Iterator[Figure]:
    """Play the clip through the house and compare."""
    path = options.data / "pets" / "gt_001_400.txt"
    if not path.exists():
        msg = f"{path} is not there: the truth of PETS 2009 S2.L1 is not part of the repository; give its folder with --data"
        raise Skipped(msg)
    last = _QUICK_LAST if options.quick else LAST
    truth = read_truth(path)
    with tempfile.TemporaryDirectory(prefix="crowd-") as name:
        stored = play(Path(name), options.progress, until=last if options.quick else None)
    told = stored.counts
    frames = range(FIRST, last + 1)
    missing = [frame for frame in frames if frame not in told]
    if missing:
        msg = f"the store has no count of {len(missing)} of {len(frames)} pictures, the first is {missing[0]}"
        raise RuntimeError(msg)
    note = ", short form, without a target" if options.quick else ""
    yield from figures(
        [truth[frame] for frame in frames],
        [told[frame] for frame in frames],
        np.random.default_rng(options.seed),
        f"PETS 2009 S2.L1 view 1, frames {FIRST}-{last}{note}",
        judge=not options.quick,
    )
    people = {frame: picture.people for frame, picture in truth.items()}
    yield from ground_figures(people, stored.flows, frames, options.data, note)


def figures(
    truth: Sequence[Picture], told: Sequence[Told], random: np.random.Generator, against: str, *, judge: bool
) -> Iterator[Figure]:
    """Compare picture by picture.

    Args:
        truth: of each picture.
        told: what the store holds of the same.
        random: for the intervals.
        against: what it is compared with.
        judge: whether there is a target.
    """
    people = np.array([len(picture.people) for picture in truth], np.float64)
    counts = np.array([picture.count for picture in told])
    judged = [without_ignored(t.tracks, p.people, p.ignored) for p, t in zip(truth, told, strict=True)]
    fair = counts - np.array([len(t.tracks) - len(left) for t, left in zip(told, judged, strict=True)])
    errors = clear_mot([picture.people for picture in truth], judged)
    agreements = identities([picture.people for picture in truth], judged)
    guess = best_constant(people.tolist())
    covered = np.array([picture.low <= n <= picture.high for picture, n in zip(told, people, strict=True)], np.float64)

    def figure(  # noqa: PLR0913 - a figure
        name: str, unit: str, of: Measure, more: str = "", target: float | None = None, at_least: float | None = None
    ) -> Figure:
        low, high = interval(of, len(truth), _BLOCK, random)
        value = of(np.arange(len(truth)))
        return Figure(
            name=name,
            value=value,
            unit=unit,
            n=len(truth),
            low=low,
            high=high,
            against=against + more,
            target=target if at_least is None else at_least,
            sense=Sense.AT_MOST if at_least is None else Sense.AT_LEAST,
        )

    most = round(TARGET * float(np.abs(guess - people).mean()), 4) if judge else None
    always = f"; always {guess:g}, the best constant guess in hindsight"
    yield figure("count_mae", "people", lambda at: float(np.abs(counts[at] - people[at]).mean()), target=most)
    yield figure("mota", "", lambda at: mota([errors[i] for i in at]), at_least=MOTA if judge else None)
    yield figure("idf1", "", lambda at: idf1([agreements[i] for i in at]))
    yield figure("constant_mae", "people", lambda at: float(np.abs(guess - people[at]).mean()), always)
    yield figure("count_bias", "people", lambda at: float((counts[at] - people[at]).mean()))
    ignoring = "; tracks on people whom the truth says to ignore are not counted"
    yield figure("count_mae_without_ignored", "people", lambda at: float(np.abs(fair[at] - people[at]).mean()), ignoring)
    yield figure("interval_coverage", "", lambda at: float(covered[at].mean()), "; 0.90 is what events claim")


def read_truth(path: Path) -> dict[int, Picture]:
    """Truth by frame, from 1; rows with confidence 0 are people to ignore."""
    boxes: dict[int, tuple[dict[int, Box], dict[int, Box]]] = {}
    with path.open(newline="") as file:
        for row in csv.reader(file):
            left, top, width, height = (float(text) for text in row[2:6])
            people, ignored = boxes.setdefault(int(row[0]), ({}, {}))
            (people if float(row[6]) else ignored)[int(row[1])] = (left, top, left + width, top + height)
    return {frame: Picture(people, ignored) for frame, (people, ignored) in boxes.items()}


def play(folder: Path, progress: Callable[[str], None], until: int | None) -> Stored:
    """Start a manager and a box, play the clip, and read the store.

    Args:
        folder: for everything; short enough for a socket below it.
        progress: told in a few words what is going on.
        until: picture after which the box may be stopped; ``None`` = the clip's end.

    Raises:
        RuntimeError: when something on the way has failed.
    """
    progress("starting the manager")
    with real_manager(folder, BrokerKind.EMBEDDED, "evaluation") as manager:
        url, store_url = manager.config.url, manager.config.store_url
        code = make_codes(url, manager.token, {_DEVICE: "Square north"})[_DEVICE]
        with contextlib.closing(RealBox(folder, _box_file(url, code))) as box:
            box.start("--until-end")
            _wait_played(store_url, box, progress, until)
        _check_quarantine(store_url)
        return Stored(told(store_url), flows(store_url))


def told(store_url: str) -> dict[int, Told]:
    """What the store holds, by frame."""
    engine = open_engine(store_url)
    found: dict[int, Told] = {}
    for body in _bodies(engine, EventType.CROWD_COUNT, EventBody[CrowdCount]):
        people, sensor = body.observed.people, body.sensor
        if sensor is not None and sensor.frame is not None and body.observed.zone == "all":
            boxes: dict[int, Box] = {t.track: (t.left, t.top, t.left + t.width, t.top + t.height) for t in body.observed.tracks}
            found[sensor.frame] = Told(people.value, people.low, people.high, boxes)
    engine.dispose()
    return found


def flows(store_url: str) -> dict[int, tuple[float, float]]:
    """People over the line, forward and backward, by frame."""
    engine = open_engine(store_url)
    bodies = _bodies(engine, EventType.CROWD_FLOW, EventBody[CrowdFlow])
    engine.dispose()
    return {
        body.sensor.frame: (body.observed.forward.value, body.observed.backward.value)
        for body in bodies
        if body.sensor is not None and body.sensor.frame is not None
    }


def _bodies(engine: Engine, kind: EventType, of: type[T]) -> list[T]:
    query = select(event.c.body).where(event.c.type == kind.value, event.c.device == _DEVICE).order_by(event.c.seq)
    with engine.connect() as connection:
        return [msgspec.json.decode(body, type=of) for body in connection.scalars(query)]


def _box_file(url: str, code: str) -> str:
    return f"""
[box]
fleet = "{FLEET}"
device = "{_DEVICE}"
state = "state"

[manager]
url = "{url}"
code = "{code}"

[report]
count_interval_s = 0      # one count for each picture
evaluation = true

[[sources]]
id = "square"
uri = "{CLIP}"
pace = "fastest"
fps = 7

[[sources.zones]]
id = "all"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]

[[sources.lines]]
id = "across"
start = {list(LINE[0])}
end = {list(LINE[1])}
"""


def _wait_played(store_url: str, box: RealBox, progress: Callable[[str], None], until: int | None) -> None:
    """Wait until the box has ended, or has told what is wanted."""
    end_s = time.monotonic() + _PLAY_S
    engine = open_engine(store_url)
    query = select(func.max(event.c.seq)).where(event.c.device == _DEVICE)
    while time.monotonic() < end_s:
        try:
            box.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            pass
        else:
            engine.dispose()
            return
        with engine.connect() as connection:
            stored = connection.scalar(query) or 0
        progress(f"{stored} events stored")
        if until is not None and until in told(store_url):
            box.stop()
            engine.dispose()
            return
    msg = f"the clip was not played within {_PLAY_S:g} s: {(box.folder / 'log').read_text('utf-8', 'replace')[-1000:]}"
    raise RuntimeError(msg)


def _check_quarantine(store_url: str) -> None:
    engine = open_engine(store_url)
    with engine.connect() as connection:
        refused = connection.execute(select(quarantine.c.reason, quarantine.c.detail)).first()
    engine.dispose()
    if refused is not None:
        msg = f"the manager has refused an event: {refused.reason}: {refused.detail}"
        raise RuntimeError(msg)
