"""The update's way on a box: what it comes to, whatever the release, the link, the disk, the clock or the power do."""

from __future__ import annotations

import datetime as dt
import errno
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ota.device.disk import RealDisk
from ota.device.errors import FetchError, TrustError
from ota.device.judge import Criteria
from ota.device.state import Phase
from protocol.orders import Order, Orders, OrdersError, Window
from simulator.faults.clocks import EPOCH
from simulator.faults.forgetful import ForgetfulDisk, Plan
from simulator.updates.box import DEVICE, FLEET, SimulatedBox
from simulator.updates.bundles import files_of
from simulator.updates.trial import Behaviour, Died
from tests.ota.device.world import FINDER, READER, Town, until

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def trouble(box: SimulatedBox) -> str:
    return "" if box.machine.trouble is None else box.machine.trouble.code


def test_a_good_release_comes_to_run(town: Town) -> None:
    box = town.start()
    town.publish(3)
    town.order(box, (READER, 3))
    box.run()
    assert town.said == [(3, "accepted", ""), (3, "fetched", ""), (3, "on-probation", ""), (3, "succeeded", "")]
    assert box.trial.running[READER] == "1.3.0"
    folder, file = box.machine.folder(READER) or (None, "")
    assert (folder, file) == (box.store.folder(READER, 3), f"{READER}.int8.onnx")
    last = town.world.said[-1]
    assert (last.running, last.agreement, last.latency_ratio) == (3, 0.97, 1.1)
    assert last.fetched_bytes == sum(len(data) for file, data in files_of(READER, 3).items() if "fp16" not in file)
    assert [call for call, _ in box.trial.calls] == ["golden", "shadow", "switch"]
    assert trouble(box) == ""
    again = town.start("later")
    assert again.trial.running[READER] == "1.3.0"


def test_the_next_release_comes_by_deltas(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.repository.add(files_of(READER, 2), 2)
    town.repository.add_deltas(READER, 2, files_of(READER, 1))
    town.repository.publish()
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "succeeded", "")
    whole = sum(len(data) for file, data in files_of(READER, 2).items() if "fp16" not in file)
    assert town.world.said[-1].fetched_bytes < 0.3 * whole


def test_row_20_a_delta_that_fails_is_replaced_by_the_file(town: Town) -> None:
    """It is the signed one, and of no use: made for another base, or for another method than is known here."""
    box = town.runs(town.start(), 1)
    town.repository.add(files_of(READER, 2), 2)
    for path in town.repository.add_deltas(READER, 2, files_of(READER, 1)):
        custom = town.repository.targets.targets[path].custom
        town.repository.put(path, b"LLDF\x01\x09" + bytes(100), custom)
    town.repository.publish()
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "succeeded", "")


def test_row_20_a_delta_that_no_mirror_has_is_replaced_by_the_file(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.repository.add(files_of(READER, 2), 2)
    for path in town.repository.add_deltas(READER, 2, files_of(READER, 1)):
        folder, _, name = path.rpartition("/")
        sha256 = town.repository.targets.targets[path].hashes["sha256"]
        del town.repository.files[f"targets/{folder}/{sha256}.{name}"]
    town.repository.publish()
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "succeeded", "")


def test_what_is_packed_needs_no_base(town: Town) -> None:
    box = town.start()
    files = files_of(READER, 1)
    town.repository.add(files, 1)
    packed = town.repository.add_deltas(READER, 1, dict.fromkeys(files, b""))
    assert [path.rpartition("/")[2].partition(".from-")[0] for path in packed] == ["manifest.json"]  # noise packs no smaller
    town.repository.publish()
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "succeeded", "")
    whole = sum(len(files[part.file]) for part in box.machine.state.staged[0].parts)
    saved = len(files["manifest.json"]) - town.repository.targets.targets[packed[0]].length
    assert town.world.said[-1].fetched_bytes == whole - saved


def test_a_delta_from_what_came_with_the_installation(town: Town) -> None:
    box = town.start()
    town.repository.add(files_of(READER, 1), 1)
    assert town.repository.add_deltas(READER, 1, files_of(READER, 0))
    town.repository.publish()
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "succeeded", "")
    assert town.world.said[-1].fetched_bytes < 4000


@pytest.mark.parametrize(
    ("behaviour", "last", "why"),
    [
        (Behaviour.WRONG, "refused", "golden"),
        (Behaviour.DISAGREES, "refused", "agreement"),
        (Behaviour.HOT, "rolled-back", "hot"),
        (Behaviour.HANGS, "rolled-back", "stalled"),
    ],
)
def test_rows_23_and_24_a_bad_release_goes_and_does_not_come_back(
    town: Town, behaviour: Behaviour, last: str, why: str
) -> None:
    box = town.runs(town.start(), 1)
    town.behaviours["1.2.0"] = behaviour
    town.publish(2)
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, last, why)
    assert box.machine.state.running == {READER: 1}
    assert box.trial.running[READER] == "1.1.0"
    assert [entry.code for entry in box.machine.state.quarantine] == [why]
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "refused", "quarantined")
    town.behaviours.clear()
    town.publish(3)
    town.order(box, (READER, 3))
    box.run()
    assert town.said[-1] == (3, "succeeded", "")


def test_the_old_model_runs_until_the_new_one_does(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.publish(2)
    town.order(box, (READER, 2))
    for phase in list(Phase)[: list(Phase).index(Phase.SWITCH)]:
        until(box, phase)
        assert box.trial.running[READER] == "1.1.0"
    until(box, Phase.PROBATION)
    assert box.trial.running[READER] == "1.2.0"


def test_row_15_an_order_cannot_go_back(town: Town) -> None:
    town.publish(1, 2)
    box = town.start()
    town.order(box, (READER, 2))
    box.run()
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", "older")
    assert box.machine.state.running == {READER: 2}


@pytest.mark.parametrize(
    ("said", "why"), [({"hardware": ("Jetson",)}, "hardware"), ({"agent": "9.0"}, "agent")], ids=["board", "agent"]
)
def test_row_10_what_does_not_fit_is_refused_unfetched(town: Town, said: dict[str, Any], why: str) -> None:
    box = town.start()
    town.publish(1, **said)
    sent = town.transport.sent
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", why)
    assert not [path for path, _ in town.transport.asked if path.startswith("targets/")]
    assert box.machine.state.quarantine == ()
    assert town.transport.sent > sent, "metadata"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"labels": ("angry",), "operating_points": {}}, "manifest", id="what the law forbids"),
        pytest.param({"name": FINDER}, "manifest", id="another bundle's manifest"),
        pytest.param({"version": "7.7.7"}, "manifest", id="another version"),
        pytest.param({"risk_id": None}, "manifest", id="not complete"),
        pytest.param({"variants": []}, "manifest", id="without variants"),
    ],
)
def test_a_manifest_that_may_not_be_deployed(town: Town, change: dict[str, object], why: str) -> None:
    """Signed by two people, and refused all the same."""
    files = files_of(READER, 1)
    signed = files | {}
    manifest = msgspec.json.decode(files["manifest.json"])
    manifest.update(change)
    box = town.start()
    town.repository.add(signed, 1)
    custom = town.repository.targets.targets[f"{READER}/1/manifest.json"].custom
    town.repository.put(f"{READER}/1/manifest.json", msgspec.json.encode(manifest), custom)
    town.repository.publish()
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", why)
    assert [entry.release for entry in box.machine.state.quarantine] == [1]
    assert box.machine.state.staged == ()


def test_row_7_a_bundle_switches_as_one_set(town: Town) -> None:
    """Golden vectors of another release beside this one's model, each of them signed."""
    files = files_of(READER, 2)
    box = town.start()
    town.repository.add(files, 2)
    town.repository.put(f"{READER}/2/golden.npz", files_of(READER, 1)["golden.npz"])
    town.repository.publish()
    town.order(box, (READER, 2))
    box.run()
    assert town.said[-1] == (2, "refused", "manifest")


def test_one_bundle_changes_at_a_time(town: Town) -> None:
    town.publish(1)
    town.publish(1, bundle=FINDER)
    box = town.start()
    town.order(box, (READER, 1), (FINDER, 1))
    until(box, Phase.PROBATION)
    assert [job.bundle for job in box.machine.state.waiting] == [FINDER]
    box.run()
    assert box.machine.state.running == {READER: 1, FINDER: 1}
    steps = [(report.bundle, report.step.value) for report in town.world.said]
    assert steps.index((READER, "succeeded")) < steps.index((FINDER, "fetched"))


def test_an_order_that_is_withdrawn_ends_the_shadow_run(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.SHADOW)
    box.machine.step()
    assert box.trial._shadows
    town.order(box)
    assert not box.trial._shadows
    box.run()
    assert town.said[-1] == (1, "refused", "withdrawn")
    assert box.store.used() == 0


def test_row_12_orders_that_were_taken_are_not_taken_after_a_start_either(town: Town) -> None:
    town.publish(1)
    box = town.start()
    box.order(5, (READER, 1))
    again = town.start("later")
    for counter in (1, 5):
        with pytest.raises(OrdersError, match="played again"):
            again.order(counter, (READER, 1))


# Windows (rows 29 and 61).


def ordered_with(box: SimulatedBox, *windows: tuple[float, float]) -> None:
    made = tuple(Window(EPOCH + opens * HOUR, EPOCH + closes * HOUR) for opens, closes in windows)
    box.machine.take(Orders(FLEET, DEVICE, 1, (Order(READER, 1, "0" * 32, None, made),)))


def test_it_fetches_and_tries_at_once_and_switches_in_its_window(town: Town) -> None:
    town.publish(1)
    box = town.start()
    ordered_with(box, (5, 6))
    until(box, Phase.SWITCH)
    assert 5 * 3600 <= town.world.clock.monotonic_s < 5 * 3600 + 120
    assert not box.trial._shadows, "what waits takes no power"
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


def test_a_window_that_has_closed_is_said(town: Town) -> None:
    town.publish(1)
    box = town.start()
    ordered_with(box, (-2, -1))
    box.run()
    assert town.said[-1] == (1, "refused", "window-missed")


def test_without_a_clock_it_waits_for_one(town: Town) -> None:
    town.publish(1)
    town.world.clock.known = False
    box = town.start()
    ordered_with(box, (0, 6))
    for _ in range(200):
        town.world.clock.pass_by(max(1.0, box.machine.step()))
    assert box.machine.state.phase == Phase.SHADOW
    town.world.clock.known = True
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


# The network and the clock (rows 5, 11, 21, 22).


def test_row_11_while_nobody_answers_the_old_model_runs_and_it_is_said(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.transport.down = True
    town.order(box, (READER, 1))
    for _ in range(30):
        town.world.clock.pass_by(max(1.0, box.machine.step()))
    assert box.machine.state.phase == Phase.RESOLVE
    assert (trouble(box), box.trial.running[READER]) == ("fetch", "1.0.0")
    assert len(town.transport.asked) < 80, "it waits longer and longer"
    town.transport.down = False
    box.run()
    assert town.said[-1] == (1, "succeeded", "")
    assert trouble(box) == ""


def test_row_11_in_the_end_it_gives_up(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.transport.down = True
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", "fetch")
    assert 7 * 86400 <= town.world.clock.monotonic_s < 8 * 86400


def test_a_release_that_never_comes(town: Town) -> None:
    box = town.start()
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", "unknown-release")
    assert town.world.clock.monotonic_s < 3 * 3600


def test_row_22_metadata_that_expire_on_the_way_hold_nothing_up(town: Town) -> None:
    """And neither does a network that is gone: what follows the plan needs the mirrors for bytes, and then for nothing."""
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.DOWNLOAD)
    town.world.clock.pass_by(400 * 86400.0)
    until(box, Phase.VERIFY)
    town.transport.down = True
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


@pytest.mark.parametrize("behaviour", [Behaviour.GOOD, Behaviour.HOT])
def test_row_21_commit_and_rollback_need_no_network_and_no_clock(town: Town, behaviour: Behaviour) -> None:
    town.behaviours["1.1.0"] = behaviour
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.VERIFY)
    asked = len(town.transport.asked)
    town.transport.down = True
    town.world.clock.known = False
    town.world.clock.start = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    again = town.start("later")
    again.run()
    assert town.said[-1][1] == ("succeeded" if behaviour is Behaviour.GOOD else "rolled-back")
    assert len(town.transport.asked) == asked


def test_row_5_what_has_expired_is_said(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.world.clock.pass_by(2 * 86400.0)
    town.order(box, (READER, 1))
    box.machine.step()
    box.machine.step()
    assert trouble(box) == "metadata-expired"


# Starts (rows 16, 23, 29, 61).


def test_row_61_a_lamppost_that_is_cut_every_morning_passes_its_probation(town: Town) -> None:
    """Twenty nights of twenty minutes each: nothing of it is a crash loop, and time on probation adds up."""
    town.world.criteria = Criteria(probation_s=5 * 1800.0)
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.PROBATION)
    assert isinstance(town.disk, ForgetfulDisk)
    for night in range(20):
        town.disk = town.disk.restart(random.Random(night))
        box = town.start(f"night {night}")
        begun = town.world.clock.monotonic_s
        while town.world.clock.monotonic_s < begun + 1200 and box.machine.state.job is not None:
            town.world.clock.pass_by(max(0.01, box.machine.step()))
    assert town.said[-1] == (1, "succeeded", "")


def test_row_23_a_crash_loop_is_left(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.behaviours["1.2.0"] = Behaviour.CRASHES
    town.publish(2)
    town.order(box, (READER, 2))
    with pytest.raises(Died):
        box.run()
    for crash in range(3):
        box = town.start()
        if crash < 2:
            assert box.trial.running[READER] == "1.2.0"
            with pytest.raises(Died):
                box.run()
    assert box.trial.running[READER] == "1.1.0", "before a model is loaded"
    box.run()
    assert town.said[-1] == (2, "rolled-back", "crash-loop")
    assert box.machine.state.is_quarantined(READER, 2)


def test_row_23_a_watchdog_counts_like_a_crash(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.publish(2)
    town.order(box, (READER, 2))
    until(box, Phase.PROBATION)
    for number in range(3):
        box = town.start(f"{number} later", watchdog=True)
    assert box.machine.state.phase == Phase.ROLLBACK


def test_row_23_a_model_that_kills_the_box_while_it_is_tried_is_not_tried_for_ever(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.GOLDEN)
    for _ in range(3):
        box = town.start()
    box.run()
    assert town.said[-1] == (1, "refused", "crash-loop")
    assert box.trial.running[READER] == "1.0.0"


def test_starts_that_were_announced_count_for_nothing(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.PROBATION)
    for _ in range(10):
        box.machine.stop()
        box = town.start()
    assert box.machine.state.phase == Phase.PROBATION
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


def test_good_health_clears_what_starts_have_added_up_to(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.PROBATION)
    for _ in range(2):
        box = town.start()
    assert box.machine.state.job is not None
    assert box.machine.state.job.strikes == 10
    for _ in range(30):
        town.world.clock.pass_by(max(0.01, box.machine.step()))
    assert box.machine.state.job is not None
    assert box.machine.state.job.strikes == 0
    job = town.start().machine.state.job
    assert job is not None
    assert job.strikes == 5


# The disk (rows 17 and 18).


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


# Reports.


def test_reports_that_nobody_takes_wait_over_a_start(town: Town) -> None:
    town.publish(1)
    box = town.start()

    def refuse(_report: object) -> None:
        raise ConnectionError

    box.machine._ports = replace(box.machine._ports, tell=refuse)
    town.order(box, (READER, 1))
    for _ in range(600):
        town.world.clock.pass_by(max(0.01, box.machine.step()))
    assert box.machine.state.running == {READER: 1}
    assert town.said == []
    town.start("later").run()
    assert [step for _, step, _ in town.said] == ["accepted", "fetched", "on-probation", "succeeded"]


def test_each_step_is_said_once(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    for phase in list(Phase)[: list(Phase).index(Phase.COMMIT)]:
        until(box, phase)
        box.machine.stop()
        box = town.start()
    box.run()
    assert [step for _, step, _ in town.said] == ["accepted", "fetched", "on-probation", "succeeded"]


# A stick.


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


def test_on_a_real_disk(town: Town, tmp_path: Path) -> None:
    town.disk = RealDisk(tmp_path / "real")
    box = town.runs(town.start(), 1)
    town.runs(box, 2)
    assert town.start("later").trial.running[READER] == "1.2.0"
