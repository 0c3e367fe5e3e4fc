"""Credentials never leave the source process."""

from __future__ import annotations

import pytest

from edge.capture.faults import CaptureError, Fault, FaultCode
from protocol.redact import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://admin:secret@10.0.0.4/stream1", "rtsp://***@10.0.0.4/stream1"),
        ("rtsp://admin@10.0.0.4/stream1", "rtsp://***@10.0.0.4/stream1"),
        ("rtsp://admin:p@ss:word@cam/1: refused", "rtsp://***@cam/1: refused"),
        ("'http://u:p@a/x' and rtsp://u:q@b/y", "'http://***@a/x' and rtsp://***@b/y"),
        ("RTSP://Admin:Secret@CAM", "RTSP://***@CAM"),
        ("/media/rtsp:/admin:secret@cam/1: no such file", "/media/rtsp:/***@cam/1: no such file"),
        ("http://cam/video?user=admin&pwd=secret&fps=5", "http://cam/video?user=***&pwd=***&fps=5"),
        ("http://cam/v?access_token=abc.def", "http://cam/v?access_token=***"),
        (
            "http://cam/v?key=abc&keyframe_interval=30&sig=abc&signal=1",
            "http://cam/v?key=***&keyframe_interval=30&sig=***&signal=1",
        ),
        ("http://cam/v?loginpass=abc def", "http://cam/v?loginpass=*** def"),
        ("/media/square.mp4: no such file", "/media/square.mp4: no such file"),
        ("mail to someone@example.org", "mail to someone@example.org"),
    ],
)
def test_credentials_are_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_fault_cannot_exist_with_credentials() -> None:
    assert "secret" not in Fault(FaultCode.MISSING, "rtsp://admin:secret@cam: gone").detail
    error = CaptureError(FaultCode.UNREADABLE, "rtsp://admin:secret@cam: refused")
    assert "secret" not in str(error)
    assert "secret" not in error.fault.reason("gate").detail


def test_a_fault_fits_on_the_wire() -> None:
    reason = Fault(FaultCode.MISSING, "x" * 500).reason("s" * 80)
    assert len(reason.detail) == 120
    assert len(reason.subject) == 64
