"""Row 52: a microphone that is silent or clipped."""

from __future__ import annotations

import numpy as np
import pytest

from edge.capture.sound.faults import SoundFaultCode
from edge.capture.sound.port import Floats
from edge.capture.sound.watch import LOWEST_DB, SoundWatch, WatchPolicy
from tests.edge.capture.sound.sounds import RATE_HZ, street, with_bangs

SHORT = WatchPolicy(quiet_s=6, unclipped_s=4, overrun_s=3)


def said(sound: Floats, policy: WatchPolicy = SHORT) -> tuple[SoundWatch, list[tuple[SoundFaultCode, ...]]]:
    """Faults after each second."""
    watch = SoundWatch(RATE_HZ, sound.shape[0], policy)
    blocks = (sound[:, begin : begin + 800] for begin in range(0, sound.shape[1], 800))
    return watch, [tuple(fault.code for fault in watch.faults) for block in blocks if watch.add(block)]


def test_a_street_is_well_and_its_level_is_told() -> None:
    watch, found = said(with_bangs(street(10.0), [1.0, 2.0, 2.1, 2.2, 2.3]))
    assert found == [()] * 10
    assert watch.level_db == pytest.approx(-40.0, abs=0.1)


@pytest.mark.parametrize("value", [0.0, 0.3, -1.0])
def test_one_value_for_ever_is_silence_within_five_seconds(value: float) -> None:
    watch, found = said(np.full((1, 5 * RATE_HZ), value, np.float32))
    assert [SoundFaultCode.SILENT in codes for codes in found] == [False, False, True, True, True]
    assert "cable" in watch.faults[0].detail
    assert watch.level_db >= LOWEST_DB


def test_noise_and_nothing_else_takes_longer_to_know() -> None:
    quiet = np.concatenate((street(7.0) * 0.001, street(2.0)), axis=1)
    _, found = said(quiet)
    assert found == [()] * 5 + [(SoundFaultCode.SILENT,)] * 2 + [()] * 2


def test_full_scale_for_long_is_clipped_and_is_taken_back_after_a_while_without() -> None:
    sound = np.concatenate((np.clip(street(4.0) * 200, -1, 1), street(6.0)), axis=1)
    watch, found = said(sound)
    assert found == [()] * 2 + [(SoundFaultCode.CLIPPED,)] * 5 + [()] * 3
    assert watch.faults == ()


def test_blasts_that_clip_are_no_clipped_microphone() -> None:
    """Ten shots a second of five milliseconds, for two seconds: a machine gun nearby."""
    sound = street(6.0)
    for i in range(20):
        begin = round((1 + i / 10) * RATE_HZ)
        sound[:, begin : begin + 80] = 1.0
    _, found = said(sound)
    assert found == [()] * 6


def test_the_channel_is_named() -> None:
    sound = street(4.0, channels=4)
    sound[2] = 0.0
    watch, _ = said(sound)
    (fault,) = watch.faults
    assert fault.detail.startswith("channel 3 of 4")


def test_a_loss_of_sound_is_counted_and_told_for_a_while() -> None:
    watch, _ = said(street(1.0))
    found = []
    watch.overran()
    watch.overran()
    for second in range(6):
        watch.add(street(1.0, seed=second))
        found.append([fault.code for fault in watch.faults])
    assert found == [[SoundFaultCode.OVERRUN]] * 3 + [[]] * 3
    assert watch.overruns == 2


def test_on_a_real_box_it_is_known_within_five_seconds() -> None:
    policy = WatchPolicy()
    assert max(policy.dead_s, policy.clipped_s) < 5 <= policy.quiet_s
