"""Defences of cameras: passwords, hostile servers, silence, lateness."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CAPTURE = "tests/edge/capture"
_CAMERAS = ("tests/edge/runtime/test_cameras.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "no password in the address of a configuration",
        "protocol/addresses.py",
        "redact(uri) != uri",
        "redact(uri) is None",
        ("tests/protocol/test_addresses.py",),
    ),
    Mutant(
        "nothing in an address ends a line of a request",
        "protocol/addresses.py",
        "if _OTHER.search(uri):",
        "if not uri:",
        ("tests/protocol/test_addresses.py",),
    ),
    Mutant(
        "a password that others may read is not used",
        "edge/credentials.py",
        "& 0o077",
        "& 0o000",
        ("tests/edge/test_credentials.py",),
    ),
    Mutant(
        "a password is not printed",
        "edge/credentials.py",
        "password: str = field(repr=False)",
        "password: str = field()",
        ("tests/edge/test_credentials.py",),
    ),
    Mutant(
        "a camera that refuses a password is not told it again until another is written",
        "edge/runtime/openings.py",
        "now_s < self._anyway_s and",
        "False and",
        _CAMERAS,
    ),
    Mutant(
        "a password that was refused is tried again after a long while",
        "edge/runtime/source.py",
        "now_s + self._policy.refused_s",
        "float('inf')",
        _CAMERAS,
    ),
    Mutant(
        "a password is told once in an opening",
        "edge/capture/http.py",
        'return not request.has_header("Authorization")',
        'return not request.has_header("From")',
        (f"{_CAPTURE}/test_mjpeg.py",),
    ),
    Mutant(
        "a camera's redirection is not followed",
        "edge/capture/http.py",
        "        urllib.request.HTTPErrorProcessor(),\n",
        "        urllib.request.HTTPErrorProcessor(),\n        urllib.request.HTTPRedirectHandler(),\n",
        (f"{_CAPTURE}/test_mjpeg.py",),
    ),
    Mutant(
        "what stands between two pictures has an end",
        "edge/capture/jpegs.py",
        "if self._between > MOST_BETWEEN:",
        "if self._between < 0:",
        (f"{_CAPTURE}/test_jpegs.py",),
    ),
    Mutant(
        "a picture over HTTP has an end",
        "edge/capture/jpegs.py",
        "len(self._bytes) > MOST_BYTES:",
        "len(self._bytes) < 0:",
        (f"{_CAPTURE}/test_jpegs.py",),
    ),
    Mutant(
        "a picture larger than any box takes is not decoded",
        "edge/capture/mjpeg.py",
        'self._decoder.options = {"max_pixels": str(MAX_PIXELS)}',
        "self._decoder.options = {}",
        (f"{_CAPTURE}/test_mjpeg.py",),
    ),
    Mutant(
        "a picture larger than any box takes is not decoded, over RTSP",
        "edge/capture/live.py",
        'context.options = {"max_pixels": str(MAX_PIXELS)}',
        "context.options = {}",
        (f"{_CAPTURE}/test_rtsp.py",),
    ),
    Mutant(
        "a camera that sends and gives no picture is broken, over HTTP",
        "edge/capture/mjpeg.py",
        "if time.monotonic() - fresh_s > SILENCE_S:",
        "if time.monotonic() < 0:",
        (f"{_CAPTURE}/test_mjpeg.py",),
    ),
    Mutant(
        "of pictures that waited only the newest is shown",
        "edge/capture/mjpeg.py",
        "while time.monotonic() < until_s and self._more():",
        "while time.monotonic() < 0:",
        (f"{_CAPTURE}/test_mjpeg.py", *_CAMERAS),
    ),
    Mutant(
        "no wait for a camera over RTSP is without an end",
        "edge/capture/rtsp.py",
        "timeout=(SILENCE_S, SILENCE_S)",
        "timeout=(600, 600)",
        (f"{_CAPTURE}/test_rtsp.py",),
    ),
    Mutant(
        "a picture that comes late is not shown",
        "edge/capture/live.py",
        "if moment.late_s > LATE_S:",
        "if moment.late_s < 0:",
        (f"{_CAPTURE}/test_live.py",),
    ),
    Mutant(
        "a stream that falls behind for good is opened anew",
        "edge/capture/live.py",
        "if time.monotonic() - fresh_s > SILENCE_S:",
        "if time.monotonic() < 0:",
        (f"{_CAPTURE}/test_live.py",),
    ),
    Mutant(
        "time of a live stream is never ahead of the clock",
        "edge/capture/timeline.py",
        "min(self._shift_s + _FORGET * passed_s, arrived_s - stamp_s)",
        "self._shift_s + _FORGET * passed_s",
        (f"{_CAPTURE}/test_timeline.py",),
    ),
    Mutant(
        "whatever was away for days is there again within five seconds",
        "edge/runtime/policy.py",
        "BackoffPolicy(0.5, 1.5, 30.0)",
        "BackoffPolicy(0.5, 15.0, 30.0)",
        _CAMERAS,
    ),
    Mutant(
        "whoever wants little of an accelerator waits for nobody",
        "edge/runtime/scheduler.py",
        "source = min(waiting, key=self._served.__getitem__)",
        "source = waiting[-1]",
        _CAMERAS,
    ),
    Mutant(
        "a step of the wall clock is seen before anything is told",
        "edge/agent/voice.py",
        "clock = self._watch.update(now.monotonic_s, now.wall)",
        "clock = self._watch.clock",
        ("tests/edge/agent/test_voice.py",),
    ),
    Mutant(
        "an address of a kind that nobody knows keeps no password either",
        "protocol/addresses.py",
        """if (scheme not in {"", "file"} or""",
        "if (of_camera is not None or",
        ("tests/protocol/test_addresses.py",),
    ),
    Mutant(
        "who may not see the passwords of a box is not told that there are none",
        "edge/credentials.py",
        "except (FileNotFoundError, NotADirectoryError):\n        return []",
        "except OSError:\n        return []",
        ("tests/edge/test_credentials.py",),
    ),
)
