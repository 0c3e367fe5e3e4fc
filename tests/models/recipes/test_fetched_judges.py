"""Fetched models are judged on the half of the data on which nothing was chosen."""

from __future__ import annotations

import wave
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from models.bundle.bundle import load_bundle, zoo
from models.bundle.yamnet import RATE_HZ
from models.factory.cli import app
from models.factory.known import known
from models.factory.listing import evaluation_of
from models.factory.report import read_report
from models.recipes.yamnet import judge as sounds
from models.recipes.yamnet.choose import threshold_at
from models.recipes.yolox_nano.choose import best_threshold
from tests.models.data import needed

LOUD = "1-100-A-0.wav"


def write(path: Path, peak: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.sin(np.arange(RATE_HZ) * 0.3) * peak * 32767
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.astype("<i2").tobytes())


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    for number in range(100, 120):
        write(tmp_path / "audio" / "esc10" / f"1-{number}-A-0.wav", 0.9 if number % 2 else 0.1)
        write(tmp_path / "audio" / "fireworks" / f"video{number}_part1.wav", 0.1)
        write(tmp_path / "audio" / "fireworks" / f"video{number}_part2.wav", 0.1)
    for number in range(3):
        write(tmp_path / "audio" / "gunshot" / f"shot{number}.wav", 0.9 if number else 0.1)
    return tmp_path


def loudness(sound: np.ndarray) -> float:
    return float(np.abs(sound).max())


def test_only_the_half_on_which_nothing_was_chosen_is_reported(clips: Path) -> None:
    found = sounds.judge(loudness, clips, lambda _: None)
    quiet = [outcome.source for on in (sounds.FIREWORKS, sounds.EVERYDAY) for outcome in found.outcomes[on]]
    assert quiet
    assert not [name for name in quiet if sounds.chooses(name)]
    videos = [outcome.source for outcome in found.outcomes[sounds.FIREWORKS]]
    assert all(videos.count(name) == 2 for name in videos), "a video's parts stay together"
    assert len(found.outcomes[sounds.SHOTS]) == 3
    assert [looked.n for looked in found.data] == [len(found.outcomes[on]) for on in sounds.FOLDERS]


def test_shots_that_were_missed_and_sounds_that_are_none_are_failures(clips: Path) -> None:
    found = sounds.judge(loudness, clips, lambda _: None)
    called = {on: [outcome.values["called"] for outcome in outcomes] for on, outcomes in found.outcomes.items()}
    assert called[sounds.SHOTS] == [0, 1, 1]
    assert not any(called[sounds.FIREWORKS])
    missed = [failure for failure in found.failures if failure.expected == "a shot"]
    assert [(failure.item, failure.got) for failure in missed] == [("gunshot/shot0.wav", "no shot")]
    false = [failure for failure in found.failures if failure.expected == "no shot"]
    assert len(false) == sum(map(float, np.ravel(called[sounds.EVERYDAY])))
    assert {failure.condition for failure in false} == {"esc10"}


def test_a_failure_is_shown_as_its_spectrogram(clips: Path) -> None:
    shown = sounds.picture(f"esc10/{LOUD}", clips)
    assert shown is not None
    assert (shown.dtype, shown.shape[0], shown.shape[2]) == (np.dtype(np.uint8), 64, 3)
    grey = shown[..., 0].mean(axis=1)
    pitch = 0.3 * RATE_HZ / (2 * np.pi)
    assert grey.argmax() == pytest.approx(63 - pitch / (RATE_HZ / 2) * 64, abs=1), "low pitches lie below"
    assert sounds.picture("esc10/none.wav", clips) is None
    assert sounds.picture(f"esc10/{LOUD}", None) is None


def test_without_recordings_everything_is_skipped_by_name(tmp_path: Path) -> None:
    for data in (None, tmp_path):
        found = sounds.judge(loudness, data, lambda _: None)
        assert not found.outcomes
        assert {looked.skipped for looked in found.data} == {"not here"}


def test_the_least_threshold_that_keeps_the_share() -> None:
    assert threshold_at([[0.1, 0.2, 0.3, 0.9], [0.1, 0.1]], 0.125) == pytest.approx(0.31)
    assert threshold_at([[1.0], [1.0]], 0.02) == 1.0


def test_the_best_f1() -> None:
    scored = [(0.9, True), (0.8, True), (0.6, False), (0.5, True), (0.2, False), (0.1, False)]
    assert best_threshold(scored, 3) == pytest.approx(0.21)
    assert best_threshold([*scored, (0.55, False), (0.52, False)], 3) == pytest.approx(0.6, abs=0.011)


def test_a_fetched_model_is_measured_from_the_command_line(tmp_path: Path) -> None:
    file = needed("peers/yolox_nano.onnx")
    run = CliRunner()
    assert run.invoke(app, ["fetch", "yolox-nano", "--file", str(file), "--folder", str(tmp_path)]).exit_code == 0
    out = tmp_path / "out"
    done = run.invoke(
        app, ["evaluate", "yolox-nano", "--zoo", str(tmp_path), "--data", str(tmp_path / "none"), "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "fp32_ms" in done.output
    report = read_report(out / "yolox-nano" / "report.json")
    assert all(looked.skipped == "not here" for looked in report.data)
    assert not known(report), "times belong to a machine"


def test_what_a_release_brings_along_names_its_file_and_holds_no_times() -> None:
    report = evaluation_of(load_bundle(zoo() / "plate-reader"))
    assert report is not None
    one = msgspec.structs.replace(report, variants=report.variants[:1])
    assert len(known(one)) > 10
    assert all(metric.on.endswith(f"; file {one.variants[0].sha256[:16]}") for metric in known(one))
    assert not [metric.name for metric in known(one) if metric.name.endswith("_ms")]
