"""What a box writes to its card in a year (row 57: SD cards wear)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks import wear
from benchmarks.figure import Figure, Options, Skipped
from benchmarks.wear_driver import Job, Wear, io


def figures(folder: Path) -> dict[str, Figure]:
    try:
        return {figure.name: figure for figure in wear.run(Options(data=folder, quick=True))}
    except Skipped as reason:
        pytest.skip(str(reason))


def test_a_card_lives_long_with_a_link_and_without(tmp_path: Path) -> None:
    found = figures(tmp_path)
    assert found["gb_per_year"].reached
    assert found["gb_per_year_offline"].reached
    assert found["gb_per_year_offline"].value > 10 * found["gb_per_year"].value > 0
    for name in ("gb_per_year_at_device", "gb_per_year_offline_at_device"):
        if name in found:  # mounting is allowed here
            assert found[name].reached
            assert found[name].value > found[name.removesuffix("_at_device")].value, "the file system adds, never takes away"


def test_an_outbox_in_another_state_than_the_one_to_be_measured_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wear, "_drive", lambda _prefix, job: Wear(100, 10, 1000, None, 0 if job.link else 3, 1))
    with pytest.raises(RuntimeError, match="not in the state"):
        list(wear.run(Options(data=tmp_path)))


def test_without_the_right_to_mount_a_folder_in_memory_is_no_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Job] = []

    def drive(prefix: list[str], job: Job) -> Wear:
        asked.append(job)
        if prefix:
            raise subprocess.CalledProcessError(32, prefix)
        return Wear(100, 10, 1000, None, 0, 1)

    monkeypatch.setattr(wear, "_drive", drive)
    monkeypatch.setattr(wear, "file_system", lambda _folder: "tmpfs")
    with pytest.raises(Skipped, match="set TMPDIR"):
        wear.live(0.1, 0, link=True)
    monkeypatch.setattr(wear, "file_system", lambda _folder: "ext2/ext3")
    assert wear.live(0.1, 0, link=True).written == 1000
    assert not asked[-1].private


def test_the_kernel_counts(tmp_path: Path) -> None:
    before = io("wchar")
    (tmp_path / "file").write_bytes(b"x" * 10_000)
    assert io("wchar") - before >= 10_000
