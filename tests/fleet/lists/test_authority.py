"""The list authority: a key of its own, from a file or behind a command; what it signs is verified, and only it can."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from typer.testing import CliRunner

from fleet.identity.authority import Authority
from fleet.lists import cli
from fleet.lists.authority import CERTIFICATE, KEY, PASSWORD, PUBLIC, SIGNER, ListAuthority, make_authority, take_authority
from fleet.lists.errors import HitListError, NotLoadedError
from protocol.lists import signed_bytes
from tests.fleet.lists.box import bytes_of, verified
from tests.fleet.lists.office import FLEET, PHRASE

NOW = dt.datetime.now(dt.timezone.utc)
LATER = NOW + dt.timedelta(days=90)
SIGNS = (
    "import sys\nfrom cryptography.hazmat.primitives import serialization\n"
    "key = serialization.load_pem_private_key(open(sys.argv[1], 'rb').read(), None)\n"
    "sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))\n"
)


def opened(folder: Path, environment: Mapping[str, str]) -> ListAuthority:
    return ListAuthority(folder, Authority(folder, FLEET), environment)


def check(folder: Path, authority: ListAuthority) -> None:
    seal = authority.seal(b"{}", LATER, NOW)
    key = verified(seal.certificate_pem, x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes()), "lists")
    key.verify(bytes_of(seal.signature), signed_bytes(b"{}"))
    assert x509.load_pem_x509_certificate(seal.certificate_pem.encode()).not_valid_after_utc > LATER


def test_from_a_file_that_a_password_opens(tmp_path: Path) -> None:
    make_authority(tmp_path, PHRASE)
    check(tmp_path, opened(tmp_path, {PASSWORD: PHRASE}))
    assert b"ENCRYPTED" in (tmp_path / KEY).read_bytes()
    assert not (tmp_path / KEY).stat().st_mode & 0o077
    with pytest.raises(HitListError, match="is there already"):
        make_authority(tmp_path, PHRASE)
    with pytest.raises(HitListError, match="take 16 or more"):
        make_authority(tmp_path / "x", "short")


@pytest.mark.parametrize(
    ("environment", "words"),
    [({}, "nobody gave the password"), ({PASSWORD: "another phrase entirely"}, "the password is wrong")],
)
def test_a_key_that_is_not_opened_says_what_to_do(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    make_authority(tmp_path, PHRASE)
    with pytest.raises(NotLoadedError, match=words):
        opened(tmp_path, environment)


def test_another_key_in_its_place_is_not_taken(tmp_path: Path) -> None:
    make_authority(tmp_path, PHRASE)
    make_authority(tmp_path / "other", PHRASE)
    (tmp_path / KEY).write_bytes((tmp_path / "other" / KEY).read_bytes())
    with pytest.raises(NotLoadedError, match=r"is not the key of the lists\.pub beside it"):
        opened(tmp_path, {PASSWORD: PHRASE})


def _elsewhere(folder: Path) -> tuple[Path, str]:
    """A key that lies elsewhere: its public half, and the command that signs with it."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name, data in (("token.pem", pem), ("token.pub", public), ("sign.py", SIGNS.encode())):
        (folder / name).write_bytes(data)
    return folder / "token.pub", f"{sys.executable} {folder / 'sign.py'} {folder / 'token.pem'}"


def test_behind_a_command_of_the_place_s_own(tmp_path: Path) -> None:
    public, command = _elsewhere(tmp_path)
    take_authority(tmp_path / "keys", public)
    assert not (tmp_path / "keys" / KEY).exists()
    check(tmp_path / "keys", opened(tmp_path / "keys", {SIGNER: command}))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"{sys.executable} -c 'print(1)'", "no signature of lists.pub"),
        ("/nowhere/at/all", "did not sign"),
        (f"{sys.executable} -c 'import sys; sys.exit(3)'", "did not sign"),
        ("'", "is no command"),
    ],
)
def test_a_command_that_does_not_sign_signs_nothing(tmp_path: Path, command: str, words: str) -> None:
    public, _ = _elsewhere(tmp_path)
    take_authority(tmp_path / "keys", public)
    with pytest.raises(NotLoadedError, match=words):
        opened(tmp_path / "keys", {SIGNER: command}).seal(b"{}", LATER, NOW)


def test_a_certificate_outlives_the_list_and_is_of_this_fleet(tmp_path: Path) -> None:
    make_authority(tmp_path, PHRASE)
    authority = opened(tmp_path, {PASSWORD: PHRASE})
    first = authority.seal(b"{}", LATER, NOW).certificate_pem
    assert authority.seal(b"{}", LATER, NOW).certificate_pem == first
    late = NOW + dt.timedelta(days=700)
    second = authority.seal(b"{}", late + dt.timedelta(days=90), late).certificate_pem
    assert second != first
    assert x509.load_pem_x509_certificate(second.encode()).not_valid_after_utc > late + dt.timedelta(days=90)


def test_only_an_ed25519_key_is_taken(tmp_path: Path) -> None:
    public = X25519PrivateKey.generate().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "x.pub").write_bytes(pem)
    with pytest.raises(HitListError, match="is no Ed25519 key"):
        take_authority(tmp_path, tmp_path / "x.pub")
    (tmp_path / "x.pub").write_bytes(b"rubbish")
    with pytest.raises(HitListError, match="is no public key in PEM"):
        take_authority(tmp_path, tmp_path / "x.pub")


def test_the_ceremony_step_by_step(tmp_path: Path) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE)
    options = ["--data", str(tmp_path), "--fleet", FLEET, "--password-file", str(phrase)]
    done = CliRunner().invoke(cli.app, ["authority", "init", *options])
    assert done.exit_code == 0, done.output
    assert [line[0] for line in done.stdout.splitlines()] == ["1", "2", "3", "4"]
    check(tmp_path / "keys", opened(tmp_path / "keys", {PASSWORD: PHRASE}))
    shown = CliRunner().invoke(cli.app, ["authority", "show", "--data", str(tmp_path)])
    assert shown.stdout == (tmp_path / "keys" / CERTIFICATE).read_text()
    again = CliRunner().invoke(cli.app, ["authority", "init", *options])
    assert (again.exit_code, again.stdout) == (1, "")
    assert "is there already" in again.stderr
    public, _ = _elsewhere(tmp_path)
    taken = CliRunner().invoke(cli.app, ["authority", "init", "--data", str(tmp_path / "b"), "--public-key", str(public)])
    assert taken.exit_code == 0, taken.output
    assert (tmp_path / "b" / "keys" / PUBLIC).exists()
    assert SIGNER in taken.stdout
    keys = CliRunner().invoke(cli.app, ["keys", "init", "--data", str(tmp_path)], input=f"{PHRASE}\n{PHRASE}\n")
    assert keys.exit_code == 0, keys.output
    assert PHRASE not in keys.output
