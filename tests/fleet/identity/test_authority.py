"""The fleet's authority: what it signs, for whom, for how long, and who can read its key."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet.identity.authority import Authority, AuthorityError, KeysError

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)
DAY = dt.timedelta(days=1)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority of its own."""
    return Authority(tmp_path / "keys", "test")


def _request(*names: str, key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> str:
    key = key or Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    algorithm = None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256()
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, algorithm)
    return csr.public_bytes(serialization.Encoding.PEM).decode()


def _names(certificate: x509.Certificate) -> tuple[str, list[str]]:
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return str(common), [str(name.value) for name in found]


def _usage(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_a_device_s_certificate(authority: Authority) -> None:
    key = Ed25519PrivateKey.generate()
    certificate, raw = authority.sign_device(_request("box-1", key=key), "box-1", NOW)
    assert _names(certificate) == ("box-1", ["box-1"])
    assert certificate.public_key() == key.public_key()
    assert raw == key.public_key().public_bytes_raw()
    assert _usage(certificate) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.not_valid_after_utc == NOW + 90 * DAY
    assert certificate.not_valid_before_utc == NOW - dt.timedelta(minutes=10), "a clock may be a little behind"
    root = x509.load_pem_x509_certificate(authority.pem.encode())
    certificate.verify_directly_issued_by(root)


def test_two_certificates_have_two_numbers(authority: Authority) -> None:
    first, second = (authority.sign_device(_request("box-1"), "box-1", NOW)[0] for _ in range(2))
    assert first.serial_number != second.serial_number


@pytest.mark.parametrize(
    ("request_pem", "words"),
    [
        ("", "cannot be read"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "cannot be read"),
        ("kästchen", "cannot be read"),
        (_request("box-2"), "the request is for \\['box-2'\\], the code is for 'box-1'"),
        (_request(), "the request is for \\[\\]"),
        (_request("box-1", "manager"), "the request is for"),
        (_request("box-1", key=ec.generate_private_key(ec.SECP256R1())), "must be for an Ed25519 key"),
        (_request("box-1", key=rsa.generate_private_key(65537, 2048)), "must be for an Ed25519 key"),
    ],
    ids=["empty", "rotten", "not-ascii", "another", "nobody", "two-names", "ec", "rsa"],
)
def test_what_is_not_signed(authority: Authority, request_pem: str, words: str) -> None:
    with pytest.raises(AuthorityError, match=words):
        authority.sign_device(request_pem, "box-1", NOW)


def test_a_request_must_be_signed_with_its_own_key(authority: Authority) -> None:
    """Else a box could ask for a certificate for somebody else's key."""
    der = bytearray(x509.load_pem_x509_csr(_request("box-1").encode()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    tampered = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(AuthorityError, match="signed with it"):
        authority.sign_device(tampered, "box-1", NOW)


def test_a_server_s_and_the_manager_s_certificate(authority: Authority) -> None:
    path, _ = authority.server_files("broker", ("fleet.example", "127.0.0.1", "::1"), NOW)
    server = x509.load_pem_x509_certificate(path.read_bytes())
    assert _names(server) == ("fleet.example", ["fleet.example", "127.0.0.1", "::1"])
    assert _usage(server) == [ExtendedKeyUsageOID.SERVER_AUTH]
    path, _ = authority.client_files("manager", NOW)
    client = x509.load_pem_x509_certificate(path.read_bytes())
    assert _names(client) == ("manager", ["manager"])
    assert _usage(client) == [ExtendedKeyUsageOID.CLIENT_AUTH], "the manager's key opens no server"
    for certificate in (server, client):
        assert certificate.not_valid_after_utc - NOW == 365 * DAY


def test_the_authority_signs_leaves_only(authority: Authority) -> None:
    root = x509.load_pem_x509_certificate(authority.pem.encode())
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    usage = root.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature, usage.key_encipherment) == (True, False, False)
    assert 9 * 365 * DAY < root.not_valid_after_utc - dt.datetime.now(dt.timezone.utc) < 11 * 365 * DAY
    assert root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Lamplighter fleet test"


def test_only_the_manager_can_read_the_keys(authority: Authority, tmp_path: Path) -> None:
    authority.server_files("broker", ("localhost",), NOW)
    authority.client_files("manager", NOW)
    folder = tmp_path / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.key")}
    assert modes == {"ca.key": 0o600, "broker.key": 0o600, "manager.key": 0o600}
    assert list(folder.glob("*.new")) == []


def test_a_key_that_others_could_read_is_replaced_by_one_they_cannot(authority: Authority, tmp_path: Path) -> None:
    loose = tmp_path / "keys" / "broker.key"
    loose.write_bytes(b"")
    loose.chmod(0o644)
    authority.server_files("broker", ("localhost",), NOW)
    assert stat.S_IMODE(loose.stat().st_mode) == 0o600


def test_it_is_the_same_authority_after_a_restart(authority: Authority, tmp_path: Path) -> None:
    assert Authority(tmp_path / "keys", "test").pem == authority.pem


def test_a_first_start_that_was_interrupted_is_gone_on_with(tmp_path: Path) -> None:
    """The key comes first: a key without a certificate has signed nothing yet."""
    folder = tmp_path / "keys"
    Authority(folder, "test")
    key = (folder / "ca.key").read_bytes()
    (folder / "ca.crt").unlink()
    again = Authority(folder, "test")
    assert (folder / "ca.key").read_bytes() == key
    again.sign_device(_request("box-1"), "box-1", NOW)[0].verify_directly_issued_by(
        x509.load_pem_x509_certificate(again.pem.encode())
    )


def _not_the_same(folder: Path) -> None:
    Authority(folder.parent / "other", "test")
    (folder / "ca.crt").write_bytes((folder.parent / "other" / "ca.crt").read_bytes())


def _a_folder(folder: Path) -> None:
    (folder / "ca.key").unlink()
    (folder / "ca.key").mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "ca.key").write_bytes(b"rubbish"), "ca.key: not a private key"),
        (lambda folder: (folder / "ca.key").write_bytes(b""), "ca.key: not a private key"),
        (lambda folder: (folder / "ca.crt").write_bytes(b"\xff"), "ca.crt: not a certificate"),
        (lambda folder: (folder / "ca.key").unlink(), "ca.key: not there, but the certificate made with it is"),
        (_not_the_same, "ca.crt: not the certificate of the ca.key beside it"),
        (_a_folder, "the authority's keys cannot be used: Is a directory"),
    ],
    ids=["rubbish", "empty", "no certificate", "key lost", "another's", "a folder"],
)
def test_keys_that_cannot_be_used_are_named_and_never_replaced(
    tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    """A new authority in the old one's place would lock out every box of the fleet."""
    folder = tmp_path / "keys"
    Authority(folder, "test")
    spoil(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(KeysError) as caught:
        Authority(folder, "test")
    assert words in str(caught.value)
    assert str(folder) in str(caught.value)
    assert "restore the folder from its backup" in str(caught.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
