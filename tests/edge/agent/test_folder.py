"""One agent per state folder; a killed one leaves nothing in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.agent.folder import StateFolder
from edge.errors import StateFolderError


def test_a_second_agent_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    first = StateFolder(tmp_path / "state")
    with pytest.raises(StateFolderError, match=str(os.getpid())):
        StateFolder(tmp_path / "state")
    first.close()
    StateFolder(tmp_path / "state").close()


def test_a_killed_agent_leaves_no_lock(tmp_path: Path) -> None:
    code = "import sys,os,signal; from pathlib import Path; from edge.agent.folder import StateFolder;"
    code += "StateFolder(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=30)
    assert done.returncode == -9
    StateFolder(tmp_path).close()


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateFolderError, match=r"box\.state"):
        StateFolder(tmp_path / "file" / "state")


def test_a_full_disk_does_not_keep_the_box_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    folder = StateFolder(tmp_path / "state")
    with pytest.raises(StateFolderError, match="another agent"):
        StateFolder(tmp_path / "state")
    folder.close()
