"""Orders are read strictly, and name each bundle once."""

from __future__ import annotations

import json

import msgspec
import pytest

from protocol.events import EventType, OtaReport
from protocol.examples import DESIRED, EVENTS, ORDERS
from protocol.orders import OrdersError, SignedOrders, read_orders, report_bytes, signed_bytes

assert DESIRED.orders is not None
SIGNED: SignedOrders = DESIRED.orders


def _with(text: str) -> SignedOrders:
    return msgspec.structs.replace(SIGNED, text=text)


def test_what_was_written_is_read() -> None:
    assert read_orders(SIGNED) == ORDERS


@pytest.mark.parametrize("text", ["", "{}", "[]", "\ud800", "[" * 4000, SIGNED.text.replace('"counter":12', '"counter":0')])
def test_what_is_no_orders_is_refused(text: str) -> None:
    with pytest.raises(OrdersError, match="cannot be read"):
        read_orders(_with(text))


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(OrdersError, match="unknown"):
        read_orders(_with(json.dumps({**json.loads(SIGNED.text), "unknown": 1})))


def test_a_bundle_is_ordered_once() -> None:
    twice = msgspec.structs.replace(ORDERS, orders=ORDERS.orders * 2)
    with pytest.raises(OrdersError, match="twice: person-vehicle-fast, person-vehicle-fast"):
        read_orders(_with(msgspec.json.encode(twice).decode()))


def test_no_signature_for_one_thing_serves_for_another() -> None:
    report = EVENTS[EventType.OTA_REPORT].body.observed
    assert isinstance(report, OtaReport)
    made = report_bytes("harbour", "lamp-1", report)
    assert made == report_bytes("harbour", "lamp-1", msgspec.structs.replace(report, signature=""))
    others = {
        report_bytes("harbour", "lamp-2", report),
        report_bytes("other", "lamp-1", report),
        report_bytes("harbour", "lamp-1", msgspec.structs.replace(report, nonce="0" * 32)),
        report_bytes("harbour", "lamp-1", msgspec.structs.replace(report, step="succeeded")),
        signed_bytes(SIGNED.text),
    }
    assert len(others | {made}) == 6
    assert not signed_bytes("").startswith(made[:16])
