"""Recordings of sound: any coding and container, the rate that is wanted, and every fault by name."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.capture.sound.faults import SoundError, SoundFaultCode
from edge.capture.sound.file import SoundFile
from edge.capture.sound.port import BLOCK_S, Block, Floats
from protocol.limits import TEXT_CHARACTERS
from tests.edge.capture.clips import make_clip
from tests.edge.capture.sound.sounds import RATE_HZ, encode, street, with_bangs, write_wav


def heard(path: Path | str, rate_hz: int = RATE_HZ, channels: int = 1) -> Floats:
    """All sound of a file; checks that blocks follow one another."""
    port = SoundFile(str(path), rate_hz, channels)
    port.open()
    parts: list[Floats] = []
    count = 0
    for block in port.blocks():
        assert isinstance(block, Block)
        assert block.first == count
        assert block.samples.dtype == np.float32
        assert block.at is None
        assert 0 < block.samples.shape[1] <= rate_hz * BLOCK_S
        count += block.samples.shape[1]
        parts.append(block.samples)
    return np.concatenate(parts, axis=1)


def fault(path: Path | str, rate_hz: int = RATE_HZ, channels: int = 1) -> tuple[SoundFaultCode, str]:
    with pytest.raises(SoundError) as caught:
        heard(path, rate_hz, channels)
    assert len(caught.value.fault.detail) <= TEXT_CHARACTERS
    return caught.value.fault.code, caught.value.fault.detail


@pytest.mark.parametrize("channels", range(1, 9))
def test_every_sample_of_a_wav_comes_out_as_it_was(tmp_path: Path, channels: int) -> None:
    sound = street(0.33, channels=channels)
    found = heard(write_wav(tmp_path / "a.wav", sound), channels=channels)
    assert found.shape == sound.shape
    assert np.abs(found - sound).max() < 1e-4  # 16 bits


@pytest.mark.parametrize(
    ("name", "codec", "exact"),
    [
        ("a.flac", "flac", True),
        ("a.mka", "pcm_f32le", True),
        ("a.aiff", "pcm_s24be", True),
        ("a.opus", "libopus", False),
        ("a.mp4", "aac", False),
        ("a.mp3", "libmp3lame", False),
    ],
)
def test_any_coding_and_container(tmp_path: Path, name: str, codec: str, exact: bool) -> None:
    sound = with_bangs(street(1.0), [0.5])
    found = heard(encode(tmp_path / name, sound, codec))
    assert found.shape[1] == pytest.approx(sound.shape[1], abs=0 if exact else 4000)
    if exact:
        assert np.abs(found - sound).max() < 1e-4
    else:
        assert np.abs(found).max() > 0.4


@pytest.mark.parametrize(("rate_hz", "wanted_hz"), [(48_000, 16_000), (44_100, 16_000), (96_000, 48_000), (22_050, 16_000)])
def test_more_samples_than_wanted_become_fewer_and_no_onset_moves(tmp_path: Path, rate_hz: int, wanted_hz: int) -> None:
    """Below the tenth of a millisecond: an onset has to be known to 0.2 ms."""
    at_s = 0.4
    sound = np.zeros((1, rate_hz), np.float32)
    time_s = np.arange(rate_hz) / rate_hz - at_s
    sound[0] = 0.8 * np.sin(2 * np.pi * 1000 * time_s) * np.exp(-((time_s / 0.002) ** 2))
    found = heard(write_wav(tmp_path / "a.wav", sound, rate_hz), wanted_hz)
    assert found.shape[1] == pytest.approx(wanted_hz, abs=2)
    expected_s = np.arange(found.shape[1]) / wanted_hz - at_s
    lags = np.arange(-10, 11) * 1e-5
    models = [np.sin(2 * np.pi * 1000 * (expected_s - lag)) * np.exp(-(((expected_s - lag) / 0.002) ** 2)) for lag in lags]
    best = lags[int(np.argmax([float(model @ found[0]) for model in models]))]
    assert abs(best) < 1e-4
    assert np.abs(found).max() == pytest.approx(0.8, abs=0.02)


def test_what_is_above_half_of_the_wanted_rate_does_not_fold_down(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 14_000 * np.arange(48_000) / 48_000)
    found = heard(write_wav(tmp_path / "a.wav", tone[None].astype(np.float32), 48_000))
    assert np.abs(found[0, 800:-800]).max() < 0.005


def test_it_can_be_played_again(tmp_path: Path) -> None:
    port = SoundFile(str(write_wav(tmp_path / "a.wav", street(0.2))), RATE_HZ, 1)
    port.open()
    assert len(list(port.blocks())) == len(list(port.blocks())) == 4


def test_values_that_are_no_numbers_are_silence_and_loud_ones_full_scale(tmp_path: Path) -> None:
    values = np.array([np.nan, np.inf, -np.inf, 1e38, -7.0, 0.25], "<f4")
    body = values.tobytes() * 400
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16, 3, 1, RATE_HZ, RATE_HZ * 4, 4, 32,
                         b"data", len(body))  # fmt: skip
    (tmp_path / "a.wav").write_bytes(header + body)
    assert heard(tmp_path / "a.wav")[0, :6].tolist() == [0.0, 0.0, 0.0, 1.0, -1.0, 0.25]


def make_bad(folder: Path) -> dict[str, tuple[Path, SoundFaultCode, str]]:
    text = folder / "notes.wav"
    text.write_text("this is no sound\n" * 100)
    empty = folder / "empty.wav"
    empty.touch()
    whole = write_wav(folder / "whole.wav", street(2.0)).read_bytes()
    cut = folder / "cut.wav"
    cut.write_bytes(whole[: len(whole) // 2])
    head = folder / "head.wav"
    head.write_bytes(whole[:44])
    return {
        "missing": (folder / "none.wav", SoundFaultCode.MISSING, "no such file"),
        "folder": (folder, SoundFaultCode.NOT_SOUND, "is a folder"),
        "text": (text, SoundFaultCode.NOT_SOUND, "right file"),
        "empty": (empty, SoundFaultCode.TRUNCATED, "copy it again"),
        "cut": (cut, SoundFaultCode.TRUNCATED, "ends after 1.0 of 2.0 s"),
        "header alone": (head, SoundFaultCode.NOT_SOUND, "no sound"),
        "silent film": (make_clip(folder / "film.mp4"), SoundFaultCode.NOT_SOUND, "no sound"),
        "two channels": (write_wav(folder / "two.wav", street(0.2, channels=2)), SoundFaultCode.CHANNELS, "2 channels"),
        "8 kHz": (write_wav(folder / "slow.wav", street(0.2, 8000), 8000), SoundFaultCode.RATE, "16,000 or more"),
    }


@pytest.mark.parametrize(
    "name", ["missing", "folder", "text", "empty", "cut", "header alone", "silent film", "two channels", "8 kHz"]
)
def test_what_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    path, code, words = make_bad(tmp_path)[name]
    found, detail = fault(path)
    assert found is code, detail
    assert words in detail


def test_16_khz_where_48_are_configured_names_the_way_out(tmp_path: Path) -> None:
    code, detail = fault(write_wav(tmp_path / "a.wav", street(0.2)), 48_000)
    assert code is SoundFaultCode.RATE
    assert "set rate_hz = 16000" in detail


def test_a_recording_that_was_written_into_a_pipe_does_not_know_its_length(tmp_path: Path) -> None:
    data = bytearray(write_wav(tmp_path / "a.wav", street(0.5)).read_bytes())
    data[40:44] = b"\xff" * 4
    (tmp_path / "a.wav").write_bytes(data)
    assert heard(tmp_path / "a.wav").shape == (1, RATE_HZ // 2)


@pytest.mark.parametrize("name", ["a.m3u8", "a.wav", "a.ffconcat"])
def test_only_local_files_are_opened_whatever_a_playlist_asks_for(tmp_path: Path, name: str) -> None:
    calls: list[str] = []

    def answer(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, (host, _) = server.accept()
                calls.append(host)
                caller.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        head = "ffconcat version 1.0\nfile " if "concat" in name else "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n"
        (tmp_path / name).write_text(f"{head}{address}\n#EXT-X-ENDLIST\n")
        with pytest.raises(SoundError):
            heard(tmp_path / name)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert calls == []


def test_all_sound_of_a_file_that_was_cut_is_heard_first(tmp_path: Path) -> None:
    path, _, _ = make_bad(tmp_path)["cut"]
    port = SoundFile(str(path), RATE_HZ, 1)
    found: list[Block | float] = []
    with pytest.raises(SoundError):
        found.extend(port.blocks())  # keeps what came before
    last = found[-1]
    assert isinstance(last, Block)
    assert (last.first + last.samples.shape[1]) / RATE_HZ == pytest.approx(1.0, abs=0.01)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_file_that_was_spoilt_anywhere_is_sound_or_a_named_fault(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    whole = bytearray(encode(folder / "a.flac", street(0.3), "flac").read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "b.flac"
    path.write_bytes(whole[: data.draw(st.integers(1, len(whole)))])
    try:
        found = heard(path)
    except SoundError:
        return
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 1
    assert found.shape[1] < 60 * RATE_HZ


@settings(deadline=None, max_examples=40)
@given(header=st.binary(min_size=36, max_size=36))
def test_any_header_is_sound_or_a_named_fault(tmp_path_factory: Any, header: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a.wav"
    path.write_bytes(b"RIFF" + header[:4] + b"WAVEfmt \x10\0\0\0" + header[4:20] + b"data" + header[20:24] + header * 50)
    try:
        found = heard(path)
    except SoundError:
        return
    assert np.isfinite(found).all()
