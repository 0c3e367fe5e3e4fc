"""Whose word a box believes: a key that the fleet's authority has certified for one use (rows 12, 15).

Rules:

- The certificate has one purpose and no other: code signing, under one name, for example ``orders`` or ``lists``. A box's
  certificate, or a server's, made by the same authority, signs nothing here, and one signer's key nothing of another's.
- Certificates are checked as far as the box knows the time: one that has expired before the floor has expired; one that is not
  yet valid is refused only where the clock is known to be right. A box without a clock must be able to follow orders of today.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ota.device.moment import Moment
from protocol.errors import ProtocolError

ORDERS = "orders"
LISTS = "lists"
"""Common names of the certificates: of the manager, which orders, and of the authority of hit lists."""
_UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.InvalidVersion)


def authorities(pem: bytes, error: type[ProtocolError]) -> tuple[x509.Certificate, ...]:
    """Read the certificates of the fleet's authority: one, or two while it is being replaced.

    Args:
        pem: the certificates.
        error: what to raise.

    Raises:
        ProtocolError: they are none, or not an authority's with a key on an elliptic curve.
    """
    try:
        found = tuple(x509.load_pem_x509_certificates(pem))
        for certificate in found:
            basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
            if not basic.ca or not isinstance(certificate.public_key(), EllipticCurvePublicKey):
                msg = "the fleet's authority is none, or has no key on an elliptic curve; enrol this box again"
                raise error(msg)
    except (*_UNREADABLE, x509.ExtensionNotFound) as fault:
        msg = f"the certificate of the fleet's authority cannot be read ({fault}); enrol this box again"
        raise error(msg) from fault
    return found


@dataclass(frozen=True)
class Signer:
    """Who has to have signed something.

    Attributes:
        name: common name of the certificate.
        what: is signed, for messages: "the orders".
        error: what to raise.
    """

    name: str
    what: str
    error: type[ProtocolError]

    def check(self, data: bytes, signature: str, pem: str, trusted: Sequence[x509.Certificate], time: Moment) -> None:
        """Believe a signature, or not.

        Args:
            data: what was signed.
            signature: Ed25519, base64url without padding.
            pem: the signer's certificate.
            trusted: certificates of the fleet's authority.
            time: what the box knows of the time.

        Raises:
            ProtocolError: nobody who may has signed it.
        """
        key = self._key(self._certificate(pem), trusted, time)
        try:
            key.verify(base64.b64decode(f"{signature}==", b"-_", validate=True), data)
        except (InvalidSignature, binascii.Error, UnicodeError) as error:
            msg = f"the signature of {self.what} is not their certificate's; they were changed on the way, or are forged"
            raise self.error(msg) from error

    def _certificate(self, pem: str) -> x509.Certificate:
        try:
            (certificate,) = x509.load_pem_x509_certificates(pem.encode("ascii"))
        except _UNREADABLE as error:  # also none, several, and letters that are none
            msg = f"the certificate of {self.what} cannot be read ({error}); the manager has to sign them again"
            raise self.error(msg) from error
        return certificate

    def _key(self, certificate: x509.Certificate, trusted: Sequence[x509.Certificate], time: Moment) -> Ed25519PublicKey:
        """The key of a certificate that may sign."""
        if not any(_made_by(certificate, authority) for authority in trusted):
            msg = f"the certificate of {self.what} was not made by this fleet's authority; they are forged, or another fleet's"
            raise self.error(msg)
        try:
            names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
            uses = list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
            basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
            key, begins, ends = certificate.public_key(), certificate.not_valid_before_utc, certificate.not_valid_after_utc
        except (*_UNREADABLE, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
            msg = f"the certificate of {self.what} does not say what it is for ({error}); the manager has to have it made anew"
            raise self.error(msg) from error
        if (
            basic.ca
            or names != [self.name]
            or uses != [ExtendedKeyUsageOID.CODE_SIGNING]
            or not isinstance(key, Ed25519PublicKey)
        ):
            msg = f"the certificate of {self.what}, of {names}, is for something else; nothing but {self.name!r} may sign them"
            raise self.error(msg)
        if ends < time.now:
            msg = f"the certificate of {self.what} has expired ({ends:%Y-%m-%d}); the manager has to renew it"
            raise self.error(msg)
        if time.known and begins > time.now:
            msg = f"the certificate of {self.what} begins {begins:%Y-%m-%d}; set the manager's clock"
            raise self.error(msg)
        return key


def _made_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
