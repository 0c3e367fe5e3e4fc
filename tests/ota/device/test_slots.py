"""The state on the disk: the newest that is whole, one before it at worst, and never half of one (row 17)."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.device.disk import RealDisk
from ota.device.slots import Slots
from ota.device.state import Job, Phase, Plan, State
from protocol.orders import Order
from simulator.faults.forgetful import ForgetfulDisk, PowerCut
from simulator.faults.forgetful import Plan as Faults


def state(sequence: int) -> State:
    return State(sequence=sequence, counter=sequence * 10, running={"reader": sequence})


def test_the_beginning_of_everything(tmp_path: Path) -> None:
    assert Slots(RealDisk(tmp_path)).load() == (State(), State())


def test_the_newest_counts_and_the_one_before_is_kept(tmp_path: Path) -> None:
    slots = Slots(RealDisk(tmp_path))
    slots.save(state(1))
    assert slots.load() == (state(1), state(1))
    for sequence in range(2, 6):
        slots.save(state(sequence))
        assert slots.load() == (state(sequence), state(sequence - 1))


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"lamplighter " + b"0" * 64 + b"\n{}"])
def test_row_17_where_the_newest_is_spoilt_the_one_before_counts(tmp_path: Path, damage: bytes) -> None:
    disk = RealDisk(tmp_path)
    slots = Slots(disk)
    slots.save(state(4))
    slots.save(state(5))
    disk.at("state-1").write_bytes(damage)
    assert slots.load() == (state(4), state(4))
    disk.at("state-0").write_bytes(damage)
    assert slots.load() == (State(), State())


def test_an_older_agent_reads_what_a_newer_one_wrote(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    slots = Slots(disk)

    class Newer(State, frozen=True, kw_only=True):
        what_comes: int = 0

    slots.save(Newer(sequence=2, counter=7, what_comes=5))
    assert slots.load()[0] == State(sequence=2, counter=7)


@given(st.binary(max_size=300))
def test_whatever_stands_there(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ota.device.durable.load", lambda _disk, _name, _most: data)
        loaded, _ = Slots(None).load()  # type: ignore[arg-type]
    assert isinstance(loaded, State)


def test_row_17_a_write_that_is_cut_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    base = ForgetfulDisk(tmp_path / "base")
    for sequence in (1, 2, 3):
        Slots(base).save(state(sequence))
    found = set()
    for seed in range(60):
        disk = base.copied(tmp_path / "disk", Faults(cut_at=1 + seed % 6, cut_within=0.5))
        try:
            Slots(disk).save(state(4))
        except PowerCut:
            promised = 3
        else:
            promised = 4
        loaded, before = Slots(disk.restart(random.Random(seed))).load()
        assert loaded == state(4) or (promised == 3 and loaded == state(3))
        assert before.sequence in {2, 3}
        found.add(loaded.sequence)
    assert found == {3, 4}


def test_a_disk_that_does_not_answer_tells_no_state(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path / "disk")
    Slots(disk).save(state(1))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        Slots(disk.copied(tmp_path / "copy", Faults(fail_at=1, fail_for=99))).load()


def test_every_field_survives(tmp_path: Path) -> None:
    order = Order("reader", 5, "0" * 32)
    whole = State(
        sequence=1, counter=3, running={"reader": 5}, good={"reader": 4}, spare={"reader": 3}, committed={"reader": 4},
        job=Job(order=order, counter=3, phase=Phase.PROBATION, strikes=3, passed_s=12.5, agreement=0.9, ready=True),
        waiting=(Job(order=order, counter=3, source="/media/stick"),), done={"reader": "1" * 32},
    )  # fmt: skip
    Slots(RealDisk(tmp_path)).save(whole)
    assert Slots(RealDisk(tmp_path)).load()[0] == whole
    assert {field.name for field in msgspec.structs.fields(Plan)} == {"release", "form", "parts"}
