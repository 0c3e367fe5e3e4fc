"""Row 1: a threshold is one of people; a key counts once, whatever is written around it."""

from __future__ import annotations

import copy
import datetime as dt

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey
from tuf.api.metadata import Metadata, Role, Root, Targets

from ota.publisher.document import Document, new
from ota.publisher.errors import KeyRefusedError, SignatureError
from ota.publisher.roles import ROLES, TARGETS, TIMESTAMP
from ota.publisher.root import RoleKeys, check_root, first_root, rotated
from ota.publisher.signatures import OWNER, check, identity, owner, tally

LATER = dt.datetime(2040, 1, 1, tzinfo=dt.timezone.utc)


def signer(name: str, keyid: str | None = None, private: ed25519.Ed25519PrivateKey | None = None) -> CryptoSigner:
    """Somebody's key, under an id of one's choice."""
    private = private or ed25519.Ed25519PrivateKey.generate()
    public = SSlibKey.from_crypto(private.public_key(), keyid)
    public.unrecognized_fields[OWNER] = name
    return CryptoSigner(private, public)


ALICE, BOB, CAROL, ONLINE = (signer(name) for name in ("alice", "bob", "carol", "online"))


def keys(*signers: CryptoSigner, threshold: int = 2) -> RoleKeys:
    return RoleKeys(tuple(s.public_key for s in signers), threshold)


def roles(targets: RoleKeys | None = None) -> dict[str, RoleKeys]:
    offline = keys(ALICE, BOB)
    online = keys(ONLINE, threshold=1)
    return {"root": offline, "targets": targets or offline, "snapshot": online, "timestamp": online}


def root_with(targets: RoleKeys) -> Root:
    """A root as an attacker would write it: no rule is asked."""
    root = Root(1, expires=LATER)
    for key in targets.keys:
        root.add_key(key, TARGETS)
    root.roles[TARGETS].threshold = targets.threshold
    return root


def targets(*signers: CryptoSigner) -> Document[Targets]:
    document = new(Targets(1, expires=LATER))
    for each in signers:
        document = document.signed_by(each)
    return document


def test_two_people_are_enough_and_one_is_not() -> None:
    root = root_with(keys(ALICE, BOB, CAROL))
    assert tally(root, targets(ALICE, CAROL)).reached
    found = tally(root, targets(ALICE))
    assert (found.reached, found.signed, found.missing) == (False, ("alice",), ("bob", "carol"))
    with pytest.raises(SignatureError, match=r"targets 1 is signed by too few: 1 of 2 needed under root 1 \(alice\)"):
        check(root, targets(ALICE))


def twice(shape: str) -> tuple[CryptoSigner, CryptoSigner]:
    """One key, written as if it were two."""
    first = signer("alice")
    private = first._private_key
    assert isinstance(private, ed25519.Ed25519PrivateKey)
    second = signer("bob", "b" * 64, private)
    if shape == "in capitals":
        second.public_key.keyval["public"] = second.public_key.keyval["public"].upper()
    if shape == "as an unknown field too":
        second.public_key.unrecognized_fields["comment"] = "another"
    return first, second


@pytest.mark.parametrize("shape", ["under two ids", "in capitals", "as an unknown field too"])
def test_a_key_counts_once_under_two_ids(shape: str) -> None:
    first, second = twice(shape)
    root = root_with(keys(first, second))
    document = targets(first, second)
    assert root.get_verification_result(TARGETS, document.payload, document.metadata.signatures).verified, (
        "the library counts ids"
    )
    assert tally(root, document).signed == ("alice",)
    with pytest.raises(SignatureError, match="1 of 2"):
        check(root, document)


def test_a_pem_with_other_line_ends_is_the_same_key() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    public = SSlibKey.from_crypto(private.public_key())
    other = copy.deepcopy(public)
    other.keyid = "c" * 64
    other.keyval["public"] = other.keyval["public"].replace("\n", "\r\n") + "\n\n"
    point = serialization.PublicFormat.CompressedPoint
    compressed = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), private.public_key().public_bytes(serialization.Encoding.X962, point)
    )
    assert identity(public) == identity(other) == identity(SSlibKey.from_crypto(compressed))


def test_a_root_that_names_one_key_twice_is_not_made() -> None:
    for shape in ("under two ids", "in capitals"):
        with pytest.raises(KeyRefusedError, match=r"targets has one key twice, of alice, bob; a key counts once"):
            first_root(roles(keys(*twice(shape))), LATER)


def test_a_key_with_two_names_is_one_key() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    both = signer("alice", None, private), signer("mallory", None, private)
    with pytest.raises(KeyRefusedError, match="the keys of alice and mallory are one"):
        first_root(roles(keys(*both)), LATER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": keys(ALICE, threshold=2)}, "targets has 1 keys, and 2 have to sign"),
        ({"timestamp": keys(ALICE, threshold=1)}, "the key of alice would be online and offline at once"),
        ({"snapshot": keys(signer("x", "a" * 64, ALICE._private_key), threshold=1)}, "alice would be online and offline"),  # type: ignore[arg-type]
        ({"targets": keys(signer("same"), signer("same"))}, "targets has two keys of one owner among same, same"),
        ({"root": keys(threshold=1)}, "root has 0 keys, and 1 have to sign"),
    ],
)
def test_roots_that_break_a_rule_are_not_made(change: dict[str, RoleKeys], message: str) -> None:
    """Row 9: no online key authorises content."""
    with pytest.raises(KeyRefusedError, match=message):
        first_root({**roles(), **change}, LATER)


def test_rotation_keeps_the_rules() -> None:
    base = first_root(roles(keys(ALICE, BOB, CAROL)), LATER)
    before = copy.deepcopy(base)
    assert {owner(base.keys[k]) for k in rotated(base, TARGETS, [], ["bob"], None).roles[TARGETS].keyids} == {"alice", "carol"}
    for add, remove, threshold, message in (
        ([], ["bob", "carol"], None, "targets has 1 keys, and 2 have to sign"),
        ([], ["dave"], None, "'dave' has no key of targets; its keys are of alice, bob, carol"),
        ([ALICE.public_key], [], None, "the key of alice is in targets already"),
        ([ONLINE.public_key], [], None, "the key of online would be online and offline at once"),
        ([], [], 2, "nothing of targets would change"),
        ([signer("bob").public_key], [], None, "targets has two keys of one owner"),
    ):
        with pytest.raises(KeyRefusedError, match=message):
            rotated(base, TARGETS, add, remove, threshold)
    assert base == before, "what is in force is not touched"
    replaced = rotated(base, TARGETS, [signer("bob").public_key], ["bob"], None)
    assert len(replaced.roles[TARGETS].keyids) == 3


def test_signatures_that_are_none_count_for_nothing() -> None:
    root = root_with(keys(ALICE, BOB))
    good = targets(ALICE, BOB)
    first, second = good.metadata.signatures.values()
    for forged in (
        {ALICE.public_key.keyid: first, BOB.public_key.keyid: Signature(BOB.public_key.keyid, first.signature)},
        {ALICE.public_key.keyid: first, BOB.public_key.keyid: Signature(ALICE.public_key.keyid, second.signature)},
        {ALICE.public_key.keyid: first, BOB.public_key.keyid: Signature(BOB.public_key.keyid, "zz")},
        {ALICE.public_key.keyid: first, CAROL.public_key.keyid: targets(CAROL).metadata.signatures[CAROL.public_key.keyid]},
    ):
        document = Document(Metadata(good.signed, forged), b"")
        assert tally(root, document).signed == ("alice",)


def test_keys_that_are_none_count_for_nothing() -> None:
    root = root_with(keys(ALICE, BOB))
    for keyid, keyval in (("1" * 64, {"public": "00"}), ("2" * 64, {"public": 7}), ("3" * 64, {})):
        key = SSlibKey(keyid, "ed25519", "ed25519", {"public": ""})
        key.keyval = keyval
        root.add_key(key, TARGETS)
    root.roles[TARGETS].keyids.append("4" * 64)
    found = tally(root, targets(ALICE))
    assert (found.signed, found.missing) == (("alice",), ("bob",))
    sound = first_root(roles(keys(ALICE, BOB)), LATER)
    sound.add_key(key, TARGETS)
    with pytest.raises(KeyRefusedError, match="the key of 33333333 is of a kind that boxes do not check"):
        check_root(sound)


def test_who_it_is_is_not_what_a_file_wishes_to_print() -> None:
    key = signer("alice").public_key
    for name in ("\x1b[2Jalice", "alice\nbob", "", "A" * 99, 7, None):
        key.unrecognized_fields[OWNER] = name
        assert owner(key) == key.keyid[:8]


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(1, 6), st.data())
@settings(max_examples=60)
def test_the_tally_is_the_number_of_different_keys_that_signed(named: list[int], threshold: int, data: st.DataObject) -> None:
    """Six keys under any number of ids; whoever signs, under however many of them."""
    pool = _POOL
    written = [signer(f"n{n}", f"{i:064x}", pool[n]) for i, n in enumerate(named)]
    root = Root(1, expires=LATER)
    for each in written:
        root.add_key(each.public_key, TARGETS)
    root.roles[TARGETS] = Role([each.public_key.keyid for each in written], threshold)
    signing = [each for each in written if data.draw(st.booleans())]
    found = tally(root, targets(*signing))
    assert len(found.signed) == len({each.public_key.keyval["public"] for each in signing})
    assert found.reached == (len(found.signed) >= threshold)
    assert not set(found.signed) & set(found.missing)


_POOL = [ed25519.Ed25519PrivateKey.generate() for _ in range(6)]


def test_roles_are_the_four() -> None:
    assert set(first_root(roles(), LATER).roles) == set(ROLES)
    assert first_root(roles(), LATER).roles[TIMESTAMP].threshold == 1
