"""Believing orders: signed for this use, by a key that the fleet's authority made for it, for this box, and new (rows 12, 15).

Rule: what was verified says nothing yet of whether it was taken before; :func:`ota.device.queue.arrange` looks at the counter.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from ota.device.moment import Moment
from ota.device.signers import ORDERS, Signer
from protocol.orders import Orders, OrdersError, SignedOrders, read_orders, signed_bytes

_SIGNER = Signer(ORDERS, "the orders", OrdersError)


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
    _SIGNER.check(signed_bytes(signed.text), signed.signature, signed.certificate_pem, trusted, time)
    orders = read_orders(signed)
    if (orders.fleet, orders.device) != (fleet, device):
        msg = f"orders for {orders.device} of fleet {orders.fleet} came to {device} of {fleet}; they are not followed"
        raise OrdersError(msg)
    return orders
