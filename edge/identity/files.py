"""Key and certificate on disk.

Rules: the private key is made here and never leaves; files are written beside, fsynced, renamed, and readable by
  the owner only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from edge.errors import EdgeError
from edge.ownerfile import write_file
from protocol.enrolment import EnrolResponse

CERTIFICATE = "device.crt"
"""Name of the file in the identity's folder."""
_MAX_BYTES = 65536


class IdentityError(EdgeError):
    """The box's identity cannot be read, made or used."""


@dataclass(frozen=True)
class Identity:
    """What an enrolled box has."""

    key: Path
    certificate: Path
    ca: Path
    fleet: str
    broker_host: str
    broker_port: int


class IdentityFiles:
    """The identity's folder.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.key_path = folder / "device.key"

    def key(self) -> Ed25519PrivateKey:
        """The box's key; made at first need.

        Raises:
            IdentityError: when a file is there that is no Ed25519 key.
        """
        if not self.key_path.exists():
            fresh = Ed25519PrivateKey.generate()
            pem = fresh.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_file(self.key_path, pem)
        try:
            loaded = serialization.load_pem_private_key(self.key_path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            msg = f"{self.key_path}: not a key ({error}); move it away and enrol the box again with a new code"
            raise IdentityError(msg) from error
        if not isinstance(loaded, Ed25519PrivateKey):
            msg = f"{self.key_path}: not an Ed25519 key; move it away and enrol the box again with a new code"
            raise IdentityError(msg)
        return loaded

    def request(self, device: str) -> str:
        """A certificate signing request (PKCS #10, PEM) for the box's key."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self.key(), None)
        return csr.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def load(self) -> Identity | None:
        """What enrolment gave; ``None`` before it."""
        try:
            data = (self._folder / "enrolled.json").read_bytes()[:_MAX_BYTES]
            answer = msgspec.json.decode(data, type=EnrolResponse)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            msg = f"{self._folder / 'enrolled.json'}: cannot be read ({error}); enrol the box again with a new code"
            raise IdentityError(msg) from error
        self._check()
        return Identity(
            self.key_path,
            self._folder / CERTIFICATE,
            self._folder / "ca.crt",
            answer.fleet,
            answer.broker_host,
            answer.broker_port,
        )

    def _check(self) -> None:
        """See that what enrolment gave is whole, before a connection fails for it without saying so."""
        certificate, ca = self._folder / CERTIFICATE, self._folder / "ca.crt"
        for path in (certificate, ca, self.key_path):
            try:
                data = path.read_bytes()
                if path != self.key_path:
                    x509.load_pem_x509_certificate(data)
            except OSError as error:
                msg = f"{path}: cannot be read ({error.strerror}); enrol the box again with a new code"
                raise IdentityError(msg) from error
            except ValueError as error:
                msg = f"{path}: not a certificate; enrol the box again with a new code"
                raise IdentityError(msg) from error
        if x509.load_pem_x509_certificate(certificate.read_bytes()).public_key() != self.key().public_key():
            msg = f"{certificate}: is for another key than {self.key_path.name}; enrol the box again with a new code"
            raise IdentityError(msg)

    def store(self, answer: EnrolResponse) -> Identity:
        """Keep what enrolment gave; the record comes last, so that a power cut leaves the box not enrolled, never half.

        Raises:
            IdentityError: when the certificate is not for this box's key.
        """
        try:
            certificate = x509.load_pem_x509_certificate(answer.certificate_pem.encode("ascii"))
            x509.load_pem_x509_certificate(answer.ca_pem.encode("ascii"))
        except ValueError as error:
            msg = f"the manager's answer holds no certificate ({error}); is box enrolment behind a proxy?"
            raise IdentityError(msg) from error
        if certificate.public_key() != self.key().public_key():
            msg = "the manager's certificate is for another key; enrol the box again with a new code"
            raise IdentityError(msg)
        write_file(self._folder / CERTIFICATE, answer.certificate_pem.encode("ascii"))
        write_file(self._folder / "ca.crt", answer.ca_pem.encode("ascii"))
        write_file(self._folder / "enrolled.json", msgspec.json.encode(answer))
        identity = self.load()
        assert identity is not None
        return identity
