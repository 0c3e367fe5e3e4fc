"""A box made of protocol code: it offers a lock, opens keys, verifies lists and looks plates up."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from protocol.identifiers import new_boot
from protocol.keys import KeyBundle, KeyOffer, PlateKey, SealedKeys, offer_bytes, packed, sealed_bytes
from protocol.lists import ListFile, apply_change, cut, digests_of, read_file, read_whole
from protocol.lists import signed_bytes as list_bytes
from protocol.plates import fold, normalise
from protocol.sealing import open_sealed
from protocol.state import State, Status
from protocol.twin import ListOrder

Fetch = Callable[[str], bytes]


def verified(certificate_pem: str, ca: x509.Certificate, name: str) -> Ed25519PublicKey:
    """The key of a certificate, once it is known to be the fleet's, for signing, and for this use."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    certificate.verify_directly_issued_by(ca)
    assert [one.value for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == [name]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [ExtendedKeyUsageOID.CODE_SIGNING]
    key = certificate.public_key()
    assert isinstance(key, Ed25519PublicKey)
    return key


def bytes_of(signature: str) -> bytes:
    return base64.urlsafe_b64decode(signature + "==")


@dataclass
class PlateBox:
    """Holds keys in memory and lists by name.

    Attributes:
        key: its own.
        ca: of the fleet.
    """

    fleet: str
    name: str
    ca: x509.Certificate
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    boot: str = field(default_factory=new_boot)
    lock: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    keys: dict[str, PlateKey] = field(default_factory=dict)
    lists: dict[str, tuple[ListFile, dict[str, bytes]]] = field(default_factory=dict)
    fetched: list[int] = field(default_factory=list)
    taken: KeyBundle | None = None
    _last: SealedKeys | None = None

    def offer(self) -> KeyOffer:
        point = packed(self.lock.public_key().public_bytes_raw())
        return KeyOffer(point, packed(self.key.sign(offer_bytes(self.fleet, self.name, self.boot, point))))

    def restart(self) -> None:
        """Without power: keys and lock are gone."""
        self.boot, self.lock, self.keys, self._last = new_boot(), X25519PrivateKey.generate(), {}, None

    def state(self, **more: Any) -> State:
        versions = {name: file.header.version for name, (file, _) in self.lists.items()}
        values: dict[str, Any] = {"lock": self.offer(), "keys": tuple(sorted(self.keys)), "lists": versions}
        return State(Status.ONLINE, self.boot, dt.datetime.now(dt.timezone.utc), **{**values, **more})

    def take_keys(self, letter: SealedKeys) -> KeyBundle:
        signer = verified(letter.certificate_pem, self.ca, "orders")
        signer.verify(bytes_of(letter.signature), sealed_bytes(letter.lock, letter.sender, letter.sealed))
        if letter == self._last and self.taken is not None:  # delivered twice
            return self.taken
        bundle = open_sealed(letter, self.lock, self.fleet, self.name, self.boot)
        self.keys = {key.id: key for key in bundle.keys}
        self.lock, self.taken, self._last = X25519PrivateKey.generate(), bundle, letter
        return bundle

    def take_list(self, order: ListOrder, fetch: Fetch) -> None:
        """Fetch what the twin names, by the shortest way, and verify it."""
        here = self.lists.get(order.list)
        change = next((one for one in order.changes if here and one.base == here[0].header.version), None)
        data = fetch(change.digest if change else order.digest)
        self.fetched.append(len(data))
        file = read_file(data)
        verified(file.seal.certificate_pem, self.ca, "lists").verify(bytes_of(file.seal.signature), list_bytes(file.text))
        assert (file.header.fleet, file.header.list, file.header.version) == (self.fleet, order.list, order.version)
        body = apply_change(file.header, file.body, change.base, here[1]) if change and here else file.body
        self.lists[order.list] = file, read_whole(file.header, body)

    def finds(self, name: str, plate: str) -> bool:
        """Whether a reading is on a list."""
        file, parts = self.lists[name]
        sought = digests_of(self.keys[file.header.key].key(), parts, fold(normalise(plate)))
        return any(digest in set(cut(parts[mask])) for mask, digest in sought.items())
