"""The status socket and what `lamplighter watch` draws from it."""

from __future__ import annotations

import datetime as dt
import errno
import io
import socket
import stat
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from edge.agent.status import BoxStatus, PlatesStatus, StatusSocket, read_status
from edge.errors import StateFolderError
from edge.watch import app, draw
from protocol.events import Clock, ClockSource, ModelRef, Reason
from protocol.state import (
    AcceleratorTelemetry,
    LinkTelemetry,
    MicrophoneTelemetry,
    OutboxTelemetry,
    SourceTelemetry,
    Status,
    Telemetry,
)

STATUS = BoxStatus(
    fleet="city",
    device="post-1",
    boot="abcdefghijkl",
    status=Status.DEGRADED,
    agent="0.1.0",
    telemetry=Telemetry(
        at=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
        uptime_s=3723.0,
        clock=Clock(ClockSource.NTP, synchronised=True, offset_ms=0.4, sigma_ms=1.5),
        memory_mb=212.0,
        sources={"cam": SourceTelemetry("running", 7.0, 700, 650, {"superseded": 12, "no-slot": 3}, 41.0)},
        accelerators={"cpu": AcceleratorTelemetry("backing-off", "person-vehicle-fast", 11.2, 1, 1)},
        outbox=OutboxTelemetry(pending=4, stored_bytes=8192, oldest_s=12, evicted=1),
        link=LinkTelemetry(connected=False, connections=2, last_error="bad user name or password"),
    ),
    reasons=(Reason("accelerator-stuck", "accelerator cpu", "no answer in 2 s"),),
    models=(ModelRef("person-vehicle-fast", "1.0.0", "0" * 64, "default"),),
)


def test_a_reader_gets_a_snapshot_and_others_get_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    served = StatusSocket(path, lambda: STATUS)
    try:
        assert read_status(path) == STATUS
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        served.close()
    assert not path.exists()


def test_a_reader_that_never_reads_does_not_hold_up_the_next(tmp_path: Path) -> None:
    path = tmp_path / "s"
    served = StatusSocket(path, lambda: STATUS)
    with socket.socket(socket.AF_UNIX) as sleeper:
        sleeper.connect(str(path))
        assert read_status(path, timeout_s=5).device == "post-1"
    served.close()


def test_a_socket_left_by_a_killed_agent_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    served = StatusSocket(path, lambda: STATUS)
    assert read_status(path) == STATUS
    served.close()


def test_a_path_too_long_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(StateFolderError, match=r"box\.status"):
        StatusSocket(tmp_path / ("x" * 120), lambda: STATUS)


def shown(status: BoxStatus) -> list[str]:
    """What stands in a terminal of 80 columns."""
    console = Console(width=80, height=24, record=True, file=io.StringIO())
    console.print(draw(status))
    return console.export_text().splitlines()


def test_the_view_fits_a_terminal_and_says_what_matters() -> None:
    lines = shown(STATUS)
    assert len(lines) <= 24
    text = " ".join(" ".join(lines).split())
    for word in ("DEGRADED", "city/post-1", "superseded 12", "no-slot 3", "accelerator-stuck", "bad user name", "4 pending"):
        assert word in text, word


def test_a_technician_sees_how_wide_plates_are() -> None:
    plates = PlatesStatus((), (), (), "in memory")
    seen = msgspec.structs.replace(STATUS.telemetry.sources["cam"], plate_px=74.4)
    telemetry = msgspec.structs.replace(STATUS.telemetry, sources={"cam": seen, "yard": SourceTelemetry("running")})
    text = "\n".join(shown(msgspec.structs.replace(STATUS, telemetry=telemetry, plates=plates)))
    assert "cam 74\u00a0px wide" in text
    assert "none seen yet" in "\n".join(shown(msgspec.structs.replace(STATUS, plates=plates)))
    assert "px wide" not in "\n".join(shown(STATUS)), "a box that reads no plates says nothing of them"


def test_a_technician_sees_what_each_microphone_hears() -> None:
    ears = {"roof": MicrophoneTelemetry("running", 480_000, 2, 14, -47.5), "mast": MicrophoneTelemetry("failed")}
    text = "\n".join(
        shown(msgspec.structs.replace(STATUS, telemetry=msgspec.structs.replace(STATUS.telemetry, microphones=ears)))
    )
    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert lines["roof"] == ["running", "-48", "dBFS", "14", "480000", "2"]
    assert lines["mast"] == ["failed", "-", "0", "0", "0"]
    assert "microphone" not in "\n".join(shown(STATUS)), "a box without one says nothing of them"


def test_a_busy_box_with_long_names_is_shown_whole_and_no_number_leaves_its_reason() -> None:
    drops = {"accelerator-down": 7, "no-slot": 12_345, "superseded": 941_000, "timed-out": 31}
    names = ("voorplein-noord-1", "voorplein-noord-2")
    telemetry = msgspec.structs.replace(
        STATUS.telemetry,
        sources={name: SourceTelemetry("wrong-credentials", 25.0, 18_040_000, 3_331_000, drops, 638.4) for name in names},
        accelerators={"edgetpu-usb-0": AcceleratorTelemetry("stuck", "person-vehicle-fast@crowded-night", 69.3, 12, 31)},
    )
    reasons = (
        Reason("link-down", "", ""),
        Reason("source-down", "voorplein-noord-1", "no picture; " * 8 + "look at its cable"),
    )
    lines = shown(msgspec.structs.replace(STATUS, telemetry=telemetry, reasons=reasons))
    assert len(lines) <= 24
    text = "\n".join(lines)
    assert "…" not in text
    for name in names:
        assert text.count(name) >= 2, "once with its pictures, once with its drops"
    for reason, n in drops.items():
        assert text.count(f"{reason}\u00a0{n}") == 2
    assert "link-down" in text.split(), "a reason without a detail ends with its code"
    (last,) = (line for line in lines if "look at its cable" in line)
    assert last.startswith("    "), "a long reason goes on below its own beginning"


def test_once_and_json(tmp_path: Path) -> None:
    path = tmp_path / "s"
    served = StatusSocket(path, lambda: STATUS)
    try:
        runner = CliRunner()
        shown = runner.invoke(app, ["--socket", str(path), "--once", "--json"])
        assert shown.exit_code == 0
        assert '"device":"post-1"' in shown.stdout
    finally:
        served.close()
    missing = runner.invoke(app, ["--socket", str(path), "--once"])
    assert missing.exit_code == 1
    assert "no agent answers" in missing.stderr


def test_another_account_is_told_whose_the_socket_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> BoxStatus:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("edge.watch.read_status", refuse)
    refused = CliRunner().invoke(app, ["--socket", str(tmp_path / "s"), "--once"])
    assert refused.exit_code == 1
    assert "with sudo" in refused.stderr
    assert "running with this configuration" not in refused.stderr
