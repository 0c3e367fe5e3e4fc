"""Keys of plates on their way to a box: offered a lock, sealed for it, and held in memory only.

A box makes a new lock (X25519) at every start and offers it in its birth certificate, signed with its own key. The manager
answers with the command ``keys``: the keys that the box needs now, sealed for that lock (an X25519 key of one use, HKDF-SHA256,
ChaCha20-Poly1305) and signed as orders are. Neither the lock's key nor what it opens is ever written: a box that was without
power has no keys, says so, and is given them again; an image of its disk opens nothing that was recorded on the wire.

A lock opens one bundle. Then the box makes another one and offers that: a bundle that was held back is refused when it comes
after a later one.

Rules: what is sealed names the fleet, the box and the boot, and the seal is over them; a key has an end and is forgotten then.
The sealing itself is in :mod:`protocol.sealing`.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol.basis import Struct
from protocol.errors import ProtocolError
from protocol.identifiers import Boot, Name
from protocol.lists import KeyId
from protocol.orders import Signature

SECRET_BYTES = 32
MOST_KEYS = 24
_OFFER = b"lamplighter key offer 1\n"
_SEALED = b"lamplighter keys 1\n"

Point = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z", description="X25519 public key, base64url without padding")]
Secret = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z", description="32 bytes, base64url without padding")]


class KeysError(ProtocolError):
    """Keys that a box does not take."""

    reason = "keys"


class KeyOffer(Struct, frozen=True):
    """The lock that a box has made, for one bundle."""

    lock: Point
    signature: Annotated[Signature, Meta(description="Ed25519 of the box's key over fleet, device, boot and lock")]


class PlateKey(Struct, frozen=True):
    """A key, in clear: in memory only."""

    id: KeyId
    use: Annotated[Literal["list", "pseudonym"], Meta(description="Digests of a list, or pseudonyms of everyone else")]
    purpose: Annotated[Name, Meta(description="Of the fleet's policy")]
    secret: Secret
    begins: Annotated[dt.datetime, Meta(tz=True, description="From when on it is used")]
    ends: Annotated[dt.datetime, Meta(tz=True, description="From when on it is forgotten")]

    def key(self) -> bytes:
        """32 bytes."""
        return unpacked(self.secret)

    def __repr__(self) -> str:
        """All but the secret: what is shown of a key ends up in logs and in the texts of errors."""
        return f"PlateKey({self.id}, {self.use}, {self.purpose}, {self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d})"

    __str__ = __repr__

    def __rich_repr__(self) -> list[tuple[str, str]]:
        """As above, where the terminal's library asks."""
        return [("id", self.id)]


class KeyBundle(Struct, frozen=True):
    """All that a box should hold; what it holds besides it forgets."""

    fleet: Name
    device: Name
    boot: Boot
    keys: Annotated[tuple[PlateKey, ...], Meta(max_length=MOST_KEYS, description="Each id once")] = ()


class SealedKeys(Struct, frozen=True):
    """A bundle as it travels, in the command ``keys``."""

    lock: Annotated[Point, Meta(description="For which it was sealed")]
    sender: Annotated[Point, Meta(description="Key of one use of the manager")]
    sealed: Annotated[str, Meta(max_length=8192, description="The bundle, sealed, base64url without padding")]
    signature: Annotated[Signature, Meta(description="Of the manager's key for orders, over all of the above")]
    certificate_pem: Annotated[str, Meta(max_length=4096, description="Of the key that signed, made by the fleet's authority")]


def offer_bytes(fleet: str, device: str, boot: str, lock: str) -> bytes:
    """What the signature of an offer is over."""
    return _OFFER + msgspec.json.encode((fleet, device, boot, lock))


def sealed_bytes(lock: str, sender: str, sealed: str) -> bytes:
    """What the signature of sealed keys is over."""
    return _SEALED + msgspec.json.encode((lock, sender, sealed))


def place_bytes(fleet: str, device: str, boot: str) -> bytes:
    """What the seal is over besides the bundle."""
    return _SEALED + msgspec.json.encode((fleet, device, boot))


def packed(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unpacked(text: str) -> bytes:
    """Of base64url without padding.

    Raises:
        ValueError: it is none.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
