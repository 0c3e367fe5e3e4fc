"""Row 60: a box that begins in 1970 puts its clock forward to what its files prove, before it shakes hands with anybody."""

from __future__ import annotations

import datetime as dt
import errno
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.clockset import catch_up
from edge.identity.files import CERTIFICATE
from edge.timefloor import BUILT, IDENTITY, UPDATES, floor_of
from ota.device import kept
from ota.device.disk import RealDisk

DAY = dt.timedelta(days=1)
ENROLLED, SIGNED = BUILT + 10 * DAY, BUILT + 20 * DAY
YEAR_70 = dt.datetime(1970, 1, 1, 0, 1, tzinfo=dt.timezone.utc)


def enrol(state: Path, at: dt.datetime = ENROLLED) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")])
    key = Ed25519PrivateKey.generate()
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, at, at + 365 * DAY)
    (state / IDENTITY).mkdir(parents=True)
    (state / IDENTITY / CERTIFICATE).write_bytes(builder.sign(key, None).public_bytes(Encoding.PEM))


def verified(state: Path, at: dt.datetime = SIGNED) -> None:
    kept.write(RealDisk(state / UPDATES), kept.Kept(at.timestamp(), {}))


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> list[dt.datetime]:
    """To what the clock was set."""
    made: list[dt.datetime] = []
    monkeypatch.setattr("edge.clockset.put_forward", made.append)
    return made


def test_row_60_the_latest_of_what_the_files_prove_counts(tmp_path: Path) -> None:
    assert floor_of(tmp_path / "nothing") == (BUILT, "this software was built")
    assert not (tmp_path / "nothing").exists(), "nothing is made"
    enrol(tmp_path)
    assert floor_of(tmp_path) == (ENROLLED, "this box's certificate began")
    verified(tmp_path)
    assert floor_of(tmp_path) == (SIGNED, "a release was signed")
    verified(tmp_path, BUILT - DAY)
    assert floor_of(tmp_path).at == ENROLLED


@given(st.binary(max_size=200))
def test_whatever_lies_there_it_is_never_before_the_build(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    state = tmp_path_factory.mktemp("state")
    for folder, name in ((IDENTITY, CERTIFICATE), (UPDATES, "metadata")):
        (state / folder).mkdir()
        (state / folder / name).write_bytes(junk)
    assert floor_of(state).at == BUILT


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e300, -1e300])
def test_a_moment_that_is_none_proves_nothing(tmp_path: Path, seconds: float) -> None:
    kept.write(RealDisk(tmp_path / UPDATES), kept.Kept(seconds, {}))
    assert floor_of(tmp_path).at == BUILT


def test_row_60_a_clock_that_is_behind_is_put_forward_and_never_back(tmp_path: Path, settings: list[dt.datetime]) -> None:
    enrol(tmp_path)
    assert catch_up(tmp_path, lambda: YEAR_70).behind
    assert settings == [ENROLLED]
    for later in (ENROLLED, ENROLLED + DAY, ENROLLED + 4000 * DAY):
        assert not catch_up(tmp_path, lambda at=later: at).behind  # type: ignore[misc]
    assert settings == [ENROLLED]


def run(tmp_path: Path, *options: str) -> Result:
    (tmp_path / "box.toml").write_text(f'[box]\nfleet = "city"\ndevice = "box"\nstate = "{tmp_path}"\n')
    return CliRunner().invoke(app, ["clock", "--config", str(tmp_path / "box.toml"), *options])


def test_the_command_says_what_it_did(tmp_path: Path, settings: list[dt.datetime]) -> None:
    asked = run(tmp_path)
    assert asked.exit_code == 0
    assert "this software was built on 2026-11-01 00:00 (UTC): it is left alone" in asked.output
    far = dt.datetime.now(dt.timezone.utc).replace(microsecond=0) + 400 * DAY
    verified(tmp_path, far)
    asked = run(tmp_path, "--json")
    assert asked.exit_code == 0
    said = json.loads(asked.output)
    assert (said["why"], said["put_forward"], said["fault"]) == ("a release was signed", True, None)
    assert settings == [far]


def test_who_may_not_set_the_clock_is_told_who_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_to: dt.datetime) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("edge.clockset.put_forward", refused)
    verified(tmp_path, dt.datetime.now(dt.timezone.utc) + DAY)
    asked = run(tmp_path)
    assert asked.exit_code == 1
    assert "cannot be put forward (Operation not permitted); run this as root, before the agent" in asked.output
    assert json.loads(run(tmp_path, "--json").output)["fault"] == "Operation not permitted"
