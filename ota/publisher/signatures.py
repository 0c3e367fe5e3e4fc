"""Who has signed, as it counts.

Rules: a threshold is one of people, so it is one of keys that differ in themselves: a key counts once, under however many ids
it stands in the root; signatures are checked, not believed; a signature of a key that is not of the role counts for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Key
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from ota.publisher.document import Document
from ota.publisher.errors import SignatureError
from protocol.errors import InvalidNameError
from protocol.identifiers import check_name

AnyDocument: TypeAlias = Document[Root] | Document[Targets] | Document[Snapshot] | Document[Timestamp]

OWNER = "x-lamplighter-owner"
"""Field of a key in the root: whose it is. Signed with the root."""


@dataclass(frozen=True)
class Tally:
    """Signatures that count under one root."""

    root: int
    """Version of that root."""
    threshold: int
    signed: tuple[str, ...]
    """Owners of the keys that have signed, each once."""
    missing: tuple[str, ...]
    """Owners of the keys that could still sign."""

    @property
    def reached(self) -> bool:
        """Whether enough have signed."""
        return len(self.signed) >= self.threshold

    def __str__(self) -> str:
        signed = f"{len(self.signed)} of {self.threshold} needed under root {self.root}"
        by = f" ({', '.join(self.signed)})" if self.signed else ""
        more = (
            "" if self.reached else f"; missing: {self.threshold - len(self.signed)} of {', '.join(self.missing) or 'nobody'}"
        )
        return signed + by + more


def owner(key: Key) -> str:
    """Whose key it is; the beginning of its id where the root does not say."""
    said = key.unrecognized_fields.get(OWNER)
    try:
        return check_name(said, "owner") if isinstance(said, str) else key.keyid[:8]
    except InvalidNameError:
        return key.keyid[:8]


def identity(key: Key) -> str | None:
    """Name a key by what it is, whatever its id, and however its public part is written; nothing where that is no key."""
    public = key.keyval.get("public")
    try:
        if not isinstance(public, str):
            return None
        if key.keytype == "ed25519":
            return _fingerprint(ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))
        return _fingerprint(serialization.load_pem_public_key(public.encode()))
    except (ValueError, UnsupportedAlgorithm):
        return None


def _fingerprint(key: PublicKeyTypes) -> str:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def keys_of(root: Root, role: str) -> tuple[Key, ...]:
    """Keys of a role that are written in the root."""
    return tuple(root.keys[keyid] for keyid in root.roles[role].keyids if keyid in root.keys)


def distinct(keys: Iterable[Key]) -> dict[str, Key]:
    """One key of each that are the same; what is no key at all is left out."""
    found: dict[str, Key] = {}
    for key in keys:
        name = identity(key)
        if name is not None:
            found.setdefault(name, key)
    return found


def tally(root: Root, document: AnyDocument) -> Tally:
    """Count who has signed a document, for the role that it says it is of."""
    signed: list[Key] = []
    others: list[Key] = []
    for key in keys_of(root, document.role):
        (signed if has_signed(key, document) else others).append(key)
    done, open_ = distinct(signed), distinct(others)
    missing = tuple(sorted(owner(key) for name, key in open_.items() if name not in done))
    threshold = root.roles[document.role].threshold
    return Tally(root.version, threshold, tuple(sorted(owner(key) for key in done.values())), missing)


def has_signed(key: Key, document: AnyDocument) -> bool:
    """Whether a key's signature is there and right."""
    signature = document.metadata.signatures.get(key.keyid)
    if signature is None:
        return False
    try:
        key.verify_signature(signature, document.payload)
    except UnverifiedSignatureError:
        return False
    return True


def check(root: Root, document: AnyDocument) -> None:
    """Refuse what too few have signed.

    Raises:
        SignatureError: saying who has and who could.
    """
    found = tally(root, document)
    if not found.reached:
        msg = f"{document.role} {document.version} is signed by too few: {found}"
        raise SignatureError(msg)
