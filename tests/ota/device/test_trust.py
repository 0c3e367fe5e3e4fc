"""What is believed, and kept: in one write, over power cuts."""

from __future__ import annotations

import pytest

from simulator.faults.forgetful import ForgetfulDisk, Plan
from simulator.updates.bundles import files_of
from simulator.updates.repository import Repository
from tests.ota.device.client import BUILT, Client, refuse


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
