"""What a disk may do to an update: lose, spoil, refuse, be full."""

from __future__ import annotations

import errno
import shutil

import pytest

from ota.device.state import Phase
from simulator.faults.forgetful import ForgetfulDisk, Plan
from simulator.updates.trial import Behaviour
from tests.ota.device.world import READER, Town, trouble, until


def test_row_17_a_release_that_the_card_has_lost_is_not_run(town: Town) -> None:
    box = town.runs(town.runs(town.start(), 1), 2)
    (box.store.folder(READER, 2) / "golden.npz").unlink()
    box = town.start("later")
    assert box.trial.running[READER] == "1.1.0"
    assert trouble(box) == "damaged"
    shutil.rmtree(box.store.folder(READER, 1))
    box = town.start("again")
    assert box.trial.running[READER] == "1.0.0", "what came with the installation"
    assert not box.trial.broken, "nobody tries to load what is not there"
    town.publish(3)
    town.order(box, (READER, 3))
    box.run()
    assert town.said[-1] == (3, "succeeded", "")


def test_row_17_where_all_is_lost_the_installation_runs_at_once(town: Town) -> None:
    box = town.runs(town.runs(town.start(), 1), 2)
    shutil.rmtree(town.folder / "disk" / "releases")
    box = town.start("later")
    assert (box.trial.running[READER], box.trial.broken) == ("1.0.0", [])
    assert (box.machine.state.running, box.machine.state.committed) == ({}, {READER: 2}), "and what is older stays refused"


def test_row_18_a_disk_that_does_not_answer_once_costs_no_release(town: Town) -> None:
    town.runs(town.runs(town.start(), 1), 2)
    assert isinstance(town.disk, ForgetfulDisk)
    for call in range(7, 24):
        town.disk = town.disk.copied(town.folder / "disk", Plan(fail_at=call))
        box = town.start("later")
        assert box.trial.running[READER] == "1.2.0"


def test_row_17_a_release_that_the_card_has_spoilt_is_not_run(town: Town) -> None:
    """It has its size, and is found when it is loaded."""
    box = town.runs(town.runs(town.start(), 1), 2)
    path = box.store.folder(READER, 2) / f"{READER}.int8.onnx"
    path.write_bytes(bytes(path.stat().st_size))
    box = town.start("later")
    assert box.trial.running[READER] == "1.1.0"
    assert box.trial.broken


def test_row_17_a_file_that_is_spoilt_before_it_is_staged_is_fetched_again(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.VERIFY)
    (path,) = (town.folder / "disk" / "objects").glob(
        town.repository.targets.targets[f"{READER}/1/golden.npz"].hashes["sha256"]
    )
    path.write_bytes(bytes(path.stat().st_size))
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


def test_row_17_a_card_that_spoils_everything_is_said(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.publish(1)
    box = town.start()
    monkeypatch.setattr(box.store.objects, "is_sound", lambda _content: False)
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", "disk-damaged")


@pytest.mark.parametrize(
    ("fault", "why"), [(errno.ENOSPC, "disk-full"), (errno.EROFS, "disk-read-only"), (errno.EIO, "disk")], ids=str
)
def test_row_18_a_disk_that_refuses_is_said_and_the_old_model_runs(town: Town, fault: int, why: str) -> None:
    box = town.runs(town.start(), 1)
    town.publish(2)
    town.order(box, (READER, 2))
    until(box, Phase.DOWNLOAD)
    assert isinstance(town.disk, ForgetfulDisk)
    town.disk.plan = Plan(fail_at=town.disk.calls + 1, fail_for=1 << 30, fail_with=fault)
    for _ in range(50):
        box.machine.step()
    assert town.said[-1] == (2, "refused", why)
    assert trouble(box) == why
    assert box.trial.running[READER] == "1.1.0"
    assert set(town.said) == {(2, "accepted", ""), (2, "refused", why)}, "and not said again at each step"
    assert len(town.said) == 2
    town.disk.plan = Plan()
    box.run()
    assert trouble(box) == ""
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "succeeded", "")


@pytest.mark.parametrize("behaviour", [Behaviour.HOT, Behaviour.HANGS])
def test_row_18_going_back_needs_no_disk(town: Town, behaviour: Behaviour) -> None:
    box = town.runs(town.start(), 1)
    town.behaviours["1.2.0"] = behaviour
    town.publish(2)
    town.order(box, (READER, 2))
    until(box, Phase.PROBATION)
    assert isinstance(town.disk, ForgetfulDisk)
    reads = {"open", "size", "names", "free"}
    town.disk.plan = Plan(fail_at=0, watch=lambda kind, _path: None if kind in reads else full())
    for _ in range(400):
        town.world.clock.pass_by(max(0.01, box.machine.step()))
    assert box.trial.running[READER] == "1.1.0"
    assert town.said[-1][1] == "rolled-back"
    town.disk.plan = Plan()
    box.run()
    assert town.start("later").trial.running[READER] == "1.1.0"


def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_row_18_what_cannot_be_written_is_not_committed_to(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.publish(2)
    town.order(box, (READER, 2))
    until(box, Phase.PROBATION)
    box.machine.step()
    assert isinstance(town.disk, ForgetfulDisk)
    town.disk.plan = Plan(watch=lambda kind, _path: full() if kind == "create" else None)
    for _ in range(500):
        town.world.clock.pass_by(max(0.01, box.machine.step()))
    assert box.machine.state.phase == Phase.PROBATION
    assert town.said[-1][1] == "on-probation", "nothing is reported as succeeded before it is written"
    town.disk.plan = Plan()
    box.run()
    assert town.said[-1] == (2, "succeeded", "")


def test_row_18_a_start_that_cannot_be_counted_begins_with_what_ran_before(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.publish(2)
    town.order(box, (READER, 2))
    until(box, Phase.PROBATION)
    assert isinstance(town.disk, ForgetfulDisk)
    town.disk.plan = Plan(watch=lambda kind, _path: full() if kind == "create" else None)
    box = town.start("later")
    assert box.trial.running[READER] == "1.1.0"
    box.machine.step()
    assert not box.machine.state.quarantine, "the release is not to blame"


def test_orders_that_cannot_be_written_are_not_taken(town: Town) -> None:
    town.publish(1)
    box = town.start()
    assert isinstance(town.disk, ForgetfulDisk)
    town.disk.plan = Plan(watch=lambda kind, _path: full() if kind == "create" else None)
    with pytest.raises(OSError, match="No space"):
        town.order(box, (READER, 1))
    assert box.machine.state.counter == 0
    town.disk.plan = Plan()
    box.order(1, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


def test_a_small_budget_is_kept(town: Town) -> None:
    town.world.budget = 20_000
    box = town.runs(town.start(), 1)
    town.world.said.clear()
    town.publish(2)
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "refused", "disk-budget")


def test_the_disk_does_not_fill_up(town: Town) -> None:
    box = town.start()
    used = []
    for release in range(1, 7):
        town.runs(box, release)
        used.append(box.store.used())
    assert used[1:] == [used[1]] * 5
    assert used[1] <= 2 * used[0]
