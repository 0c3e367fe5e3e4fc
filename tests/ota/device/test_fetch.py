"""Rows 2, 6, 11, 19: a file comes from whoever gives it, however often it breaks off, and only the hash decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.deltafile import Content
from ota.device.disk import RealDisk
from ota.device.errors import FetchError, LyingError, NameRefusedError, PausedError, SlowError, StatusError
from ota.device.fetch import Fetch
from ota.device.limits import Bucket
from ota.device.mirror import Mirror, file_name
from ota.device.objects import Objects
from ota.device.transport import Body, Pace

DATA = bytes(range(251)) * 40
CONTENT = Content.of(DATA)
WRONG = bytes(len(DATA))


@dataclass
class Host:
    """What a mirror has, and how it behaves."""

    data: bytes = DATA
    etag: str = '"1"'
    breaks: list[int] = field(default_factory=list)
    """After so many bytes, once each."""
    ranges: bool = True
    status: int = 200
    start: int | None = None
    """It says so, whatever it was asked for."""
    block: int = 500
    block_s: float = 0.0
    """It takes so long for each block."""
    endless: bool = False
    asked: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Hosts:
    """A transport of them."""

    hosts: dict[str, Host]
    now: float = 0.0

    def open(self, url: str, within_s: float, at: int = 0, etag: str = "") -> Body:
        assert within_s > 0
        host = self.hosts[url.split("/")[2]]
        host.asked.append((at, etag))
        if host.status != 200 and (host.status != 416 or at):
            message = f"{url}: {host.status}"
            raise StatusError(message, host.status)
        begin = at if host.ranges and etag in {"", host.etag} else 0
        return Body(begin if host.start is None else host.start, self._blocks(host, begin), lambda: None, host.etag)

    def _blocks(self, host: Host, begin: int) -> Iterator[bytes]:
        until = host.breaks.pop(0) if host.breaks else len(host.data) + 1
        for at in range(begin, len(host.data), host.block):
            self.now += host.block_s
            block = host.data[at : min(at + host.block, begin + until)]
            if block:
                yield block
            if begin + until < at + host.block:
                message = "the connection broke"
                raise FetchError(message)
        while host.endless:
            yield bytes(host.block)


class Line:
    """Fetches into a folder."""

    def __init__(self, folder: Path, *hosts: Host, rate: float | None = None) -> None:
        self.hosts = Hosts({f"host{number}": host for number, host in enumerate(hosts)})
        self.objects = Objects(RealDisk(folder))
        self.mirrors = [Mirror.under(f"memory://host{number}") for number in range(len(hosts))]
        self.quiet_s = 0.0
        self.goes_on: Callable[[], bool] = lambda: True
        self.came = 0
        bucket = Bucket(rate, self.monotonic, self.sleep)
        self.fetch = Fetch(self.hosts, Pace(), bucket, lambda: self.quiet_s, self._goes_on, self.monotonic)

    def _goes_on(self) -> bool:
        return self.goes_on()

    def monotonic(self) -> float:
        return self.hosts.now

    def sleep(self, seconds: float) -> None:
        self.hosts.now += seconds

    def count(self, size: int) -> None:
        self.came += size

    def get(self, content: Content = CONTENT) -> None:
        self.fetch.get("reader/1/x.onnx", content, self.mirrors, self.objects, self.count)
        assert self.objects.is_sound(content)


def test_a_file_is_fetched(tmp_path: Path) -> None:
    line = Line(tmp_path, Host())
    line.get()
    assert line.came == len(DATA)
    assert line.hosts.hosts["host0"].asked == [(0, "")]


def test_an_empty_file_needs_nobody(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.get(Content.of(b""))


def test_it_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(breaks=[3000, 2000, 100]))
    line.get()
    assert line.came == len(DATA)
    assert line.hosts.hosts["host0"].asked == [(0, ""), (3000, '"1"'), (5000, '"1"'), (5100, '"1"')]


def test_what_has_come_is_kept_for_the_next_time(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(breaks=[1000, 0]))
    with pytest.raises(FetchError, match="broke"):
        line.get()
    again = Line(tmp_path, Host())
    again.get()
    assert again.hosts.hosts["host0"].asked == [(1000, '"1"')]
    assert line.came + again.came == len(DATA)


def test_row_6_the_next_mirror_goes_on(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(breaks=[1000, 0]), Host(etag='"other"'))
    line.get()
    assert line.hosts.hosts["host1"].asked == [(1000, "")], "a validator is for who gave it"
    assert line.came == len(DATA)


@pytest.mark.parametrize(
    "liar",
    [
        pytest.param(Host(data=WRONG), id="6: another file"),
        pytest.param(Host(data=WRONG, breaks=[5000]), id="6: another file, in two pieces"),
        pytest.param(Host(data=DATA[:-1]), id="19: a byte less"),
        pytest.param(Host(data=b""), id="19: nothing"),
        pytest.param(Host(data=DATA + b"x" * 99999, block=70_000), id="19: bytes more in one block"),
        pytest.param(Host(data=WRONG, endless=True), id="2: another file without end"),
        pytest.param(Host(status=404), id="6: not there"),
        pytest.param(Host(status=500), id="6: out of order"),
        pytest.param(Host(start=7), id="19: from somewhere else"),
        pytest.param(Host(data=WRONG, breaks=[3000] * 99), id="6: spoils beginnings"),
    ],
)
def test_rows_6_and_19_the_next_mirror_is_tried(tmp_path: Path, liar: Host) -> None:
    line = Line(tmp_path, liar, Host())
    line.get()


def test_row_6_a_mirror_that_spoils_beginnings_spoils_nothing_else(tmp_path: Path) -> None:
    """The honest one is not blamed for what the other has sent, and not left for it."""
    line = Line(tmp_path, Host(data=WRONG, breaks=[3000, 0]), Host())
    line.get()
    assert line.hosts.hosts["host1"].asked == [(3000, ""), (0, "")]


@pytest.mark.parametrize("endless", [False, True])
def test_row_2_not_a_byte_more_than_is_signed_is_written(tmp_path: Path, endless: bool) -> None:
    line = Line(tmp_path, Host(data=DATA + bytes(100_000), endless=endless))
    line.get()
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) == len(DATA)
    assert line.came < len(DATA) + 1000


def test_row_19_a_server_that_ignores_ranges_begins_again(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(breaks=[3000], ranges=False))
    line.get()
    assert line.came == 3000 + len(DATA)


def test_row_19_another_file_under_the_same_name_begins_again(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(breaks=[3000, 0]))
    with pytest.raises(FetchError):
        line.get()
    line.hosts.hosts["host0"].etag = '"2"'
    line.get()
    assert line.hosts.hosts["host0"].asked[-1] == (3000, '"1"')


def test_row_19_a_range_that_is_refused_begins_again(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(breaks=[3000, 0]))
    with pytest.raises(FetchError):
        line.get()
    line.hosts.hosts["host0"].status = 416
    line.get()


def test_nobody_has_it(tmp_path: Path) -> None:
    with pytest.raises(StatusError, match=r"reader/1/x.onnx was not fetched: .*404; .*503"):
        Line(tmp_path, Host(status=404), Host(status=503)).get()
    with pytest.raises(FetchError, match="there is no mirror"):
        Line(tmp_path).get()
    with pytest.raises(LyingError, match="is not the signed file"):
        Line(tmp_path, Host(data=WRONG)).get()


def test_a_mirror_that_breaks_off_for_ever_is_left_for_now(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(breaks=[10] * 1000))
    with pytest.raises(FetchError):
        line.get()
    assert len(line.hosts.hosts["host0"].asked) == 4
    assert line.objects.begun(CONTENT).size == 40


def test_row_11_a_mirror_that_drips_is_left_for_the_next(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(block=100, block_s=10.0), Host())
    line.get()
    assert line.hosts.now < 100
    with pytest.raises(SlowError, match="at least 1024 a second"):
        Line(tmp_path / "other", Host(block=100, block_s=10.0)).get()


def test_a_slow_but_honest_line_is_not_left(tmp_path: Path) -> None:
    Line(tmp_path, Host(block=5000, block_s=4.0)).get()


def test_our_own_cap_is_not_the_mirrors_fault(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(), rate=100.0)
    line.get()
    assert line.hosts.now > 90


def test_quiet_hours_hold_it_and_what_came_is_kept(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(block_s=1.0))

    def evening() -> bool:
        line.quiet_s = 3600.0 if line.hosts.now >= 3 else 0.0
        return True

    line.goes_on = evening
    with pytest.raises(PausedError, match="nothing is fetched for another 60 minutes") as caught:
        line.get()
    assert caught.value.wait_s == 3600
    before = line.objects.begun(CONTENT).size
    assert 0 < before < len(DATA)
    line.quiet_s, line.goes_on = 0.0, lambda: True
    line.get()
    assert line.hosts.hosts["host0"].asked[-1][0] == before


def test_it_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    line = Line(tmp_path, Host(block_s=1.0))
    line.goes_on = lambda: line.hosts.now < 3
    with pytest.raises(PausedError, match="asked to stop"):
        line.get()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, len(DATA))), max_size=8), st.booleans(), st.integers(200, 4000))
def test_whatever_mirrors_do_the_file_is_right_or_not_there(
    tmp_path_factory: pytest.TempPathFactory, breaks: list[tuple[int, int]], ranges: bool, block: int
) -> None:
    hosts = [Host(ranges=ranges, block=block), Host(data=WRONG, block=block), Host(data=DATA[:-5], block=block)]
    for which, after in breaks:
        hosts[which].breaks.append(after)
    line = Line(tmp_path_factory.mktemp("fetch"), *hosts)
    for _ in range(len(breaks) + 3):
        try:
            line.get()
        except FetchError:
            assert not line.objects.has(CONTENT)
        else:
            return
    pytest.fail("one of them is honest")


@pytest.mark.parametrize(
    ("path", "prefixed", "expected"),
    [
        ("reader/1/x.onnx", True, "reader/1/ab.x.onnx"),
        ("x.onnx", True, "ab.x.onnx"),
        ("reader/1/x.onnx", False, "reader/1/x.onnx"),
        ("a b/ü?#.bin", True, "a b/ab.ü?#.bin"),
    ],
)
def test_names_on_a_mirror(path: str, prefixed: bool, expected: str) -> None:
    assert file_name(path, "ab", prefixed=prefixed) == expected
    assert Mirror.under("https://m/u/").url(expected) == "https://m/u/targets/" + {
        "a b/ab.ü?#.bin": "a%20b/ab.%C3%BC%3F%23.bin"
    }.get(expected, expected)


@pytest.mark.parametrize(
    "path", ["", "/", "../x", "a/../x", "a//x", "a/./x", "/etc/passwd", "a\0b", "a\nb", "x" * 1025, "a/\u202ex"]
)
def test_row_13_a_name_that_leads_away_is_refused(path: str) -> None:
    with pytest.raises(NameRefusedError, match="is no name of a file on a mirror"):
        file_name(path, "ab", prefixed=True)
