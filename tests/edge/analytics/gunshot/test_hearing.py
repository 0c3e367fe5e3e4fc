"""How well it could be heard, and whether microphones are well."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.gunshot.health import LASTS_S, Health
from edge.analytics.gunshot.hearing import hear, low_level_db

RATE = 16_000
RANDOM = np.random.default_rng(4)


def bang(noise: float, height: float, blast: float = 0.0) -> np.ndarray:
    sound = noise * RANDOM.standard_normal(2 * RATE)
    sound[RATE : RATE + 320] = blast * RANDOM.standard_normal(320)
    sound[RATE] = height
    return sound


def test_level_and_ratio_are_those_that_were_put_in() -> None:
    found = hear(bang(0.001, 0.5, 0.1), RATE, RATE, full_scale_db=120.0)
    assert found.level_db == pytest.approx(-6.0, abs=0.1)
    assert found.snr_db == pytest.approx(40.0, abs=2.5)
    assert found.spl_db == pytest.approx(114.0, abs=0.1)
    assert found.clipped == 0


def test_samples_at_full_scale_are_clipped() -> None:
    sound = np.clip(bang(0.001, 1.0, 3.0), -1, 1)
    found = hear(sound, RATE, RATE)
    assert 0.6 < found.clipped < 0.9
    assert found.level_db == 0


def test_wind_is_what_is_below_eighty_hertz() -> None:
    time = np.arange(RATE) / RATE
    assert low_level_db(0.2 * np.sin(2 * np.pi * 30 * time), RATE) == pytest.approx(20 * np.log10(0.2 / np.sqrt(2)), abs=0.2)
    assert low_level_db(0.2 * np.sin(2 * np.pi * 300 * time), RATE) < -60
    assert hear(np.ones(3000), RATE, 2000).wind_db is None, "an eighth of a second is too short"


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=4_000), st.floats(-10, 2000))
def test_no_bytes_break_it(data: bytes, onset: float) -> None:
    found = hear(np.frombuffer(data[: len(data) // 4 * 4], np.float32), RATE, onset, full_scale_db=200.0)
    assert -200 <= found.level_db <= 20
    assert -100 <= found.snr_db <= 200


def codes(health: Health) -> set[str]:
    return {reason.code for reason in health.reasons}


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("microphone-silent", lambda x: 0 * x),
        ("microphone-clipped", lambda x: np.clip(90 * x, -1, 1)),
        ("microphone-dead", lambda x: x / 300),
        ("microphone-wind", lambda x: x + 0.5 * np.sin(2 * np.pi * 25 * np.arange(x.shape[-1]) / RATE)),
        ("microphone-rate", lambda x: np.fft.irfft(np.fft.rfft(x)[: len(x) // 4], len(x))),
    ],
)
def test_a_fault_that_lasts_has_a_reason_and_goes_when_it_is_gone(code: str, spoil: object) -> None:
    health = Health("square", RATE, 4)
    fault = code.removeprefix("microphone-")

    def second(*, faulty: bool) -> None:
        sound = 0.02 * RANDOM.standard_normal((4, RATE))
        if faulty:
            sound[2] = spoil(sound[2])  # type: ignore[operator]
        health.take(sound)

    for _ in range(LASTS_S[fault] - 1):
        second(faulty=True)
    assert code not in codes(health)
    second(faulty=True)
    assert code in codes(health)
    reason = next(reason for reason in health.reasons if reason.code == code)
    assert reason.subject == "microphone square"
    assert reason.detail.startswith("channel 3 of 4: ")
    assert health.deaf.tolist() == [False, False, fault in {"silent", "clipped", "dead"}, False]
    for _ in range(LASTS_S[fault] // 4 + 1):
        second(faulty=False)
    assert code not in codes(health)


def test_a_microphone_that_is_well_has_no_reasons() -> None:
    health = Health("square", RATE, 1)
    for _ in range(70):
        health.take(0.02 * RANDOM.standard_normal((1, RATE)))
    assert health.reasons == ()


@given(cuts=st.lists(st.integers(0, 12 * RATE), max_size=8))
@settings(max_examples=10, deadline=None)
def test_blocks_do_not_matter(cuts: list[int]) -> None:
    sound = np.zeros((2, 12 * RATE), np.float32)
    health = Health("square", RATE, 2)
    for start, stop in pairwise([0, *sorted(cuts), sound.shape[1]]):
        health.take(sound[:, start:stop])
    assert codes(health) == {"microphone-silent"}
