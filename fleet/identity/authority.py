"""The fleet's certificate authority.

Rules: its key is a file that only the manager's user can read, made at first need; it signs device certificates (client
authentication, common name = device), server certificates for the broker and the pages, and one each for the key that signs
orders and the key that signs hit lists (code signing and nothing else, so that neither a box nor a server can order anything,
and told apart by their names); nothing else.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet.identity.files import write_whole
from protocol.identifiers import check_name

_AUTHORITY_YEARS = 10
_DEVICE_DAYS = 90
"""Short, because renewal is automatic and withdrawal then matters for weeks, not years."""
_SERVER_DAYS = 365
_ORDERS_DAYS = 365
_LISTS_DAYS = 2 * 365
"""Longer than any list, which its certificate outlives."""
_ORDERS, _LISTS = "orders", "lists"
"""Common names of the certificates for orders and for hit lists."""
_RESTORE = "restore the folder from its backup, or move it away and enrol every box anew"
_SKEW = dt.timedelta(minutes=10)
"""A box whose clock is a little behind must not find its new certificate not yet valid."""


class AuthorityError(Exception):
    """A request that the authority does not sign; the message says why."""


class KeysError(Exception):
    """The authority's own files cannot be used; the message names the file and the remedy."""


class Authority:
    """Signs for one fleet.

    Args:
        folder: keeps ``ca.key`` and ``ca.crt``; made if they are not there.
        fleet: name of the fleet.

    Raises:
        KeysError: the files cannot be read, are none, or do not belong together. A key is never replaced: every box of the
            fleet believes this authority and no other.
    """

    def __init__(self, folder: Path, fleet: str) -> None:
        self._folder = folder
        self.certificate_path = folder / "ca.crt"
        key_path = folder / "ca.key"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not key_path.exists():
                if self.certificate_path.exists():
                    msg = f"{key_path}: not there, but the certificate made with it is; {_RESTORE}"
                    raise KeysError(msg)
                write_whole(key_path, _key_pem(ec.generate_private_key(ec.SECP256R1())))
            self._key = _load_key(key_path)
            if not self.certificate_path.exists():
                write_whole(self.certificate_path, _pem(_root(self._key, fleet)))
            self._certificate = _load_certificate(self.certificate_path, self._key)
        except OSError as error:
            msg = f"{error.filename or folder}: the authority's keys cannot be used: {error.strerror}; {_RESTORE}"
            raise KeysError(msg) from error

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return _pem(self._certificate).decode("ascii")

    def sign_device(self, csr_pem: str, device: str, now: dt.datetime) -> tuple[x509.Certificate, bytes]:
        """Sign a device's request.

        Returns:
            The certificate and the device's raw public key.

        Raises:
            AuthorityError: the request is not one, is not for this device, not for an Ed25519 key, or not signed by it.
        """
        try:
            csr = x509.load_pem_x509_csr(csr_pem.encode("ascii"))
        except (ValueError, UnicodeEncodeError) as error:
            msg = "the certificate signing request cannot be read"
            raise AuthorityError(msg) from error
        key = csr.public_key()
        if not isinstance(key, Ed25519PublicKey) or not csr.is_signature_valid:
            msg = "the request must be for an Ed25519 key and signed with it"
            raise AuthorityError(msg)
        names = [attribute.value for attribute in csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if names != [device]:
            msg = f"the request is for {names}, the code is for {device!r}"
            raise AuthorityError(msg)
        builder = self._builder(check_name(device, "device"), now, _DEVICE_DAYS).public_key(key)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
        # Version 1 of the subject alternative name: TLS libraries that ignore the common name read this one.
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(device)]), critical=False)
        return builder.sign(self._key, hashes.SHA256()), key.public_bytes_raw()

    def server_files(self, name: str, hosts: tuple[str, ...], now: dt.datetime) -> tuple[Path, Path]:
        """Certificate and key files of a server of ours, made anew at each call.

        Args:
            name: of the files.
            hosts: names and addresses that clients use.
            now: beginning of its life.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(hosts[0], now, _SERVER_DAYS).public_key(key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=True)
        names = [_general_name(host) for host in hosts]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate, key_file = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        write_whole(certificate, _pem(builder.sign(self._key, hashes.SHA256())))
        write_whole(key_file, _key_pem(key))
        return certificate, key_file

    def client_files(self, name: str, now: dt.datetime) -> tuple[Path, Path]:
        """Certificate and key files of the manager's own MQTT client."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, now, _SERVER_DAYS).public_key(key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        certificate, key_file = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        write_whole(certificate, _pem(builder.sign(self._key, hashes.SHA256())))
        write_whole(key_file, _key_pem(key))
        return certificate, key_file

    def sign_orders(self, key: Ed25519PublicKey, now: dt.datetime) -> x509.Certificate:
        """Certify the key that signs orders."""
        return self._signing(_ORDERS, key, now, _ORDERS_DAYS)

    def sign_lists(self, key: Ed25519PublicKey, now: dt.datetime) -> x509.Certificate:
        """Certify the key that signs hit lists."""
        return self._signing(_LISTS, key, now, _LISTS_DAYS)

    def _signing(self, name: str, key: Ed25519PublicKey, now: dt.datetime, days: int) -> x509.Certificate:
        builder = self._builder(name, now, days).public_key(key)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=True)
        return builder.sign(self._key, hashes.SHA256())

    def has_signed(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate is of this authority."""
        try:
            certificate.verify_directly_issued_by(self._certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def _builder(self, name: str, now: dt.datetime, days: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._certificate.subject)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        loaded = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        msg = f"{path}: not a private key; {_RESTORE}"
        raise KeysError(msg) from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        msg = f"{path}: not a key of the authority (an elliptic curve's); {_RESTORE}"
        raise KeysError(msg)
    return loaded


def _load_certificate(path: Path, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    try:
        loaded = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        msg = f"{path}: not a certificate; {_RESTORE}"
        raise KeysError(msg) from error
    if loaded.public_key() != key.public_key():
        msg = f"{path}: not the certificate of the ca.key beside it; {_RESTORE}"
        raise KeysError(msg)
    return loaded


def _root(key: ec.EllipticCurvePrivateKey, fleet: str) -> x509.Certificate:
    now = dt.datetime.now(dt.timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Lamplighter fleet {fleet}")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + dt.timedelta(days=365 * _AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
