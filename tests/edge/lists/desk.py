"""The manager's desk: a fleet's authority, who signs lists and keys under it, and what they make."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.lists.believe import Believer
from ota.device.moment import Moment
from ota.device.signers import authorities
from protocol.keys import KeyBundle, PlateKey, SealedKeys, packed, sealed_bytes
from protocol.lists import (
    ListError,
    ListHeader,
    Part,
    Seal,
    change_body,
    seal_entries,
    signed_bytes,
    whole_body,
    write_file,
)
from protocol.sealing import seal
from protocol.twin import ListChange, ListOrder

NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
DAY = dt.timedelta(days=1)
FLEET, DEVICE, BOOT = "city", "box", "a" * 12
LIST_KEY, SERIES_KEY = bytes(range(32)), bytes(range(100, 132))
STOLEN = PlateKey("list-1", "list", "stolen-vehicles", packed(LIST_KEY), NOW - DAY, NOW + 9 * DAY)
OTHERS = PlateKey("travel-1", "pseudonym", "travel-times", packed(SERIES_KEY), NOW - DAY, NOW + 9 * DAY)


class Desk:
    """One fleet's."""

    def __init__(self, fleet: str = FLEET) -> None:
        self.fleet = fleet
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Lamplighter fleet {fleet}")])
        certificate = self._made(self._name, self._key.public_key(), ca=True)
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.lists, self.orders = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self.lists_pem, self.orders_pem = self.certify("lists", self.lists), self.certify("orders", self.orders)

    def certify(self, name: str, key: Ed25519PrivateKey, **dates: dt.datetime) -> str:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._made(subject, key.public_key(), ca=False, **dates)
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def believer(self, now: dt.datetime = NOW, *, known: bool = True) -> Believer:
        return Believer(self.fleet, authorities(self.pem, ListError), Moment(now, known))

    def keys(self, lock: str, *keys: PlateKey, boot: str = BOOT, device: str = DEVICE) -> SealedKeys:
        sender, sealed = seal(KeyBundle(self.fleet, device, boot, keys), lock)
        return self.signed(lock, sender, sealed)

    def signed(self, lock: str, sender: str, sealed: str) -> SealedKeys:
        signature = packed(self.orders.sign(sealed_bytes(lock, sender, sealed)))
        return SealedKeys(lock, sender, sealed, signature, self.orders_pem)

    def _made(self, subject: x509.Name, key: Any, *, ca: bool, **dates: dt.datetime) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(dates.get("begins", NOW - 100 * DAY)).not_valid_after(
            dates.get("ends", NOW + 900 * DAY)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=True)
        return builder.sign(self._key, hashes.SHA256())


class Made:
    """One version of a list: its file, and what may be asked of it.

    Args:
        desk: who signs.
        version: of the list.
        plates: patterns.
        spoil: of the header, before it is signed.
    """

    def __init__(self, desk: Desk, version: int, plates: Iterable[str], *, secret: bytes = LIST_KEY, **spoil: Any) -> None:
        self.desk, self.version = desk, version
        self.entries = seal_entries(secret, plates)
        header = ListHeader(
            desk.fleet,
            "stolen",
            version,
            "stolen-vehicles",
            "decision 7",
            NOW - DAY,
            NOW + 9 * DAY,
            "list-1",
            0.2,
            tuple(Part(mask, len(found)) for mask, found in self.entries.items()),
            hashlib.sha256(whole_body(self.entries)).hexdigest(),
        )
        self.header = msgspec.structs.replace(header, **spoil)
        self.text = msgspec.json.encode(self.header)
        self.file = self.written(whole_body(self.entries))

    def written(self, body: bytes, *, key: Ed25519PrivateKey | None = None, pem: str | None = None) -> bytes:
        signature = (key or self.desk.lists).sign(signed_bytes(self.text))
        sealed = Seal(base64.urlsafe_b64encode(signature).decode().rstrip("="), pem or self.desk.lists_pem)
        return write_file(self.text, sealed, body)

    def change(self, before: Made) -> bytes:
        return self.written(change_body(before.version, before.entries, self.entries))

    def order(self, *changes: tuple[int, bytes], file: bytes | None = None, version: int | None = None) -> ListOrder:
        whole = file or self.file
        return ListOrder(
            self.header.list,
            version or self.version,
            digest_of(whole),
            len(whole),
            tuple(ListChange(base, digest_of(data), len(data)) for base, data in changes),
        )


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
