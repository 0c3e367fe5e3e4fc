"""The manager's key for orders, and its certificate. Keys of plates on their way to a box are signed with it too.

Rules: the key is a file that only the manager's user can read, made at first need; its certificate is of the fleet's authority,
for signing and nothing else, and is renewed at two thirds of its life; a key that is lost is replaced, for boxes believe the
authority and not the key.
"""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.identity.authority import Authority, KeysError
from fleet.identity.files import write_whole
from protocol.orders import Orders, SignedOrders, signed_bytes

_RENEW_AT = 2 / 3


class OrderSigner:
    """Signs orders.

    Args:
        folder: keeps ``orders.key`` and ``orders.crt``; that of the authority.
        authority: of the fleet.

    Raises:
        KeysError: the files cannot be read or written, or the key is none.
    """

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._key_path, self._certificate_path = folder / "orders.key", folder / "orders.crt"
        self._authority = authority
        try:
            self._key = self._load_key()
            self._certificate = self._load_certificate()
        except OSError as error:
            msg = f"{error.filename or folder}: the key for orders cannot be used: {error.strerror}; mend the folder"
            raise KeysError(msg) from error

    def sign(self, orders: Orders, now: dt.datetime) -> SignedOrders:
        """Sign orders.

        Raises:
            KeysError: the certificate had to be renewed and could not be written.
        """
        text = msgspec.json.encode(orders).decode()
        return SignedOrders(text, self.signature(signed_bytes(text)), self.certificate_pem(now))

    def signature(self, data: bytes) -> str:
        """A signature, base64url without padding.

        Args:
            data: begins with a line that says what it is, so that no signature for one thing serves for another.
        """
        return base64.urlsafe_b64encode(self._key.sign(data)).rstrip(b"=").decode("ascii")

    def certificate_pem(self, now: dt.datetime) -> str:
        """The certificate that goes with what is signed now.

        Raises:
            KeysError: it had to be renewed and could not be written.
        """
        if not (self._certificate and _is_fresh(self._certificate, now)):
            made = self._authority.sign_orders(self._key.public_key(), now)
            try:
                write_whole(self._certificate_path, made.public_bytes(serialization.Encoding.PEM))
            except OSError as error:
                msg = f"{self._certificate_path}: cannot be written: {error.strerror}; mend the folder"
                raise KeysError(msg) from error
            self._certificate = made
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def _load_key(self) -> Ed25519PrivateKey:
        if not self._key_path.exists():
            fresh = Ed25519PrivateKey.generate()
            pem = fresh.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_whole(self._key_path, pem)
        remedy = "move it away; another one is made, and boxes take it for its certificate"
        try:
            loaded = serialization.load_pem_private_key(self._key_path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            msg = f"{self._key_path}: not a private key; {remedy}"
            raise KeysError(msg) from error
        if not isinstance(loaded, Ed25519PrivateKey):
            msg = f"{self._key_path}: not an Ed25519 key; {remedy}"
            raise KeysError(msg)
        return loaded

    def _load_certificate(self) -> x509.Certificate | None:
        """The certificate that is there, if it is of this key and this authority."""
        try:
            found = x509.load_pem_x509_certificate(self._certificate_path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        ours = found.public_key() == self._key.public_key() and self._authority.has_signed(found)
        return found if ours else None


def _is_fresh(certificate: x509.Certificate, now: dt.datetime) -> bool:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return begin <= now < begin + (end - begin) * _RENEW_AT
