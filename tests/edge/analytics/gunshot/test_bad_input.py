"""Sound that a box is given and should not be: what is told of it is true, and what comes after it is heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.analytics.gunshot.listener import make_listener
from edge.capture.sound.faults import SoundFaultCode
from edge.capture.sound.port import BLOCK_S, clean
from edge.clock import Instant
from protocol.config import Microphone
from protocol.events import Phase
from simulator.faults.clocks import EPOCH
from tests.edge.analytics.gunshot.bundle import make_bundle
from tests.edge.analytics.gunshot.rendered import burst, overloading
from tests.edge.analytics.gunshot.test_analytics import RATE, fed, listening
from tests.edge.capture.sound.sounds import street


@pytest.mark.parametrize("over_db", [9, 12, 24])
def test_a_shot_at_the_box_itself_is_one_and_its_onset_is_where_it_says(over_db: float) -> None:
    covered = 0
    for seed in range(200, 206):
        told = fed(listening(), overloading(seed, 1, over_db).sound)
        assert [one.phase for one in told if one.phase is not Phase.UPDATE] == [Phase.NEW, Phase.END]
        last = told[-1]
        assert last.detected.hearing.clipped >= 0.01
        assert abs(last.index - 0.4 * RATE) < 2.5e-3 * RATE
        assert abs(last.index - 0.4 * RATE) < 3 * last.sigma
        covered += last.detected.shots.low <= 1 <= last.detected.shots.high
    assert covered >= 5


def test_automatic_fire_at_the_box_itself_is_counted_with_its_doubt() -> None:
    found = [fed(listening(), overloading(seed, 5, 12).sound)[-1].detected.shots for seed in range(200, 206)]
    assert sum(shots.low <= 5 <= shots.high for shots in found) >= 5
    assert all(shots.high > shots.low for shots in found if shots.value > 1), "a cut-off blast leaves a doubt"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_samples_that_are_no_numbers_cost_themselves_only(bad: float) -> None:
    sound = burst(41, 1, 600, after_s=2.2).sound.copy()
    sound[:, 1000:1400] = bad
    sound[:, -900:-800] = bad
    told = fed(listening(), clean(sound))
    assert [one.phase for one in told] == [Phase.NEW, Phase.END]
    assert told[0].index == pytest.approx(0.4 * RATE, abs=2e-4 * RATE)
    assert told[-1].detected.shots.value == 1


def test_a_channel_that_is_clipped_for_a_minute_is_left_out_and_the_other_one_hears() -> None:
    well = street(64.0, channels=2)
    well[0] = np.clip(well[0] * 200, -1, 1)
    analytics = listening(channels=2)
    fed(analytics, well)
    assert [reason.code for reason in analytics.reasons] == ["microphone-clipped"]
    shot = burst(41, 1, 600, after_s=2.2).sound
    told = fed(analytics, np.concatenate((np.ones_like(shot), shot)))
    assert [one.phase for one in told] == [Phase.NEW, Phase.END]
    assert (told[0].detected.hearing.faulty, told[0].detected.hearing.microphones) == (1, 2)


def test_one_that_was_clipped_for_a_minute_hears_again_when_it_is_well() -> None:
    analytics = listening()
    fed(analytics, np.clip(street(64.0) * 200, -1, 1))
    assert [reason.code for reason in analytics.reasons] == ["microphone-clipped"]
    told = fed(analytics, np.concatenate((street(16.0), burst(41, 1, 600, after_s=2.2).sound * 3), axis=1))
    assert analytics.reasons == ()
    last = [one for one in told if one.phase is Phase.END][-1]
    assert last.index == pytest.approx((80.0 + 0.4) * RATE, abs=3e-4 * RATE)


def test_silence_is_no_shot_and_a_shot_soon_after_it_is_heard() -> None:
    analytics = listening()
    assert fed(analytics, np.zeros((1, 12 * RATE), np.float32)) == []
    assert [reason.code for reason in analytics.reasons] == ["microphone-silent"]
    told = fed(analytics, np.concatenate((street(8.0) * 0.05, burst(41, 1, 600, after_s=2.2).sound), axis=1))
    assert [one.phase for one in told if one.index > 20 * RATE] == [Phase.NEW, Phase.END]
    assert told[-1].index == pytest.approx(20.4 * RATE, abs=3e-4 * RATE)


def _filled(sound: np.ndarray) -> np.ndarray:
    """What 8 kHz become when a driver makes 16 of them."""
    spectrum = np.fft.rfft(sound, axis=1)
    spectrum[:, spectrum.shape[1] // 2 :] = 0
    return np.fft.irfft(spectrum, sound.shape[1], axis=1)


def _wind(shape: tuple[int, ...]) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 20 * np.arange(shape[1]) / RATE)[None]


AILING: dict[str, Any] = {
    "eight kilohertz that somebody made sixteen of": (1, _filled, SoundFaultCode.RATE, "set rate_hz"),
    "wind and nothing else": (1, lambda sound: sound + _wind(sound.shape), SoundFaultCode.WIND, "windscreen"),
    "one channel of three is dead": (3, lambda sound: sound * [[1], [1], [1e-3]], SoundFaultCode.DEAD, "channel 3 of 3"),
}


@pytest.mark.parametrize("name", AILING)
def test_what_takes_listening_to_know_reaches_who_asks(tmp_path: Path, name: str) -> None:
    channels, spoil, code, words = AILING[name]
    listener = make_listener(Microphone("mast", "street.wav", channels=channels), make_bundle(tmp_path))
    sound = spoil(street(64.0, channels=channels)).astype(np.float32)
    block = round(BLOCK_S * RATE)
    for start in range(0, sound.shape[1], block):
        listener.take(sound[:, start : start + block], start, Instant(0.0, EPOCH))
    (fault,) = listener.faults
    assert fault.code is code
    assert words in fault.detail
