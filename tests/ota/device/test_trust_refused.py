"""Metadata that break off, lie, or never come: refused in our words, and what was verified stays."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tuf.api.metadata import Targets, UnsignedMetadataError
from tuf.api.serialization import SerializationError

from ota.device.errors import FetchError, SlowError, TrustError, UpdateError
from ota.device.mirrors import MetadataFetcher
from ota.device.transport import Pace
from simulator.faults.clocks import EPOCH
from simulator.faults.forgetful import ForgetfulDisk, Plan, PowerCut
from simulator.updates.repository import Repository, sign
from tests.ota.device.client import DAY, NOW, URL, Client


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
