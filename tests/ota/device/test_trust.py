"""What is believed, and kept: in one write, over power cuts, by the box's own time."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tuf.api.metadata import Targets, UnsignedMetadataError
from tuf.api.serialization import SerializationError
from tuf.ngclient import Updater

from ota.device.disk import Disk, RealDisk
from ota.device.errors import ExpiredError, FetchError, SlowError, TrustError, UpdateError
from ota.device.mirrors import MetadataFetcher
from ota.device.moment import VALIDITY, Moment
from ota.device.transport import Pace
from ota.device.trust import Signed, Trust
from simulator.faults.clocks import EPOCH
from simulator.faults.forgetful import ForgetfulDisk, Plan, PowerCut
from simulator.updates.bundles import files_of
from simulator.updates.repository import Repository, read, sign
from simulator.updates.transport import MemoryTransport

BUILT = EPOCH - dt.timedelta(days=200)
DAY = dt.timedelta(days=1)
NOW = Moment(EPOCH, known=True)
URL = "memory://first/metadata/"


class Client:
    """A box's trust, with a repository in memory."""

    def __init__(self, folder: Path, repository: Repository, disk: Disk | None = None) -> None:
        self.folder, self.repository = folder, repository
        self.disk = disk or RealDisk(folder / "disk")
        self.transport = MemoryTransport({"first": repository.files})
        self.trust = self.opened()

    def opened(self) -> Trust:
        return Trust(self.disk, self.repository.first_root, BUILT, self.folder / "scratch")

    def refresh(self, time: Moment = NOW) -> Signed:
        return self.trust.refresh(URL, MetadataFetcher(self.transport, Pace(), lambda: 0.0), time)

    def versions(self) -> dict[str, int]:
        return {name: read(data).signed.version for name, data in self.trust.files.items() if ".root." not in name}

    @property
    def roots(self) -> list[str]:
        return [name for name in self.trust.files if name.endswith(".root.json")]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    repository = Repository()
    repository.add(files_of("plate-reader", 1), 1)
    repository.publish()
    return Client(tmp_path, repository)


def test_what_is_signed_is_found(client: Client) -> None:
    signed = client.refresh()
    assert signed.prefixed
    assert sorted(signed.paths()) == sorted(f"plate-reader/1/{file}" for file in files_of("plate-reader", 1))
    target = signed.find("plate-reader/1/golden.npz")
    assert target is not None
    assert target.content.size == 2000
    assert signed.find("plate-reader/2/golden.npz") is None


def test_what_was_verified_is_there_after_a_start_and_is_not_fetched_again(client: Client) -> None:
    client.refresh()
    kept = client.trust.files
    assert set(kept) == {"1.root.json", "timestamp.json", "snapshot.json", "targets.json"}
    again = Client(client.folder, client.repository)
    assert again.trust.files == kept
    again.refresh()
    assert [path for path, _ in again.transport.asked] == ["metadata/2.root.json", "metadata/timestamp.json"]


def test_a_refresh_that_brings_nothing_new_writes_nothing(client: Client) -> None:
    client.refresh()
    client.disk = ForgetfulDisk(
        client.folder / "other", Plan(watch=lambda kind, _: None if kind in {"size", "open"} else refuse())
    )
    client.trust._disk = client.disk
    client.refresh()


def refuse() -> None:
    raise AssertionError


def test_the_scratch_folder_is_not_believed(client: Client) -> None:
    """What stands there from before, or was put there, does not come in."""
    client.refresh()
    (client.folder / "scratch" / "targets.json").write_bytes(b"{}")
    (client.folder / "scratch" / "root_history" / "7.root.json").write_bytes(b"{}")
    (client.folder / "scratch" / "strange.json").write_bytes(b"{}")
    before = client.trust.files
    client.refresh()
    assert client.trust.files == before


def test_row_14_a_poisoned_cache_is_left_for_the_root_of_the_installation(client: Client) -> None:
    """Whoever can write on the disk may put another fleet's metadata there; they are held against our root."""
    other = Client(client.folder / "other", Repository(keys=1))
    other.repository.rotate("root")
    other.repository.publish()
    other.refresh()
    assert other.roots == ["1.root.json", "2.root.json"]
    poisoned = Client(client.folder, client.repository, other.disk)
    assert poisoned.trust.files == other.trust.files
    poisoned.refresh()
    assert poisoned.trust.files["targets.json"] == client.repository.files["metadata/2.targets.json"]
    assert poisoned.trust.files["1.root.json"] == client.repository.first_root


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_cache_that_is_spoilt_is_made_anew(client: Client, damage: bytes | None) -> None:
    client.refresh()
    path = client.disk.at("metadata")
    path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
    again = Client(client.folder, client.repository)
    assert again.trust.files == {}
    assert again.trust.floor == BUILT
    again.refresh()
    assert again.trust.files == client.trust.files


def test_row_18_a_disk_that_does_not_answer_is_asked_again_and_nothing_is_forgotten(client: Client) -> None:
    """Taken for empty, it would let every older version in."""
    disk = ForgetfulDisk(client.folder / "faulty")
    client.disk = disk
    client.trust = client.opened()
    client.repository.publish()
    client.refresh()
    kept = client.trust.files
    disk.plan = Plan(fail_at=disk.calls + 1, fail_for=2)
    again = client.opened()
    assert (again.files, again.floor) == ({}, BUILT)
    client.trust = again
    with pytest.raises(OSError, match="Input/output error"):
        client.refresh()
    client.refresh()
    assert client.trust.files == kept
    assert client.opened().files == kept


# The time (rows 5, 21, 60).


def test_the_library_holds_expiries_against_the_time_that_it_is_given(client: Client) -> None:
    """It offers no other way than its reference time; were that to go, this would show it."""
    for moment, expired in ((EPOCH, False), (EPOCH + 0.9 * DAY, False), (EPOCH + 1.1 * DAY, True), (EPOCH - 900 * DAY, False)):
        fresh = Client(client.folder / str(moment.timestamp()), client.repository)
        if expired:
            with pytest.raises(ExpiredError, match=r"out of date .*timestamp"):
                fresh.refresh(Moment(moment, known=True))
        else:
            fresh.refresh(Moment(moment, known=True))


def test_without_a_reference_time_in_the_library_nothing_is_believed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Without:
        def __init__(self, *_: object, **__: object) -> None:
            self._trusted_set = object()

    monkeypatch.setattr("ota.device.trust.Updater", Without)
    with pytest.raises(TrustError, match="no reference time"):
        client.refresh()
    assert hasattr(Updater, "refresh")


@pytest.mark.parametrize(("role", "days"), [("timestamp", 2), ("snapshot", 8), ("targets", 91), ("root", 366)])
def test_row_5_each_role_expires_by_itself(client: Client, role: str, days: int) -> None:
    client.repository.now = EPOCH + days * DAY
    client.repository.publish([name for name in ("root", "targets", "snapshot", "timestamp") if name != role])
    with pytest.raises(ExpiredError, match=role):
        client.refresh(Moment(EPOCH + days * DAY, known=True))


def test_row_5_an_expired_timestamp_still_keeps_from_going_back(client: Client) -> None:
    client.repository.publish()
    client.refresh()
    old = dict(client.repository.files)
    client.repository.now = EPOCH + 5 * DAY
    client.repository.publish()
    later = Moment(EPOCH + 5 * DAY, known=True)
    client.refresh(later)
    client.transport._mirrors["first"].update(old)  # type: ignore[attr-defined]
    with pytest.raises(TrustError):
        client.refresh(later)


def test_row_21_signed_metadata_raise_the_floor_and_it_stays(client: Client) -> None:
    client.repository.now = EPOCH + 50 * DAY
    client.repository.publish()
    client.refresh(Moment(BUILT, known=False))
    expected = EPOCH + 51 * DAY - VALIDITY
    assert client.trust.floor == expected
    assert client.opened().floor == expected
    client.refresh(Moment(EPOCH + 50 * DAY, known=True))
    assert client.trust.floor == expected, "the wall clock raises nothing"


def test_row_21_what_is_not_believed_raises_nothing(client: Client) -> None:
    client.refresh()
    floor = client.trust.floor
    client.repository.now = EPOCH + 80 * DAY
    client.repository.signers["timestamp"] = Repository(keys=2).signers["timestamp"]
    client.repository.publish()
    with pytest.raises(TrustError):
        client.refresh(Moment(EPOCH + 80 * DAY, known=True))
    assert client.trust.floor == floor


def test_row_21_a_thief_of_the_online_keys_cannot_stop_the_clock(client: Client) -> None:
    """He signs a timestamp until the end of time; after a rotation, the box goes on believing."""
    client.repository.timestamp.expires = EPOCH + 20_000 * DAY
    client.repository.timestamp.version += 1
    client.repository.serve("timestamp")
    client.refresh()
    assert client.trust.floor == EPOCH + 89 * DAY
    client.repository.now = EPOCH + 100 * DAY
    client.repository.rotate("timestamp")
    client.repository.timestamp.version = 0
    client.repository.publish()
    client.refresh(Moment(client.trust.floor, known=False))
    assert client.versions()["timestamp.json"] == 1


def test_row_60_a_box_without_a_clock_believes_what_is_of_today(client: Client) -> None:
    client.refresh(Moment(BUILT, known=False))


# What goes wrong on the way.


def test_what_was_verified_before_it_failed_is_kept(client: Client) -> None:
    """A root that was rotated stays rotated, also where the mirror then has nothing that fits it."""
    client.refresh()
    client.repository.rotate("root")
    client.repository.publish()
    del client.repository.files["metadata/3.snapshot.json"]
    with pytest.raises(FetchError, match=r"3.snapshot.json: 404"):
        client.refresh()
    assert client.roots == ["1.root.json", "2.root.json"]
    assert client.versions() == {"timestamp.json": 3, "snapshot.json": 2, "targets.json": 2}
    assert client.opened().files == client.trust.files


@pytest.mark.parametrize(
    ("break_it", "error", "words"),
    [
        pytest.param(lambda files: files.clear(), FetchError, "404", id="nothing there"),
        pytest.param(lambda files: files.update({"metadata/timestamp.json": b"{}"}), TrustError, "not believed", id="nonsense"),
        pytest.param(
            lambda files: files.update({"metadata/timestamp.json": b"[" * 15_000}), TrustError, "not believed", id="deep"
        ),
        pytest.param(
            lambda files: files.update({"metadata/timestamp.json": bytes(20_000)}), FetchError, "16384", id="2: endless"
        ),
        pytest.param(
            lambda files: files.update({"metadata/2.root.json": bytes(600_000)}), FetchError, "512000", id="2: endless root"
        ),
        pytest.param(
            lambda files: files.update({"metadata/2.snapshot.json": files["metadata/2.snapshot.json"] + b" "}),
            FetchError, "exceeding", id="2: a byte more than is signed",
        ),
    ],
)  # fmt: skip
def test_row_2_metadata_that_are_none(
    client: Client, break_it: Callable[[dict[str, bytes]], object], error: type[UpdateError], words: str
) -> None:
    break_it(client.repository.files)
    with pytest.raises(error, match=words):
        client.refresh()


def test_nobody_answers(client: Client) -> None:
    client.transport.down = True
    with pytest.raises(FetchError, match="nobody answers"):
        client.refresh()


def test_row_11_metadata_that_drip(client: Client) -> None:
    now = iter(range(0, 10**9, 70))
    fetcher = MetadataFetcher(client.transport, Pace(), lambda: float(next(now)))
    with pytest.raises(SlowError, match="a second are asked"):
        client.trust.refresh(URL, fetcher, NOW)


def test_row_2_a_chain_of_roots_has_an_end(client: Client) -> None:
    for _ in range(260):
        client.repository.rotate("root")
    client.repository.publish()
    client.refresh()
    assert len(client.roots) == 257, "from the installation's on, which with one a year is enough"


def test_row_2_metadata_have_a_size_in_all(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ota.device.trust.MOST_BYTES", 2000)
    with pytest.raises(TrustError, match="remove old releases"):
        client.refresh()
    assert client.opened().files == {}


def test_a_target_without_our_hash_is_not_taken(client: Client) -> None:
    for hashes in ({"sha512": "0" * 128}, {"sha256": "ABC"}, {"sha256": "../" + "0" * 61}, {"sha256": "0" * 63 + "G"}):
        client.repository.targets.targets["plate-reader/1/golden.npz"].hashes = hashes
        client.repository.publish()
        with pytest.raises(TrustError, match="without a SHA-256"):
            client.refresh().find("plate-reader/1/golden.npz")


@settings(max_examples=40)
@given(st.integers(1, 12), st.integers(0, 2**32))
def test_row_17_a_cut_leaves_all_of_a_refresh_or_none(tmp_path_factory: pytest.TempPathFactory, at: int, seed: int) -> None:
    folder = tmp_path_factory.mktemp("trust")
    disk = ForgetfulDisk(folder / "disk")
    client = Client(folder, Repository(), disk)
    client.refresh()
    before = client.trust.files
    client.repository.publish()
    disk.plan = Plan(cut_at=disk.calls + at, cut_within=0.5)
    with contextlib.suppress(PowerCut):
        client.refresh()
        before = client.trust.files
    client.disk = disk.restart(random.Random(seed))
    found = client.opened().files
    after = {
        name: client.repository.files[f"metadata/{name if '.root.' in name or 'time' in name else '2.' + name}"]
        for name in found
    }
    assert found in (before, after)


@given(st.binary(max_size=200), st.sampled_from(["timestamp", "2.snapshot", "2.targets", "2.root"]))
@settings(max_examples=60)
def test_whatever_a_mirror_sends_it_is_refused_in_our_words(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    client = Client(tmp_path_factory.mktemp("trust"), Repository())
    client.repository.publish()
    client.repository.files[f"metadata/{name}.json"] = data
    with pytest.raises((TrustError, FetchError)):
        client.refresh()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("aé\0/", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["keyid", "_type", "x"]), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["timestamp", "2.snapshot", "2.targets"]),
    st.sampled_from(
        ["signed", "signatures", "signed/version", "signed/expires", "signed/meta", "signed/targets", "signed/_type"]
    ),
    JSON,
)
@settings(max_examples=80)
def test_whatever_a_mirror_makes_of_metadata(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: str, value: object
) -> None:
    client = Client(tmp_path_factory.mktemp("trust"), Repository())
    client.repository.publish()
    path = f"metadata/{name}.json"
    metadata = json.loads(client.repository.files[path])
    *above, last = place.split("/")
    (metadata[above[0]] if above else metadata)[last] = value
    client.repository.files[path] = json.dumps(metadata).encode()
    try:
        client.refresh()
    except UpdateError:
        return
    assert last == "targets" or value == 2, "only what says the same is believed"


@given(st.sampled_from(["targets", "expires", "version", "_type", "spec_version", "delegations", "new"]), JSON)
@settings(max_examples=60)
def test_whatever_the_keepers_of_keys_sign(tmp_path_factory: pytest.TempPathFactory, name: str, value: object) -> None:
    """Nonsense with the right signatures: believed, or refused in our words."""
    repository = Repository()
    client = Client(tmp_path_factory.mktemp("trust"), repository)
    client.refresh()

    class Strange(Targets):
        def to_dict(self) -> dict[str, object]:
            return {**super().to_dict(), name: value}

    made = Strange(version=2, expires=EPOCH + DAY)
    repository.targets = made
    try:
        data = sign(made, repository.signers["targets"])
    except (UnsignedMetadataError, SerializationError):
        return  # a float, say, has no canonical form
    repository.files["metadata/2.targets.json"] = data
    repository.snapshot.meta["targets.json"].version = 2
    repository.snapshot.meta["targets.json"].length = len(data)
    repository.snapshot.meta["targets.json"].hashes = None
    repository.publish(["snapshot", "timestamp"])
    try:
        client.refresh().find("x")
    except UpdateError:
        assert client.versions()["targets.json"] == 1
