"""The agent and its updates: orders come with the twin, reports go into the outbox, anyone may ask whether it is well."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from edge.boxfile import read_box_file
from edge.cli import app
from edge.healthy import look
from edge.identity.files import IdentityFiles
from fleet.identity.authority import Authority
from fleet.rollouts.signer import OrderSigner
from ota.device.judge import Decision
from protocol.config import Config
from protocol.orders import Order, Orders, SignedOrders
from protocol.twin import Desired
from tests.edge.agent.offline import Offline, source

UPDATES = """
[updates]
root = "root.json"
shadow_s = 1
probation_s = 1
"""


@pytest.fixture
def orders(tmp_path: Path) -> SignedOrders:
    """Orders for a release that no mirror has, signed by the box's own fleet."""
    authority = Authority(tmp_path / "authority", "city")
    IdentityFiles(tmp_path / "state" / "identity")
    (tmp_path / "state" / "identity" / "ca.crt").write_text(authority.pem)
    wanted = Orders("city", "box", 1, (Order("person-vehicle-fast", 7, "1" * 32),))
    return OrderSigner(tmp_path / "authority", authority).sign(wanted, dt.datetime.now(dt.timezone.utc))


def give(box: Offline, orders: SignedOrders) -> None:
    desired = Desired(1, Config(sources=box.agent._twin.config.sources), orders)
    box.agent._link.post(lambda: box.agent.desired(desired))


def codes(status: Any) -> set[str]:
    return {reason.code for reason in status.reasons}


def test_orders_of_the_twin_are_accepted_and_the_report_is_kept_for_the_manager(tmp_path: Path, orders: SignedOrders) -> None:
    box = Offline(tmp_path, UPDATES, source("a"))
    with box.running():
        box.until(lambda status: status.models, "it looks")
        give(box, orders)
        status = box.until(lambda status: "update-fetch" in codes(status), "there is no root")
        assert status.updates is not None
        assert (status.updates.bundle, status.updates.release) == ("person-vehicle-fast", 7)
    reports = [body["observed"] for kind, body in box.said() if kind == "ota.report"]
    assert [(report["step"], report["release"]) for report in reports] == [("accepted", 7)]
    assert len(reports[0]["signature"]) == 86


def test_a_box_that_takes_no_updates_says_so_when_orders_come(tmp_path: Path, orders: SignedOrders) -> None:
    box = Offline(tmp_path, source("a"))
    with box.running():
        give(box, orders)
        status = box.until(lambda status: "update-orders" in codes(status), "orders came")
        assert status.updates is None


def test_a_disk_that_tells_nothing_costs_updates_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "updates").write_text("not a folder")
    box = Offline(tmp_path, UPDATES, source("a"))
    with box.running():
        status = box.until(
            lambda status: status.telemetry.sources and status.telemetry.sources["a"].inferences, "it looks all the same"
        )
        assert "update-disk" in codes(status)


def test_a_box_that_looks_is_well_and_one_that_cannot_is_not(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_text("{}")
    box = Offline(tmp_path, UPDATES, source("a"))
    with box.running():
        found = look(Path(read_box_file(tmp_path / "box.toml").file.box.status), 40.0)
        assert found.decision == "good", found
        asked = CliRunner().invoke(app, ["healthy", "--config", str(tmp_path / "box.toml"), "--json"])
        assert asked.exit_code == 0
        assert json.loads(asked.stdout)["parts"][0]["subject"] == "person-vehicle-accurate"
    asked = CliRunner().invoke(app, ["healthy", "--config", str(tmp_path / "box.toml")])
    assert asked.exit_code == 75
    assert "lamplighter edge run" in asked.stdout


def test_a_box_without_cameras_is_judged_by_what_stands_against_it(tmp_path: Path) -> None:
    box = Offline(tmp_path, UPDATES)
    with box.running():
        status = box.until(lambda status: status.wellness and status.wellness[0].decision == Decision.BAD.value, "not enrolled")
        assert "not-enrolled" in status.wellness[0].detail


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('quiet_hours = ["7-9"]', "quiet_hours"),
        ('mirrors = ["ftp://x"]', "mirrors"),
        ("shadow_s = 0", "shadow_s"),
        ('rot = "x"', "root"),
    ],
)
def test_a_fault_in_the_settings_is_named(tmp_path: Path, line: str, words: str, write: Callable[[str], Path]) -> None:
    asked = CliRunner().invoke(app, ["check", "--config", str(write(f"[updates]\n{line}\n"))])
    assert asked.exit_code == 2
    assert words in asked.stderr


def test_a_time_zone_that_is_not_here_is_left_out_and_told(write: Callable[[str], Path]) -> None:
    reading = read_box_file(write('[updates]\nroot = "root.json"\nzone = "Atlantis/Capital"\n'))
    (refusal,) = reading.refusals
    assert refusal.path == "updates.zone"
    assert "Europe/Brussels" in refusal.message
    assert reading.file.updates.zone == "UTC"
    assert Path(reading.file.updates.root).is_absolute()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def made(text: str) -> Path:
        path = tmp_path / "box.toml"
        path.write_text(f'[box]\nfleet = "city"\ndevice = "box"\nstate = "state"\n{text}')
        return path

    return made


def test_status_is_what_anyone_reads(tmp_path: Path) -> None:
    box = Offline(tmp_path, UPDATES)
    with box.running():
        status = box.until(lambda status: status.updates, "it says")
        assert msgspec.json.decode(msgspec.json.encode(status))["updates"]["phase"] == "idle"
