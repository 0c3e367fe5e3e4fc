"""A file comes whole and right, or not at all; what has arrived is not asked for again."""

from __future__ import annotations

import fcntl
import hashlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.factory.download import ATTEMPTS, DownloadError, Patience, Wanted, download, make_opener
from tests.models.factory.releasing import HOST, Answering, Release, Script, releasing, whole

CONTENT = np.random.default_rng(1).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SOON = Patience(silence_s=0.3)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    with releasing(tmp_path_factory.mktemp("server"), CONTENT) as release:
        yield release


@pytest.fixture
def release(server: Release) -> Release:
    server.script = whole
    server.ranges.clear()
    return server


class Place:
    """Where the file goes."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "weights.bin"
        self.part = folder / f"{SHA256}.part"
        self.told: list[int] = []

    def bring(self, release: Release, patience: Patience = SOON, url: str | None = None) -> None:
        wanted = Wanted(url or release.url, len(CONTENT), SHA256)
        download(wanted, self.target, release.opener, lambda here, size: self.told.append(here), patience)

    def refused(self, release: Release, patience: Patience = SOON, url: str | None = None) -> str:
        with pytest.raises(DownloadError) as caught:
            self.bring(release, patience, url)
        assert not self.target.exists(), "nothing has the name of what did not come"
        return str(caught.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "downloads")


def test_whole(release: Release, place: Place) -> None:
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
    assert [path.name for path in place.target.parent.iterdir()] == ["weights.bin"]
    assert place.told[0] == 0
    assert place.told == sorted(place.told)
    assert place.told[-1] == len(CONTENT)
    assert release.ranges == [None]


def test_an_older_file_is_replaced_only_by_a_right_one(release: Release, place: Place) -> None:
    place.target.parent.mkdir()
    place.target.write_bytes(b"older")
    release.script = lambda request, content: request.head(404, Content_Length=0)
    with pytest.raises(DownloadError, match=r"weights\.bin answered 404 Not Found"):
        place.bring(release)
    assert place.target.read_bytes() == b"older"
    release.script = whole
    place.bring(release)
    assert place.target.read_bytes() == CONTENT


def cut(at: int, *, length: bool = True) -> Script:
    """A server that ends each connection after so many bytes of its body."""

    def script(request: Answering, content: bytes) -> None:
        asked = request.headers.get("Range")
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        headers: dict[str, object] = {"Content_Length": len(content) - begin} if length else {}
        if asked:
            headers["Content_Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        request.head(206 if asked else 200, **headers)
        request.wfile.write(content[begin : begin + at])

    return script


@pytest.mark.parametrize("length", [True, False], ids=["length known", "length unknown"])
@pytest.mark.parametrize("at", [70_000, 150_000, len(CONTENT) - 1])
def test_cut_off_and_resumed(release: Release, place: Place, at: int, length: bool) -> None:
    release.script = cut(at, length=length)
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
    assert release.ranges == [None, *(f"bytes={n}-" for n in range(at, len(CONTENT), at))]


@pytest.mark.parametrize("at", [0, 1, 5_000])
def test_cut_off_again_and_again(release: Release, place: Place, at: int) -> None:
    """What came is kept for the next time, and each time brings more."""
    release.script = cut(at)
    expected = (
        "ended the connection" if at == 0 else f"ended {ATTEMPTS} connections early, at {ATTEMPTS * at} of {len(CONTENT)}"
    )
    assert expected in place.refused(release)
    assert (place.part.read_bytes() if at else b"") == CONTENT[: ATTEMPTS * at]
    assert place.part.exists() == bool(at)
    release.script = whole
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
    assert release.ranges[-1] == (f"bytes={ATTEMPTS * at}-" if at else None)


def dropped(request: Answering, content: bytes) -> None:
    """The connection ends before a word was said."""


def torn_head(request: Answering, content: bytes) -> None:
    request.wfile.write(b"HTTP/1.1 20")


def reset(request: Answering, content: bytes) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    request.connection.shutdown(socket.SHUT_RDWR)


def noise(request: Answering, content: bytes) -> None:
    request.wfile.write(b"\0\1\2 no HTTP at all\r\n\r\n")


@pytest.mark.parametrize("script", [dropped, torn_head, reset, noise])
def test_cut_off_before_the_first_byte(release: Release, place: Place, script: Script) -> None:
    release.script = script
    assert f"{HOST} ended the connection" in place.refused(release)


def test_a_server_without_ranges_sends_all_again(release: Release, place: Place) -> None:
    place.part.parent.mkdir()
    place.part.write_bytes(CONTENT[:1000])

    def script(request: Answering, content: bytes) -> None:
        request.head(200, Content_Length=len(content))
        request.wfile.write(content)

    release.script = script
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
    assert release.ranges == ["bytes=1000-"]


@pytest.mark.parametrize("answer", ["bytes 0-9/300000", "bytes 999-299999/300000", "chairs", None])
def test_another_range_than_was_asked_for(release: Release, place: Place, answer: str | None) -> None:
    place.part.parent.mkdir()
    place.part.write_bytes(CONTENT[:1000])

    def script(request: Answering, content: bytes) -> None:
        if request.headers.get("Range") is None:
            whole(request, content)
        else:
            request.head(206, Content_Length=10, **({"Content_Range": answer} if answer else {}))
            request.wfile.write(content[:10])

    release.script = script
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
    assert release.ranges == ["bytes=1000-", None]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b"x" * 1000, id="of another file"),
        pytest.param(b"x" * len(CONTENT), id="as long, of another file"),
        pytest.param(CONTENT + b"x", id="longer"),
    ],
)
def test_a_part_that_is_not_of_this_file_is_thrown_away(release: Release, place: Place, part: bytes) -> None:
    place.part.parent.mkdir()
    place.part.write_bytes(part)
    place.bring(release)
    assert place.target.read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_server(release: Release, place: Place) -> None:
    place.part.parent.mkdir()
    place.part.write_bytes(CONTENT)
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
    assert release.ranges == []


def test_a_range_that_the_server_does_not_have(release: Release, place: Place) -> None:
    place.part.parent.mkdir()
    place.part.write_bytes(CONTENT[:1000])

    def script(request: Answering, content: bytes) -> None:
        if request.headers.get("Range"):
            request.head(416, Content_Length=0)
        else:
            whole(request, content)

    release.script = script
    place.bring(release)
    assert place.target.read_bytes() == CONTENT


def test_another_file_of_the_same_size(release: Release, place: Place) -> None:
    other = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    release.script = lambda request, content: whole(request, other)
    said = place.refused(release)
    assert f"another file than the recipe names (SHA-256 {hashlib.sha256(other).hexdigest()}, not {SHA256})" in said
    assert not place.part.exists(), "what is wrong is not kept"


def endless(request: Answering, content: bytes) -> None:
    request.head(200)
    while not request.release.stopping.is_set():
        request.wfile.write(content)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param(lambda r, c: whole(r, c + b"x"), f"gives {len(CONTENT) + 1} bytes, the recipe names", id="a byte more"),
        pytest.param(lambda r, c: r.head(200, Content_Length=10**15), f"gives {10**15} bytes", id="a petabyte announced"),
        pytest.param(endless, f"gives more than {len(CONTENT)} bytes", id="without end"),
    ],
)
def test_too_large(release: Release, place: Place, script: Script, words: str) -> None:
    release.script = script
    assert words in place.refused(release)
    assert not place.part.exists()


def test_too_small(release: Release, place: Place) -> None:
    release.script = lambda request, content: whole(request, content[:1000])
    assert f"ended the connection (before its end) at 1000 of {len(CONTENT)} bytes" in place.refused(release)


@pytest.mark.parametrize("status", [204, 401, 403, 404, 410, 429, 500, 503])
def test_refusals_are_passed_on(release: Release, place: Place, status: int) -> None:
    release.script = lambda request, content: request.head(status, Content_Length=0)
    assert f"weights.bin answered {status}" in place.refused(release)


def test_redirected_to_https(release: Release, place: Place) -> None:
    def script(request: Answering, content: bytes) -> None:
        if request.path.startswith("/release/"):
            request.head(302, Location="/elsewhere/weights.bin", Content_Length=0)
        else:
            whole(request, content)

    release.script = script
    place.part.parent.mkdir()
    place.part.write_bytes(CONTENT[:1000])
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
    assert release.ranges == ["bytes=1000-"] * 2, "the rest is asked for there too"


@pytest.mark.parametrize("location", ["http://127.0.0.1/weights.bin", "file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_redirected_to_where_nothing_is_encrypted(release: Release, place: Place, location: str) -> None:
    release.script = lambda request, content: request.head(302, Location=location, Content_Length=0)
    said = place.refused(release)
    assert "not followed" in said or "answered 302" in said


def test_redirected_in_a_circle(release: Release, place: Place) -> None:
    release.script = lambda request, content: request.head(302, Location=request.path, Content_Length=0)
    assert "answered 302" in place.refused(release)
    assert len(release.ranges) < 10


def test_a_server_that_hangs_before_it_answers(release: Release, place: Place) -> None:
    def script(request: Answering, content: bytes) -> None:
        release.stopping.wait(5)

    release.script = script
    begun = time.monotonic()
    assert "silent for 0.3 s" in place.refused(release)
    assert time.monotonic() - begun < 4


def test_a_server_that_hangs_in_the_middle(release: Release, place: Place) -> None:
    def script(request: Answering, content: bytes) -> None:
        request.head(200, Content_Length=len(content))
        request.wfile.write(content[:1000])
        release.stopping.wait(5)

    release.script = script
    begun = time.monotonic()
    assert "ended the connection (silent for 0.3 s) at 1000 of" in place.refused(release)
    assert place.part.read_bytes() == CONTENT[:1000]
    assert time.monotonic() - begun < 4


def test_a_server_that_never_ends_its_handshake(place: Place, release: Release) -> None:
    with socket.create_server((HOST, 0)) as listening:
        said = place.refused(release, url=f"https://{HOST}:{listening.getsockname()[1]}/weights.bin")
    assert f"{HOST} could not be reached (no answer within 0.3 s)" in said


def test_a_server_that_dribbles(release: Release, place: Place) -> None:
    """Each word comes in time, the file never would."""

    def script(request: Answering, content: bytes) -> None:
        request.head(200, Content_Length=len(content))
        for at in range(0, len(content), 100):
            request.wfile.write(content[at : at + 100])

    release.script = script
    seconds = iter(range(0, 10**6, 20))
    said = place.refused(release, Patience(silence_s=5, clock=lambda: float(next(seconds))))
    assert f"{HOST} is too slow" in said
    assert "what has arrived is kept" in said
    assert CONTENT.startswith(place.part.read_bytes())
    assert place.part.stat().st_size > 0


def test_nobody_there(place: Place, release: Release) -> None:
    with socket.socket() as closed:
        closed.bind((HOST, 0))
        url = f"https://{HOST}:{closed.getsockname()[1]}/weights.bin"
    assert f"{HOST} could not be reached (Connection refused)" in place.refused(release, url=url)


def test_no_such_name(place: Place, release: Release) -> None:
    assert "weights.invalid could not be reached (" in place.refused(release, url="https://weights.invalid/weights.bin")


def test_a_server_that_is_not_trusted(place: Place, release: Release) -> None:
    release_seen_by_others = Release(CONTENT, release.url, opener=make_opener())
    said = place.refused(release_seen_by_others)
    assert f"{HOST} showed a certificate that is not trusted here (self-signed certificate" in said
    assert release.ranges == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/weights.bin", "file:///etc/passwd", "weights.bin"])
def test_only_https(place: Place, release: Release, url: str) -> None:
    assert "not an address of HTTPS" in place.refused(release, url=url)


def test_one_at_a_time(place: Place, release: Release) -> None:
    place.part.parent.mkdir()
    with place.part.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "is being fetched already, by another process" in place.refused(release)
    place.bring(release)
    assert place.target.read_bytes() == CONTENT
