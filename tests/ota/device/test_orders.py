"""Rows 12 and 15: orders are believed if the fleet's manager has signed them for this box, and taken once."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from fleet.identity.authority import Authority
from ota.device.moment import Moment
from ota.device.orders import verify
from ota.device.signers import authorities
from protocol.orders import Order, Orders, OrdersError, SignedOrders, report_bytes, signed_bytes

UTC = dt.timezone.utc
NOW = dt.datetime(2026, 5, 2, 10, tzinfo=UTC)
DAY = dt.timedelta(days=1)
KNOWN = Moment(NOW, known=True)
KEY = Ed25519PrivateKey.generate()
ORDERS = Orders("harbour", "lamp-1", 12, (Order("plate-reader", 4, "0a" * 16),))


class Maker:
    """An authority that makes whatever it is asked for."""

    def __init__(self, key: Any = None, *, ca: bool = True) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lamplighter fleet harbour")])
        self.certificate = self._made(self.name, self.key.public_key(), NOW - 100 * DAY, NOW + 3000 * DAY, ca=ca, uses=None)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(
        self,
        text: str | None = None,
        key: Any = KEY,
        names: tuple[str, ...] = ("orders",),
        uses: tuple[Any, ...] | None = (ExtendedKeyUsageOID.CODE_SIGNING,),
        begins: dt.datetime = NOW - DAY,
        ends: dt.datetime = NOW + 30 * DAY,
        *,
        ca: bool = False,
        sign_with: Any = None,
    ) -> SignedOrders:
        text = msgspec.json.encode(ORDERS).decode() if text is None else text
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
        certificate = self._made(subject, key.public_key(), begins, ends, ca=ca, uses=uses)
        signer = sign_with or (key if isinstance(key, Ed25519PrivateKey) else KEY)
        signature = base64.urlsafe_b64encode(signer.sign(signed_bytes(text))).decode().rstrip("=")
        return SignedOrders(text, signature, certificate.public_bytes(serialization.Encoding.PEM).decode())

    def _made(
        self, subject: x509.Name, key: Any, begins: dt.datetime, ends: dt.datetime, *, ca: bool, uses: Any
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if uses:
            builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=True)
        return builder.sign(self.key, None if isinstance(self.key, Ed25519PrivateKey) else hashes.SHA256())


FLEET = Maker()
TRUSTED = authorities(FLEET.pem, OrdersError)
SIGNED = FLEET.sign()


def test_orders_that_are_meant_for_this_box() -> None:
    assert verify(SIGNED, TRUSTED, "harbour", "lamp-1", KNOWN) == ORDERS


def test_two_authorities_while_one_replaces_the_other() -> None:
    assert verify(SIGNED, authorities(Maker().pem + FLEET.pem, OrdersError), "harbour", "lamp-1", KNOWN) == ORDERS


CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
CODE = ExtendedKeyUsageOID.CODE_SIGNING


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        pytest.param(lambda: Maker().sign(), "not made by this fleet's authority", id="15: another fleet's authority"),
        pytest.param(lambda: FLEET.sign(names=("lamp-1",), uses=(CLIENT,)), "is for something else", id="15: a box's own"),
        pytest.param(lambda: FLEET.sign(uses=(CLIENT,)), "is for something else", id="15: a client that is called so"),
        pytest.param(lambda: FLEET.sign(uses=(CODE, CLIENT)), "is for something else", id="15: for more than this"),
        pytest.param(lambda: FLEET.sign(uses=(SERVER,)), "is for something else", id="15: a server's"),
        pytest.param(lambda: FLEET.sign(uses=None), "does not say what it is for", id="15: for anything"),
        pytest.param(lambda: FLEET.sign(names=("lamp-1",)), "is for something else", id="15: another name"),
        pytest.param(lambda: FLEET.sign(names=("orders", "lamp-1")), "is for something else", id="15: two names"),
        pytest.param(lambda: FLEET.sign(names=()), "is for something else", id="15: no name"),
        pytest.param(lambda: FLEET.sign(ca=True), "is for something else", id="15: an authority"),
        pytest.param(
            lambda: FLEET.sign(key=ec.generate_private_key(ec.SECP256R1())),
            "is for something else",
            id="15: another kind of key",
        ),
        pytest.param(
            lambda: FLEET.sign(sign_with=Ed25519PrivateKey.generate()),
            "signature of the orders",
            id="12: somebody else's signature",
        ),
        pytest.param(lambda: FLEET.sign(ends=NOW - DAY / 2), "has expired", id="expired"),
        pytest.param(lambda: FLEET.sign(begins=NOW + DAY), "begins", id="not yet valid"),
        pytest.param(
            lambda: FLEET.sign(msgspec.json.encode(msgspec.structs.replace(ORDERS, device="lamp-2")).decode()),
            "for lamp-2 of fleet harbour came to lamp-1",
            id="12: for another box",
        ),
        pytest.param(
            lambda: FLEET.sign(msgspec.json.encode(msgspec.structs.replace(ORDERS, fleet="station")).decode()),
            "for lamp-1 of fleet station came to lamp-1",
            id="12: for another fleet",
        ),
        pytest.param(lambda: FLEET.sign("{}"), "cannot be read", id="signed nonsense"),
        pytest.param(lambda: msgspec.structs.replace(SIGNED, text=SIGNED.text + " "), "signature", id="12: a blank more"),
        pytest.param(lambda: msgspec.structs.replace(SIGNED, signature="A" * 86), "signature", id="12: no signature"),
        pytest.param(lambda: msgspec.structs.replace(SIGNED, signature="*" * 86), "signature", id="12: not base64"),
        pytest.param(lambda: msgspec.structs.replace(SIGNED, certificate_pem=""), "cannot be read", id="no certificate"),
        pytest.param(
            lambda: msgspec.structs.replace(SIGNED, certificate_pem=SIGNED.certificate_pem * 2),
            "cannot be read",
            id="two of them",
        ),
        pytest.param(
            lambda: msgspec.structs.replace(SIGNED, certificate_pem=SIGNED.certificate_pem + "é"),
            "cannot be read",
            id="letters",
        ),
    ],
)
def test_rows_12_and_15_orders_that_are_not_followed(signed: Callable[[], SignedOrders], words: str) -> None:
    with pytest.raises(OrdersError, match=words):
        verify(signed(), TRUSTED, "harbour", "lamp-1", KNOWN)


def test_row_12_no_signature_for_one_thing_serves_for_another() -> None:
    text = SIGNED.text
    for data in (text.encode(), report_bytes("harbour", "lamp-1", msgspec.json.decode(_REPORT, type=_report_type()))):
        signature = base64.urlsafe_b64encode(KEY.sign(data)).decode().rstrip("=")
        with pytest.raises(OrdersError, match="signature"):
            verify(msgspec.structs.replace(SIGNED, signature=signature), TRUSTED, "harbour", "lamp-1", KNOWN)


_REPORT = b'{"bundle":"a","release":1,"running":0,"step":"accepted","counter":1,"nonce":"00000000000000000000000000000000"}'


def _report_type() -> Any:
    from protocol.events import OtaReport

    return OtaReport


def test_row_60_a_box_without_a_clock_follows_orders_of_today() -> None:
    """It knows that it is later than its build; a certificate of today is not yet valid then, and is taken all the same."""
    old = Moment(NOW - 400 * DAY, known=False)
    assert verify(SIGNED, TRUSTED, "harbour", "lamp-1", old) == ORDERS
    with pytest.raises(OrdersError, match="begins 2026-05-01"):
        verify(SIGNED, TRUSTED, "harbour", "lamp-1", Moment(NOW - 400 * DAY, known=True))
    with pytest.raises(OrdersError, match="has expired"):
        verify(SIGNED, TRUSTED, "harbour", "lamp-1", Moment(NOW + 31 * DAY, known=False))


def test_the_managers_own_authority_is_one(tmp_path: Any) -> None:
    made = Authority(tmp_path, "harbour")
    (certificate,) = authorities(made.pem.encode(), OrdersError)
    assert certificate.subject.rfc4514_string() == "CN=Lamplighter fleet harbour"


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"nonsense",
        Maker(ca=False).pem,
        Maker(Ed25519PrivateKey.generate()).pem,
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
    ids=["nothing", "nonsense", "not an authority", "another kind of key", "no certificate"],
)
def test_what_is_no_authority(pem: bytes) -> None:
    with pytest.raises(OrdersError, match="enrol this box again"):
        authorities(pem, OrdersError)


@given(st.text(max_size=80), st.text("AB-_", min_size=86, max_size=86), st.binary(max_size=400))
def test_whatever_comes_is_refused_in_our_words(text: str, signature: str, der: bytes) -> None:
    body = base64.b64encode(der).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
    for certificate in (pem, SIGNED.certificate_pem):
        with pytest.raises(OrdersError):
            verify(SignedOrders(text, signature, certificate), TRUSTED, "harbour", "lamp-1", KNOWN)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_row_12_a_certificate_that_was_changed_in_any_bit() -> None:
    """Refused, or read as it was before: a truth may be written as any byte but nought."""
    before = x509.load_pem_x509_certificate(SIGNED.certificate_pem.encode())
    der = before.public_bytes(serialization.Encoding.DER)
    silent = 0
    for at, bit in itertools.product(range(len(der)), range(8)):
        changed = der[:at] + bytes([der[at] ^ 1 << bit]) + der[at + 1 :]
        body = base64.b64encode(changed).decode()
        changed_pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
        signed = msgspec.structs.replace(SIGNED, certificate_pem=changed_pem)
        with contextlib.suppress(OrdersError):
            assert verify(signed, TRUSTED, "harbour", "lamp-1", KNOWN) == ORDERS
            assert x509.load_der_x509_certificate(changed).tbs_certificate_bytes == before.tbs_certificate_bytes
            silent += 1
    assert silent < 0.01 * 8 * len(der), "all but a few are found out"
