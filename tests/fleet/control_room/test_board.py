"""The board: what every page shows, and what it must never show."""

from __future__ import annotations

from fleet.control_room.board import Board
from fleet.control_room.things import GRACE_S, MISSED_REPORTS, SERIES_POINTS
from fleet.control_room.traffic import TAIL_PER_MESSAGE, TAIL_ROWS
from fleet.control_room.views import Message
from protocol.config import Config, Line, Report, Source, Zone, ZoneAlarm
from protocol.events import Reason, Where
from protocol.state import (
    AcceleratorTelemetry,
    OutboxTelemetry,
    SourceTelemetry,
    State,
    Status,
    Telemetry,
)
from tests.fleet.control_room.events import BOOT, FREE, OTHER_BOOT, T0, Rows, count, density, flow, moment

CONFIG = Config(
    sources=(
        Source(
            id="cam",
            uri="square.mp4",
            zones=(Zone("square", ((0, 0), (1, 0), (1, 1)), "Market square", ZoneAlarm(18, 14)),),
            lines=(Line("gate", (0, 0), (1, 1), "North gate"),),
            where=Where(50.8, 4.3, heading=90),
        ),
    ),
    report=Report(telemetry_interval_s=10.0),
)


def people(board: Board) -> float:
    (zone,) = board.snapshot(T0).zones
    assert zone.people is not None
    return zone.people.v


def test_only_what_changed_is_sent_once() -> None:
    board = Board()
    put = Rows(board)
    board.device("lamp-1", "Lamp 1", None)
    board.device("lamp-2", "Lamp 2", None)
    assert {device.id for device in board.take(T0).devices} == {"lamp-1", "lamp-2"}
    put(count("lamp-1", 1, T0, 4), T0 + 20)
    message = board.take(T0 + 250)
    assert [device.id for device in message.devices] == ["lamp-1"]
    assert [zone.id for zone in message.zones] == ["lamp-1/square"]
    assert len(message.rows) == 1
    after = board.take(T0 + 500)
    assert after == Message(T0 + 500, totals=after.totals)


def test_a_snapshot_is_everything_and_takes_nothing_away() -> None:
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 1, T0, 4), T0 + 20)
    put(flow("lamp-1", 2, T0, 3, 1), T0 + 20)
    for _ in range(2):
        snapshot = board.snapshot(T0 + 100)
        assert snapshot.snapshot
        assert (len(snapshot.devices), len(snapshot.zones), len(snapshot.lines), len(snapshot.rows)) == (1, 1, 1, 2)
        assert snapshot.zones[0].series == ((T0, 4),)
    assert len(board.take(T0 + 250).rows) == 2


def test_the_last_word_is_the_boxes_own_and_never_goes_back() -> None:
    board = Board()
    put = Rows(board)
    board.device("lamp-1", "Lamp 1", None)
    assert board.snapshot(T0).devices[0].last_word is None
    put(count("lamp-1", 1, T0, 4), T0 + 20)
    board.device("lamp-1", "Lamp 1", T0 - 5000)
    assert board.snapshot(T0).devices[0].last_word == T0 + 20
    # the broker says that the box is gone: true, but no sign of life
    board.state("lamp-1", State(Status.OFFLINE, BOOT), T0 + 60_000)
    device = board.snapshot(T0 + 60_000).devices[0]
    assert (device.status, device.last_word) == ("offline", T0 + 20)
    # an orderly farewell is
    board.state("lamp-1", State(Status.OFFLINE, BOOT, moment(T0 + 70_000)), T0 + 70_000)
    assert board.snapshot(T0).devices[0].last_word == T0 + 70_000


def test_the_silence_limit_follows_what_the_box_was_told() -> None:
    board = Board()
    board.device("lamp-1", "Lamp 1", T0)
    assert board.snapshot(T0).devices[0].silence_limit_s == MISSED_REPORTS * 60 + GRACE_S
    board.config("lamp-1", CONFIG)
    assert board.snapshot(T0).devices[0].silence_limit_s == MISSED_REPORTS * 10 + GRACE_S


def test_zones_and_lines_take_names_and_limits_from_the_twin() -> None:
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 1, T0, 4), T0)
    put(flow("lamp-1", 2, T0, 3, 1), T0)
    bare = board.take(T0)
    assert (bare.zones[0].label, bare.zones[0].enter_at, bare.lines[0].label) == ("square", None, "gate")
    board.config("lamp-1", CONFIG)
    told = board.take(T0)
    assert (told.zones[0].label, told.zones[0].enter_at, told.lines[0].label) == ("Market square", 18, "North gate")
    assert (told.devices[0].lat, told.devices[0].heading) == (50.8, 90)


def test_a_count_that_was_held_back_does_not_become_now() -> None:
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 9, T0, 12), T0)
    put(count("lamp-1", 2, T0 - 60_000, 3), T0 + 1000)
    zone = board.snapshot(T0 + 1000).zones[0]
    assert zone.people is not None
    assert (zone.people.v, zone.as_of) == (12, T0)
    assert zone.series == ((T0, 12),)


def test_a_count_is_as_old_as_its_capture_where_the_box_knows_the_time() -> None:
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 1, T0 - 300_000, 3), T0)
    put(count("lamp-2", 1, T0 - 300_000, 3, clock=FREE), T0)
    put(count("lamp-3", 1, T0 + 300_000, 3), T0)
    assert [zone.as_of - T0 for zone in board.snapshot(T0).zones] == [-300_000, 0, 0]


def test_within_a_boot_the_number_decides_what_is_later_not_the_clock() -> None:
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 1, T0 + 3_600_000, 3, clock=FREE), T0)
    put(count("lamp-1", 2, T0 + 5000, 4), T0 + 5000)  # its clock was set back by an hour
    assert people(board) == 4
    put(count("lamp-1", 1, T0 + 10_000, 5, boot=OTHER_BOOT), T0 + 10_000)
    assert people(board) == 5
    put(count("lamp-1", 9, T0 + 9000, 6), T0 + 11_000)  # the rest of the boot before
    assert people(board) == 5


def test_flow_is_summed_over_ten_minutes() -> None:
    board = Board()
    put = Rows(board)
    for minute in range(15):
        put(flow("lamp-1", minute + 1, T0 + minute * 60_000, 2, 1), T0 + minute * 60_000)
    line = board.snapshot(T0 + 14 * 60_000).lines[0]
    assert (line.forward_sum.v, line.backward_sum.v, line.sum_s) == (22, 11, 55)  # minutes 4 to 14
    # eleven windows of 2 ± 1 and of 1 ± 1: half-widths add as squares
    assert (line.forward_sum.lo, line.forward_sum.hi) == (18.68, 25.32)
    assert (line.backward_sum.lo, line.backward_sum.hi, line.backward_sum.level) == (7.68, 14.32, 0.9)


def test_telemetry_is_shown_summed_over_sources() -> None:
    board = Board()
    telemetry = Telemetry(
        moment(T0),
        12.0,
        temperature_c=61.0,
        sources={
            "a": SourceTelemetry("running", fps=7.0, drops={"late": 2}),
            "b": SourceTelemetry("running", fps=5.0, drops={"late": 1, "full": 4}),
        },
        accelerators={
            "cpu": AcceleratorTelemetry("ready", inference_ms=11.0),
            "tpu": AcceleratorTelemetry("ready", inference_ms=4.0),
        },
        outbox=OutboxTelemetry(pending=7),
    )
    board.telemetry("lamp-1", telemetry, T0)
    board.state("lamp-1", State(Status.DEGRADED, BOOT, moment(T0), (Reason("hot", "board"),)), T0)
    device = board.snapshot(T0).devices[0]
    assert (device.fps, device.drops, device.model_ms, device.queue) == (12.0, {"late": 3, "full": 4}, 11.0, 7)
    assert (device.status, device.reasons[0].code) == ("degraded", "hot")


def test_everything_is_bounded() -> None:
    board = Board()
    put = Rows(board)
    for i in range(3 * TAIL_ROWS):
        put(count("lamp-1", i + 1, T0 + i * 10, 4), T0 + i * 10)
    message = board.take(T0)
    assert [row.n for row in message.rows] == list(range(3 * TAIL_ROWS - TAIL_PER_MESSAGE + 1, 3 * TAIL_ROWS + 1))
    snapshot = board.snapshot(T0)
    assert len(snapshot.rows) == TAIL_ROWS
    assert snapshot.zones[0].series is not None
    assert len(snapshot.zones[0].series) == SERIES_POINTS


def test_latency_is_not_told_by_a_clock_that_nobody_set() -> None:
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 1, T0, 4, clock=FREE), T0 + 86_400_000)
    message = board.take(T0 + 86_400_000)
    assert message.totals is not None
    assert (message.rows[0].lag_ms, message.totals.p95_ms) == (None, None)


def test_rate_and_latency_are_of_the_last_while() -> None:
    board = Board()
    put = Rows(board)
    for i in range(100):
        put(count("lamp-1", i + 1, T0 + i * 100, 4), T0 + i * 100 + (200 if i >= 90 else 20))
    totals = board.take(T0 + 10_000).totals
    assert totals is not None
    assert (totals.events, totals.rate, totals.p50_ms, totals.p95_ms) == (100, 10.0, 20.0, 200.0)
    calm = board.take(T0 + 200_000).totals
    assert calm is not None
    assert (calm.rate, calm.p95_ms) == (0.0, None)


def test_a_zone_shows_its_density_and_a_late_one_changes_nothing() -> None:
    board = Board()
    put = Rows(board)
    put(density("lamp-1", 1, T0, 1.4), T0)
    assert not board.snapshot(T0).zones, "a density without a count is of no zone that is shown"
    put(count("lamp-1", 2, T0, 50), T0)
    put(density("lamp-1", 3, T0, 1.4), T0)
    (zone,) = board.snapshot(T0).zones
    assert zone.density is not None
    assert (zone.density.v, zone.service) == (1.4, "E")
    put(density("lamp-1", 1, T0 - 60_000, 0.2), T0)
    (zone,) = board.snapshot(T0).zones
    assert zone.density is not None
    assert zone.density.v == 1.4


def test_while_the_camera_looks_elsewhere_a_zone_says_so_and_shows_no_density() -> None:
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 1, T0, 50), T0)
    put(density("lamp-1", 2, T0, 1.4), T0)
    put(count("lamp-1", 3, T0 + 5_000, 20, moved=True), T0 + 5_000)
    (zone,) = board.snapshot(T0 + 5_000).zones
    assert (zone.moved, zone.density, zone.service) == (True, None, "")
    put(count("lamp-1", 4, T0 + 10_000, 50), T0 + 10_000)
    (zone,) = board.snapshot(T0 + 10_000).zones
    assert (zone.moved, zone.density) == (False, None), "the one from before is not told again"


def test_a_density_that_counts_have_outrun_is_told_no_more() -> None:
    """As when a calibration stops to fit."""
    board = Board()
    put = Rows(board)
    put(count("lamp-1", 1, T0, 50), T0)
    put(density("lamp-1", 2, T0, 1.4), T0)
    put(count("lamp-1", 3, T0 + 5_000, 50), T0 + 5_000)
    (zone,) = board.snapshot(T0 + 5_000).zones
    assert zone.density is not None
    put(count("lamp-1", 4, T0 + 120_000, 50), T0 + 120_000)
    (zone,) = board.snapshot(T0 + 120_000).zones
    assert zone.density is None


def test_a_line_says_that_the_camera_looked_elsewhere_while_its_sum_holds_such_a_window() -> None:
    board = Board()
    put = Rows(board)
    put(flow("lamp-1", 1, T0, 4, 2, moved=True), T0)
    put(flow("lamp-1", 2, T0 + 5_000, 4, 2), T0 + 5_000)
    assert [line.moved for line in board.snapshot(T0 + 5_000).lines] == [True]
    put(flow("lamp-1", 3, T0 + 700_000, 4, 2), T0 + 700_000)
    assert [line.moved for line in board.snapshot(T0 + 700_000).lines] == [False]
