"""From samples to what is told: the whole way, with a stand-in for the network that hears loud things."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.gunshot.analytics import GunshotAnalytics, Hear
from edge.analytics.gunshot.confirm import Calibration
from edge.analytics.gunshot.incident import Shots
from edge.analytics.gunshot.ring import SECONDS
from models.bundle.detections import Floats
from protocol.config import Microphone
from protocol.events import Phase, Where
from protocol.gunshot import FireMode
from tests.edge.analytics.gunshot.rendered import ARRAY, at_array, burst

RATE = 16_000
LABELS = ("gunshot", "fireworks")


def sure(picture: Floats) -> Floats:
    assert picture.shape == (96, 64)
    assert picture.dtype == np.float32
    return np.array([0.9, 0.15], np.float32)


def deaf(_picture: Floats) -> Floats:
    return np.array([0.01, 0.9], np.float32)


def listening(hear: Hear = sure, rate: int = RATE, channels: int = 1) -> GunshotAnalytics:
    positions = ARRAY if channels == 4 else ()
    where = Where(lat=52.0, lon=5.0, heading=75.0)
    microphone = Microphone("square", "x.wav", channels=channels, positions=positions, where=where)
    microphone = msgspec.structs.replace(microphone, rate_hz=rate)
    return GunshotAnalytics(microphone, LABELS, hear, Calibration(threshold=0.4))


def fed(analytics: GunshotAnalytics, sound: np.ndarray, block: int = 1600) -> list[Shots]:
    return [told for start in range(0, sound.shape[1], block) for told in analytics.take(sound[:, start : start + block])]


@pytest.fixture(scope="module")
def single() -> np.ndarray:
    return burst(41, 1, 600, after_s=2.2).sound


def test_a_single_shot_is_new_within_six_tenths_of_a_second_and_then_ends(single: np.ndarray) -> None:
    told = fed(listening(), single)
    assert [one.phase for one in told] == [Phase.NEW, Phase.END]
    first = told[0]
    assert first.decided / RATE - first.index / RATE <= 0.6
    assert first.index == pytest.approx(0.4 * RATE, abs=2e-4 * RATE)
    assert 0 < first.sigma < 3
    assert (first.detected.shots.value, first.detected.mode) == (1.0, FireMode.SINGLE)
    assert first.detected.confuser is not None
    assert first.detected.confuser.name == "fireworks"
    assert first.detected.hearing.snr_db == pytest.approx(25, abs=4)
    assert first.assessed.probability > 0.9
    assert told[1].incident == first.incident == 1


def test_what_the_network_does_not_confirm_is_not_told(single: np.ndarray) -> None:
    assert fed(listening(deaf), single) == []


def knocked(sound: np.ndarray, before_s: float) -> np.ndarray:
    """A knock so long before a shot, which is at 0.55 s."""
    whole = np.concatenate([sound[:, :2400], sound], axis=1)
    knock = round((0.55 - before_s) * RATE)
    whole[0, knock : knock + 40] += 0.06 * np.hanning(40)
    return whole


@pytest.mark.parametrize("before_s", [0.1, 0.2, 0.36, 0.44])
def test_a_shot_that_is_heard_after_a_knock_has_its_own_onset(single: np.ndarray, before_s: float) -> None:
    told = fed(listening(), knocked(single, before_s))
    assert told
    assert told[0].index == pytest.approx(0.55 * RATE, abs=3e-4 * RATE)


@pytest.mark.parametrize("before_s", [0.2, 0.36, 0.44])
def test_a_shot_soon_after_what_was_none_is_not_lost_with_it(single: np.ndarray, before_s: float) -> None:
    asked = 0

    def hear(picture: Floats) -> Floats:
        nonlocal asked
        asked += 1
        return deaf(picture) if asked <= 3 else sure(picture)

    told = fed(listening(hear), knocked(single, before_s))
    assert told
    assert told[0].index == pytest.approx(0.55 * RATE, abs=3e-4 * RATE)
    assert told[0].decided / RATE - 0.55 <= 0.6


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_automatic_fire_is_one_incident_that_grows(rate: int) -> None:
    scene = burst(44, 11, 620, rate, after_s=2.0)
    told = fed(listening(rate=rate), scene.sound, rate // 10)
    assert [one.phase for one in told] == [Phase.NEW, *[Phase.UPDATE] * (len(told) - 2), Phase.END]
    assert len(told) >= 4
    counts = [one.detected.shots.value for one in told]
    assert counts == sorted(counts)
    assert counts[-1] == 11
    assert told[-1].detected.mode is FireMode.AUTOMATIC
    assert told[-1].detected.cadence_rpm is not None
    assert told[-1].detected.cadence_rpm.value == pytest.approx(620, rel=0.02)
    assert told[-1].detected.onsets_ms == pytest.approx([1000 * (at - scene.onsets[0]) for at in scene.onsets], abs=1.0)


@pytest.mark.parametrize("refusals", [3, 6])
def test_a_volley_that_is_believed_at_a_later_round_begins_at_its_first(refusals: int) -> None:
    asked: list[Floats] = []

    def slow(picture: Floats) -> Floats:
        asked.append(picture)
        return deaf(picture) if len(asked) <= refusals else sure(picture)

    sound = burst(44, 11, 620, after_s=2.0).sound
    believed, slowly = fed(listening(), sound)[-1], fed(listening(slow), sound)[-1]
    assert len(asked) > refusals
    assert slowly.index == pytest.approx(believed.index, abs=1)
    assert slowly.detected.shots.value == believed.detected.shots.value


def test_shots_less_than_a_second_and_a_half_apart_are_one_incident_and_others_are_two() -> None:
    one = burst(44, 1, 600, after_s=0.7).sound
    quiet = np.tile(one[:, :6_000], (1, 5))
    near, far = np.concatenate([one, one, quiet], axis=1), np.concatenate([one, quiet, one, quiet], axis=1)
    told = fed(listening(), near)
    assert {shots.incident for shots in told} == {1}
    assert told[-1].detected.shots.value == 2
    assert told[-1].detected.mode is FireMode.SINGLE
    told = fed(listening(), far)
    assert [(shots.incident, shots.phase) for shots in told] == [(1, Phase.NEW), (1, Phase.END), (2, Phase.NEW), (2, Phase.END)]


def test_a_shot_that_sounds_otherwise_belongs_to_the_incident_and_the_tail_of_one_does_not_make_another() -> None:
    one, other = burst(44, 1, 600, after_s=0.7).sound, burst(51, 1, 600, metres=25.0, after_s=2.0).sound
    told = fed(listening(), np.concatenate([one, other], axis=1))
    assert {shots.incident for shots in told} == {1}
    assert told[-1].detected.shots.value == 2
    assert told[-1].detected.onsets_ms[1] == pytest.approx(1100, abs=1)
    assert fed(listening(), burst(51, 1, 600, metres=25.0, after_s=2.5).sound)[-1].detected.shots.value == 1


@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 16_000 * 2), max_size=12))
def test_blocks_change_nothing_but_the_moment_of_the_decision(cuts: list[int]) -> None:
    sound = _TWO
    whole = fed(listening(), sound)
    analytics = listening()
    edges = [0, *sorted(cut for cut in cuts if cut <= sound.shape[1]), sound.shape[1]]
    parts = [told for start, stop in pairwise(edges) for told in analytics.take(sound[:, start:stop])]
    assert [(told.phase, told.index) for told in parts] == [(told.phase, told.index) for told in whole]
    assert all(abs(one.decided - other.decided) <= 0.1 * RATE for one, other in zip(parts, whole, strict=True))


_TWO = burst(45, 2, 400, after_s=1.9).sound


def test_an_array_tells_the_direction() -> None:
    scene = at_array(17, 30.0)
    told = fed(listening(channels=4), np.pad(scene.sound, ((0, 0), (0, 10_000))))
    bearing = told[0].detected.bearing
    assert bearing is not None
    expected = scene.azimuth_deg - 30.0 + 75.0
    assert abs((bearing.azimuth_deg - expected + 180) % 360 - 180) < 6


def test_a_silent_channel_is_counted_and_another_one_listened_to() -> None:
    scene = at_array(17, 30.0)
    noise = np.random.default_rng(2).standard_normal((4, 12 * RATE)) * scene.sound[:, :5000].std()
    sound = np.concatenate([noise, scene.sound, noise[:, : 2 * RATE]], axis=1).astype(np.float32)
    sound[0] = 0
    analytics = listening(channels=4)
    told = fed(analytics, sound)
    assert told
    assert told[0].detected.hearing.faulty == 1
    assert [reason.code for reason in analytics.reasons] == ["microphone-silent"]


def test_no_more_than_five_seconds_are_kept_and_forgetting_wipes_them(single: np.ndarray) -> None:
    analytics = listening()
    for _ in range(4):
        fed(analytics, single)
    fed(analytics, single[:, : int(0.95 * RATE)])
    held = arrays(analytics)
    assert (
        sum(array.size for array in held if array.dtype.kind == "f" and array.size > 1000)
        <= SECONDS * RATE + RATE + 96 * 64 * 4
    )
    assert analytics._incident is not None
    analytics.forget()
    assert listening()._incident is analytics._incident
    assert not any(np.any(array) for array in arrays(analytics) if array.dtype == np.float32)
    assert analytics.take(np.zeros((1, 2 * RATE))) == []


def arrays(thing: object, depth: int = 6) -> list[np.ndarray]:
    """All arrays that an object holds."""
    if isinstance(thing, np.ndarray):
        return [thing]
    if depth == 0 or callable(thing) or isinstance(thing, (str, bytes, int, float)):
        return []
    inside: list[object] = []
    if isinstance(thing, dict):
        inside = list(thing.values())
    elif isinstance(thing, (list, tuple)):
        inside = list(thing)
    elif hasattr(thing, "__dict__"):
        inside = list(vars(thing).values())
    return [array for part in inside for array in arrays(part, depth - 1)]


def test_five_seconds_later_nothing_is_left_of_a_shot(single: np.ndarray) -> None:
    analytics = listening()
    fed(analytics, single)
    assert any(np.any(array) for array in arrays(analytics) if array.dtype == np.float32)
    fed(analytics, np.zeros((1, SECONDS * RATE + RATE)))
    assert not any(np.any(array) for array in arrays(analytics) if array.dtype.kind == "f" and array.size > 1)


def test_closing_ends_what_goes_on(single: np.ndarray) -> None:
    analytics = listening()
    fed(analytics, single[:, : int(1.2 * RATE)])
    assert [told.phase for told in analytics.close()] == [Phase.END]
    assert analytics.close() == []


@pytest.mark.parametrize("shape", [(2, 100), (100,), (0, 100), (1, 2, 3)])
def test_another_number_of_channels_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="has 1 channels"):
        listening().take(np.zeros(shape))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.binary(max_size=30_000), max_size=5))
def test_no_bytes_break_it(blocks: list[bytes]) -> None:
    analytics = listening()
    for data in blocks:
        analytics.take(np.frombuffer(data[: len(data) // 4 * 4], np.float32)[None])
    analytics.close()
