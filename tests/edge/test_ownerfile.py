"""Files of the box belong to whom the agent runs as, whoever writes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.ownerfile import write_file


@pytest.mark.parametrize(("user", "given"), [(0, True), (1234, False)])
def test_what_root_writes_is_given_to_the_owner_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, given: bool
) -> None:
    path, told = tmp_path / "times.json", []

    def fchown(descriptor: int, owner: int, group: int) -> None:
        told.append((os.fstat(descriptor).st_size, path.exists(), owner, group))

    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "fchown", fchown)
    write_file(path, b"{}", like=tmp_path)
    found = tmp_path.stat()
    assert told == ([(0, False, found.st_uid, found.st_gid)] if given else [])
    assert path.read_bytes() == b"{}"
