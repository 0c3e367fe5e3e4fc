"""The short forms of the benches of budgeted looks come to their figures, and what they compute is right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import edge_budget, edge_cost, edge_gate, edge_peer, empty_square
from benchmarks.crowd_accuracy import Picture
from benchmarks.crowd_metrics import Told
from benchmarks.eye import clip
from benchmarks.figure import Options, Skipped
from tests.models.data import needed

TRUTH = "pets/gt_001_400.txt"


def data() -> Path:
    return needed(TRUTH).parents[1]


@pytest.mark.parametrize("bench", [edge_budget, edge_gate])
def test_short_forms_come_to_their_figures(bench: object) -> None:
    figures = list(bench.run(Options(data=data(), quick=True)))  # type: ignore[attr-defined]
    found = {figure.name: figure.value for figure in figures}
    assert all(figure.target is None for figure in figures), "a short form judges nothing"
    if bench is edge_budget:
        assert found["inference_share"] < 0.5
        assert found["mota"] > 0.7
    else:
        assert found["speedup"] > 1.5
        assert found["empty_count"] < 0.1


def test_parts_cost_what_their_number_says(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in edge_cost.run(Options(data=tmp_path, quick=True))}
    assert figures["cost_off"].target is None, "a short form judges nothing"
    assert all(0.7 < figures[f"part_cost_{name}"].value < 1.3 for name in edge_cost.SIZES), figures
    assert all(figures[f"whole_ms_{name}"].value > 0 for name in edge_cost.SIZES)


@pytest.mark.parametrize("bench", [edge_budget, edge_gate, edge_peer])
def test_without_truth_they_are_skipped(bench: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(edge_peer.PEER, "python3")
    with pytest.raises(Skipped, match="truth of PETS 2009"):
        list(bench.run(Options(data=tmp_path, quick=True)))  # type: ignore[attr-defined]


def test_without_the_peer_its_bench_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(edge_peer.PEER, raising=False)
    with pytest.raises(Skipped, match="supervision, trackers and onnxruntime"):
        list(edge_peer.run(Options(data=tmp_path, quick=True)))


@pytest.mark.skipif(edge_peer.PEER not in os.environ, reason=f"{edge_peer.PEER} is not set: no supervision and trackers here")
@pytest.mark.nightly
def test_the_peer_runs() -> None:
    found = {figure.name: figure.value for figure in edge_peer.run(Options(data=data(), quick=True))}
    assert found["cameras_ratio"] > 1
    for cameras in (2, 4):
        assert found[f"cameras_ratio_{cameras}"] > 1
        assert found[f"peer_core_share_{cameras}"] < 0.9


def test_somebody_is_known_from_the_first_picture_that_counts_them() -> None:
    box = (100.0, 100.0, 140.0, 200.0)
    truth = {i: Picture({1: box, 2: (300.0, 100.0, 340.0, 200.0)} if i > 2 else {1: box}, {}) for i in range(1, 6)}
    told = {i: Told(1.0, 0.0, 2.0, {7: (302.0, 100.0, 342.0, 200.0)} if i > 3 else {6: box}) for i in range(1, 6)}
    assert edge_gate.first_known(truth, told) == {2: 4}, "who was there at first is nobody new"


def test_the_empty_square_is_filmed(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    empty_square.film(path, 12, seed=1)
    pictures = [picture.y.copy() for picture in clip(path)]
    assert len(pictures) == 12
    assert pictures[0].shape == (576, 768)
    assert (pictures[0] != pictures[1]).mean() > 0.5, "a sensor's noise is new in each picture"
