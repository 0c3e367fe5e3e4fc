"""Cameras that are plugged in, up to the door: there is no such device here (docs/hardware.md)."""

from __future__ import annotations

import errno
from itertools import islice
from pathlib import Path
from typing import Any

import av
import pytest

from edge.capture.faults import CaptureError, FaultCode
from edge.capture.port import Address
from edge.capture.v4l2 import V4l2Port
from edge.region import Size
from tests.edge.capture.clips import make_clip


def fault_of(path: Path | str) -> tuple[FaultCode, str]:
    with pytest.raises(CaptureError) as caught:
        V4l2Port(Address(str(path))).open()
    return caught.value.fault.code, caught.value.fault.detail


def test_no_device_and_what_is_no_device(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"")
    assert fault_of(tmp_path / "video0")[0] is FaultCode.MISSING
    assert "by-id" in fault_of("/dev/video\0")[1]
    assert fault_of(tmp_path / "clip.mp4") == (FaultCode.NOT_VIDEO, fault_of(tmp_path / "clip.mp4")[1])
    assert 'kind = "file"' in fault_of(tmp_path / "clip.mp4")[1]


def test_a_device_that_is_no_camera_is_asked_and_named() -> None:
    """FFmpeg's own driver asks it, and is told that it knows no such request."""
    code, detail = fault_of("/dev/null")
    assert (code, "is no camera" in detail) == (FaultCode.NOT_VIDEO, True)


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (errno.EACCES, FaultCode.UNREADABLE, "group video"),
        (errno.EBUSY, FaultCode.UNREADABLE, "another program"),
        (errno.ENODEV, FaultCode.MISSING, "plug"),
        (errno.EINVAL, FaultCode.NOT_VIDEO, "pictures a second"),
        (errno.ENOMEM, FaultCode.UNREADABLE, "cannot be opened"),
    ],
)
def test_what_its_driver_refuses(number: int, code: FaultCode, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(av, "open", refuse)
    found = fault_of("/dev/null")
    assert (found[0], words in found[1]) == (code, True)


def test_pictures_of_an_open_device_are_live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a container that was opened from a file: the way from FFmpeg's pictures on is that of any camera."""
    clip, asked, really = make_clip(tmp_path / "a.mp4"), [], av.open

    def hand_over(_path: str, **options: Any) -> Any:
        asked.append(options)
        return really(str(clip))

    monkeypatch.setattr(av, "open", hand_over)
    port = V4l2Port(Address("/dev/null", fps=10.0))
    info = port.open()
    assert (info.size, info.live) == (Size(160, 120), True)
    assert (asked[0]["format"], asked[0]["options"]) == ("video4linux2", {"framerate": "10"})
    pictures = port.pictures()
    assert sum(picture.size == Size(160, 120) for picture in islice(pictures, 20)) == 20
    with pytest.raises(CaptureError) as gone:  # a file ends, and a camera must not
        next(pictures)
    port.close()
    assert gone.value.fault.code is FaultCode.UNREACHABLE
