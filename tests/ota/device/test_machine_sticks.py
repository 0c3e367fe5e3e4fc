"""A release that comes on a stick."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ota.device.errors import FetchError, TrustError
from tests.ota.device.world import FINDER, READER, Town


def stick(town: Town, folder: Path) -> str:
    for path, data in town.repository.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder.as_uri()


@pytest.fixture
def with_sticks(town: Town) -> Town:
    from ota.device.local import FolderTransport, Transports

    town.world.transport = Transports({"memory": town.transport, "file": FolderTransport()})
    return town


def test_a_stick_goes_through_the_same_checks(with_sticks: Town, tmp_path: Path) -> None:
    town = with_sticks
    box = town.start()
    town.publish(1, 2)
    town.publish(4, bundle=FINDER)
    source = stick(town, tmp_path / "stick")
    town.transport.down = True
    assert box.machine.plug(source) == 2
    box.run()
    assert box.machine.state.running == {READER: 2, FINDER: 4}
    assert {(report.counter, len(report.nonce)) for report in town.world.said} == {(0, 32)}
    assert box.machine.plug(source) == 0, "nothing newer"


def test_a_stick_without_the_fleets_signatures_brings_nothing(with_sticks: Town, tmp_path: Path) -> None:
    town = with_sticks
    other = Town(tmp_path / "other", keys=1)
    other.publish(9)
    box = town.start()
    with pytest.raises(TrustError, match="not believed"):
        box.machine.plug(stick(other, tmp_path / "stick"))
    with pytest.raises(FetchError):
        box.machine.plug((tmp_path / "nothing").as_uri())
    box.run()
    assert town.said == []


def test_a_stick_that_is_pulled_out(with_sticks: Town, tmp_path: Path) -> None:
    town = with_sticks
    town.publish(1)
    box = town.start()
    box.machine.plug(stick(town, tmp_path / "stick"))
    shutil.rmtree(tmp_path / "stick")
    box.run()
    assert town.said[-1][1] == "refused"
    assert box.trial.running[READER] == "1.0.0"
