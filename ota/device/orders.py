"""Believing orders: signed for this use, by a key that the fleet's authority made for it, for this box, and new (rows 12, 15).

Rules:

- The certificate has one purpose and no other: code signing, under the name ``orders``. A box's certificate, or a server's,
  made by the same authority, gives no orders.
- Certificates are checked as far as the box knows the time: one that has expired before the floor has expired; one that is not
  yet valid is refused only where the clock is known to be right. A box without a clock must be able to follow orders of today.
- What was verified says nothing yet of whether it was taken before; :func:`ota.device.queue.arrange` looks at the counter.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ota.device.moment import Moment
from protocol.orders import Orders, OrdersError, SignedOrders, read_orders, signed_bytes

ORDERS_NAME = "orders"
"""Common name of the certificate."""
_UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.InvalidVersion)


def authorities(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Read the certificates of the fleet's authority: one, or two while it is being replaced.

    Raises:
        OrdersError: they are none, or not an authority's with a key on an elliptic curve.
    """
    try:
        found = tuple(x509.load_pem_x509_certificates(pem))
        for certificate in found:
            basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
            if not basic.ca or not isinstance(certificate.public_key(), EllipticCurvePublicKey):
                msg = "the fleet's authority is none, or has no key on an elliptic curve; enrol this box again"
                raise OrdersError(msg)
    except (*_UNREADABLE, x509.ExtensionNotFound) as error:
        msg = f"the certificate of the fleet's authority cannot be read ({error}); enrol this box again"
        raise OrdersError(msg) from error
    return found


def verify(signed: SignedOrders, trusted: Sequence[x509.Certificate], fleet: str, device: str, time: Moment) -> Orders:
    """Believe orders, or not.

    Args:
        signed: as they came.
        trusted: certificates of the fleet's authority.
        fleet: of this box.
        device: its name.
        time: what it knows of the time.

    Raises:
        OrdersError: they are not for this box, or nobody who may give orders has signed them.
    """
    key = _key(_certificate(signed.certificate_pem), trusted, time)
    try:
        key.verify(base64.b64decode(f"{signed.signature}==", b"-_", validate=True), signed_bytes(signed.text))
    except (InvalidSignature, binascii.Error, UnicodeError) as error:
        msg = "the signature of the orders is not their certificate's; they were changed on the way, or are forged"
        raise OrdersError(msg) from error
    orders = read_orders(signed)
    if (orders.fleet, orders.device) != (fleet, device):
        msg = f"orders for {orders.device} of fleet {orders.fleet} came to {device} of {fleet}; they are not followed"
        raise OrdersError(msg)
    return orders


def _certificate(pem: str) -> x509.Certificate:
    try:
        (certificate,) = x509.load_pem_x509_certificates(pem.encode("ascii"))
    except _UNREADABLE as error:  # also none, several, and letters that are none
        msg = f"the orders' certificate cannot be read ({error}); the manager has to sign them again"
        raise OrdersError(msg) from error
    return certificate


def _key(certificate: x509.Certificate, trusted: Sequence[x509.Certificate], time: Moment) -> Ed25519PublicKey:
    """The key of a certificate that may sign orders."""
    if not any(_made_by(certificate, authority) for authority in trusted):
        msg = "the orders' certificate was not made by this fleet's authority; they are forged, or another fleet's"
        raise OrdersError(msg)
    try:
        names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        uses = list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        key, begins, ends = certificate.public_key(), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (*_UNREADABLE, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        msg = f"the orders' certificate does not say what it is for ({error}); the manager has to have it made anew"
        raise OrdersError(msg) from error
    if (
        basic.ca
        or names != [ORDERS_NAME]
        or uses != [ExtendedKeyUsageOID.CODE_SIGNING]
        or not isinstance(key, Ed25519PublicKey)
    ):
        msg = f"the orders' certificate, of {names}, is for something else; nothing but {ORDERS_NAME!r} may give orders"
        raise OrdersError(msg)
    if ends < time.now:
        msg = f"the orders' certificate has expired ({ends:%Y-%m-%d}); the manager has to renew it"
        raise OrdersError(msg)
    if time.known and begins > time.now:
        msg = f"the orders' certificate begins {begins:%Y-%m-%d}; set the manager's clock"
        raise OrdersError(msg)
    return key


def _made_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
