"""From results to observations: nothing is counted that nobody has looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from edge.agent.pipeline import Pipeline
from edge.clock import Instant
from edge.infer.outcome import Dropped, DropReason, Failed, NothingSeen, Outcome, Still, TimedOut
from edge.observation import Observation
from edge.region import Size
from edge.runtime.result import FrameResult
from protocol.config import Calibration, GroundPoint, Report, Source, Zone
from protocol.events import CrowdCount, CrowdDensity
from protocol.limits import TEXT_CHARACTERS

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.timezone.utc)
SIZE = Size(640, 480)
EVERYWHERE = Zone(id="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
NOBODY_LOOKED: tuple[Outcome, ...] = (
    Dropped(DropReason.ACCELERATOR_DOWN), Dropped(DropReason.SUPERSEDED), TimedOut(2.0), Failed("no device"),
)  # fmt: skip


def result(number: int, outcome: Outcome) -> FrameResult:
    at = Instant(100.0 + number / 10, NOON + dt.timedelta(seconds=number / 10))
    looked = isinstance(outcome, NothingSeen)
    return FrameResult("cam", number, at, number / 10, SIZE, (SIZE.whole,) if looked else (), outcome)


def counts(observations: list[Observation]) -> list[CrowdCount]:
    return [each.observed for each in observations if isinstance(each.observed, CrowdCount)]


def pipeline() -> Pipeline:
    return Pipeline(Source(id="cam", uri="a.mp4", zones=(EVERYWHERE,)), Report(count_interval_s=0))


@pytest.mark.parametrize("missed", NOBODY_LOOKED)
def test_a_still_picture_before_the_first_look_is_no_empty_square(missed: Outcome) -> None:
    """The model loads while the camera runs: the gate's first look at everything is lost, and then nothing moves."""
    line = pipeline()
    for number, outcome in enumerate([missed, Still(), Still(), NothingSeen(10.0), Still()], start=1):
        assert counts(line.take(result(number, outcome))) == [], "a picture is counted when it is old enough"
    told = counts(line.close(result(6, Still()).captured))
    assert [(count.people.value, count.pictures) for count in told] == [(0, 1), (0, 1)], "what was there is still there"


def test_after_a_new_opening_nobody_has_looked_again() -> None:
    line = pipeline()
    line.take(result(1, Still()))
    line.take(result(2, NothingSeen(10.0)))
    assert len(counts(line.take(result(1, Still())))) == 1, "of the opening before"
    assert counts(line.close(result(2, Still()).captured)) == []


def test_a_closed_line_says_nothing_twice() -> None:
    line = Pipeline(Source(id="cam", uri="a.mp4", zones=(EVERYWHERE,)), Report(count_interval_s=60))
    line.take(result(1, NothingSeen(10.0)))
    at = result(2, Still()).captured
    assert len(counts(line.close(at))) == 1
    assert line.close(at) == []


def test_row_63_where_bytes_are_short_windows_grow_and_nothing_that_was_counted_is_lost() -> None:
    line = Pipeline(Source(id="cam", uri="a.mp4", zones=(EVERYWHERE,)), Report(count_interval_s=1))

    def windows(first: int, last: int) -> list[tuple[int, float]]:
        said = [count for number in range(first, last) for count in counts(line.take(result(number, NothingSeen(1.0))))]
        return [(count.pictures, round(count.window_s, 1)) for count in said]

    before = windows(1, 31)
    assert {window for _, window in before} == {1.0}
    line.stretch = 5.0
    after = windows(31, 151)
    assert {window for _, window in after} == {5.0}
    line.stretch = 1.0
    last = windows(151, 191)
    rest = [count.pictures for count in counts(line.close(result(191, Still()).captured))]
    told = [pictures for pictures, _ in (*before, *after, *last)]
    assert sum(told) + sum(rest) == 190, "every picture is in a window"


def test_row_63_a_window_of_every_picture_has_a_length_where_bytes_are_short() -> None:
    line = pipeline()
    line.stretch = 5.0
    assert sum(len(counts(line.take(result(number, NothingSeen(1.0))))) for number in range(1, 101)) == 1


CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
GROUND = Calibration(tuple(GroundPoint(at, (10 * at[0], 10 * at[1])) for at in CORNERS), (640, 480))
CALIBRATED = Source(id="cam", uri="a.mp4", zones=(EVERYWHERE,), calibration=GROUND)


def test_a_camera_that_is_set_to_another_shape_is_told_and_taken_back_when_it_is_set_back() -> None:
    line = Pipeline(CALIBRATED, Report(count_interval_s=0))
    nothing = {"plates cam": (), "ground cam": ()}
    assert line.standing == nothing
    line.take(result(1, NothingSeen(10.0)))
    assert line.standing == nothing
    line.take(replace(result(2, NothingSeen(10.0)), size=Size(8192, 4320)))
    (reason,) = line.standing["ground cam"]
    assert (reason.code, reason.subject) == ("ground-shape", "ground cam")
    assert reason.detail.endswith("calibrate again")
    assert len(reason.detail) < TEXT_CHARACTERS
    line.take(result(3, NothingSeen(10.0)))
    assert line.standing == nothing
    line.take(replace(result(4, NothingSeen(10.0)), size=Size(8192, 4320)))
    line.close(result(5, Still()).captured)
    assert line.standing == nothing, "of pictures that come no more nothing is said"


def test_each_picture_is_told_as_the_camera_stood_when_it_was_taken() -> None:
    """Pictures are counted when they are old enough: the camera may be back by then."""
    line = Pipeline(CALIBRATED, Report(count_interval_s=0))
    away = range(20, 40)
    said = [o for n in range(1, 61) for o in line.take(replace(result(n, NothingSeen(1.0)), moved=n in away))]
    said += line.close(result(61, Still()).captured)
    moved = {round(10 * (o.at.monotonic_s - 100)) for o in said if isinstance(o.observed, CrowdCount) and o.observed.moved}
    assert moved == set(away)
    dense = {round(10 * (o.at.monotonic_s - 100)) for o in said if isinstance(o.observed, CrowdDensity)}
    assert dense
    assert not dense & moved
    assert max(dense) > max(away)
