"""Real shots in streams: how they are mixed, how thresholds are made equal, and that a deaf or a talkative box is seen."""

from __future__ import annotations

import math
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import gunshot_detect
from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.gunshot_detect import Heard, equal, false_alarms, most_a_day, recalls, share, share_as_shipped
from benchmarks.gunshot_ears import BoxEar, threshold_at
from benchmarks.gunshot_streams import (
    BACKGROUND,
    BLOW,
    NOISES,
    SHOT,
    Stream,
    first_blast,
    mixed,
    negatives,
    prolonged,
    shots,
    street,
)
from models.bundle.bundle import zoo
from models.recipes.gunshot.judge import BLOWS

RATE = 16_000
BLAST = np.concatenate([np.full(800, 1e-4), np.exp(-np.arange(3200) / 200)]).astype(np.float32)


def write(path: Path, sound: npt.NDArray[np.floating]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32000).astype("<i2").tobytes())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for number in range(3):
        write(tmp_path / "audio" / "gunshot" / f"shot{number}.wav", BLAST)
        write(tmp_path / "audio" / "fireworks" / f"bang{number}_part0.wav", BLAST[::-1].copy())
    return tmp_path


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from((20.0, 10.0, 5.0)))
def test_a_blast_stands_as_high_over_its_background_as_is_said(seed: int, snr_db: float) -> None:
    noise = street(np.random.default_rng(seed), 4.0)
    sound = mixed(BLAST, noise, 2.0, snr_db)
    start = 2 * RATE + first_blast(BLAST)
    times = float(np.sqrt(np.square(sound[:RATE]).mean() / np.square(noise[:RATE]).mean()))
    blast = (sound - noise * np.float32(times))[start : start + RATE // 50]
    ratio = 10 * np.log10(np.square(blast).mean() / np.square(sound[start - RATE : start]).mean())
    assert ratio == pytest.approx(snr_db, abs=0.1)
    assert np.abs(sound).max() == pytest.approx(0.3, abs=1e-4)


def test_a_recording_is_prolonged_without_a_seam_that_is_heard() -> None:
    random = np.random.default_rng(1)
    recorded = np.concatenate([np.zeros(999), random.standard_normal(2 * RATE), np.zeros(999)]).astype(np.float32)
    long = prolonged(random, recorded, 9.0)
    assert len(long) == 9 * RATE
    powers = np.square(long[: 9 * RATE // 800 * 800]).reshape(-1, 800).mean(axis=1)
    assert 0.6 < powers.min() <= powers.max() < 1.5, "neither a hole nor a hump of 50 ms"


def test_streams_are_the_same_at_each_call_and_none_is_left_out(data: Path) -> None:
    drawn = shots(data, 10.0, 2, 1)
    assert len(drawn) == 6
    one, again = drawn[1](), drawn[1]()
    assert np.array_equal(one.sound, again.sound)
    assert not np.array_equal(drawn[0]().sound[:RATE], one.sound[:RATE]), "another background"
    none = negatives(data, 1)
    assert len(none) == 3 + BLOWS + NOISES
    firework = none[0]()
    assert (firework.kind, firework.source) == ("fireworks", "fireworks/bang0")
    assert firework.begin >= 2.0
    assert len(firework.sound) / RATE - firework.end == pytest.approx(1.5, abs=0.01)


def test_a_background_is_heard_as_if_it_had_always_been_there(data: Path) -> None:
    """ESC-10's measuring third: rain from the stream's first sample on, and no step where the recording begins."""
    rain = np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32) / 8
    write(data / "audio" / "esc10" / "002 - Rain" / "1-3-A.wav", rain)
    write(data / "audio" / "esc10" / "001 - Dog bark" / "1-3-B.wav", rain)
    found = {stream.item: stream for draw in negatives(data, 1)[:5] if (stream := draw()).item.startswith("esc10")}
    assert {stream.kind for stream in found.values()} == {BACKGROUND, "esc10"}
    for item, steady in (("esc10/1-3-A.wav", True), ("esc10/1-3-B.wav", False)):
        stream = found[item]
        at = round(stream.begin * RATE)
        step = np.square(stream.sound[at : at + RATE]).mean() / np.square(stream.sound[at - RATE : at]).mean()
        assert bool(0.5 < step < 2) is steady


@given(st.lists(st.floats(-1, 1), min_size=1), st.integers(0, 20))
def test_no_more_than_are_allowed_reach_the_threshold_and_a_lower_one_lets_more(scores: list[float], allowed: int) -> None:
    threshold = threshold_at(scores, allowed)
    assert sum(score >= threshold for score in scores) <= allowed
    if len(scores) > allowed:
        lower = math.nextafter(threshold, -math.inf)
        assert sum(score >= lower for score in scores) > allowed


def test_the_box_tells_a_stream_up_to_the_score_it_is_given() -> None:
    """Blows and blasts, whatever the bundle thinks of them: told just below their score, and not above."""
    box = BoxEar(zoo() / "gunshot")
    random = np.random.default_rng(3)
    found = []
    for _ in range(2):
        stream = Stream(mixed(BLAST * random.standard_normal(len(BLAST)).astype(np.float32), street(random, 4.5), 2.5, 25.0),
                        SHOT, "gunshot/x.wav", 2.5, 2.75)  # fmt: skip
        score = box.score(stream)
        assert math.isfinite(score), "a blast 25 dB over its background is an onset"
        assert box.told(stream, score + 1e-6) == 0
        found.append(box.told(stream, score - 1e-6))
    assert found == [1, 1]
    assert box.onsets >= 2
    silent = Stream(np.zeros(3 * RATE, np.float32), BACKGROUND, "noise/0", 0, 3)
    assert box.score(silent) == -math.inf


def heard(kind: str = SHOT, number: int = 0, **others: float) -> Heard:
    given = {"snr_db": 20.0, "box": 0.5, "yamnet": 0.5, "shipped": 0, "equal": 0} | others
    return Heard(kind, f"{kind}/{number}", number % 2 == 0, 0.5, **given)  # type: ignore[arg-type]


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_both_get_the_same_number_of_false_alarms_on_the_half_that_chooses() -> None:
    random = np.random.default_rng(1)
    none = [heard(BLOW, number, box=float(b), yamnet=float(y)) for number, (b, y) in enumerate(random.random((400, 2)))]
    ours, theirs = equal(none)
    chosen = [one for one in none if one.chooses]
    assert (
        sum(one.box >= ours for one in chosen) == sum(one.yamnet >= theirs for one in chosen) == round(0.02 * len(chosen)) == 4
    )
    other = [replace(one, box=one.box / 10) for one in none]
    assert equal(other)[0] < 0.1, "each has a threshold of its own"
    assert equal(other)[1] == theirs


def test_a_box_that_hears_as_much_as_yamnet_reaches_the_target_and_a_deaf_one_does_not() -> None:
    real = [heard(number=number, equal=number % 3 > 0, yamnet=float(number % 3 > 0)) for number in range(60)]
    none = [heard(BLOW, number, box=0.0, yamnet=0.0) for number in range(60)]
    same = share(real, none, (0.5, 0.5), quick=False)
    assert same.value == same.low == same.high == 1
    assert same.reached
    assert same.name == "recall_share_of_yamnet"
    deaf = [replace(one, equal=int(number % 4 == 0)) for number, one in enumerate(real)]
    less = share(deaf, none, (0.5, 0.5), quick=False)
    assert less.value < 0.9
    assert not less.reached
    assert less.low is not None
    assert less.high is not None
    assert less.low < less.value < less.high


def test_as_shipped_yamnet_may_call_as_many_streams_as_the_box_does() -> None:
    real = [heard(number=number, shipped=int(number % 2), yamnet=0.8 if number % 4 == 1 else 0.1) for number in range(60)]
    none = [heard(BLOW, number, shipped=int(number < 20), yamnet=number / 100) for number in range(60)]
    found = share_as_shipped(real, none, 0.3, quick=False)
    assert found.value == 2
    assert found.target is None
    assert "10 of 30 streams" in found.against


def test_recall_is_told_for_each_level_at_the_shipped_point() -> None:
    real = [heard(number=number, snr_db=snr, shipped=int(number < snr)) for snr in (20.0, 10.0, 5.0) for number in range(20)]
    found = by_name([*recalls(real, quick=False)])
    assert [found[f"recall_{snr}db"].value for snr in (20, 10, 5)] == [1.0, 0.5, 0.25]


def test_alarms_are_counted_by_kind_with_what_they_may_come_to_in_a_day() -> None:
    none = [heard("fireworks", number, shipped=2) for number in range(3)]
    none += [heard(BLOW, number, shipped=0) for number in range(4)]
    found = by_name([*false_alarms(none, 0.3, quick=False)])
    assert found["false_alarms"].value == 6
    assert found["false_alarms_fireworks"].value == 6
    assert found["false_alarms_fireworks"].reached is None
    assert found[f"false_alarms_{BLOW}"].reached
    assert found[f"false_alarms_{BLOW}"].sense is Sense.EXACTLY
    assert (
        f"2.0 minutes in 4 streams, 0 of them called; at most {3.0 / 2 * 1440:.0f}"[:40]
        in found[f"false_alarms_{BLOW}"].against
    )
    one = by_name([*false_alarms([*none, heard(BLOW, 9, shipped=1)], 0.3, quick=False)])
    assert one[f"false_alarms_{BLOW}"].reached is False


@pytest.mark.parametrize(("alarms", "most"), [(0, 2.9957), (1, 4.7439), (10, 16.9622)])
def test_the_bound_is_the_exact_one_of_a_poisson_rate(alarms: int, most: float) -> None:
    assert most_a_day(alarms, 1440.0) == pytest.approx(most, abs=1e-3)


def test_without_shots_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="--data"):
        next(gunshot_detect.run(Options(tmp_path)))


def test_the_short_form(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPLIGHTER_MODELS", str(data / "nowhere"))
    found = by_name([*gunshot_detect.run(Options(data, quick=True))])
    assert {"recall_20db", "recall_10db", "recall_5db", "false_alarms", "false_alarms_blows"} <= set(found)
    assert "recall_share_of_yamnet" not in found
    assert "skipped: gunshot-detect against YAMNet" in capsys.readouterr().err
    assert found["false_alarms"].n == len(negatives(data, 1)[:: gunshot_detect._QUICK])
