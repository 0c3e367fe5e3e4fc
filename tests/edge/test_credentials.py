"""What cameras are told: on the box only, for its owner only, and in no message."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from edge.cli import app
from edge.credentials import Credential, CredentialError, read_credential, write_credential

BOX = """
[box]
fleet = "city"
device = "square-north"
state = "state"
"""


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "state" / "credentials" / "gate-7"


def run(folder: Path, *words: str, typed: str = "") -> Any:
    config = folder / "box.toml"
    config.write_text(BOX)
    return CliRunner().invoke(app, ["credential", *words, "--config", str(config)], input=typed)


PRINTED = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")


@given(st.text(PRINTED, min_size=1, max_size=4).filter(lambda user: ":" not in user), st.text(PRINTED, max_size=6))
def test_one_that_exists_can_be_told(user: str, password: str) -> None:
    credential = Credential(user, password)
    assert [unquote(part) for part in credential.userinfo.split(":")] == [user, password]
    assert credential.userinfo.isascii()
    assert not set("@/?# ") & set(credential.userinfo)


def test_it_is_not_printed() -> None:
    assert repr(Credential("admin", "secret")) == "Credential(user='admin')"


@pytest.mark.parametrize(
    ("user", "password"),
    [("", "secret"), ("a:b", "secret"), ("a", "secret\r\nX: 1"), ("a", "secret\x00"), ("a", "secret" * 30)],
)
def test_one_that_no_camera_could_be_told(user: str, password: str) -> None:
    with pytest.raises(CredentialError) as caught:
        Credential(user, password)
    assert "secret" not in str(caught.value)


def test_it_is_its_owners_alone(kept: Path) -> None:
    write_credential(kept, Credential("admin", "secret"))
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert read_credential(kept) == Credential("admin", "secret")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_a_technician_writes_as_root_belongs_to_who_runs_the_agent(kept: Path) -> None:
    state = kept.parent.parent
    state.mkdir()
    os.chown(state, 1234, 1235)
    write_credential(kept, Credential("admin", "secret"))
    assert {(path.stat().st_uid, path.stat().st_gid) for path in (kept, kept.parent)} == {(1234, 1235)}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622])
def test_one_that_others_may_read_is_not_used(kept: Path, mode: int) -> None:
    write_credential(kept, Credential("admin", "secret"))
    kept.chmod(mode)
    with pytest.raises(CredentialError, match="others may read it, so change the password; chmod 600"):
        read_credential(kept)


DAMAGED = (
    *(b"", b"secret", b"{}", b"\xff", b'{"user": "secret"}'),
    *(b'{"user": 7, "password": "secret"}', b'{"user": "a", "password": "secret", "x": 1}'),
)


@pytest.mark.parametrize("data", DAMAGED)
def test_one_that_is_damaged_is_not_quoted(kept: Path, data: bytes) -> None:
    write_credential(kept, Credential("admin", "secret"))
    kept.write_bytes(data)
    with pytest.raises(CredentialError) as caught:
        read_credential(kept)
    assert "secret" not in str(caught.value)
    assert "lamplighter edge credential gate-7" in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_technician_writes_lists_and_forgets(tmp_path: Path, kept: Path) -> None:
    told = run(tmp_path, "gate-7", "--user", "admin", typed="secret word \n")
    assert (told.exit_code, "secret" in told.output) == (0, False)
    assert 'credential = "gate-7"' in told.output
    assert read_credential(kept) == Credential("admin", "secret word ")
    assert run(tmp_path).output == "gate-7\n"
    assert run(tmp_path, "gate-7", "--remove").exit_code == 0
    assert not kept.exists()
    gone = run(tmp_path, "gate-7", "--remove")
    assert (gone.exit_code, "cannot be removed" in gone.output) == (1, True)
    assert run(tmp_path).output == ""


def test_no_line_is_no_password(tmp_path: Path, kept: Path) -> None:
    told = run(tmp_path, "gate-7", "--user", "admin", typed="")
    assert (told.exit_code, "give it as a line" in told.output) == (1, True)
    assert not kept.exists()


def test_who_may_not_see_them_is_told_whom_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "state" / "credentials").mkdir(parents=True)
    monkeypatch.setattr(Path, "iterdir", refuse)
    told = run(tmp_path)
    assert told.exit_code == 1
    assert "Permission denied; ask as the user of the agent" in " ".join(told.output.split())


@pytest.mark.parametrize("words", [("../gate", "--user", "a"), ("Gate", "--user", "a"), ("gate",)])
def test_names_and_users_that_are_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = run(tmp_path, *words, typed="secret\n")
    assert (told.exit_code, "secret" in told.output) == (1, False)
    assert not list((tmp_path / "state").rglob("*")) if (tmp_path / "state").exists() else True
