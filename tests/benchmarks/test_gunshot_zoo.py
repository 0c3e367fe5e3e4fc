"""The bundle against its teacher: recall at equal false alarms, and time."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gunshot_zoo
from benchmarks.figure import Options
from benchmarks.gunshot_zoo import recall_share, time_share
from models.bundle.bundle import load_bundle, zoo
from models.bundle.detections import Floats
from models.factory.statistics import Outcome
from models.recipes.yamnet.judge import Ear

SHOTS = 40


def outcomes(heard: float, of: float = 0.5) -> list[Outcome]:
    """Shots of which a share scores above all else; three kinds of other things, all below ``of``."""
    shots = [(f"s{i}", 1.0, 0.0, 1.0 if i < heard * SHOTS else 0.0) for i in range(SHOTS)]
    others = [(f"n{i}", 0.0, float(i % 3), of * i / 300) for i in range(300)]
    return [Outcome(name, "", {"real": real, "group": group, "score": score}) for name, real, group, score in shots + others]


def test_a_share_is_taken_at_equal_false_alarms_whatever_the_scores_are() -> None:
    same = recall_share(outcomes(0.8), outcomes(0.8, of=0.9))
    assert same.value == 1
    assert same.reached
    less = recall_share(outcomes(0.4), outcomes(0.8))
    assert less.value == pytest.approx(0.5)
    assert less.reached is False
    assert less.n == SHOTS
    assert less.low is not None
    assert less.high is not None
    assert less.low < 0.5 < less.high
    assert math.isnan(recall_share(outcomes(0.4), outcomes(0.0)).value)
    assert recall_share(outcomes(0.4), outcomes(0.0)).reached is False


def test_time_is_compared_in_turns() -> None:
    def work(times: int) -> Ear:
        def ear(sound: Floats) -> float:
            return float(sum(np.sort(sound)[0] for _ in range(times)))

        return ear

    found = time_share(work(2), work(12), 20)
    assert 0.05 < found.value < 0.5
    assert found.reached
    assert time_share(work(12), work(2), 20).reached is False


def test_without_yamnet_the_size_is_told_and_the_rest_is_skipped_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = load_bundle(zoo() / "gunshot")
    (kb,) = gunshot_zoo.figures({"gunshot": bundle}, Options(tmp_path))
    assert kb.name == "gunshot.kb"
    assert kb.value == next(each.size for each in bundle.manifest.variants if each.precision == "int8") / 1000
    assert "skipped: gunshot against YAMNet" in capsys.readouterr().err
    assert not [*gunshot_zoo.figures({}, Options(tmp_path))]
