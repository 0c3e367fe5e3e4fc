"""Several cameras on one core: what is made of the turns of agent and peer, and that looks are counted camera by camera."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import peer_turns
from benchmarks.edge_peer import box_file
from benchmarks.figure import Options, Skipped
from benchmarks.looks import Looks, between, together
from benchmarks.peer_turns import Sides, Turn, several
from protocol.state import SourceTelemetry

SIDES = Sides(lambda cameras: f"{cameras} cameras", "python3", {"stride": 3, "settings": [0.5], "counts": []}, 0, "the peer")


def looks(cameras: int) -> Looks:
    names = [f"square-{number}" for number in range(cameras)]
    return Looks(dict.fromkeys(names, 100), {name: 10 + number for number, name in enumerate(names)}, dict.fromkeys(names, 0))


def played(
    monkeypatch: pytest.MonkeyPatch, *, lost: int = 0, pace: float = 10.0, late: int = 0, others: Sequence[float] = (0.0,)
) -> dict[str, Any]:
    """Figures of the long form, of turns in which the agent takes 4 ms a picture and the peer 6, 8 or 10."""
    asked: list[Mapping[str, Any]] = []
    strangers = itertools.cycle(others)

    def agent_turn(box_file: str, cameras: int, _core: int, seconds: float) -> tuple[Turn, Looks]:
        assert box_file == f"{cameras} cameras"
        pictures = round(cameras * pace * seconds)
        return Turn(pictures, lost, seconds, pictures * 0.004, next(strangers)), looks(cameras)

    def ask_peer(_python: str, _core: int, task: Mapping[str, Any]) -> dict[str, float]:
        asked.append(task)
        pictures = task["cameras"] * task["pace"] * task["seconds"]
        each_s = (0.006, 0.008, 0.010)[len(asked) % 3]
        return {"pictures": pictures, "late": late, "wall_s": task["seconds"], "cpu_s": pictures * each_s}

    monkeypatch.setattr(peer_turns, "agent_turn", agent_turn)
    monkeypatch.setattr(peer_turns, "ask_peer", ask_peer)
    figures = {figure.name: figure for figure in several(SIDES, 2.0, Options(data=Path()))}
    assert {(task["stride"], *task["settings"]) for task in asked} == {(3, 0.5)}, "the peer plays as it was tuned"
    assert {task["cameras"] for task in asked} == {2, 4}
    return figures


def test_a_ratio_is_the_median_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = played(monkeypatch, late=3)
    for cameras in (2, 4):
        ratio = figures[f"cameras_ratio_{cameras}"]
        assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 1.5, 2.5))
        assert ratio.reached
        assert figures[f"core_share_{cameras}"].value == pytest.approx(cameras * 10 * 0.004)
        assert figures[f"peer_core_share_{cameras}"].value == pytest.approx(cameras * 10 * 0.008)
        assert figures[f"pace_{cameras}"].reached
        assert figures[f"lost_{cameras}"].reached
        assert figures[f"peer_late_{cameras}"].value == 15
        assert figures[f"sharing_{cameras}"].value == pytest.approx(10 / (9 + cameras))


def test_a_core_that_does_not_carry_the_cameras_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert played(monkeypatch, lost=1)["lost_4"].reached is False
    assert played(monkeypatch, pace=9.4)["pace_4"].reached is False


def test_pairs_that_strangers_disturbed_are_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    against = played(monkeypatch, others=(0.5, 0.0, 0.05, 0.2, 0.0, 0.08, 0.1))["cameras_ratio_2"].against
    assert "least disturbed of 7 pairs: strangers took 0.10 of the core at most" in against
    against = played(monkeypatch, others=(0.5, 0.3))["cameras_ratio_4"].against
    assert "least disturbed of 10 pairs: strangers took 0.30 of the core at most" in against


def test_an_agent_with_two_cameras_is_watched_on_one_core() -> None:
    cores = os.sched_getaffinity(0)
    turn, looked = peer_turns.agent_turn(box_file(2), 2, min(cores), 2.0)
    assert os.sched_getaffinity(0) == cores
    assert set(looked.pictures) == {"square-0", "square-1"}
    assert turn.pictures == sum(looked.pictures.values()) > 20
    assert min(looked.looks.values()) > 0
    assert 0 < turn.cpu_s <= turn.wall_s * 1.05, "one core has no more"
    assert turn.cpu_s / turn.wall_s + turn.others <= 1.05, "strangers included"


def test_a_peer_that_cannot_run_is_skipped() -> None:
    with pytest.raises(Skipped, match="install supervision, trackers and onnxruntime"):
        peer_turns.ask_peer(sys.executable, min(os.sched_getaffinity(0)), {"stride": 0})


@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(*[st.integers(0, 1000)] * 6), min_size=1))
def test_looks_between_two_readings(counts: dict[str, tuple[int, ...]]) -> None:
    def reading(*parts: int) -> dict[str, SourceTelemetry]:
        sums = {name: [sum(each[part + i] for part in parts) for i in range(3)] for name, each in counts.items()}
        return {
            n: SourceTelemetry(state="running", pictures=p, inferences=i, drops={"failed": d}) for n, (p, i, d) in sums.items()
        }

    found = between(reading(0), reading(0, 3))
    assert found == Looks(*({name: each[3 + part] for name, each in counts.items()} for part in range(3)))
    assert 0 <= found.sharing <= 1
    twice = together([found, found])
    assert twice.looks == {name: 2 * number for name, number in found.looks.items()}
    assert twice.sharing == pytest.approx(found.sharing)


def test_a_camera_that_comes_or_goes_is_told() -> None:
    camera = SourceTelemetry(state="running")
    with pytest.raises(RuntimeError, match="come or gone meanwhile: b"):
        between({"a": camera, "b": camera}, {"a": camera})
