"""Rows 4 and 9: keys come and go, and readers that were led astray find back."""

from __future__ import annotations

import datetime as dt

import pytest
from securesystemslib.signer import Signer
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import MetaFile, Snapshot, Timestamp

from ota.publisher.document import Document, new
from ota.publisher.errors import KeyRefusedError, SignatureError, WorkshopError
from ota.publisher.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from ota.publisher.signatures import keys_of
from ota.publisher.signers import open_signer
from ota.publisher.surroundings import nobody_asked
from tests.ota.publisher.site import ENGINEERS, Site

SMALL = 600


def rotate_online(site: Site, *roles: str) -> None:
    for role in roles:
        site.publisher.rotate(role, site.role(["online-2"], 1).keys, ["online"], signers={"online-2": site.signer("online-2")})


def test_a_root_needs_the_old_threshold_and_the_new(site: Site, url: str) -> None:
    reader = site.reader()
    reader.refresh(url)
    site.publisher.rotate(ROOT, site.role(["root-4", "root-5"], 1).keys, ["root-1", "root-2"])
    site.sign(ROOT, "root-4", "root-5")
    with pytest.raises(SignatureError, match=r"0 of 2 needed under root 1; .* 2 of 2 needed under root 2 \(root-4, root-5\)"):
        site.publisher.publish()
    site.sign(ROOT, "root-1")
    with pytest.raises(SignatureError, match=r"1 of 2 needed under root 1 \(root-1\)"):
        site.publisher.publish()
    site.sign(ROOT, "root-3")
    assert site.publisher.publish().root == 2
    assert reader.refresh(url)
    assert reader.seen["root"] == 2


def test_old_keys_alone_make_no_new_root(site: Site) -> None:
    site.publisher.rotate(ROOT, site.role(["root-4", "root-5"], 1).keys, ["root-2", "root-3"])
    site.sign(ROOT, "root-1", "root-2")
    with pytest.raises(
        SignatureError, match=r"2 of 2 needed under root 1 \(root-1, root-2\); 1 of 2 needed under root 2 \(root-1\)"
    ):
        site.publisher.publish()


def test_a_higher_threshold(site: Site, url: str) -> None:
    site.publisher.rotate(ROOT, threshold=3)
    site.sign(ROOT, "root-1", "root-2")
    with pytest.raises(SignatureError, match="2 of 3 needed under root 2"):
        site.publisher.publish()
    site.sign(ROOT, "root-3")
    site.publisher.publish()
    assert site.reader().refresh(url)


def test_readers_follow_through_many_roots_from_the_first(site: Site, url: str) -> None:
    early = site.reader("early")
    early.refresh(url)
    for _ in range(4):
        site.publisher.renew(ROOT)
        site.sign(ROOT, "root-1", "root-3")
        site.publisher.publish()
    late = site.reader("late")
    late.refresh(url)
    early.refresh(url)
    assert late.seen["root"] == early.seen["root"] == 5


def test_changing_a_root_that_is_pending_goes_on_from_it(site: Site) -> None:
    rotate_online(site, SNAPSHOT)
    rotate_online(site, TIMESTAMP)
    carried = site.publisher.carried(ROOT)
    assert carried.pending.version == 2
    site.sign(ROOT, "root-1")
    assert site.publisher.renew(ROOT), "signatures were lost, and that is said"
    site.sign(ROOT, "root-1", "root-2")
    assert site.publisher.publish().root == 2
    assert site.publisher.status().roles[3].owners == ("online-2",)


def stolen(site: Site) -> Signer:
    """The online key, in the hands of somebody else."""
    live = site.publisher._workshop.live()
    assert live is not None
    return open_signer(str(site.key("online")), keys_of(live.root.signed, TIMESTAMP), nobody_asked)


def fast_forward(site: Site, *, snapshot: bool) -> None:
    """What a thief of the online key can do: versions so high that nothing ever follows them."""
    live = site.publisher._workshop.live()
    assert live is not None
    later = site.clock() + dt.timedelta(days=300)
    far = live.snapshot
    if snapshot:
        far = new(Snapshot(900_000, expires=later, meta={"targets.json": MetaFile(900_000)})).signed_by(stolen(site))
        (site.public / "metadata" / far.name).write_bytes(far.data)
    meta = far.meta_file() if snapshot else MetaFile(900_000)
    timestamp: Document[Timestamp] = new(Timestamp(900_000, expires=later, snapshot_meta=meta)).signed_by(stolen(site))
    (site.public / "metadata/timestamp.json").write_bytes(timestamp.data)


@pytest.mark.parametrize("snapshot", [False, True], ids=["timestamp", "timestamp and snapshot"])
def test_row_4_readers_recover_from_a_fast_forward(site: Site, url: str, snapshot: bool) -> None:
    reader = site.reader()
    reader.refresh(url)
    kept = {path: path.read_bytes() for path in (site.public / "metadata").iterdir()}
    fast_forward(site, snapshot=snapshot)
    with pytest.raises(Exception):  # noqa: B017, PT011 - the reader is stuck, whatever it calls it
        reader.refresh(url)
    for path, data in kept.items():
        path.write_bytes(data)
    with pytest.raises(RepositoryError, match="must be >= 900000"):
        reader.refresh(url)
    rotate_online(site, SNAPSHOT, TIMESTAMP)
    site.sign(ROOT, "root-1", "root-2")
    site.publisher.publish()
    reader.seen.clear()  # of what the thief signed, versions do fall
    client = reader.refresh(url)
    assert reader.fetch_all(client) == 5
    assert reader.seen == {"root": 2, "targets": 1, "snapshot": 2, "timestamp": 2}


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_stolen_key_is_noticed_and_rotating_takes_its_work_away(site: Site, url: str, snapshot: bool) -> None:
    fast_forward(site, snapshot=snapshot)
    with pytest.raises(
        WorkshopError, match=r"timestamp 900000 there is rightly signed, but not from this workshop.*rotate timestamp"
    ):
        site.publisher.refresh()
    rotate_online(site, SNAPSHOT, TIMESTAMP)
    site.sign(ROOT, "root-1", "root-2")
    site.publisher.publish()
    assert not site.publisher.verify().findings
    assert site.reader().refresh(url)


def test_a_new_online_key_whose_old_one_is_lost(site: Site, url: str) -> None:
    """Without the old key no order of writing serves everybody; it is said, and the next refreshment does."""
    reader = site.reader()
    reader.refresh(url)
    site.key("online").unlink()
    rotate_online(site, SNAPSHOT, TIMESTAMP)
    site.sign(ROOT, "root-1", "root-2")
    done = site.publisher.publish()
    assert not done.seamless
    assert done.written[-2:] == ("metadata/2.root.json", "metadata/timestamp.json")
    assert reader.refresh(url)


def test_both_online_keys_sign_once_while_one_takes_over_from_the_other(site: Site, url: str) -> None:
    rotate_online(site, SNAPSHOT, TIMESTAMP)
    site.sign(ROOT, "root-1", "root-2")
    done = site.publisher.publish()
    assert done.seamless
    assert done.written[-2:] == ("metadata/timestamp.json", "metadata/2.root.json")
    live = site.publisher._workshop.live()
    assert live is not None
    assert len(live.timestamp.metadata.signatures) == 2
    site.publisher.refresh(force=True)
    live = site.publisher._workshop.live()
    assert live is not None
    assert len(live.timestamp.metadata.signatures) == 1
    assert site.reader().refresh(url)


def test_engineers_that_change_have_to_sign_what_is_out(site: Site, url: str) -> None:
    reader = site.reader()
    reader.refresh(url)
    dropped, too = site.publisher.rotate(TARGETS, site.role(["engineer-3"], 1).keys, ["engineer-2"])
    assert (dropped, too) == (False, True)
    site.sign(ROOT, "root-1", "root-2")
    with pytest.raises(SignatureError, match=r"root 2 has other keys of targets, whose owners have to sign"):
        site.publisher.publish()
    site.sign(TARGETS, "engineer-1", "engineer-3")
    done = site.publisher.publish()
    assert (done.root, done.targets, done.seamless) == (2, 2, False)
    assert reader.refresh(url)


def test_if_the_old_ones_sign_too_nobody_is_refused(site: Site) -> None:
    site.publisher.rotate(TARGETS, site.role(["engineer-3"], 1).keys, ["engineer-2"])
    site.sign(ROOT, "root-1", "root-2")
    site.sign(TARGETS, "engineer-1", "engineer-2", "engineer-3")
    assert site.publisher.publish().seamless


def test_an_engineer_more_needs_no_new_signatures_of_what_is_out(site: Site, url: str) -> None:
    _, too = site.publisher.rotate(TARGETS, site.role(["engineer-3"], 1).keys)
    assert not too
    site.sign(ROOT, "root-1", "root-2")
    done = site.publisher.publish()
    assert (done.root, done.targets, done.seamless) == (2, None, True)
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, "engineer-3", "engineer-2")
    site.publisher.publish()
    assert site.reader().refresh(url)


def test_an_engineer_who_has_gone_signs_no_more(site: Site) -> None:
    site.publisher.rotate(TARGETS, site.role(["engineer-3"], 1).keys, ["engineer-2"])
    site.sign(ROOT, "root-1", "root-2")
    site.sign(TARGETS, "engineer-1", "engineer-3")
    site.publisher.publish()
    site.add("1.0.1", size=SMALL)
    with pytest.raises(KeyRefusedError, match="of engineer-1, engineer-3"):
        site.sign(TARGETS, "engineer-2")


def test_a_release_goes_out_while_a_root_waits(site: Site, url: str) -> None:
    site.publisher.rotate(TARGETS, site.role(["engineer-3"], 1).keys, ["engineer-2"])
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, *ENGINEERS)
    done = site.publisher.publish()
    assert (done.root, done.targets) == (None, 2)
    assert done.waiting[0].startswith("root 2: 0 of 2 needed under root 1")
    assert site.reader().refresh(url)


def test_a_role_without_a_signer_is_said(site: Site) -> None:
    site.publisher.rotate(TIMESTAMP, site.role(["online-2"], 1).keys, ["online"])
    site.sign(ROOT, "root-1", "root-2")
    with pytest.raises(
        SignatureError, match="timestamp 2 is signed by too few: 0 of 1 needed under root 2; missing: 1 of online-2"
    ):
        site.publisher.publish()
    assert not site.publisher.verify().findings
