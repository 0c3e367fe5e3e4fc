"""Sealing keys for a box's lock, and opening them: X25519, HKDF-SHA256, ChaCha20-Poly1305 (RFC 7748, 5869, 8439).

Rule: pure but for the randomness of keys, which is the operating system's; a sealing key is used once, so that the nonce may be
nothing.
"""

from __future__ import annotations

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.keys import SECRET_BYTES, KeyBundle, KeysError, SealedKeys, packed, place_bytes, unpacked

_NONCE = bytes(12)


def seal(bundle: KeyBundle, lock: str) -> tuple[str, str]:
    """Seal a bundle.

    Returns:
        The sender's key of one use, and what is sealed, both base64url.
    """
    sender = X25519PrivateKey.generate()
    public = sender.public_key().public_bytes_raw()
    place = place_bytes(bundle.fleet, bundle.device, bundle.boot)
    key = _key(sender.exchange(X25519PublicKey.from_public_bytes(unpacked(lock))), public + unpacked(lock), place)
    sealed = ChaCha20Poly1305(key).encrypt(_NONCE, msgspec.json.encode(bundle), place)
    return packed(public), packed(sealed)


def open_sealed(keys: SealedKeys, own: X25519PrivateKey, fleet: str, device: str, boot: str) -> KeyBundle:
    """Open what the caller has verified.

    Args:
        keys: as they came.
        own: the lock's key.
        fleet: of the box.
        device: name of the box.
        boot: that offered the lock.

    Raises:
        KeysError: they are for another lock, box or boot, or were changed.
    """
    public, place = packed(own.public_key().public_bytes_raw()), place_bytes(fleet, device, boot)
    if keys.lock != public:
        msg = "keys came for a lock that this box no longer has: it took others meanwhile, or started anew; it offers a new one"
        raise KeysError(msg)
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(unpacked(keys.sender)))
        key = _key(shared, unpacked(keys.sender) + unpacked(keys.lock), place)
        bundle = msgspec.json.decode(ChaCha20Poly1305(key).decrypt(_NONCE, unpacked(keys.sealed), place), type=KeyBundle)
    except (InvalidTag, ValueError, RecursionError) as error:
        msg = "keys came that cannot be opened: they are for another box, or were changed on the way"
        raise KeysError(msg) from error
    if (bundle.fleet, bundle.device, bundle.boot) != (fleet, device, boot):
        msg = "keys came that name another box"
        raise KeysError(msg)
    return bundle


def _key(shared: bytes, salt: bytes, place: bytes) -> bytes:
    return HKDF(hashes.SHA256(), SECRET_BYTES, salt, place).derive(shared)
