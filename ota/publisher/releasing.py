"""Changing targets: a release more, a release less.

Rules: a number is given once, and never again when its release is gone; a version string means one content for ever; the same
content may have many numbers, which is how a fleet goes back. What was signed by anybody and not published is as good as given.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
from tuf.api.metadata import TargetFile, Targets

from ota.deltafile import Content
from ota.publisher.catalogue import HISTORY, Listed, Numbers, catalogue, history, sha256
from ota.publisher.differences import DEFAULT_BASES, MadeDelta
from ota.publisher.errors import ReleaseRefusedError
from ota.publisher.settings import Burnt
from protocol.errors import ProtocolError
from protocol.release import MANIFEST_FILE, Release, TargetName, release_of, to_custom


def next_version(base: Targets, version: int, expires: dt.datetime) -> Targets:
    """Begin the targets that follow."""
    made = copy.deepcopy(base)
    made.version = version
    made.expires = expires
    return made


def number_for(targets: Targets, burnt: Burnt, bundle: str, wanted: int | None) -> int:
    """Give a release its number.

    Raises:
        ReleaseRefusedError: when the wanted one was given before.
    """
    known = history(targets).get(bundle)
    highest = max(known.highest if known else 0, burnt.releases.get(bundle, 0))
    if wanted is None:
        return highest + 1
    if wanted <= highest:
        msg = f"release {wanted} of {bundle} was given already, up to {highest}; leave --release out, or take a higher one"
        raise ReleaseRefusedError(msg)
    return wanted


def check_version(targets: Targets, bundle: str, version: str, manifest_sha256: str) -> None:
    """See that a version string means what it always meant.

    Raises:
        ReleaseRefusedError: when it was released with another content.
    """
    known = history(targets).get(bundle)
    was = known.versions.get(version) if known else None
    if was not in {None, manifest_sha256}:
        msg = (
            f"version {version} of {bundle} was released with another content (manifest {str(was)[:16]}..., now "
            f"{manifest_sha256[:16]}...); raise the version in the bundle's recipe and build it again"
        )
        raise ReleaseRefusedError(msg)


def checked_release(release: Release) -> Release:
    """See that what people typed is what boxes can read.

    Raises:
        ReleaseRefusedError: naming the field.
    """
    try:
        return release_of(to_custom(release))
    except (ProtocolError, TypeError) as error:
        cause = str(error.__cause__ or error)
        msg = f"release {release.release} of {release.bundle} cannot be described: {cause}; see --hardware and --agent"
        raise ReleaseRefusedError(msg) from error


def put(targets: Targets, release: Release, files: Mapping[str, Content], deltas: Sequence[MadeDelta]) -> None:
    """Write a release into targets."""
    for file, content in files.items():
        path = TargetName(release.bundle, release.release, file).path
        custom = {"custom": to_custom(release)} if file == MANIFEST_FILE else None
        targets.targets[path] = TargetFile(content.size, {"sha256": content.sha256}, path, custom)
    for delta in deltas:
        made = Content.of(delta.data)
        custom = {"custom": to_custom(delta.difference)}
        targets.targets[delta.path] = TargetFile(made.size, {"sha256": made.sha256}, delta.path, custom)
    given = history(targets)
    known = given.get(release.bundle)
    versions = {**(known.versions if known else {}), release.version: files[MANIFEST_FILE].sha256}
    given[release.bundle] = Numbers(max(release.release, known.highest if known else 0), versions)
    targets.unrecognized_fields[HISTORY] = msgspec.to_builtins(given)


def take_out(targets: Targets, bundle: str, number: int) -> Listed:
    """Take a release out of targets, with all deltas to it.

    Raises:
        ReleaseRefusedError: when it is not there.
    """
    listed = find(targets, bundle, number)
    for target in listed.targets():
        del targets.targets[target.path]
    return listed


def find(targets: Targets, bundle: str, number: int) -> Listed:
    """Find a release.

    Raises:
        ReleaseRefusedError: when it is not there; with those that are.
    """
    known = catalogue(targets)
    found = known.get((bundle, number))
    if found is None:
        there = ", ".join(str(n) for name, n in known if name == bundle) or "none"
        bundles = ", ".join(sorted({name for name, _ in known})) or "none"
        msg = f"there is no release {number} of {bundle!r}: of that bundle there are {there}; bundles: {bundles}"
        raise ReleaseRefusedError(msg)
    return found


def bases_of(targets: Targets, bundle: str, wanted: Sequence[int] | None) -> tuple[Listed, ...]:
    """Choose the releases that deltas are made from.

    Args:
        targets: what is out.
        bundle: of the new release.
        wanted: numbers; nothing takes the last ones.

    Raises:
        ReleaseRefusedError: when a wanted one is not there.
    """
    if wanted is not None:
        return tuple(find(targets, bundle, number) for number in dict.fromkeys(wanted))
    known = [listed for (name, _), listed in catalogue(targets).items() if name == bundle]
    return tuple(reversed(known[-DEFAULT_BASES:]))


def burn(burnt: Burnt, targets: Targets) -> Burnt:
    """Remember that somebody has signed these targets."""
    releases = dict(burnt.releases)
    for bundle, numbers in history(targets).items():
        releases[bundle] = max(numbers.highest, releases.get(bundle, 0))
    return Burnt(max(burnt.targets, targets.version), releases)


def hashes_of(listed: Listed) -> dict[str, str]:
    """SHA-256 of a release's files, by name."""
    return {name: sha256(target) for name, target in listed.files.items()}
