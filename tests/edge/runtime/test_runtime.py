"""The way of a picture, and changes while it runs."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from edge.gate.expected import Expected
from edge.infer.outcome import Dropped, DropReason, NothingSeen, Seen, Still
from edge.region import Region, Size
from protocol.config import Gate, Line, Zone
from tests.edge.capture.clips import make_clip
from tests.edge.runtime.box import Box, source

ROOT = Path(__file__).resolve().parents[3]


def test_every_picture_comes_out_once_and_in_order(box: Box, clip: Path) -> None:
    box.run(source("a", clip), source("b", clip))
    box.until(lambda: box.runtime.ended)
    for name in ("a", "b"):
        results = [result for result in box.results if result.source == name]
        assert [result.number for result in results] == list(range(1, 21))
        assert all(isinstance(result.outcome, Seen) for result in results)
        assert all(result.regions == (Region(0, 0, 160, 120),) for result in results)
        assert all(result.size == Size(160, 120) for result in results)
        assert all(result.model is not None and result.model.name == "puppet" for result in results)
    told = box.runtime.sources()["a"]
    assert (told.state, told.pictures, told.inferences, told.drops) == ("ended", 20, 20, {})
    assert told.latency_ms is not None
    assert box.runtime.accelerators()["cpu"].inference_ms is not None
    assert not any(box.health.values())


def test_nothing_seen_is_not_nothing_looked_at(box: Box, control: Path, tmp_path: Path) -> None:
    control.write_text("nothing")
    still = make_clip(tmp_path / "still.mp4", moving=False)
    box.run(source("a", still, gate=Gate(whole_every_s=1.0)))
    box.until(lambda: box.runtime.ended)
    kinds = [type(outcome) for outcome in box.outcomes()]
    assert [i for i, kind in enumerate(kinds) if kind is NothingSeen] == [0, 10]
    assert kinds.count(Still) == 18
    assert [bool(result.regions) for result in box.results] == [kind is NothingSeen for kind in kinds]
    assert box.runtime.sources()["a"].inferences == 2


def test_where_tracks_are_expected_is_looked_at(box: Box, tmp_path: Path) -> None:
    still = make_clip(tmp_path / "still.mp4", moving=False, pictures=100)
    box.run(source("a", still, gate=Gate(whole_every_s=100.0, region_px=64), pace="real-time", fps=50.0))
    box.until(lambda: any(isinstance(outcome, Still) for outcome in box.outcomes()))
    box.runtime.expect("a", (Expected(Region(20, 20, 20, 40), (0.0, 0.0), 0.0, 0.0),))
    box.until(lambda: any(result.regions and result.regions[0].width == 64 for result in box.results))
    box.runtime.expect("a", ())
    before = len(box.results)
    box.until(lambda: len(box.results) > before + 10)
    assert isinstance(box.results[-1].outcome, Still)


def test_in_real_time_a_slow_accelerator_gets_the_newest_pictures(box: Box, control: Path, clip: Path) -> None:
    control.write_text("slow")
    box.run(source("a", clip, pace="real-time", fps=50.0, repeat=True))
    box.until(lambda: box.runtime.sources()["a"].drops.get("superseded", 0) >= 20)
    seen = sum(isinstance(outcome, Seen) for outcome in box.outcomes())
    assert seen >= 3
    told = box.runtime.sources()["a"]
    on_the_way = told.pictures - sum(told.drops.values()) - told.inferences
    assert 0 <= on_the_way <= 3
    box.until(lambda: (box.runtime.sources()["a"].latency_ms or 1000.0) < 500)


def test_row_62_of_what_is_worth_a_look_every_second_is_looked_at(box: Box, clip: Path, tmp_path: Path) -> None:
    box.runtime.every = 2
    still = make_clip(tmp_path / "still.mp4", moving=False)
    box.run(source("a", clip), source("b", still, gate=Gate(whole_every_s=0.2)))
    box.until(lambda: box.runtime.ended)
    moving = [type(outcome) for outcome in box.outcomes("a")]
    assert [kind is Seen for kind in moving] == [number % 2 == 0 for number in range(1, 21)]
    assert moving.count(Dropped) == box.runtime.sources()["a"].drops["shed"] == 10
    outcomes = box.outcomes("b")
    looks, shed = sum(isinstance(o, Seen) for o in outcomes), outcomes.count(Dropped(DropReason.SHED))
    assert looks > 1, "a still scene is looked at too"
    assert abs(looks - shed) <= 1
    box.runtime.every = 1
    first = len(box.results)
    box.run(source("c", clip))
    box.until(lambda: box.runtime.ended)
    assert {type(outcome) for outcome in box.outcomes()[first:]} == {Seen}


def test_zones_change_without_a_new_opening_and_the_input_only_with_one(box: Box, clip: Path) -> None:
    first = source("a", clip, pace="real-time", repeat=True)
    box.run(first)
    box.until(lambda: len(box.results) >= 3)
    zone = Zone("z", ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)))
    box.run(msgspec.structs.replace(first, zones=(zone,), lines=(Line("l", (0.1, 0.5), (0.9, 0.5)),), gate=Gate()))
    box.until(lambda: len(box.results) >= 8)
    assert box.numbers("a") == list(range(1, len(box.results) + 1))
    box.run(msgspec.structs.replace(first, fps=25.0))
    box.until(lambda: box.numbers("a").count(1) == 2)


def test_a_source_can_be_taken_away_and_put_back(box: Box, clip: Path) -> None:
    camera = source("a", clip, pace="real-time", repeat=True)
    other = source("b", clip, pace="real-time", repeat=True)
    box.run(camera, other)
    box.until(lambda: len(box.outcomes("a")) >= 3)
    box.run(other)
    assert set(box.runtime.sources()) == {"b"}
    before = len(box.outcomes("b"))
    box.until(lambda: len(box.outcomes("b")) >= before + 3)
    count = len(box.outcomes("a"))
    box.run(camera, other)
    box.until(lambda: len(box.outcomes("a")) >= count + 3)
    box.run()
    assert (box.runtime.sources(), box.runtime.accelerators()) == ({}, {})
    assert children() == []


def test_what_was_on_its_way_when_it_stops_is_dropped_by_name(make_box: Any, control: Path, clip: Path) -> None:
    control.write_text("hang")
    box = make_box()
    box.run(source("a", clip))
    box.until(lambda: box.runtime.sources()["a"].pictures >= 4)
    box.run()
    assert len(box.results) >= 4
    assert set(box.outcomes()) <= {Dropped(DropReason.SOURCE_GONE), Dropped(DropReason.ACCELERATOR_DOWN)}
    assert box.numbers("a") == list(range(1, len(box.results) + 1))


def test_another_thread_can_wake_it(box: Box) -> None:
    threading.Timer(0.05, box.runtime.wake).start()
    begun = time.monotonic()
    box.runtime.poll(0.2)
    assert time.monotonic() - begun < 0.19


def test_waking_it_after_its_end_writes_into_no_other_file(control: Path, tmp_path: Path) -> None:
    """A second Ctrl-C, or a word of the manager while the agent ends: the pipe's number may be another file's by then."""
    box = Box(control.parents[1])
    before = {int(path.name) for path in Path("/proc/self/fd").iterdir()}
    box.runtime.stop()
    names = [tmp_path / f"file-{number}" for number in range(8)]
    files = [name.open("wb") for name in names]
    box.runtime.wake()
    assert {file.fileno() for file in files} & before, "numbers are used again"
    for file in files:
        file.close()
    assert [name.stat().st_size for name in names] == [0] * len(names)
    box.runtime.wake()


def test_nothing_is_kept_of_earlier_openings(box: Box, clip: Path) -> None:
    """Row 56: a source that is opened anew every few seconds for months."""
    box.run(source("a", clip))
    for opening in range(1, 5):
        box.until(lambda opening=opening: len(box.results) == 20 * opening)  # type: ignore[misc]
        box.runtime.restart("a")
    box.until(lambda: len(box.results) == 100)
    assert len(box.runtime._views["a"].sequences) == 1


def test_nothing_grows_over_many_new_starts(box: Box, control: Path, clip: Path) -> None:
    camera = source("a", clip, pace="real-time", repeat=True)

    def cycle() -> None:
        control.write_text("see")
        box.run(camera)
        before = len(box.results)
        box.until(lambda: any(isinstance(result.outcome, Seen) for result in box.results[before:]))
        control.write_text("crash")
        box.until(lambda: bool(box.codes("accelerator cpu")))
        box.run()

    cycle()
    descriptors, rings = count_descriptors(), count_rings()
    for _ in range(4):
        cycle()
    assert (count_descriptors(), count_rings()) == (descriptors, rings)
    assert children() == []


def test_the_agent_sees_no_pixels_and_the_fork_server_no_inference_library(box: Box, clip: Path) -> None:
    box.run(source("a", clip, pace="real-time", repeat=True))
    box.until(lambda: len(box.results) >= 3)
    assert "lamplighter-ring" not in Path("/proc/self/maps").read_text()
    servers = [p for p in psutil.Process().children() if "multiprocessing.forkserver" in " ".join(p.cmdline())]
    assert servers
    for server in servers:
        assert "onnxruntime" not in Path(f"/proc/{server.pid}/maps").read_text()


SCRIPT = """
import sys, time
from pathlib import Path
from tests.edge.runtime.box import Box, source
box = Box(Path(sys.argv[1]))
box.run(source("a", sys.argv[2], pace="real-time", repeat=True))
box.until(lambda: len(box.results) >= 3)
print("running", flush=True)
if sys.argv[3] == "stop":
    box.runtime.stop()
else:
    box.during(60)
"""


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_nothing_is_left_behind_however_it_ends(tmp_path: Path, control: Path, clip: Path, how: str) -> None:
    agent = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "models"), str(clip), how],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert agent.stdout is not None
    assert agent.stdout.readline() == "running\n"
    family = psutil.Process(agent.pid).children(recursive=True) if how == "kill" else []
    if how == "kill":
        assert len(family) >= 4  # resource tracker, fork server, source, accelerator
        agent.kill()
    _, errors = agent.communicate(timeout=20)
    assert errors == ""
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert not any("lamplighter" in path.name or path.name.startswith("psm_") for path in Path("/dev/shm").iterdir())


def children() -> list[str]:
    """Sources and accelerators that run now."""
    lines = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    return [line for line in lines if line.startswith("lamplighter:")]


def count_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def count_rings() -> int:
    count = 0
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists the folder
            count += "lamplighter-ring" in str(path.readlink())
    return count
