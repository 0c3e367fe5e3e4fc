"""What targets metadata say, as releases.

Rules: every target is a file of a release or a delta to one; anything else is refused, so that no path in metadata leads out of
the public folder. The highest number that a bundle ever had, and which version string meant which content, are signed with the
targets: they outlive the releases, this machine and whoever has its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta
from tuf.api.metadata import TargetFile, Targets

from ota.publisher.errors import MetadataError
from protocol.basis import Struct
from protocol.errors import ProtocolError
from protocol.identifiers import Name, Ordinal
from protocol.manifest import Sha256
from protocol.release import DELTA_SUFFIX, MANIFEST_FILE, Difference, Release, TargetName, difference_of, release_of

HISTORY = "x-lamplighter-history"
"""Field of the targets metadata, beside the targets: numbers and versions by bundle."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DELTA = re.compile(rf"(?P<file>.+)\.from-[0-9a-f]{{16}}{re.escape(DELTA_SUFFIX)}\Z")


class Numbers(Struct, frozen=True):
    """What was ever released of a bundle."""

    highest: Annotated[Ordinal, Meta(description="Number")]
    versions: Annotated[dict[str, Sha256], Meta(description="SHA-256 of the manifest, by its version")]


@dataclass(frozen=True)
class Delta:
    """A delta, as the metadata name it."""

    file: str
    """That it makes."""
    target: TargetFile
    difference: Difference


@dataclass(frozen=True)
class Listed:
    """A release, as the metadata name it."""

    release: Release
    files: Mapping[str, TargetFile]
    """By name."""
    deltas: tuple[Delta, ...]

    @property
    def manifest(self) -> TargetFile:
        """Of the bundle."""
        return self.files[MANIFEST_FILE]

    def targets(self) -> Iterator[TargetFile]:
        """Of all files and deltas."""
        yield from self.files.values()
        for delta in self.deltas:
            yield delta.target


@dataclass
class _Found:
    files: dict[str, TargetFile] = field(default_factory=dict)
    deltas: list[Delta] = field(default_factory=list)


def catalogue(targets: Targets) -> dict[tuple[str, int], Listed]:
    """Read the releases, by bundle and number, in order.

    Raises:
        MetadataError: when a target is none of a release, or a release lacks a file.
    """
    found: dict[tuple[str, int], _Found] = {}
    for path, target in targets.targets.items():
        name, is_delta = parse(path)
        sha256(target)
        here = found.setdefault((name.bundle, name.release), _Found())
        if is_delta:
            here.deltas.append(Delta(name.file, target, _delta(target, name)))
        else:
            here.files[name.file] = target
    return {key: _listed(key, found[key]) for key in sorted(found)}


def parse(path: str) -> tuple[TargetName, bool]:
    """Read a target's path: of which file it is, and whether it is a delta to it.

    Raises:
        MetadataError: when it is no path of a release.
    """
    bundle, _, rest = path.partition("/")
    number, _, file = rest.partition("/")
    match = _DELTA.fullmatch(file)
    try:
        name = TargetName(bundle, int(number) if number.isascii() and number.isdigit() else 0, match["file"] if match else file)
    except (ProtocolError, ValueError) as error:
        msg = f"target {path[:120]!r} is no file of a release ({error}); somebody signed what this publisher did not make"
        raise MetadataError(msg) from error
    if path != (name.path if match is None else f"{name.bundle}/{name.release}/{file}"):
        msg = f"target {path[:120]!r} is not spelt as {name.path!r} is; somebody signed what this publisher did not make"
        raise MetadataError(msg)
    return name, match is not None


def sha256(target: TargetFile) -> str:
    """Hash of a target; its file is called by it.

    Raises:
        MetadataError: when the metadata name no such hash, or further ones.
    """
    digest = target.hashes.get("sha256", "")
    if len(target.hashes) != 1 or _SHA256.fullmatch(digest) is None:
        msg = (
            f"target {target.path[:120]!r} is not named by its SHA-256 alone; somebody signed what this publisher did not make"
        )
        raise MetadataError(msg)
    return digest


def history(targets: Targets) -> dict[str, Numbers]:
    """Read what was ever released, by bundle.

    Raises:
        MetadataError: when that cannot be read.
    """
    try:
        return msgspec.convert(targets.unrecognized_fields.get(HISTORY, {}), dict[Name, Numbers])
    except msgspec.ValidationError as error:
        msg = f"targets {targets.version}: the numbers that were given cannot be read ({error}); restore them from a backup"
        raise MetadataError(msg) from error


def _delta(target: TargetFile, name: TargetName) -> Difference:
    try:
        difference = difference_of(target.custom)
    except ProtocolError as error:
        msg = f"target {target.path}: {error}"
        raise MetadataError(msg) from error
    if name.delta_from(difference.base) != target.path:
        msg = f"target {target.path} is called by another base than {difference.base}; sign targets again without it"
        raise MetadataError(msg)
    return difference


def _listed(key: tuple[str, int], found: _Found) -> Listed:
    bundle, number = key
    try:
        release = release_of(found.files[MANIFEST_FILE].custom)
    except (KeyError, ProtocolError) as error:
        msg = f"release {number} of {bundle} has no manifest that says what it is ({error}); remove it and add it again"
        raise MetadataError(msg) from error
    if (release.bundle, release.release) != key:
        msg = f"release {number} of {bundle} says that it is {release.release} of {release.bundle}; remove it and add it again"
        raise MetadataError(msg)
    named = {*release.files, *(form.file for form in release.forms)}
    if named != set(found.files):
        odd = ", ".join(sorted(named ^ set(found.files)))
        msg = f"release {number} of {bundle} and its targets differ in {odd}; remove it and add it again"
        raise MetadataError(msg)
    for delta in found.deltas:
        made = found.files.get(delta.file)
        if made is None or (sha256(made), made.length) != (delta.difference.result, delta.difference.size):
            msg = f"target {delta.target.path} makes no file of its release; remove release {number} and add it again"
            raise MetadataError(msg)
    return Listed(release, found.files, tuple(sorted(found.deltas, key=lambda delta: delta.target.path)))
