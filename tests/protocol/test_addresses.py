"""Addresses of cameras in a configuration: no password, no line of another request, and one that fits its kind."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.addresses import address_faults
from protocol.check import check_config
from protocol.config import Config, Source

NAME = "rtsp://10.0.0.4/stream1"


@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        ("file", "/media/square.mp4"),
        ("file", "media/tokens/key=1.mp4"),
        ("file", "file:///media/a@b.mp4"),
        ("rtsp", NAME),
        ("rtsp", "rtsp://cam-7.local:8554/cam/realmonitor?channel=1&subtype=0"),
        ("rtsp", "rtsp://[fe80::1]:554/"),
        ("rtsp", "rtsp://10.0.0.4/axis-media/media.amp?videocodec=h264&videokeyframeinterval=30"),
        ("mjpeg", "http://10.0.0.4/axis-cgi/mjpg/video.cgi?fps=10"),
        ("mjpeg", "https://10.0.0.4:8443/video"),
        ("v4l2", "/dev/v4l/by-id/usb-046d_C920-video-index0"),
    ],
)
def test_addresses_that_serve(kind: str, uri: str) -> None:
    assert list(address_faults(kind, uri)) == []


@pytest.mark.parametrize(
    ("kind", "uri", "field", "words"),
    [
        ("rtsp", "rtsp://admin:secret@10.0.0.4/1", "uri", "lamplighter edge credential"),
        ("rtsp", "rtsp://admin@10.0.0.4/1", "uri", "lamplighter edge credential"),
        ("mjpeg", "http://cam/video?user=admin&pwd=secret", "uri", "lamplighter edge credential"),
        ("rtsp", "rtsp://cam/user=admin_password=secret_channel=1.sdp", "uri", "lamplighter edge credential"),
        ("file", "rtsp://admin:secret@cam/1", "uri", "lamplighter edge credential"),
        ("file", "rtsps://admin:secret@cam/1", "uri", "lamplighter edge credential"),
        ("file", NAME, "kind", 'kind = "rtsp"'),
        ("file", "rtsps://10.0.0.4/1", "uri", "nothing is read from there"),
        ("v4l2", "v4l2:///dev/video0", "uri", "nothing is read from there"),
        ("file", "http://10.0.0.4/video", "kind", 'kind = "mjpeg"'),
        ("rtsp", "http://10.0.0.4/video", "uri", "begins with rtsp://"),
        ("mjpeg", "file:///etc/passwd", "uri", "begins with http:// or https://"),
        ("rtsp", "rtsp:///stream", "uri", "a host is missing"),
        ("rtsp", "rtsp://cam:99999/", "uri", "its port is none"),
        ("rtsp", "rtsp://cam/\r\nX: 1", "uri", "blanks"),
        ("mjpeg", "http://cam/a b", "uri", "blanks"),
        ("v4l2", "video0", "uri", "/dev/video0"),
        ("v4l2", "rtsp://cam/1", "kind", 'kind = "rtsp"'),
    ],
)
def test_addresses_that_do_not(kind: str, uri: str, field: str, words: str) -> None:
    found = list(address_faults(kind, uri))
    assert field in [at for at, _ in found]
    assert any(words in message for _, message in found)
    assert not any("secret" in message for _, message in found)


@given(
    st.sampled_from(["file", "rtsp", "mjpeg", "v4l2"]),
    st.text(min_size=1, max_size=60) | st.from_regex(r"(rtsp|http)://.{0,40}"),
)
def test_any_text_is_judged(kind: str, uri: str) -> None:
    assert all(field in {"uri", "kind"} and len(message) < 300 for field, message in address_faults(kind, uri))


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"pace": "fastest"}, "pace"),
        ({"repeat": True}, "repeat"),
        ({"fps": 5.0}, "fps"),
        ({"kind": "mjpeg", "uri": "http://cam/v", "transport": "udp"}, "transport"),
        ({"kind": "v4l2", "uri": "/dev/video0", "credential": "gate"}, "credential"),
        ({"kind": "file", "uri": "a.mp4", "credential": "gate"}, "credential"),
    ],
)
def test_what_belongs_to_some_kinds_only(more: dict[str, object], path: str) -> None:
    source = msgspec.structs.replace(Source("gate", NAME, "rtsp"), **more)
    (refusal,) = check_config(Config((source,)))
    assert refusal.path == f"sources[0].{path}"
    assert "'gate'" in refusal.message


def test_what_cameras_take() -> None:
    sources = (
        Source("a", NAME, "rtsp", transport="udp", credential="gate-7"),
        Source("b", "http://cam/v", "mjpeg", credential="gate-7"),
        Source("c", "/dev/video0", "v4l2", fps=10.0),
    )
    assert check_config(Config(sources)) == ()
