"""The ceremony of the demo's manager: real keys, real passwords, and nothing left behind in the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fleet.identity.authority import Authority
from fleet.lists.authority import PASSWORD, SIGNER, ListAuthority
from fleet.lists.errors import HitListError
from fleet.lists.master import MASTER, load_master
from fleet.lists.master import PASSWORD as KEYS_PASSWORD
from simulator.lists.ceremony import Ceremony

OWN = {MASTER: "of another manager", KEYS_PASSWORD: "likewise", SIGNER: "sign --for-another"}


def test_the_managers_processes_open_both_keys_with_what_they_are_given(tmp_path: Path) -> None:
    keys, environment = tmp_path / "fleet" / "keys", dict(OWN)
    held = Ceremony(keys, tmp_path / "passwords", environment)
    assert set(environment) == {f"{KEYS_PASSWORD}_FILE", f"{PASSWORD}_FILE"}, "no word, and nothing of another manager"
    assert len(load_master(keys, environment)) == 32
    ListAuthority(keys, Authority(keys, "city"), environment)
    for path in map(Path, environment.values()):
        assert path.stat().st_mode & 0o077 == 0
    held.forget()
    assert environment == OWN


def test_keys_that_are_there_are_not_replaced(tmp_path: Path) -> None:
    Ceremony(tmp_path / "keys", tmp_path / "one", {})
    before = os.environ.copy()
    with pytest.raises(HitListError, match="never written over"):
        Ceremony(tmp_path / "keys", tmp_path / "two")
    assert os.environ == before
