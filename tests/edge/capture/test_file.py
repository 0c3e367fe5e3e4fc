"""Video files: what is played, and what is refused by name."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.capture.faults import CaptureError, FaultCode
from edge.capture.file import FilePort
from edge.region import Size
from tests.edge.capture.clips import SQUARE, join, make_clip


def play(path: Path) -> tuple[int, FaultCode | None, str]:
    port = FilePort(str(path))
    count = 0
    try:
        for _ in port.pictures():
            count += 1
    except CaptureError as error:
        return count, error.fault.code, error.fault.detail
    return count, None, ""


def test_the_square_is_played_whole() -> None:
    port = FilePort(str(SQUARE))
    info = port.open()
    assert (info.size, info.live) == (Size(768, 576), False)
    times = [picture.media_s for picture in port.pictures()]
    assert len(times) == 795
    assert times[0] == 0.0
    assert times == sorted(times)


def test_pictures_are_what_the_encoder_was_given(tmp_path: Path) -> None:
    luma = [picture.y.copy() for picture in FilePort(str(make_clip(tmp_path / "a.mp4"))).pictures()]
    bright = [(y[45:65] > 180).any(axis=0).argmax() for y in luma]
    assert bright == pytest.approx([4 * i for i in range(20)], abs=2)


def truncated_after_index(folder: Path) -> Path:
    return _head(SQUARE, folder / "cut.mp4", 0.5)


def truncated_before_index(folder: Path) -> Path:
    path = make_clip(folder / "late.mp4", pictures=60)  # its index is at the end
    return _head(path, folder / "cut.mp4", 0.7)


def truncated_matroska(folder: Path) -> Path:
    return _head(make_clip(folder / "a.mkv", pictures=100), folder / "cut.mkv", 0.5)


def truncated_avi(folder: Path) -> Path:
    return _head(make_clip(folder / "a.avi", pictures=100, codec="mpeg4"), folder / "cut.avi", 0.5)


def empty(folder: Path) -> Path:
    return _bytes(folder / "empty.mp4", b"")


def text(folder: Path) -> Path:
    return _bytes(folder / "notes.mp4", b"this is no video\n" * 100)


def ansi(folder: Path) -> Path:
    return _bytes(folder / "notes.ans", b"\x1b[31mthis is no video\n" * 100)


def noise(folder: Path) -> Path:
    return _bytes(folder / "noise.mp4", bytes(range(256)) * 400)


def missing(folder: Path) -> Path:
    return folder / "nowhere.mp4"


def folder_itself(folder: Path) -> Path:
    return folder


def below_a_file(folder: Path) -> Path:
    return _bytes(folder / "file", b"x") / "clip.mp4"


def damaged(folder: Path) -> Path:
    data = bytearray(SQUARE.read_bytes())
    data[1_000_000:2_000_000] = bytes(1_000_000)
    return _bytes(folder / "damaged.mp4", bytes(data))


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (missing, FaultCode.MISSING, "nowhere.mp4: no such file"),
        (below_a_file, FaultCode.MISSING, "no such file"),
        (folder_itself, FaultCode.NOT_VIDEO, "is a folder"),
        (empty, FaultCode.TRUNCATED, "is empty"),
        (text, FaultCode.NOT_VIDEO, "is not a video"),
        (ansi, FaultCode.NOT_VIDEO, "not"),
        (noise, FaultCode.NOT_VIDEO, "is not a video"),
        (truncated_after_index, FaultCode.TRUNCATED, "of 795 pictures; copy it again"),
        (truncated_before_index, FaultCode.TRUNCATED, "breaks off before its index"),
        (truncated_matroska, FaultCode.TRUNCATED, "of 100 pictures"),
        (truncated_avi, FaultCode.TRUNCATED, "of 100 pictures"),
        (damaged, FaultCode.CORRUPT, "of 795 pictures can be decoded"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, make: Callable[[Path], Path], code: FaultCode, words: str) -> None:
    _, found, detail = play(make(tmp_path))
    assert found is code
    assert words in detail


def test_a_truncated_video_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    count, code, _ = play(truncated_after_index(tmp_path))
    assert code is FaultCode.TRUNCATED
    assert 300 < count < 795


def test_a_playlist_opens_no_connection(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        path = _bytes(tmp_path / "list.m3u8", f"#EXTM3U\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n".encode())
        assert play(path)[0] == 0
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4")
    path.chmod(0)
    assert play(path)[1] is FaultCode.UNREADABLE


def test_a_change_of_resolution_is_followed(tmp_path: Path) -> None:
    small = make_clip(tmp_path / "small.ts", size=(160, 120))
    large = make_clip(tmp_path / "large.ts", size=(320, 240))
    sizes = [picture.size for picture in FilePort(str(join(tmp_path / "both.ts", small, large))).pictures()]
    assert sizes == [Size(160, 120)] * 20 + [Size(320, 240)] * 20


def test_a_change_of_codec_is_followed(tmp_path: Path) -> None:
    h264 = make_clip(tmp_path / "a.h264", pictures=150)
    mpeg2 = make_clip(tmp_path / "b.m2v", pictures=150, codec="mpeg2video")
    port = FilePort(str(join(tmp_path / "both.h264", h264, mpeg2)))
    times = [picture.media_s for picture in port.pictures()]
    assert len(times) > 280
    assert times == sorted(times)


def test_it_can_be_played_again(tmp_path: Path) -> None:
    port = FilePort(str(make_clip(tmp_path / "a.mp4")))
    port.open()
    assert sum(1 for _ in port.pictures()) == sum(1 for _ in port.pictures()) == 20


def test_odd_sizes_and_other_pixel_formats_become_the_same(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.avi", size=(162, 122), codec="ffv1")
    picture = next(FilePort(str(path)).pictures())
    assert (picture.y.shape, picture.u.shape, picture.v.shape) == ((122, 162), (61, 81), (61, 81))


def test_it_leaves_no_descriptor_open(tmp_path: Path) -> None:
    path = truncated_after_index(tmp_path)
    play(path)
    gc.collect()  # what other tests left behind closes its own
    before = _descriptors()
    for _ in range(3):
        play(path)
        play(tmp_path / "nowhere.mp4")
        play(text(tmp_path))
    assert _descriptors() == before


def _head(source: Path, path: Path, part: float) -> Path:
    data = source.read_bytes()
    return _bytes(path, data[: int(len(data) * part)])


def _bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
