"""Orders are signed with a key that the fleet's authority has certified for this and nothing else."""

from __future__ import annotations

import base64
import datetime as dt
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet.identity.authority import Authority, KeysError
from fleet.rollouts.signer import OrderSigner
from protocol.orders import Order, Orders, SignedOrders, read_orders, signed_bytes

NOW = dt.datetime.now(dt.timezone.utc)
ORDERS = Orders("north", "box-1", 7, (Order("person-vehicle-fast", 4, "5f" * 16),))


def signer(folder: Path) -> OrderSigner:
    return OrderSigner(folder, Authority(folder, "north"))


def verify(signed: SignedOrders) -> x509.Certificate:
    certificate = x509.load_pem_x509_certificate(signed.certificate_pem.encode())
    key = certificate.public_key()
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.urlsafe_b64decode(signed.signature + "=="), signed_bytes(signed.text))
    return certificate


def test_what_is_signed_can_be_verified_and_travels(tmp_path: Path) -> None:
    signed = signer(tmp_path).sign(ORDERS, NOW)
    certificate = verify(msgspec.json.decode(msgspec.json.encode(signed), type=SignedOrders))
    assert read_orders(signed) == ORDERS
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes()))
    assert [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["orders"]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical
    assert list(usage.value) == [ExtendedKeyUsageOID.CODE_SIGNING]
    changed = msgspec.structs.replace(signed, text=signed.text.replace("box-1", "box-2"))
    with pytest.raises(InvalidSignature):
        verify(changed)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = verify(signer(tmp_path).sign(ORDERS, NOW))
    assert stat.S_IMODE((tmp_path / "orders.key").stat().st_mode) == 0o600
    assert verify(signer(tmp_path).sign(ORDERS, NOW)) == first


def test_the_certificate_is_renewed_at_two_thirds_of_its_life(tmp_path: Path) -> None:
    first = verify(signer(tmp_path).sign(ORDERS, NOW))
    life = first.not_valid_after_utc - first.not_valid_before_utc
    before, after = (first.not_valid_before_utc + life * share for share in (0.66, 0.67))
    assert verify(signer(tmp_path).sign(ORDERS, before)) == first
    second = verify(signer(tmp_path).sign(ORDERS, after))
    assert second != first
    assert second.public_key() == first.public_key()


def test_another_authority_certifies_anew(tmp_path: Path) -> None:
    first = verify(signer(tmp_path).sign(ORDERS, NOW))
    for name in ("ca.key", "ca.crt"):
        (tmp_path / name).unlink()
    again = verify(signer(tmp_path).sign(ORDERS, NOW))
    assert again != first
    again.verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes()))


def test_keys_that_were_spoilt_are_named(tmp_path: Path) -> None:
    signer(tmp_path)
    (tmp_path / "orders.key").write_text("rubbish", "utf-8")
    with pytest.raises(KeysError, match=r"orders\.key: not a private key; move it away"):
        signer(tmp_path)
    (tmp_path / "orders.key").write_bytes((tmp_path / "ca.key").read_bytes())
    with pytest.raises(KeysError, match="not an Ed25519 key"):
        signer(tmp_path)
