"""What a mirror may serve that is not what was published: by row of the faults, as files in place of files.

Each takes the town whose repository is about to publish release 2 of a bundle of which its box runs release 1, publishes it
honestly, and returns what the attacker serves. He has the published files, and of keys what is said: one of two that sign
offline, or those that sign online. The latter are a thief's: what he signs with them is right, and may run ahead of the honest
repository until its keys are rotated (row 4).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ota.deltafile import Content
from simulator.updates.bundles import files_of
from simulator.updates.repository import Repository, key, sign
from tests.ota.device.world import READER, Town

Files = dict[str, bytes]
EVIL = b"evil" * 500


@dataclass(frozen=True)
class Attack:
    name: str
    """Begins with the row."""
    files: Callable[[Town], Files]
    trouble: tuple[str, ...]
    """What the box says of it, or its last word on the order; one of them."""
    thief: bool = False
    """Whether he has the online keys."""


def published(town: Town) -> Files:
    """What was published before, and is again."""
    town.publish(2)
    return dict(town.repository.files)


def changed(files: Files, path: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change metadata without anybody's signature."""
    metadata = json.loads(files[path])
    change(metadata)
    files[path] = json.dumps(metadata).encode()


def newest(town: Town, role: str) -> str:
    version = town.repository.signed[role].version
    return "metadata/timestamp.json" if role == "timestamp" else f"metadata/{version}.{role}.json"


def model(files: Files) -> str:
    """The file that a box would run."""
    return next(path for path in files if f"{READER}/2/" in path and path.endswith("int8.onnx"))


def another_model(town: Town) -> Files:
    files = published(town)
    files[model(files)] = EVIL
    return files


def as_signed_by(town: Town, *signers: Any, online: bool = True) -> Files:
    """Targets with another model, signed by whom he has; the rest is signed to fit where he has the online keys, too."""
    files = published(town)
    repository = town.repository
    targets = copy.deepcopy(repository.targets)
    path = f"{READER}/2/{READER}.int8.onnx"
    content = Content.of(EVIL)
    targets.targets[path].length = content.size
    targets.targets[path].hashes = {"sha256": content.sha256}
    targets.version += 1
    files[f"targets/{READER}/2/{content.sha256}.{READER}.int8.onnx"] = EVIL
    files[f"metadata/{targets.version}.targets.json"] = files[newest(town, "targets")] = sign(targets, signers)
    if online:
        snapshot, timestamp = copy.deepcopy(repository.snapshot), copy.deepcopy(repository.timestamp)
        snapshot.version, timestamp.version = snapshot.version + 1, timestamp.version + 1
        snapshot.meta["targets.json"].version = targets.version
        snapshot.meta["targets.json"].length = snapshot.meta["targets.json"].hashes = None
        timestamp.snapshot_meta.version = snapshot.version
        timestamp.snapshot_meta.length = timestamp.snapshot_meta.hashes = None
        files[f"metadata/{snapshot.version}.snapshot.json"] = sign(snapshot, repository.signers["snapshot"])
        files["metadata/timestamp.json"] = sign(timestamp, repository.signers["timestamp"])
    return files


def one_key(town: Town) -> Files:
    return as_signed_by(town, town.repository.signers["targets"][0])


def one_key_alone(town: Town) -> Files:
    return as_signed_by(town, town.repository.signers["targets"][0], online=False)


def two_keys_of_targets(town: Town) -> Files:
    """Even both of the people who sign targets cannot put theirs in the place of what snapshot and timestamp name."""
    return as_signed_by(town, *town.repository.signers["targets"], online=False)


def one_key_twice(town: Town) -> Files:
    """Its signature stands there under its own id and under its colleague's."""
    one, other = town.repository.signers["targets"]
    files = as_signed_by(town, one)
    path = max(
        (path for path in files if path.endswith(".targets.json")), key=lambda path: int(path.split("/")[1].split(".")[0])
    )
    metadata = json.loads(files[path])
    (signature,) = metadata["signatures"]
    metadata["signatures"] = [signature, {**signature, "keyid": other.public_key.keyid}]
    files[path] = json.dumps(metadata).encode()
    return files


def online_keys(town: Town) -> Files:
    return as_signed_by(town, *town.repository.signers["snapshot"], *town.repository.signers["timestamp"])


def strangers(town: Town) -> Files:
    return as_signed_by(town, key("stranger", 1), key("stranger", 2))


def endless_timestamp(town: Town) -> Files:
    files = published(town)
    files["metadata/timestamp.json"] += b" " * 20_000
    return files


def endless_root(town: Town) -> Files:
    files = published(town)
    files["metadata/2.root.json"] = b'{"signed": "' + b"x" * 600_000
    return files


def longer_targets(town: Town) -> Files:
    files = published(town)
    files[newest(town, "targets")] += b" " * 100_000
    return files


def longer_model(town: Town) -> Files:
    files = published(town)
    files[model(files)] = EVIL + bytes(2_000_000)
    return files


def frozen(town: Town) -> Files:
    """What was published last week, and nothing since."""
    files = dict(town.repository.files)
    town.world.clock.pass_by(3 * 86400.0)
    town.repository.now = town.world.clock.wall() or town.repository.now
    town.publish(2)
    return files


def older(role: str) -> Callable[[Town], Files]:
    """An older version in place of the newest, with everything else as published."""

    def files_(town: Town) -> Files:
        before = town.repository.files[newest(town, role)]
        files = published(town)
        files[newest(town, role)] = before
        return files

    return files_


def snapshot_without_targets(town: Town) -> Files:
    files = published(town)
    changed(files, newest(town, "snapshot"), lambda metadata: metadata["signed"]["meta"].clear())
    return files


def older_by_a_thief(town: Town) -> Files:
    """He has the online keys, and names the targets of before in newer snapshot and timestamp."""
    before = town.repository.targets.version - 1
    files = published(town)
    snapshot, timestamp = copy.deepcopy(town.repository.snapshot), copy.deepcopy(town.repository.timestamp)
    snapshot.version, timestamp.version = snapshot.version + 1, timestamp.version + 1
    snapshot.meta["targets.json"].version = before
    snapshot.meta["targets.json"].length = snapshot.meta["targets.json"].hashes = None
    timestamp.snapshot_meta.version = snapshot.version
    timestamp.snapshot_meta.length = timestamp.snapshot_meta.hashes = None
    files[f"metadata/{snapshot.version}.snapshot.json"] = sign(snapshot, town.repository.signers["snapshot"])
    files["metadata/timestamp.json"] = sign(timestamp, town.repository.signers["timestamp"])
    return files


def root(town: Town, *signers: Any, steps: int = 1) -> Files:
    """A root of his own: his keys for everything, from the root's next version on."""
    files = published(town)
    made = Repository(town.repository.now, keys=7)
    made.root.version = 1 + steps
    files["metadata/2.root.json"] = sign(made.root, signers or made.signers["root"])
    if steps > 1:
        files[f"metadata/{made.root.version}.root.json"] = files["metadata/2.root.json"]
    made.add(files_of(READER, 2, seed=666), 2)
    for role in ("targets", "snapshot", "timestamp"):
        made.signed[role].version += 50
    made.publish()
    files |= {path: data for path, data in made.files.items() if "root.json" not in path}
    return files


def root_by_one_of_two(town: Town) -> Files:
    return root(town, town.repository.signers["root"][0], *Repository(keys=7).signers["root"])


def root_by_the_old_alone(town: Town) -> Files:
    """Somebody who has got both offline keys of the root can do everything; but not by halves."""
    return root(town, *town.repository.signers["root"])


def root_that_jumps(town: Town) -> Files:
    return root(town, *town.repository.signers["root"], *Repository(keys=7).signers["root"], steps=2)


def nothing(town: Town) -> Files:
    town.publish(2)
    return {}


def stale(town: Town) -> Files:
    """A mirror that lags behind: right, not expired, and without the release."""
    files = dict(town.repository.files)
    town.publish(2)
    return files


def nonsense(town: Town) -> Files:
    return dict.fromkeys(published(town), b"<html>Log in to the hotel's network</html>")


ATTACKS = (
    Attack("1: one key of two", one_key, ("metadata",), thief=True),
    Attack("1: one key of two, in the place of what was signed", one_key_alone, ("metadata", "fetch")),
    Attack("1: one key under two ids", one_key_twice, ("metadata",), thief=True),
    Attack("1: keys that nobody has named", strangers, ("metadata",), thief=True),
    Attack("2: an endless timestamp", endless_timestamp, ("fetch",)),
    Attack("2: an endless root", endless_root, ("fetch",)),
    Attack("2: targets longer than signed", longer_targets, ("fetch",)),
    Attack("2: a model longer than signed", longer_model, ("fetch-wrong",)),
    Attack("5: nothing new any more", frozen, ("metadata-expired",)),
    Attack("6: another model", another_model, ("fetch-wrong",)),
    Attack("6: nothing", nothing, ("fetch", "fetch-status")),
    Attack("6: a page to log in", nonsense, ("metadata",)),
    Attack("6: a mirror that lags behind", stale, ("unknown-release",)),
    Attack("7: an older snapshot under a newer timestamp", older("snapshot"), ("metadata", "fetch")),
    Attack("7: other targets under the same snapshot", two_keys_of_targets, ("metadata", "fetch")),
    Attack("7: older targets under a newer snapshot", older("targets"), ("metadata", "fetch")),
    Attack("8: an older timestamp", older("timestamp"), ("metadata", "unknown-release")),
    Attack("8: a snapshot that has lost a role", snapshot_without_targets, ("metadata", "fetch")),
    Attack("8: older targets, with stolen online keys", older_by_a_thief, ("metadata",), thief=True),
    Attack("8: a root two ahead", root_that_jumps, ("metadata",)),
    Attack("9: a root that only its own keys have signed", root, ("metadata",)),
    Attack("9: a root that one of two has signed", root_by_one_of_two, ("metadata",)),
    Attack("9: a root that its own keys have not signed", root_by_the_old_alone, ("metadata",)),
    Attack("9: targets signed with the online keys", online_keys, ("metadata",), thief=True),
)
