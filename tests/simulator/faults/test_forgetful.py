"""The disk that forgets: what it keeps, what it loses, and that it loses nothing else."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ota.device.disk import Disk
from simulator.faults.forgetful import ForgetfulDisk, Plan, PowerCut
from simulator.faults.memory_of_disk import SECTOR, Survival

OLD, NEW = b"o" * 3 * SECTOR, b"n" * 3 * SECTOR


def write(disk: Disk, path: str, data: bytes, *, sync: bool = True) -> None:
    with closing(disk.create(path)) as file:
        file.write(data)
        if sync:
            file.sync()


def kept(folder: Path, change: Callable[[ForgetfulDisk], object], survival: Survival | None = None) -> set[bytes | None]:
    """All that may be left of a file after a change and a cut, in many draws."""
    found = set()
    for seed in range(30):
        disk = ForgetfulDisk(folder)
        write(disk, "file", OLD)
        disk.sync_folder("")
        change(disk)
        after = disk.restart(random.Random(seed), survival=survival)
        found.add(after.at("file").read_bytes() if after.size("file") is not None else None)
    return found


def test_what_was_synced_with_its_name_stays(tmp_path: Path) -> None:
    assert kept(tmp_path / "disk", lambda _disk: None) == {OLD}


def test_a_file_that_was_synced_and_not_its_name_may_be_gone(tmp_path: Path) -> None:
    def change(disk: ForgetfulDisk) -> None:
        write(disk, "other", NEW)

    found = set()
    for seed in range(40):
        disk = ForgetfulDisk(tmp_path / "disk")
        change(disk)
        found.add(disk.restart(random.Random(seed)).size("other"))
    assert found == {None, len(NEW)}


def test_what_was_not_synced_may_be_anything(tmp_path: Path) -> None:
    def change(disk: ForgetfulDisk) -> None:
        write(disk, "file", NEW, sync=False)

    assert {OLD, NEW, b""} <= kept(tmp_path / "disk", change)
    found = kept(tmp_path / "disk", change, Survival.ANYTHING)
    assert any(data and {*data} == {*b"on"} for data in found), "written over, in some sectors"


def test_what_is_appended_is_torn_in_sectors(tmp_path: Path) -> None:
    def change(disk: ForgetfulDisk) -> None:
        with closing(disk.extend("file", SECTOR)) as file:
            file.write(NEW)

    found = kept(tmp_path / "disk", change, Survival.ANYTHING)
    assert all(data is not None and data[:SECTOR] == OLD[:SECTOR] for data in found)
    assert len(found) > 5


def test_a_rename_is_one_thing_and_needs_its_folder(tmp_path: Path) -> None:
    def change(disk: ForgetfulDisk) -> None:
        write(disk, "file.new", NEW)
        disk.rename("file.new", "file")

    assert kept(tmp_path / "disk", change) == {OLD, NEW}

    def synced(disk: ForgetfulDisk) -> None:
        change(disk)
        disk.sync_folder("")

    assert kept(tmp_path / "disk", synced) == {NEW}


def test_a_rename_without_its_data(tmp_path: Path) -> None:
    """The classic: a new name for what was never written."""

    def change(disk: ForgetfulDisk) -> None:
        write(disk, "file.new", NEW, sync=False)
        disk.rename("file.new", "file")
        disk.sync_folder("")

    found = kept(tmp_path / "disk", change)
    assert OLD not in found
    assert {NEW, b""} <= found


def test_names_go_by_themselves(tmp_path: Path) -> None:
    found = set()
    for seed in range(40):
        disk = ForgetfulDisk(tmp_path / "disk")
        write(disk, "a", b"x")
        disk.make_folder("b")
        disk.link("a", "c")
        found.add(tuple(disk.restart(random.Random(seed), survival=Survival.ANYTHING).names("")))
    assert found == {(), ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")}


def test_a_folder_takes_what_is_in_it_along(tmp_path: Path) -> None:
    for seed in range(40):
        disk = ForgetfulDisk(tmp_path / "disk")
        disk.make_folder("c")
        write(disk, "c/d", b"x")
        disk.sync_folder("c")
        after = disk.restart(random.Random(seed))
        assert after.names("c") == (["d"] if after.names("") else [])


def test_second_names_are_the_same_file(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path / "disk")
    write(disk, "a", OLD)
    disk.link("a", "b")
    disk.sync_folder("")
    disk.unlink("a")
    after = disk.restart(random.Random(1), survival=Survival.EVERYTHING)
    assert after.names("") == ["b"]
    after = after.copied(tmp_path / "copy").restart(random.Random(1))
    assert after.at("b").read_bytes() == OLD


@pytest.mark.parametrize("at", range(1, 8))
def test_the_power_goes_at_its_call(tmp_path: Path, at: int) -> None:
    disk = ForgetfulDisk(tmp_path / "disk", Plan(cut_at=at))

    def work() -> None:
        write(disk, "a", b"x")
        disk.rename("a", "b")
        disk.sync_folder("")
        disk.unlink("b")
        disk.free()

    with pytest.raises(PowerCut):
        work()
    assert disk.calls == at
    for call in (disk.free, lambda: disk.names(""), lambda: disk.create("c")):
        with pytest.raises(PowerCut):
            call()
    assert disk.calls == at


def test_the_power_goes_within_a_write(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path / "disk", Plan(cut_at=2, cut_within=0.5))
    with pytest.raises(PowerCut):
        write(disk, "a", b"0123456789")
    assert disk.restart(random.Random(1), survival=Survival.EVERYTHING).at("a").read_bytes() == b"01234"


def test_calls_fail_for_a_while(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path / "disk", Plan(fail_at=2, fail_for=2, fail_with=errno.EROFS))
    disk.make_folder("a")
    for name in "bc":
        with pytest.raises(OSError, match="Read-only"):
            disk.make_folder(name)
    disk.make_folder("d")
    assert disk.names("") == ["a", "d"]


def test_a_full_disk(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path / "disk", Plan(capacity=10))
    write(disk, "a", b"0123456")
    assert disk.free() == 3
    with pytest.raises(OSError, match="No space"):
        write(disk, "b", b"0123")
    disk.unlink("a")
    write(disk, "b", b"0123")


def test_a_deaf_sync_says_that_it_was_done(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path / "disk", Plan(deaf=lambda kind, path: (kind, path) == ("sync", "a")))
    write(disk, "a", b"x")
    write(disk, "b", b"x")
    disk.sync_folder("")
    after = disk.restart(random.Random(1), survival=Survival.NOTHING)
    assert (after.size("a"), after.size("b")) == (0, 1)
