"""Releases that come, come again, and go. All of it becomes pending; nothing is published here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import Targets

from ota.deltafile import Content
from ota.publisher.catalogue import Listed
from ota.publisher.differences import Base, MadeDelta, make_deltas
from ota.publisher.material import read_material
from ota.publisher.releasing import bases_of, check_version, checked_release, find, hashes_of, number_for, put, take_out
from ota.publisher.session import Session
from protocol.release import Form, Release, TargetName

ANY_AGENT = "0.1"
"""The first that could be updated at all."""


@dataclass(frozen=True)
class Wishes:
    """What is said of a release beside its bundle."""

    hardware: tuple[str, ...] | None = None
    """Beginnings of the names of boards that it fits; empty = all. Nothing: all, or as it was."""
    agent: str | None = None
    """Oldest agent that can run it. Nothing: any, or as it was."""
    number: int | None = None
    """Nothing: the next one."""
    bases: tuple[int, ...] | None = None
    """Releases to make deltas from. Nothing: the last ones."""


@dataclass(frozen=True)
class Added:
    """What became of an addition."""

    release: Release
    sizes: Mapping[str, int]
    """Bytes by file."""
    deltas: Mapping[str, int]
    """Bytes by path."""
    version: int
    """Of the pending targets."""
    dropped: bool
    """Whether signatures were given to what was pending, which now count for nothing."""


def add(session: Session, folder: Path, wishes: Wishes) -> Added:
    """Make a bundle a release.

    Raises:
        ReleaseRefusedError: when the bundle or what is said of it cannot be released.
        WorkshopError: when the content of a base is lost.
        MetadataError: when targets become too large.
        OSError: when a file cannot be kept.
    """
    material = read_material(folder)
    before = session.latest_targets()
    check_version(before, material.bundle, material.version, material.manifest_sha256)
    number = number_for(before, session.burnt, material.bundle, wishes.number)
    release = checked_release(
        Release(
            bundle=material.bundle,
            release=number,
            version=material.version,
            files=material.files,
            forms=material.forms,
            hardware=wishes.hardware or (),
            agent=wishes.agent or ANY_AGENT,
        )
    )
    return _released(session, release, material.content, bases_of(before, material.bundle, wishes.bases))


def again(session: Session, bundle: str, number: int, wishes: Wishes) -> Added:
    """Make the content of a release another, higher release: how a fleet goes back.

    Args:
        session: the workshop.
        bundle: its name.
        number: of the release whose content comes again.
        wishes: as for a bundle.

    Raises:
        ReleaseRefusedError: when there is no such release.
        WorkshopError: when its content is lost.
        MetadataError: when targets become too large.
        OSError: when a file cannot be kept.
    """
    before = session.latest_targets()
    listed = find(before, bundle, number)
    content = {name: session.content(target) for name, target in listed.files.items()}
    was = listed.release
    release = checked_release(
        Release(
            bundle=bundle,
            release=number_for(before, session.burnt, bundle, wishes.number),
            version=was.version,
            files=was.files,
            forms=was.forms,
            hardware=was.hardware if wishes.hardware is None else wishes.hardware,
            agent=wishes.agent or was.agent,
        )
    )
    bases = bases_of(before, bundle, wishes.bases)
    return _released(session, release, content, bases)


def remove(session: Session, bundle: str, number: int) -> tuple[Listed, bool]:
    """Take a release out, with the deltas to it.

    Returns:
        The release, and whether signatures were given to what was pending, which now count for nothing.

    Raises:
        ReleaseRefusedError: when there is no such release.
    """
    find(session.latest_targets(), bundle, number)
    found = session.change_targets(lambda targets: take_out(targets, bundle, number))
    session.save()
    return found


def renew(session: Session) -> bool:
    """Have the targets in force signed again as they are, for longer.

    Returns:
        Whether signatures were given to what was pending, which now count for nothing.
    """
    _, dropped = session.change_targets(lambda _: None)
    session.save()
    return dropped


def _released(session: Session, release: Release, content: Mapping[str, bytes], bases: Sequence[Listed]) -> Added:
    deltas = [delta for name in content for delta in _deltas(session, release, name, content[name], bases)]
    for data in (*content.values(), *(delta.data for delta in deltas)):
        session.workshop.keep_content(data, Content.of(data).sha256)
    files = {name: Content.of(data) for name, data in content.items()}

    def change(targets: Targets) -> None:
        put(targets, release, files, deltas)

    _, dropped = session.change_targets(change)
    session.save()
    assert session.targets is not None, "changed"
    sizes = {name: len(data) for name, data in content.items()}
    made = {delta.path: len(delta.data) for delta in deltas}
    return Added(release, sizes, made, session.targets.version, dropped)


def _deltas(session: Session, release: Release, name: str, content: bytes, bases: Sequence[Listed]) -> tuple[MadeDelta, ...]:
    target = TargetName(release.bundle, release.release, name)
    return make_deltas(target, content, release.forms, [_base(session, listed) for listed in bases], session.told)


def _base(session: Session, listed: Listed) -> Base:
    forms: tuple[Form, ...] = listed.release.forms
    return Base(listed.release.release, forms, hashes_of(listed), lambda name: session.content(listed.files[name]))
