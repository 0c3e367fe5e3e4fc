"""The pending file: nothing in it is believed for its being there, and nothing changes unseen."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tuf.api.metadata import Key, Root, TargetFile, Targets

from ota.publisher.carried import Carried, pack, read_carried, unpack
from ota.publisher.catalogue import HISTORY
from ota.publisher.changes import root_changes, targets_changes
from ota.publisher.document import Document, new, read_root, read_snapshot, read_targets, read_timestamp
from ota.publisher.errors import (
    KeyRefusedError,
    MetadataError,
    PendingError,
    PublisherError,
    ReleaseRefusedError,
    SignatureError,
)
from ota.publisher.material import read_material
from ota.publisher.roles import LARGEST, ROOT, SNAPSHOT, TARGETS
from ota.publisher.root import first_root
from ota.publisher.signing import check_content, opened, review, with_signature
from ota.publisher.surroundings import nobody_asked
from tests.ota.publisher.site import ENGINEERS, Site

SMALL = 600


def first(site: Site) -> Document[Root]:
    return read_root(site.publisher.trusted_root(), "root 1")


def test_it_is_enough_to_judge_by(site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    carried = unpack(site.publisher.pending_path(TARGETS).read_bytes(), "stick")
    seen = review(carried, first(site))
    assert seen.notes == ()
    assert seen.changes[0] == "+ plate-reader 2 (version 1.0.1), for all boards, agent 0.1 or later"
    assert str(seen.tallies[0]) == "0 of 2 needed under root 1; missing: 2 of engineer-1, engineer-2"
    assert (
        f"the fingerprint of root 1 is {site.publisher.status().fingerprint}; compare it with your note"
        in review(carried).notes
    )


def test_it_holds_no_secret_and_survives_being_written(site: Site) -> None:
    site.publisher.renew(ROOT)
    site.add("1.0.1", size=SMALL)
    for role in (ROOT, TARGETS):
        data = site.publisher.pending_path(role).read_bytes()
        assert pack(unpack(data, role)) == data
        assert b"PRIVATE" not in data


def test_a_file_from_another_repository_is_not_signed(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "other")
    other.create()
    other.sign(ROOT, "root-1", "root-2")
    other.add(size=SMALL)
    with pytest.raises(MetadataError, match=r"root 1, which you trust, is none of the roots in this file.*do not sign it"):
        review(other.publisher.carried(TARGETS), first(site))
    with pytest.raises(KeyRefusedError, match="none of the keys that may sign this"):
        opened(other.publisher.carried(TARGETS), str(site.key("engineer-1")), nobody_asked)


def forged_root(site: Site, mallory: Site) -> Document[Root]:
    """A root 2 with keys of an attacker, which only they have signed."""
    roles = {role: mallory.role(["mallory-1", "mallory-2"], 2) for role in (ROOT, TARGETS)}
    online = {role: mallory.role(["mallory-3"], 1) for role in ("snapshot", "timestamp")}
    root = first_root({**roles, **online}, site.clock() + dt.timedelta(days=300))
    root.version = 2
    document = new(root)
    return signed(signed(document, mallory, "mallory-1"), mallory, "mallory-2")


def signed(document: Document[Root], who: Site, name: str) -> Document[Root]:
    carried = with_signature(
        Carried(document, ()), opened(Carried(document, ()), str(who.key(name)), nobody_asked), who.clock()
    )
    return read_root(carried.pending.data, "root")


def test_a_change_cannot_be_hidden_behind_a_present_that_never_was(site: Site, tmp_path: Path) -> None:
    """Mallory adds a release, and shows as what is in force targets that have it already."""
    site.add("6.6.6", size=SMALL)
    honest = site.publisher.carried(TARGETS)
    assert honest.before is not None
    assert any("6.6.6" in line for line in review(honest, first(site)).changes)
    hidden = dataclasses.replace(honest, before=read_targets(honest.pending.data, "targets"))
    with pytest.raises(SignatureError, match="which these would replace, are not signed by those who may sign them"):
        review(hidden, first(site))


def test_roots_that_do_not_follow_are_found(site: Site, tmp_path: Path) -> None:
    """Row 9: a new root needs the old ones' signatures."""
    mallory = Site(tmp_path / "mallory")
    site.add("1.0.1", size=SMALL)
    honest = site.publisher.carried(TARGETS)
    root = forged_root(site, mallory)
    taken = dataclasses.replace(honest, roots=(*honest.roots, root), ahead=True)
    notes = review(taken, first(site)).notes
    assert "not in force yet: root 2 is signed by too few: 0 of 2 needed under root 1" in notes[0]
    later = dataclasses.replace(taken, roots=(*taken.roots, root))
    with pytest.raises(SignatureError, match="root 2 is signed by too few"):
        review(later, first(site))
    with pytest.raises(SignatureError, match="root 2 is signed by too few"):
        review(dataclasses.replace(taken, ahead=False), first(site))
    before = dataclasses.replace(taken, before=read_targets(honest.pending.data, "targets"))
    with pytest.raises(SignatureError, match="are not signed by those who may sign them"):
        review(before, first(site))
    skipped = dataclasses.replace(honest, roots=(root,), pending=new(copy.deepcopy(root.signed)))
    with pytest.raises(MetadataError, match="root 2 stands where root 1 should"):
        review(skipped)


def test_own_copies_of_a_bundle_are_compared(site: Site) -> None:
    """The second person need not believe the first one's machine."""
    folder = site.bundle("1.0.1", size=SMALL)
    site.publisher.add(folder)
    carried = site.publisher.carried(TARGETS)
    assert check_content(carried, read_material(folder)) == (2,)
    other = site.bundle("1.0.1", bytes(SMALL))
    with pytest.raises(
        ReleaseRefusedError, match=r"release 2 of plate-reader is not your bundle: golden\.npz, manifest\.json.*do not"
    ):
        check_content(carried, read_material(other))
    with pytest.raises(ReleaseRefusedError, match=r"no release of plate-reader 1\.0\.0 would be added"):
        check_content(carried, read_material(site.bundle("1.0.0", size=SMALL)))


def test_a_signer_that_gives_nonsense_is_noticed(site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    carried = site.publisher.carried(TARGETS)
    signer = opened(carried, str(site.key("engineer-1")), nobody_asked)
    right = signer.sign
    signer.sign = lambda payload: right(payload + b" ")  # type: ignore[method-assign]
    with pytest.raises(SignatureError, match="the key of engineer-1 gave a signature that does not verify"):
        with_signature(carried, signer, site.clock())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no pending file"),
        (b"[]", "is no pending file"),
        (b"\xff\xfe", "is no pending file"),
        (b"[" * 100_000, "is no pending file"),
        (b'{"kind":"x","pending":{},"roots":[]}', "is no pending file"),
        (b'{"kind":"x","pending":{"signed":{"_type":"root"}},"roots":[]}', "is of the kind 'x'"),
        (
            b'{"kind":"lamplighter pending metadata 1","pending":{"signed":{"_type":"root"}},"roots":[]}',
            "cannot be read as signed",
        ),
        (b'{"kind":"lamplighter pending metadata 1","pending":{"signed":{"_type":"mirrors"}},"roots":[]}', "cannot be read as"),
    ],
)
def test_what_is_no_pending_file(data: bytes, message: str) -> None:
    with pytest.raises(PublisherError, match=message):
        unpack(data, "stick/x.json")


def test_what_is_not_there_and_what_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(PendingError, match=r"x\.json: cannot be read .*name the pending file"):
        read_carried(tmp_path / "x.json")
    with (tmp_path / "x.json").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(PendingError, match="not a pending file"):
        read_carried(tmp_path / "x.json")


def test_a_pending_file_in_the_wrong_place_is_named(site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    path = site.publisher.pending_path(ROOT)
    path.write_bytes(site.publisher.pending_path(TARGETS).read_bytes())
    with pytest.raises(PendingError, match=r"root\.json: is of targets; copy the right file here"):
        site.publisher.publish()


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    site = Site(tmp_path_factory.mktemp("fuzz"))
    site.create()
    site.sign(ROOT, "root-1", "root-2")
    site.add(size=SMALL)
    site.sign(TARGETS, *ENGINEERS)
    site.publisher.publish()
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, *ENGINEERS)
    return site.publisher.pending_path(TARGETS).read_bytes()


@given(st.data())
@settings(max_examples=150)
def test_bytes_that_were_changed_are_read_or_refused(honest: bytes, data: st.DataObject) -> None:
    changed = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(PublisherError):
        review(unpack(bytes(changed), "stick"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def _places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in _places(child, (*path, key)))]


@given(st.data())
@settings(max_examples=150)
def test_any_value_in_any_place_is_read_or_refused(honest: bytes, data: st.DataObject) -> None:
    """Metadata of the library's and of ours, with something else in place of any part of them."""
    whole = msgspec.json.decode(honest)
    place = data.draw(st.sampled_from(_places(whole)[1:]))
    inner = whole
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = data.draw(_JSON)
    with contextlib.suppress(PublisherError):
        review(unpack(msgspec.json.encode(whole), "stick"))


@given(st.binary(max_size=200))
def test_any_bytes_are_no_metadata(data: bytes) -> None:
    for read in (read_root, read_targets, read_snapshot, read_timestamp):
        with pytest.raises(MetadataError):
            read(data, "x.json")


def test_metadata_of_another_role_or_too_large_are_refused(site: Site) -> None:
    root = site.publisher.trusted_root()
    with pytest.raises(MetadataError, match="is metadata of root, not of snapshot; files were mixed up"):
        read_snapshot(root, "x.json")
    with pytest.raises(MetadataError, match=f"more than {LARGEST[SNAPSHOT]} bytes"):
        read_snapshot(bytes(LARGEST[SNAPSHOT] + 1), "x.json")
    huge = Targets(1, expires=site.clock(), targets={"x" * 5_000_000: TargetFile(1, {"sha256": "0" * 64}, "x")})
    with pytest.raises(MetadataError, match="and boxes read 5000000; remove old releases"):
        new(huge)


def targets_edits() -> dict[str, Callable[[Targets], object]]:
    def file(targets: Targets, name: str) -> TargetFile:
        return targets.targets[f"plate-reader/1/{name}"]

    return {
        "a longer file": lambda t: setattr(file(t, "golden.npz"), "length", 7),
        "another hash": lambda t: file(t, "golden.npz").hashes.update(sha256="0" * 64),
        "an unknown field of a file": lambda t: file(t, "golden.npz").unrecognized_fields.update(x="y"),
        "another board": lambda t: file(t, "manifest.json").custom["release"].update(hardware=["toaster"]),
        "an older agent": lambda t: file(t, "manifest.json").custom["release"].update(agent="0.0"),
        "a delta less": lambda t: t.targets.pop(next(path for path in t.targets if path.endswith(".delta"))),
        "an unknown field": lambda t: t.unrecognized_fields.update(x=1),
        "numbers forgotten": lambda t: t.unrecognized_fields.pop(HISTORY),
        "a version forgotten": lambda t: t.unrecognized_fields[HISTORY]["plate-reader"].update(versions={}),
        "numbers that jump": lambda t: t.unrecognized_fields[HISTORY]["plate-reader"].update(highest=99),
        "a release less": lambda t: [t.targets.pop(path) for path in list(t.targets)],
    }


@pytest.mark.parametrize("edit", targets_edits())
def test_no_change_of_targets_is_unseen(site: Site, edit: str) -> None:
    live = site.publisher._workshop.live()
    assert live is not None
    before = live.targets.signed
    after = copy.deepcopy(before)
    assert list(targets_changes(before, after)) == []
    targets_edits()[edit](after)
    assert list(targets_changes(before, after))


def root_edits() -> dict[str, Callable[[Root], object]]:
    def key(root: Root) -> Key:
        return root.keys[root.roles[TARGETS].keyids[0]]

    return {
        "a threshold": lambda r: setattr(r.roles[TARGETS], "threshold", 1),
        "a key less": lambda r: r.revoke_key(r.roles[TARGETS].keyids[0], TARGETS),
        "a key in another role": lambda r: r.add_key(key(r), ROOT),
        "the same id for another key": lambda r: key(r).keyval.update(public="0" * 64),
        "another owner": lambda r: key(r).unrecognized_fields.update({"x-lamplighter-owner": "mallory"}),
        "a key in no role": lambda r: r.roles[TARGETS].keyids.clear(),
        "an unknown field": lambda r: r.unrecognized_fields.update(x=1),
        "an unknown field of a key": lambda r: key(r).unrecognized_fields.update(x=1),
        "an unknown field of a role": lambda r: r.roles[TARGETS].unrecognized_fields.update(x=1),
        "an id without a key": lambda r: r.roles[TARGETS].keyids.append("9" * 64),
        "no consistent snapshots": lambda r: setattr(r, "consistent_snapshot", False),
    }


@pytest.mark.parametrize("edit", root_edits())
def test_no_change_of_a_root_is_unseen(site: Site, edit: str) -> None:
    before = first(site).signed
    after = copy.deepcopy(before)
    assert list(root_changes(before, after)) == []
    root_edits()[edit](after)
    assert list(root_changes(before, after))
