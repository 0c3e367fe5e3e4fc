"""The process of one microphone, driven over its connection as the runtime does."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from edge.capture.messages import ALIVE_EVERY_S, Alive, Begun
from edge.capture.sound.faults import SoundFaultCode
from edge.capture.sound.messages import Ailing, Heard, Listening, Lost, MicrophoneOpened, Played, Progress
from edge.capture.sound.port import SoundInfo
from edge.capture.sound.watch import WatchPolicy
from protocol.events import Phase
from tests.edge.capture.sound import listening
from tests.edge.capture.sound.sounds import RATE_HZ, street, with_bangs, write_wav


def heard(messages: list[Any]) -> list[Heard]:
    return [message for message in messages if isinstance(message, Heard)]


def test_a_recording_is_listened_to_to_its_end(drive: Any, tmp_path: Path) -> None:
    driver = drive(write_wav(tmp_path / "a.wav", with_bangs(street(3.0), [0.513, 1.7, 1.72])))
    assert isinstance(driver.next(), Begun)
    assert driver.next() == MicrophoneOpened(SoundInfo(RATE_HZ, 1, "pcm_s16le", live=False))
    assert driver.next() == Listening()
    messages = driver.until(Played)
    assert messages[-1] == Played(3 * RATE_HZ)
    assert messages[-2] == Progress(3 * RATE_HZ, 0, 2, -40.0)
    said = heard(messages)
    assert [(each.key, each.phase) for each in said if each.phase is not Phase.UPDATE] == [
        ("1", Phase.NEW),
        ("1", Phase.END),
        ("2", Phase.NEW),
        ("2", Phase.END),
    ]
    onset_s = [each.at.monotonic_s for each in said if each.phase is Phase.NEW]
    assert onset_s[1] - onset_s[0] == pytest.approx(1.7 - 0.513, abs=1e-4)
    assert len({(each.key, each.at) for each in said}) == 2, "the onset of an incident stays where it is"


def test_in_real_time_an_onset_is_told_at_the_time_at_which_it_was(drive: Any, tmp_path: Path) -> None:
    driver = drive(write_wav(tmp_path / "a.wav", with_bangs(street(2.0), [1.2])), pace="real-time")
    driver.until(MicrophoneOpened)
    opened_s = time.monotonic()
    first = driver.until(Heard)[-1]
    told_s, wall = time.monotonic(), time.time()
    assert first.at.monotonic_s == pytest.approx(opened_s + 1.2, abs=0.3)
    assert told_s - first.at.monotonic_s < 0.5, "a block, and what a busy machine adds"
    assert first.at.wall.timestamp() == pytest.approx(wall - (told_s - first.at.monotonic_s), abs=0.02)
    assert 0 < first.observed.onset_sigma_ms < 1.6


def test_the_deviation_of_an_onset_has_the_picks_and_the_clocks_part(drive: Any, tmp_path: Path) -> None:
    driver = drive(write_wav(tmp_path / "a.wav", with_bangs(street(30.0), [29.0])))
    said = heard(driver.until(Played))
    assert 0.5 / RATE_HZ * 1000 < said[0].observed.onset_sigma_ms < 0.3


def test_one_that_repeats_goes_on_and_its_seam_is_no_loss(drive: Any, tmp_path: Path) -> None:
    sound = with_bangs(street(0.3), [0.26])
    driver = drive(write_wav(tmp_path / "a.wav", sound), repeat=True, pace="real-time")
    messages: list[Any] = []
    while len([each for each in heard(messages) if each.phase is Phase.NEW]) < 3:
        messages += driver.until(Heard)
    new = [each.at.monotonic_s for each in heard(messages) if each.phase is Phase.NEW]
    assert [b - a for a, b in pairwise(new)] == pytest.approx([0.3, 0.3], abs=2e-3)
    assert [each.phase for each in heard(messages)][:3:2] == [Phase.NEW, Phase.NEW], "what is open at the seam ends there"
    assert all(each.overruns == 0 for each in messages if isinstance(each, Progress))


def test_by_the_wall_clock_two_boxes_hear_it_at_the_same_moments_whenever_each_began(drive: Any, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", with_bangs(street(1.5), [0.5]))
    heard_s: list[list[float]] = []
    for _ in range(2):
        driver = drive(path, repeat=True, pace="wall-clock")
        messages: list[Any] = []
        while len([each for each in heard(messages) if each.phase is Phase.NEW]) < 2:
            messages += driver.until(Heard)
        heard_s.append([each.at.wall.timestamp() % 1.5 for each in heard(messages) if each.phase is Phase.NEW])
        assert all(each.overruns == 0 for each in messages if isinstance(each, Progress))
        time.sleep(0.4)
    assert heard_s[0] == pytest.approx([0.5, 0.5], abs=2e-3)
    assert heard_s[1] == pytest.approx([0.5, 0.5], abs=2e-3)


def test_a_live_microphone_tells_its_progress_every_second(drive: Any) -> None:
    driver = drive("live:Banging")
    begun_s = time.monotonic()
    first, second = [driver.until(Progress)[-1] for _ in range(2)]
    assert 0.9 < time.monotonic() - begun_s < 5
    assert 0.5 * RATE_HZ < second.samples - first.samples < 1.5 * RATE_HZ
    assert second.onsets >= 1
    assert second.level_db > -20


def test_what_was_lost_is_counted_and_told_and_no_onset_is_moved_by_it(drive: Any) -> None:
    driver = drive("live:Losing")
    (ailing,) = [message for message in driver.until(Ailing) if isinstance(message, Ailing)]
    assert [fault.code for fault in ailing.faults] == [SoundFaultCode.OVERRUN]
    assert driver.until(Progress)[-1].overruns >= 1


def test_what_listens_forgets_what_came_before_a_hole(drive: Any) -> None:
    driver = drive("live:LosingLoud")
    said = [driver.until(Heard)[-1].phase for _ in range(6)]
    assert [phase for phase in said if phase is not Phase.UPDATE] == [Phase.NEW, Phase.END, Phase.NEW]


@pytest.mark.parametrize(("address", "code"), [("live:Dead", SoundFaultCode.SILENT), ("live:Clipped", SoundFaultCode.CLIPPED)])
def test_one_that_is_deaf_says_so_at_once_and_goes_on(drive: Any, address: str, code: SoundFaultCode) -> None:
    """Row 52."""
    driver = drive(address, watch=WatchPolicy(dead_s=1, clipped_s=1))
    driver.until(MicrophoneOpened)
    begun_s = time.monotonic()
    ailing = driver.until(Ailing)[-1]
    assert time.monotonic() - begun_s < 5 - WatchPolicy().dead_s
    assert [fault.code for fault in ailing.faults] == [code]
    assert driver.until(Progress)[-1].samples > 0


def test_what_only_listening_can_tell_is_told_and_taken_back(drive: Any, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", with_bangs(street(6.0), [3.1]))
    messages = drive(path, listening.AILING).until(Played)
    told = [message for message in messages if isinstance(message, Ailing)]
    assert [[fault.code for fault in message.faults] for message in told] == [[SoundFaultCode.WIND], []]


def test_clipped_for_minutes_is_told_once(drive: Any, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", street(150.0) * 200)
    messages = drive(path).until(Played)
    told = [message for message in messages if isinstance(message, Ailing)]
    assert [[fault.code for fault in message.faults] for message in told] == [[SoundFaultCode.CLIPPED]]


def test_one_that_gives_nothing_says_that_it_is_alive_and_makes_no_progress(drive: Any) -> None:
    driver = drive("live:Mute")
    driver.until(MicrophoneOpened)
    begun_s = time.monotonic()
    messages = driver.until(Alive)
    assert not [message for message in messages if isinstance(message, Progress)]
    assert time.monotonic() - begun_s >= ALIVE_EVERY_S


@pytest.mark.parametrize(
    ("address", "listener", "code", "words"),
    [
        ("nowhere.wav", listening.ENTRY, SoundFaultCode.MISSING, "no such file"),
        ("live:Unplugged", listening.ENTRY, SoundFaultCode.MISSING, "plugged in"),
        ("alsa:hw:1,0", listening.ENTRY, SoundFaultCode.MISSING, "plugged in"),
        ("alsa:hw:9,0", listening.ENTRY, SoundFaultCode.MISSING, "no microphone of this name"),
        ("live:Exploding", listening.ENTRY, SoundFaultCode.CRASHED, "ZeroDivisionError"),
        ("live:Noise", listening.REFUSING, SoundFaultCode.MODEL, "differs from its manifest"),
        ("live:Noise", "tests.nobody:listens", SoundFaultCode.MODEL, "No module named"),
        ("live:Banging", listening.ASTRAY, SoundFaultCode.CRASHED, "ValueError"),
    ],
)
def test_what_cannot_go_on_is_named_and_the_process_ends(
    drive: Any, address: str, listener: str, code: SoundFaultCode, words: str
) -> None:
    driver = drive(address, listener)
    lost = driver.until(Lost)[-1]
    assert lost.fault.code is code
    assert words in lost.fault.detail
    driver.process.join(5.0)
    assert driver.process.exitcode == 0


@pytest.mark.parametrize("address", ["live:Noise", "live:Mute"])
def test_it_ends_when_it_is_told_to_and_when_the_agent_is_gone(drive: Any, address: str) -> None:
    told, left = drive(address), drive(address)
    told.until(MicrophoneOpened)
    left.until(MicrophoneOpened)
    told.stop()
    left._channel.close()
    for driver in (told, left):
        driver.process.join(5.0)
        assert driver.process.exitcode == 0
