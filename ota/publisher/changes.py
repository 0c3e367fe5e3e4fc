"""What a person signs, in words: the difference between what is in force and what is pending.

Rule: nothing changes unseen. What has words of its own is told in them, and whatever else differs is told as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuf.api.metadata import Key, Role, Root, TargetFile, Targets

from ota.publisher.catalogue import HISTORY, Listed, catalogue, history, sha256
from ota.publisher.roles import ROLES
from ota.publisher.signatures import OWNER, owner
from protocol.release import MANIFEST_FILE


def root_changes(before: Root | None, after: Root) -> Iterator[str]:
    """Tell how a root differs from the one before; of the first one, all that it says."""
    for role in ROLES:
        yield from _role(role, before.roles.get(role) if before else None, after.roles[role], _keys(before) | _keys(after))
    yield from _owners(before, after)
    if before is not None and before.consistent_snapshot != after.consistent_snapshot:
        yield f"consistent snapshots: {before.consistent_snapshot} becomes {after.consistent_snapshot}"
    yield from _rest(before.unrecognized_fields if before else {}, after.unrecognized_fields, "root")


def targets_changes(before: Targets | None, after: Targets) -> Iterator[str]:
    """Tell how targets differ from those before.

    Raises:
        MetadataError: when they are no releases.
    """
    old, new = catalogue(before) if before else {}, catalogue(after)
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield from _added(new[key])
        elif key not in new:
            yield f"- {_name(old[key])} is removed"
        else:
            yield from _changed(old[key], new[key])
    yield from _numbers(before, after)
    if (before.delegations if before else None) != after.delegations:
        yield "! who else may sign targets (delegations) changes; this publisher makes none"
    unknown = [{k: v for k, v in t.unrecognized_fields.items() if k != HISTORY} for t in (before, after) if t is not None]
    yield from _rest(unknown[0] if before else {}, unknown[-1], "targets")


def _added(listed: Listed) -> Iterator[str]:
    release = listed.release
    boards = ", ".join(release.hardware) or "all boards"
    yield f"+ {_name(listed)}, for {boards}, agent {release.agent} or later"
    for name, target in listed.files.items():
        yield f"    {name}: {target.length:,} bytes, SHA-256 {sha256(target)}{_odd(name, target)}"
    for delta in listed.deltas:
        base = f"{delta.difference.base[:16]}..."
        yield f"    delta to {delta.file} from {base}: {delta.target.length:,} bytes{_odd('', delta.target)}"


def _changed(old: Listed, new: Listed) -> Iterator[str]:
    before, after = ({target.path: target for target in listed.targets()} for listed in (old, new))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            how = "is added" if path not in before else "is removed" if path not in after else "CHANGES what it is"
            yield f"! {path} of a release that is out {how}"


def _numbers(before: Targets | None, after: Targets) -> Iterator[str]:
    old, new = history(before) if before else {}, history(after)
    for bundle in sorted(old.keys() | new.keys()):
        was, is_ = old.get(bundle), new.get(bundle)
        if was is None and is_ is not None:
            yield f"  numbers given to {bundle}: up to {is_.highest}"
        elif is_ is None or (was is not None and is_.highest < was.highest):
            yield f"! numbers of {bundle} that were given are forgotten and would be given again"
        elif was is not None and was != is_:
            forgotten = [version for version in was.versions if is_.versions.get(version) != was.versions[version]]
            yield f"  numbers given to {bundle}: up to {is_.highest}, before {was.highest}"
            for version in forgotten:
                yield f"! version {version} of {bundle} may mean something else from now on"


def _name(listed: Listed) -> str:
    return f"{listed.release.bundle} {listed.release.release} (version {listed.release.version})"


def _odd(name: str, target: TargetFile) -> str:
    known = {"custom"} if name in {MANIFEST_FILE, ""} else set()
    odd = ", ".join(sorted(set(target.unrecognized_fields) - known))
    return f", with unknown fields: {odd!r}" if odd else ""


def _role(name: str, before: Role | None, after: Role, keys: Mapping[str, Key]) -> Iterator[str]:
    if before is None or before.threshold != after.threshold:
        was = f", before {before.threshold}" if before else ""
        yield f"{name}: {after.threshold} of its keys have to sign{was}"
    old = before.keyids if before else []
    for keyid in after.keyids:
        if keyid not in old:
            yield f"+ {name}: key of {_key(keys, keyid)}"
    for keyid in old:
        if keyid not in after.keyids:
            yield f"- {name}: key of {_key(keys, keyid)}"
    yield from _rest(before.unrecognized_fields if before else {}, after.unrecognized_fields, name)


def _owners(before: Root | None, after: Root) -> Iterator[str]:
    used = {keyid for role in after.roles.values() for keyid in role.keyids}
    old = _keys(before)
    for keyid, key in after.keys.items():
        if keyid in old and old[keyid] != key:
            yield f"! the key {keyid[:16]} of {owner(old[keyid])} CHANGES what it is; now of {owner(key)}"
        if keyid not in used:
            yield f"! the key {keyid[:16]} of {owner(key)} is in no role"
        yield from _rest({}, {k: v for k, v in key.unrecognized_fields.items() if k != OWNER}, f"key {keyid[:16]}")


def _keys(root: Root | None) -> dict[str, Key]:
    return dict(root.keys) if root else {}


def _key(keys: Mapping[str, Key], keyid: str) -> str:
    return f"{owner(keys[keyid])}, {keys[keyid].keytype}, id {keyid}" if keyid in keys else f"nobody: id {keyid} has no key"


def _rest(before: Mapping[str, Any], after: Mapping[str, Any], where: str) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"! unknown field of {where} changes: {name[:60]!r}"
