"""Rows 16, 17 and 18: no cut, no broken disk and no kill leaves a box with half a bundle, the wrong model or none."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks import ota_crash
from benchmarks.figure import Options
from benchmarks.ota_crash_cases import CASES, PHASES, Cases
from benchmarks.ota_crash_cuts import Run
from simulator.faults.memory_of_disk import Survival
from simulator.updates.trial import Behaviour

NOUGHT = ("bricks", "wrong_models", "half_bundles", "lost_writes", "left_over", "unnoticed_syncs")


def check(folder: Path, seed: int, *, quick: bool) -> None:
    notes: list[str] = []
    options = Options(data=folder, quick=quick, seed=seed, progress=notes.append)
    figures = {figure.name: figure for figure in ota_crash.run(options)}
    faults = [note for note in notes if note.startswith(NOUGHT)]
    assert [figures[name].value for name in NOUGHT] == [0] * len(NOUGHT), faults
    assert figures["runs"].value == (300 if quick else 10_000)
    assert figures["hits_per_state"].reached
    assert all(phase in figures["hits_per_state"].against for phase in PHASES)
    assert figures["unnoticed_syncs"].n >= 10


@pytest.mark.timeout(600)
def test_the_short_form(tmp_path: Path) -> None:
    check(tmp_path, 1, quick=True)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_long_form(tmp_path: Path, seed: int) -> None:
    check(tmp_path, seed, quick=False)


def test_a_run_replays_exactly(tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    first, second = (ota_crash.one(cases, 3, 40, breaks=False) for _ in range(2))
    assert first.hits == second.hits
    assert sum(first.hits.values()) > 0


def test_every_end_that_a_release_may_come_to_is_among_the_cases(tmp_path: Path) -> None:
    expected = Cases(tmp_path).expected
    assert set(expected) == set(CASES)
    for case, ending in expected.items():
        good = case.behaviour is Behaviour.GOOD
        assert ending.running == (case.release if good else case.release - 1)
        assert ending.version == f"1.{ending.running}.0"
        assert ending.quarantine == (() if good else (case.release,))


@pytest.mark.parametrize("deaf", ["sync", "sync_folder"])
def test_a_disk_that_keeps_nothing_is_noticed(tmp_path: Path, deaf: str) -> None:
    """The bench itself: without any sync of one kind, most cuts go wrong."""
    cases = Cases(tmp_path)
    assert cases.expected
    wrong = 0
    for number in range(12):
        draw = random.Random(number)
        case = draw.choice(CASES)
        run = Run(cases, case, draw, "deaf")
        wrong += bool(run.cut(draw.randint(20, cases.total(case)), lambda kind, _: kind == deaf, Survival.NOTHING).faults)
    assert wrong >= 8
