"""Keys: taken from the manager alone, for this lock and boot, once; held in memory, and gone at their end."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from edge.lists.keyring import Keyring, Place
from edge.lists.vault import Vault
from ota.device.moment import Moment
from protocol.keys import MOST_KEYS, KeysError, PlateKey, SealedKeys, offer_bytes, packed, place_bytes, unpacked
from protocol.sealing import _key
from tests.edge.lists.desk import BOOT, DAY, DEVICE, FLEET, LIST_KEY, NOW, OTHERS, STOLEN, Desk

DESK, OTHER = Desk(), Desk()
TRUSTED = DESK.believer().trusted
KNOWN = Moment(NOW, known=True)


@pytest.fixture
def ring() -> Keyring:
    return Keyring(Place(FLEET, DEVICE, BOOT))


def key(name: str, begins: int, ends: int, use: str = "pseudonym", purpose: str = "travel-times") -> PlateKey:
    return PlateKey(name, use, purpose, packed(name.encode().ljust(32)), NOW + begins * DAY, NOW + ends * DAY)  # type: ignore[arg-type]


def secret(ring: Keyring, name: str) -> bytes | None:
    with ring.lent(name) as found:
        return None if found is None else bytes(found)


def test_the_offer_is_signed_by_the_box_over_its_place(ring: Keyring) -> None:
    own = Ed25519PrivateKey.generate()
    offer = ring.offer(own.sign)
    own.public_key().verify(unpacked(offer.signature), offer_bytes(FLEET, DEVICE, BOOT, offer.lock))
    assert offer.lock == ring.lock != Keyring(Place(FLEET, DEVICE, BOOT)).lock, "another start, another lock"


def test_a_bundle_is_all_that_is_held(ring: Keyring) -> None:
    assert ring.take(DESK.keys(ring.lock, STOLEN, OTHERS), TRUSTED, KNOWN) == ("list-1", "travel-1")
    assert secret(ring, "list-1") == LIST_KEY
    assert ring.take(DESK.keys(ring.lock, OTHERS), TRUSTED, KNOWN) == ("travel-1",)
    assert secret(ring, "list-1") is None
    assert ring.find("list", "stolen-vehicles", KNOWN) is None


@pytest.mark.parametrize(
    ("sealed", "words"),
    [
        pytest.param(lambda lock: OTHER.keys(lock, STOLEN), "was not made by this fleet", id="another fleet's manager"),
        pytest.param(
            lambda lock: msgspec.structs.replace(DESK.keys(lock, STOLEN), certificate_pem=DESK.lists_pem),
            "nothing but 'orders'",
            id="signed by the list authority",
        ),
        pytest.param(
            lambda lock: msgspec.structs.replace(DESK.keys(lock, STOLEN), signature="A" * 86), "signature", id="forged"
        ),
        pytest.param(
            lambda lock: msgspec.structs.replace(DESK.keys(lock, STOLEN), sealed=DESK.keys(lock).sealed),
            "signature",
            id="swapped",
        ),
        pytest.param(lambda lock: DESK.keys(Keyring(Place(FLEET, DEVICE, BOOT)).lock), "no longer has", id="another lock"),
        pytest.param(lambda lock: DESK.keys(lock, STOLEN, boot="b" * 12), "cannot be opened", id="another boot"),
        pytest.param(lambda lock: DESK.keys(lock, STOLEN, device="other"), "cannot be opened", id="another box"),
        pytest.param(lambda lock: DESK.signed(lock, lock, "AAAA"), "cannot be opened", id="signed nonsense"),
        pytest.param(lambda lock: DESK.keys(lock, STOLEN, STOLEN), "twice", id="one twice"),
        pytest.param(lambda lock: DESK.keys(lock, key("k", 2, 1)), "ends before it begins", id="ends before it begins"),
        pytest.param(lambda lock: DESK.keys(lock, key("k", 0, 29)), "more than 28 days", id="too long"),
    ],
)
def test_what_is_not_taken_costs_nothing_that_is_held(ring: Keyring, sealed: Callable[[str], SealedKeys], words: str) -> None:
    ring.take(DESK.keys(ring.lock, OTHERS), TRUSTED, KNOWN)
    with pytest.raises(KeysError, match=words) as refused:
        ring.take(sealed(ring.lock), TRUSTED, KNOWN)
    assert ring.ids == ("travel-1",)
    assert packed(LIST_KEY) not in str(refused.value)


def test_keys_that_were_recorded_are_not_taken_again_once_others_came(ring: Keyring) -> None:
    first = DESK.keys(ring.lock, STOLEN, OTHERS)
    ring.take(first, TRUSTED, KNOWN)
    assert ring.take(first, TRUSTED, KNOWN) == ("list-1", "travel-1"), "delivered twice"
    ring.take(DESK.keys(ring.lock, OTHERS), TRUSTED, KNOWN)
    with pytest.raises(KeysError, match="it took others meanwhile"):
        ring.take(first, TRUSTED, KNOWN)
    assert ring.ids == ("travel-1",)


def test_keys_that_were_held_back_are_not_taken_after_later_ones(ring: Keyring) -> None:
    """Made before the withdrawal of a list, for the same start and never delivered."""
    held_back, later = DESK.keys(ring.lock, STOLEN, OTHERS), DESK.keys(ring.lock, OTHERS)
    ring.take(later, TRUSTED, KNOWN)
    with pytest.raises(KeysError, match="it took others meanwhile"):
        ring.take(held_back, TRUSTED, KNOWN)
    assert ring.ids == ("travel-1",)
    held_back = DESK.keys(ring.lock, STOLEN, OTHERS)
    ring.clear()
    with pytest.raises(KeysError, match="no longer has"):
        ring.take(held_back, TRUSTED, KNOWN)
    assert not ring.ids, "nor once a box was told to hold nothing"


def test_a_key_is_forgotten_at_its_end(ring: Keyring) -> None:
    ring.take(DESK.keys(ring.lock, STOLEN, key("short", -1, 1)), TRUSTED, KNOWN)
    assert ring.forget(KNOWN) == ()
    assert ring.find("pseudonym", "travel-times", Moment(NOW + DAY, known=False)) is None, "before anyone has looked"
    assert ring.forget(Moment(NOW + DAY, known=True)) == ("short",)
    assert ring.ids == ("list-1",)
    ended = DESK.keys(ring.lock, key("short", -2, -1))
    assert ring.take(ended, TRUSTED, KNOWN) == (), "what has ended is not taken up"


def test_of_two_periods_the_one_that_has_begun_counts(ring: Keyring) -> None:
    ring.take(DESK.keys(ring.lock, key("next", 3, 20), key("this", -9, 4)), TRUSTED, KNOWN)

    def used(days: int, *, known: bool = True) -> str | None:
        found = ring.find("pseudonym", "travel-times", Moment(NOW + days * DAY, known))
        return None if found is None else found.id

    assert [used(0), used(3), used(20)] == ["this", "next", None]
    assert [used(-20), used(-20, known=False)] == [None, "this"], "a box without a clock uses the earlier one"
    assert ring.find("list", "travel-times", KNOWN) is None
    assert ring.find("pseudonym", "travel-times", KNOWN, "other") is None


def test_as_many_keys_as_a_bundle_holds_can_be_replaced_again_and_again(ring: Keyring) -> None:
    keys = [key(f"k{n}", -1, 9) for n in range(MOST_KEYS)]
    for _ in range(4):
        assert len(ring.take(DESK.keys(ring.lock, *keys), TRUSTED, KNOWN)) == MOST_KEYS
    assert secret(ring, "k7") == b"k7".ljust(32)
    ring.clear()
    assert ring.ids == ()


def test_nothing_shows_a_secret(ring: Keyring) -> None:
    ring.take(DESK.keys(ring.lock, STOLEN), TRUSTED, KNOWN)
    held = ring.find("list", "stolen-vehicles", KNOWN)
    for shown in (repr(ring), str(ring), repr(held), repr(ring._vault), repr(vars(ring))):
        assert packed(LIST_KEY) not in shown
        assert repr(LIST_KEY)[2:-1] not in shown
    with pytest.raises(TypeError):
        pickle.dumps(ring)


def test_a_wiped_secret_is_overwritten_where_it_stood() -> None:
    vault = Vault()
    place = vault.put(LIST_KEY)
    view = vault.secret(place)
    assert bytes(view) == LIST_KEY
    vault.wipe(place)
    assert bytes(view) == bytes(32)
    assert LIST_KEY not in bytes(vault._view)


def test_the_page_of_secrets_is_locked_not_dumped_and_not_inherited() -> None:
    vault = Vault()
    assert vault.lacks == (), "or the system says what it refuses"
    import ctypes

    place = ctypes.addressof(ctypes.c_char.from_buffer(vault._page))
    flags = set[str]()
    within = False
    for line in Path("/proc/self/smaps").read_text("ascii").splitlines():
        if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            within = int(found[1], 16) <= place < int(found[2], 16)
        elif within and line.startswith("VmFlags:"):
            flags = set(line.split()[1:])
    assert {"dd", "wf", "lo"} <= flags


def test_what_is_full_says_so() -> None:
    vault = Vault()
    for _ in range(2 * MOST_KEYS):
        vault.put(bytes(32))
    with pytest.raises(MemoryError, match="no room"):
        vault.put(bytes(32))


@given(st.text("AB-_", min_size=43, max_size=43), st.text("ABCD-_", max_size=200), st.text("AB-_", min_size=86, max_size=86))
def test_any_letters_are_refused_as_keys(sender: str, sealed: str, signature: str) -> None:
    ring = Keyring(Place(FLEET, DEVICE, BOOT))
    for keys in (
        SealedKeys(ring.lock, sender, sealed, signature, DESK.orders_pem),
        SealedKeys(ring.lock, sender, sealed, signature, sealed),
        DESK.signed(ring.lock, sender, sealed),
    ):
        with pytest.raises(KeysError):
            ring.take(keys, TRUSTED, KNOWN)
    assert ring.ids == ()


@given(st.binary(max_size=300))
def test_any_bytes_that_are_sealed_are_refused_as_keys(content: bytes) -> None:
    """Whoever has the manager's key may still say nonsense."""
    ring, sender, place = Keyring(Place(FLEET, DEVICE, BOOT)), X25519PrivateKey.generate(), place_bytes(FLEET, DEVICE, BOOT)
    public, lock = sender.public_key().public_bytes_raw(), unpacked(ring.lock)
    sealing = _key(sender.exchange(X25519PublicKey.from_public_bytes(lock)), public + lock, place)
    sealed = packed(ChaCha20Poly1305(sealing).encrypt(bytes(12), content, place))
    with pytest.raises(KeysError, match="cannot be opened"):
        ring.take(DESK.signed(ring.lock, packed(public), sealed), TRUSTED, KNOWN)
