"""Orders as a box takes them: verified down to the authority that it knows since its enrolment."""

from __future__ import annotations

import base64
import datetime as dt

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from protocol.orders import Orders, OrdersError, SignedOrders, read_orders, signed_bytes

_NAME = "orders"


def verify_orders(signed: SignedOrders, authority: x509.Certificate, fleet: str, device: str, now: dt.datetime) -> Orders:
    """Verify and read orders.

    Args:
        signed: as they came.
        authority: of the fleet.
        fleet: that the box belongs to.
        device: the box.
        now: its wall clock.

    Raises:
        OrdersError: they are not signed by a key that the authority has certified for orders, or not for this box.
    """
    try:
        certificate = x509.load_pem_x509_certificate(signed.certificate_pem.encode())
        certificate.verify_directly_issued_by(authority)
        usage = list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        key = certificate.public_key()
        if usage != [ExtendedKeyUsageOID.CODE_SIGNING] or names != [_NAME] or not isinstance(key, Ed25519PublicKey):
            msg = f"orders are signed with the certificate of {names}, which is for {[one.dotted_string for one in usage]}"
            raise OrdersError(msg)
        key.verify(base64.urlsafe_b64decode(signed.signature + "=="), signed_bytes(signed.text))
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound) as error:
        msg = f"orders are not signed by this fleet's authority: {error or type(error).__name__}"
        raise OrdersError(msg) from error
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        life = f"{certificate.not_valid_before_utc} to {certificate.not_valid_after_utc}"
        msg = f"the certificate of the orders is valid from {life}, and it is {now}"
        raise OrdersError(msg)
    orders = read_orders(signed)
    if (orders.fleet, orders.device) != (fleet, device):
        msg = f"orders for {orders.fleet}/{orders.device} came to {fleet}/{device}"
        raise OrdersError(msg)
    return orders
