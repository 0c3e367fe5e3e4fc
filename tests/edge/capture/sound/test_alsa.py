"""Microphones of this box, on a driver with the calls, the bytes and the errors of the real one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from edge.capture.sound.alsa import STALLED_S, AlsaMicrophone
from edge.capture.sound.faults import SoundError, SoundFaultCode
from edge.capture.sound.port import Block
from edge.runtime.policy import RuntimePolicy
from protocol.limits import TEXT_CHARACTERS
from tests.edge.capture.sound.sounddevice import Device, Driver
from tests.edge.capture.sound.sounds import RATE_HZ, street


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Any:
    def with_(*devices: Device) -> Driver:
        driver = Driver(*devices)
        monkeypatch.setitem(sys.modules, "sounddevice", driver)
        return driver

    return with_


def listen(driver: Driver, seconds: float, name: str = "hw:1,0", channels: int = 1, step_s: float = 0.0) -> list[Block]:
    """What comes within so much time; the clock goes on by what the port asks for, and a little for each block."""
    port = AlsaMicrophone(name, RATE_HZ, channels, driver.time)
    port.open()
    blocks = []
    end_s = driver.time.now_s + seconds
    for item in port.blocks():
        if isinstance(item, Block):
            blocks.append(item)
            driver.time.now_s += step_s
        else:
            assert item > 0
            driver.time.now_s += item
        if driver.time.now_s >= end_s:
            break
    port.close()
    assert all(stream.closed for stream in driver.open)
    return blocks


def refusal(name: str, driver_: Driver | None = None, channels: int = 1, rate_hz: int = RATE_HZ) -> SoundError:
    with pytest.raises(SoundError) as caught:
        AlsaMicrophone(name, rate_hz, channels).open()
    assert len(caught.value.fault.detail) <= TEXT_CHARACTERS
    return caught.value


@pytest.mark.parametrize("channels", [1, 4])
def test_what_comes_is_what_the_device_picks_up_with_the_time_at_its_end(plug: Any, channels: int) -> None:
    sound = street(3.0, channels=channels).T
    driver = plug(Device(max_input_channels=channels, sound=sound))
    begun_s = driver.time.now_s
    blocks = listen(driver, 2.0, channels=channels)
    found = np.concatenate([block.samples for block in blocks], axis=1)
    assert found.shape[1] > 1.8 * RATE_HZ
    assert (sound[: found.shape[1]] == found.T).all()
    for block in blocks:
        assert block.at is not None
        late_s = block.at.monotonic_s - (begun_s + (block.first + block.samples.shape[1]) / RATE_HZ)
        assert abs(late_s) < 1e-6
        assert (block.at.wall.timestamp() - driver.time.now().wall.timestamp()) == pytest.approx(
            block.at.monotonic_s - driver.time.now_s, abs=1e-5
        )


def test_a_part_of_the_name_or_default_finds_it(plug: Any) -> None:
    driver = plug(Device(sound=street(1.0).T))
    assert AlsaMicrophone("hw:1,0", RATE_HZ, 1).open().device == "USB Audio: - (hw:1,0)"
    assert AlsaMicrophone("default", RATE_HZ, 1).open().live
    assert len(driver.open) == 2


def test_a_box_that_was_busy_for_less_than_the_driver_keeps_loses_nothing(plug: Any) -> None:
    driver = plug(Device(sound=street(4.0).T))
    blocks = listen(driver, 3.0, step_s=0.04)
    assert [block.first for block in blocks] == [800 * i for i in range(len(blocks))]


@pytest.mark.parametrize("says_so", [False, True])
def test_what_was_lost_is_missing_in_the_count_and_the_rest_is_where_it_belongs(plug: Any, says_so: bool) -> None:
    sound = street(8.0).T
    driver = plug(Device(sound=sound, says_so=says_so))
    port = AlsaMicrophone("hw:1,0", RATE_HZ, 1, driver.time)
    port.open()
    begun_s = driver.time.now_s
    blocks: list[Block] = []
    for item in port.blocks():
        if isinstance(item, Block):
            blocks.append(item)
            driver.time.now_s += 2.5 if len(blocks) == 10 else 0.0
        else:
            driver.time.now_s += item
        if len(blocks) == 40:
            break
    firsts = np.array([block.first for block in blocks])
    holes = np.flatnonzero(np.diff(firsts) != 800)
    assert holes.tolist() == [9], "one loss"
    for block in blocks:
        place = block.first + block.samples.shape[1]
        assert block.at is not None
        assert abs(block.at.monotonic_s - begun_s - place / RATE_HZ) < 0.02


@pytest.mark.parametrize(
    ("devices", "name", "options", "code", "words"),
    [
        ((), "default", {}, SoundFaultCode.MISSING, "arecord -l"),
        ((Device(),), "hw:7,0", {}, SoundFaultCode.MISSING, "hw:7,0"),
        ((Device(),), "a name that is longer than any that a card has", {}, SoundFaultCode.MISSING, "see `arecord -l`"),
        ((Device(),), "hw:1,0", {"channels": 4}, SoundFaultCode.CHANNELS, "has 1 channels, configured are 4"),
        ((Device(rates=(48_000,)),), "hw:1,0", {}, SoundFaultCode.RATE, "set rate_hz = 48000"),
        ((Device(rates=(16_000,)),), "hw:1,0", {"rate_hz": 48_000}, SoundFaultCode.RATE, "set rate_hz = 16000"),
        ((Device(rates=(8_000,)),), "hw:1,0", {}, SoundFaultCode.RATE, "take another microphone"),
        ((Device(busy=True),), "hw:1,0", {}, SoundFaultCode.UNREADABLE, "another program"),
    ],
)
def test_one_that_cannot_be_used_is_named_with_what_to_do(
    plug: Any, devices: tuple[Device, ...], name: str, options: dict[str, int], code: SoundFaultCode, words: str
) -> None:
    plug(*devices)
    error = refusal(name, **options)  # type: ignore[arg-type]
    assert error.fault.code is code
    assert words in error.fault.detail


def test_what_is_no_number_is_silence_and_what_is_beyond_full_scale_is_at_it(plug: Any) -> None:
    sound = street(2.0).T.copy()
    sound[::7], sound[3::7], sound[5::7] = np.nan, -np.inf, 7.0
    found = np.concatenate([block.samples for block in listen(plug(Device(sound=sound)), 1.0)], axis=1)
    assert np.isfinite(found).all()
    assert (found[:, ::7] == 0).all()
    assert (found[:, 5::7] == 1).all()


def test_one_that_is_unplugged_is_gone(plug: Any) -> None:
    driver = plug(Device(sound=street(5.0).T, fails_s=1.0))
    with pytest.raises(SoundError, match="plugged in") as caught:
        listen(driver, 5.0)
    assert caught.value.fault.code is SoundFaultCode.MISSING


def test_one_that_gives_nothing_any_more_has_stalled_within_its_time(plug: Any) -> None:
    driver = plug(Device(sound=street(9.0).T, stops_s=1.0))
    begun_s = driver.time.now_s
    with pytest.raises(SoundError, match="no sound") as caught:
        listen(driver, 9.0)
    assert caught.value.fault.code is SoundFaultCode.STALLED
    assert driver.time.now_s - begun_s < 1.0 + STALLED_S + 0.2 < RuntimePolicy().silence_s


def test_without_the_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    error = refusal("default")
    assert error.fault.code is SoundFaultCode.DRIVER
    assert "lamplighter[sound]" in error.fault.detail


def test_without_the_library_its_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    error = refusal("default")
    assert error.fault.code is SoundFaultCode.DRIVER
    assert "libportaudio2" in error.fault.detail
