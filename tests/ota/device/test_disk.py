"""The port to the disk: names that stay where they belong (row 13), and a real one behind it."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.device import durable
from ota.device.disk import RealDisk, parts_of, read
from ota.device.errors import NameRefusedError
from simulator.faults.forgetful import ForgetfulDisk, Plan

HOSTILE = (
    *("../a", "a/../b", "/etc/passwd", "a//b", "a/", ".hidden", "a/.b", "a\0b", "a\nb", "a b", "-rf", "a\\b", "ü", "a/b\u202e"),
    *("x" * 129, "a/" + "x" * 300, "~", "$HOME", "%2e%2e", "a:b", "con\x7f"),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_row_13_a_name_that_could_lead_away_is_refused(tmp_path: Path, name: str) -> None:
    disk = RealDisk(tmp_path)
    for call in (disk.at, disk.open, disk.size, disk.names, disk.create, disk.unlink, disk.make_folder, disk.remove_folder):
        with pytest.raises(NameRefusedError, match="is no name of a file here"):
            call(name)
    with pytest.raises(NameRefusedError):
        disk.rename("a", name)
    assert list(tmp_path.iterdir()) == []


@given(st.text("ab.-_/~\\ \0\n\u202e\u00fc0", max_size=40))
def test_row_13_whatever_passes_stays_within(name: str) -> None:
    try:
        parts = parts_of(name)
    except NameRefusedError:
        return
    assert os.path.normpath(f"/root/{name}").startswith("/root")
    assert all(part not in {"", ".", ".."} and "/" not in part for part in parts)


def test_a_real_disk(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path / "root")
    assert (disk.size("a"), disk.names("b"), disk.size("b/c"), disk.names("b/c")) == (None, [], None, [])
    disk.make_folder("b")
    disk.make_folder("b")
    with closing(disk.create("b/c")) as file:
        assert file.write(b"0123456789") == 10
        file.sync()
    with closing(disk.extend("b/c", 4)) as file:
        file.write(b"xyz")
    assert disk.at("b/c").read_bytes() == b"0123xyz"
    with disk.open("b/c") as reading:
        reading.seek(4)
        assert reading.read() == b"xyz"
    disk.link("b/c", "d")
    disk.sync_folder("b")
    disk.sync_folder("")
    disk.rename("d", "e")
    disk.unlink("b/c")
    disk.unlink("b/c")
    disk.remove_folder("b")
    disk.remove_folder("b")
    assert disk.names("") == ["e"]
    assert disk.size("e") == 7
    assert disk.size("") is None
    assert 0 < disk.free() < 1 << 60
    with pytest.raises(FileNotFoundError):
        disk.extend("gone", 0)


def test_a_link_in_place_of_a_file_is_not_written_through(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path / "root")
    (tmp_path / "other").write_bytes(b"precious")
    disk.at("a").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        disk.create("a")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        disk.extend("a", 0)
    assert disk.size("a") is None
    assert (tmp_path / "other").read_bytes() == b"precious"


def test_a_small_file_is_small(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    (tmp_path / "a").write_bytes(b"12345")
    assert read(disk, "a", 5) == b"12345"
    with pytest.raises(OSError, match="over 4 bytes"):
        read(disk, "a", 4)


def test_what_is_sealed_comes_back_and_nothing_else(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    assert durable.load(disk, "a", 100) is None
    durable.write(disk, "a", b"content")
    durable.write(disk, "a", b"")
    assert durable.load(disk, "a", 100) == b""
    durable.write(disk, "a", b"con\ntent")
    assert durable.load(disk, "a", 8) == b"con\ntent"
    assert durable.load(disk, "a", 7) is None
    assert disk.names("") == ["a"]
    whole = disk.at("a").read_bytes()
    for at in range(len(whole)):
        disk.at("a").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert durable.load(disk, "a", 100) is None
        disk.at("a").write_bytes(whole[:at])
        assert durable.load(disk, "a", 100) is None
    disk.at("a").write_bytes(whole + b"x")
    assert durable.load(disk, "a", 100) is None


def test_a_disk_that_does_not_answer_is_not_an_empty_one(tmp_path: Path) -> None:
    disk = ForgetfulDisk(tmp_path / "disk")
    durable.write(disk, "a", b"content")
    for call in (1, 2):
        broken = disk.copied(tmp_path / "copy", Plan(fail_at=call))
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            durable.load(broken, "a", 100)
