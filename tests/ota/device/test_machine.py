"""The update's way on a box: what it comes to, whatever the release, the link, the disk, the clock or the power do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ota.device.disk import RealDisk
from ota.device.state import Phase
from protocol.orders import OrdersError
from simulator.updates.bundles import files_of
from simulator.updates.trial import Behaviour
from tests.ota.device.world import FINDER, READER, Town, trouble, until


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


def test_on_a_real_disk(town: Town, tmp_path: Path) -> None:
    town.disk = RealDisk(tmp_path / "real")
    box = town.runs(town.start(), 1)
    town.runs(box, 2)
    assert town.start("later").trial.running[READER] == "1.2.0"
