"""The judge: what is rendered is the same again, groups are counted apart, and without data it says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.bundle import zoo
from models.bundle.detections import Floats
from models.factory.statistics import estimate
from models.recipes.gunshot import judge


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "STREAMS", 12)
    monkeypatch.setattr(judge, "BLOWS", 3)


def loudness(sound: Floats) -> float:
    return float(np.abs(sound).max())


def test_without_data_what_is_rendered_is_judged_and_the_rest_named() -> None:
    judged = judge.judge(loudness, None, lambda _: None)
    (rendered,) = judged.outcomes.values()
    assert [outcome.values["real"] for outcome in rendered] == [1, 0, 0] * 4
    assert {outcome.values["group"] for outcome in rendered if not outcome.values["real"]} == {0, 1}
    assert [data.skipped for data in judged.data] == ["", "not here"]
    again = judge.judge(loudness, None, lambda _: None)
    assert [outcome.values for outcome in again.outcomes[judge.RENDERED]] == [outcome.values for outcome in rendered]


def test_one_that_knows_is_perfect_and_one_that_does_not_is_not() -> None:
    asked = next(each for each in judge.figures() if each.name == "rendered_auc")
    outcomes = list(judge.judge(loudness, None, lambda _: None).outcomes[judge.RENDERED])
    outcomes = [replace(each, values={**each.values, "score": each.values["real"]}) for each in outcomes]
    found = estimate(outcomes, asked.figure, asked.name, asked.on, np.random.default_rng(1), draws=20)
    assert found.metric.value == 1
    outcomes = [replace(each, values={**each.values, "score": 0.5}) for each in outcomes]
    found = estimate(outcomes, asked.figure, asked.name, asked.on, np.random.default_rng(1), draws=20)
    assert found.metric.value == 0.5


def test_blows_are_the_same_again_and_end_at_full_scale() -> None:
    one = judge.blow(4)
    assert np.array_equal(one, judge.blow(4))
    assert not np.array_equal(one, judge.blow(5))
    assert np.abs(one).max() == pytest.approx(1)


def test_what_is_shipped_is_opened_and_tells_shots_from_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "STREAMS", 45)
    hear = judge.open(Path(zoo()) / "gunshot" / "gunshot.int8.onnx")
    streams = [(group, hear(sound)) for _, group, sound in judge._streams(lambda _: None)]
    shots, others = ([score for group, score in streams if (group is None) is wanted] for wanted in (True, False))
    assert np.median(shots) > np.median(others) + 0.1
    assert hear(np.zeros(20_000, np.float32)) < np.median(shots)


def test_channels_of_one_shot_are_one_source() -> None:
    assert judge._source("array/ruger_1b_ch1.wav") == judge._source("array/ruger_1b_ch4.wav")
    assert judge._source("blows/1") != judge._source("blows/2")
