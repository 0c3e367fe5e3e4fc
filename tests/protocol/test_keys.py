"""Keys of plates: sealed for a lock, opened by it and by nothing else; and what they make."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol.keys import KeyBundle, KeysError, PlateKey, SealedKeys, offer_bytes, packed, sealed_bytes, unpacked
from protocol.pseudonyms import pseudonym
from protocol.sealing import open_sealed, seal

AT = dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)
SECRET = bytes(range(32))
BUNDLE = KeyBundle(
    "city",
    "box",
    "a" * 12,
    (PlateKey("key-1", "list", "stolen-vehicles", packed(SECRET), AT, AT + dt.timedelta(days=9)),),
)
PLACE = ("city", "box", "a" * 12)


def lock_of(own: X25519PrivateKey) -> str:
    return packed(own.public_key().public_bytes_raw())


def sealed_for(own: X25519PrivateKey, bundle: KeyBundle = BUNDLE) -> SealedKeys:
    sender, sealed = seal(bundle, lock_of(own))
    return SealedKeys(lock_of(own), sender, sealed, "A" * 86, "certificate")


def test_what_was_sealed_is_opened_by_its_lock() -> None:
    own = X25519PrivateKey.generate()
    opened = open_sealed(sealed_for(own), own, *PLACE)
    assert opened == BUNDLE
    assert opened.keys[0].key() == SECRET


def test_nothing_of_it_can_be_read_and_no_two_are_alike() -> None:
    own = X25519PrivateKey.generate()
    first, second = sealed_for(own), sealed_for(own)
    assert packed(SECRET) not in msgspec.json.encode(first).decode()
    assert SECRET not in unpacked(first.sealed)
    assert first.sealed != second.sealed
    assert first.sender != second.sender


def test_a_key_shows_all_but_its_secret() -> None:
    (key,) = BUNDLE.keys
    for shown in (repr(key), str(key), f"{BUNDLE}", repr(BUNDLE), f"{key.__rich_repr__()}"):
        assert packed(SECRET) not in shown
        assert "key-1" in shown


def test_another_lock_another_box_or_another_boot_opens_nothing() -> None:
    own, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    with pytest.raises(KeysError, match="no longer has"):
        open_sealed(sealed_for(own), other, *PLACE)
    claimed = msgspec.structs.replace(sealed_for(own), lock=lock_of(other))
    for keys, key, place in (
        (claimed, other, PLACE),
        (sealed_for(own), own, ("city", "box", "b" * 12)),
        (sealed_for(own), own, ("city", "other", "a" * 12)),
        (sealed_for(own), own, ("town", "box", "a" * 12)),
    ):
        with pytest.raises(KeysError, match="cannot be opened"):
            open_sealed(keys, key, *place)


@pytest.mark.parametrize("sealed", ["", "A", "AAAA", "A" * 8192, "####"])
def test_what_was_changed_on_the_way_is_refused(sealed: str) -> None:
    own = X25519PrivateKey.generate()
    with pytest.raises(KeysError, match="cannot be opened"):
        open_sealed(msgspec.structs.replace(sealed_for(own), sealed=sealed), own, *PLACE)


def test_a_sender_of_no_order_is_refused() -> None:
    """A point of small order would make a key that everybody knows."""
    own = X25519PrivateKey.generate()
    with pytest.raises(KeysError, match="cannot be opened"):
        open_sealed(msgspec.structs.replace(sealed_for(own), sender=packed(bytes(32))), own, *PLACE)


def test_what_is_signed_names_what_it_is() -> None:
    assert offer_bytes(*PLACE, "x").startswith(b"lamplighter key offer 1\n")
    assert sealed_bytes("x", "y", "z").startswith(b"lamplighter keys 1\n")
    assert offer_bytes("a", "b", "c", "d") != offer_bytes("a", "b", "cd", "")


def test_a_pseudonym_is_of_the_folded_plate_and_of_its_key() -> None:
    assert pseudonym(SECRET, "1OIQ") == pseudonym(SECRET, "1010")
    assert pseudonym(SECRET, "1ABC123") != pseudonym(bytes(32), "1ABC123")
    assert pseudonym(SECRET, "1ABC123") != pseudonym(SECRET, "1ABC124")
    assert len(pseudonym(SECRET, "1ABC123")) == 32
