"""Key and certificate on disk: readable by the owner only, whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge.identity.files import Identity, IdentityError, IdentityFiles
from edge.ownerfile import write_file
from fleet.identity.authority import Authority
from protocol.enrolment import EnrolResponse


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def enrolled(tmp_path: Path, name: str = "box-1") -> tuple[IdentityFiles, Identity]:
    files = IdentityFiles(tmp_path / name)
    authority = Authority(tmp_path / "keys", "town")
    certificate, _ = authority.sign_device(files.request(name), name, dt.datetime.now(dt.timezone.utc))
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return files, files.store(EnrolResponse("town", pem, authority.pem, "broker.example", 8883))


def test_the_key_is_made_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files = IdentityFiles(tmp_path / "identity")
        first = files.key().public_key()
    finally:
        os.umask(before)
    assert (mode(files.key_path), mode(tmp_path / "identity")) == (0o600, 0o700)
    assert IdentityFiles(tmp_path / "identity").key().public_key() == first


def test_what_a_power_cut_left_half_written_gives_no_mode_away(tmp_path: Path) -> None:
    """Row 17: the file beside is begun anew, with the owner's mode."""
    beside = tmp_path / "device.key.new"
    beside.write_bytes(b"half a key")
    beside.chmod(0o644)
    files = IdentityFiles(tmp_path)
    files.key()
    assert mode(files.key_path) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["device.key"]


def test_killed_at_any_time_the_key_is_whole_or_not_there(tmp_path: Path) -> None:
    """Row 17: a box that was killed while it made its key starts again with a key."""
    code = """
import os, signal, sys, time
from pathlib import Path
from edge.ownerfile import write_file
folder = Path(sys.argv[1])
for seed in range(25):
    child = os.fork()
    if child == 0:
        while True:
            write_file(folder / "device.key", bytes([65 + seed % 26]) * 20000)
    time.sleep(0.002 + seed * 0.0003)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    data = (folder / "device.key").read_bytes() if (folder / "device.key").exists() else b""
    assert len(set(data)) <= 1 and len(data) in (0, 20000), len(data)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    write_file(tmp_path / "device.key", b"again")
    assert (tmp_path / "device.key").read_bytes() == b"again"


def test_a_request_names_the_box_and_proves_the_key(tmp_path: Path) -> None:
    files = IdentityFiles(tmp_path)
    request = x509.load_pem_x509_csr(files.request("box-7").encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=box-7"
    assert request.public_key() == files.key().public_key()


def _other_key() -> bytes:
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(pem, pkcs8, serialization.NoEncryption())


@pytest.mark.parametrize("content", [b"", b"not a key", _other_key()])
def test_a_file_that_is_no_key_of_a_box_is_named_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "device.key").write_bytes(content)
    with pytest.raises(IdentityError, match=r"device\.key: not an? .*enrol the box again with a new code"):
        IdentityFiles(tmp_path).key()
    assert (tmp_path / "device.key").read_bytes() == content


def test_before_enrolment_there_is_no_identity(tmp_path: Path) -> None:
    files = IdentityFiles(tmp_path)
    files.key()
    assert files.load() is None


def test_what_enrolment_gave_is_read_again(tmp_path: Path) -> None:
    files, identity = enrolled(tmp_path)
    assert files.load() == identity
    assert (identity.fleet, identity.broker_host, identity.broker_port) == ("town", "broker.example", 8883)


@pytest.mark.parametrize("name", ["enrolled.json", "device.crt", "ca.crt", "device.key"])
@pytest.mark.parametrize("content", [b"", b"\xff rubbish", b'{"fleet": "\xff"}', None])
def test_a_damaged_identity_is_named_with_the_remedy(tmp_path: Path, name: str, content: bytes | None) -> None:
    """Row 57: said at the start, not found out by a link that never comes up."""
    files, _ = enrolled(tmp_path)
    path = tmp_path / "box-1" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    elif name == "enrolled.json":
        assert files.load() is None, "not enrolled"
        return
    with pytest.raises(IdentityError) as caught:
        files.load()
    assert name in str(caught.value)
    assert "enrol the box again with a new code" in str(caught.value)


def test_a_certificate_of_another_key_is_named(tmp_path: Path) -> None:
    """A card that was copied in part."""
    files, _ = enrolled(tmp_path)
    _, other = enrolled(tmp_path, "box-2")
    (tmp_path / "box-1" / "device.crt").write_bytes(other.certificate.read_bytes())
    with pytest.raises(IdentityError, match=r"device\.crt: is for another key than device\.key"):
        files.load()


def test_a_power_cut_before_the_record_leaves_the_box_not_enrolled(tmp_path: Path) -> None:
    files, _ = enrolled(tmp_path)
    (tmp_path / "box-1" / "enrolled.json").unlink()
    assert files.load() is None
