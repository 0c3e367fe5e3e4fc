"""A box starts within its time from an installation that it cannot write to (row 61: power only by night)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import boot
from benchmarks.figure import Options
from benchmarks.real_box import RealBox


def test_first_event_within_the_target(tmp_path: Path) -> None:
    """Judged by processor time, of which other work on the machine takes nothing away."""
    wall, cpu, uncompiled, _ = boot.run(Options(data=tmp_path, quick=True))
    assert (wall.name, wall.n, wall.target) == ("start_to_first_event_s", 3, 5.0)
    assert cpu.name == "start_to_first_event_cpu_s"
    assert 0.1 < cpu.value < 5.0
    assert uncompiled.target is None


def test_what_writes_into_the_installation_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def writes(_box: RealBox) -> boot.Start:
        (tmp_path / "copy" / "edge" / "cache.pyc").write_bytes(b"")
        return boot.Start(1.0, 1.0)

    def install(folder: Path) -> None:
        (tmp_path / "copy" / "edge").mkdir(parents=True)
        folder.symlink_to(tmp_path / "copy")

    monkeypatch.setattr(boot, "install", install)
    monkeypatch.setattr(boot, "first_event", writes)
    with pytest.raises(RuntimeError, match="wrote into its installation"):
        next(boot.run(Options(data=tmp_path, quick=True)))
