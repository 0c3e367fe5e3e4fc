"""Row 63: when the SIM's bytes run short, statistics come less often, alerts do not, and the box says so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.allowance import STEPS, Allowance, _begins

NOON = dt.datetime(2026, 6, 10, 12, tzinfo=dt.timezone.utc)
MB = 1_000_000


class Books:
    """Looks every second."""

    def __init__(self, folder: Path, mb: int = 100, first_day: int = 1) -> None:
        self.folder, self.mb, self.first_day = folder, mb, first_day
        self.now_s, self.wall, self.line, self.synchronised = 0.0, NOON, 0, True
        self.start()

    def start(self) -> None:
        self.books = Allowance(self.mb, self.first_day, self.folder)
        self.line = 0
        self.look()

    def look(self, seconds: float = 1.0, wall: dt.datetime | None = None) -> None:
        self.now_s += seconds
        self.wall = wall or self.wall + dt.timedelta(seconds=seconds)
        self.books.look(self.line, self.wall, self.now_s, synchronised=self.synchronised)

    def send(self, mb: float) -> None:
        self.line += int(mb * MB)
        self.look()

    @property
    def codes(self) -> list[str]:
        return [reason.code for reason in self.books.reasons()]


@pytest.fixture
def box(tmp_path: Path) -> Books:
    return Books(tmp_path)


def test_row_63_the_nearer_the_end_the_less_often_and_the_manager_is_told(box: Books) -> None:
    box.send(79.9)
    assert (box.books.step, box.codes, box.books.wait_s()) == (STEPS[0], [], 0.0)
    box.send(0.2)
    assert (box.books.step.stretch, box.codes, box.books.wait_s()) == (5.0, ["bytes-short"], 0.0)
    (reason,) = box.books.reasons()
    assert reason.detail == (
        "80 of 100 MB are spent since 2026-06-01: counts and telemetry come 5 times less often; alerts go out as ever"
    )
    box.send(15)
    assert (box.books.step.stretch, box.codes) == (30.0, ["bytes-short"])
    assert box.books.wait_s() > 0, "no model is fetched"
    assert "no model is fetched" in box.books.reasons()[0].detail
    box.send(10)
    assert box.codes == ["bytes-spent"]


def test_models_are_counted_too(box: Books) -> None:
    box.books.spend(85 * MB)
    assert box.codes == ["bytes-short"]


def test_without_a_budget_nobody_counts_and_nothing_is_written(tmp_path: Path) -> None:
    box = Books(tmp_path, mb=0)
    box.send(10_000)
    box.books.keep()
    assert (box.codes, box.books.step) == ([], STEPS[0])
    assert list(tmp_path.iterdir()) == []


def test_a_start_goes_on_from_what_was_written_and_the_line_begins_at_nothing(box: Books) -> None:
    box.send(50)
    box.books.keep()
    box.start()
    box.send(31)
    assert box.codes == ["bytes-short"]


def test_a_power_cut_forgets_minutes_and_a_card_is_written_seldom(box: Books) -> None:
    written = set()
    for _ in range(3600):
        box.send(0.01)
        written.add((box.folder / "allowance.json").read_bytes())
    assert len(written) <= 13
    box.start()  # nothing was kept at the end
    box.send(0)
    assert 36 - 3.1 < box.books._spent.bytes / MB <= 36


def test_a_month_begins_with_the_sims(tmp_path: Path) -> None:
    box = Books(tmp_path, first_day=15)
    box.send(90)
    box.look(wall=dt.datetime(2026, 6, 14, 23, 59, tzinfo=dt.timezone.utc))
    assert box.codes == ["bytes-short"]
    box.look(wall=dt.datetime(2026, 6, 15, tzinfo=dt.timezone.utc))
    assert box.codes == []
    box.start()
    assert box.codes == [], "it is written at once"


def test_a_clock_that_is_behind_begins_no_month_and_one_that_was_ahead_ends_one(box: Books) -> None:
    box.send(90)
    box.synchronised = False
    box.look(wall=dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc))
    box.look(wall=NOON)
    assert box.codes == ["bytes-short"], "1970 was no month"
    box.look(wall=dt.datetime(2038, 1, 19, tzinfo=dt.timezone.utc))
    assert box.codes == []
    box.send(90)
    box.synchronised = True
    box.look(wall=NOON)
    assert box.codes == ["bytes-short"], "what was spent under the wrong date was spent"
    box.look(wall=NOON + dt.timedelta(days=30))
    assert box.codes == [], "and the next month comes"


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"begins":"2026-06-01","bytes":-5}', b"[" * 5000])
def test_books_that_are_spoilt_begin_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "allowance.json").write_bytes(content)
    box = Books(tmp_path)
    box.send(79)
    assert box.codes == []
    box.books.keep()
    box.start()
    box.send(2)
    assert box.codes == ["bytes-short"]


def test_a_disk_that_refuses_silences_nobody(tmp_path: Path) -> None:
    box = Books(tmp_path / "gone")
    box.send(81)
    assert box.codes == ["bytes-short"]


@given(st.dates(dt.date(1970, 1, 2), dt.date(2200, 1, 1)), st.integers(1, 28))
def test_every_day_lies_in_the_month_that_began_last(day: dt.date, first: int) -> None:
    begins = _begins(day, first)
    assert begins.day == first
    assert begins <= day < _begins(begins + dt.timedelta(days=31), first) or (day - begins).days < 31
