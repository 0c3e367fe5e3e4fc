"""All that lies on the box's disk for updates: the state, files by their content, and the folders of staged releases.

::

    state-0, state-1                    the state and the one before it
    objects/SHA-256                     a fetched file; .part and .note: one that is being fetched
    releases/BUNDLE/RELEASE/FILE        a staged release; its files are second names of objects

Rules:

- A release is there when the state says that it is staged, and the state says so after all of it was synced: folder by folder,
  from the files up. What a power cut leaves half-made, nothing points to.
- Nothing is removed before the state that no longer needs it is on the disk. Kept is what this state or the one before it
  points to, so that losing one write of the state loses no model.
- What is left over is removed at each start and after each order: of a bundle there are never more than three releases, the
  running one, the good one, and the one that is coming or, while none is, the one that was good before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from ota.device import durable
from ota.device.disk import Disk
from ota.device.objects import FOLDER as OBJECTS
from ota.device.objects import Objects
from ota.device.slots import Slots
from ota.device.state import IDLE, Part, Staged, State
from protocol.release import TargetName

_RELEASES = "releases"
KEPT_NAMES = ("state-0", "state-1", OBJECTS, _RELEASES)
"""What is in the root; other files there are other people's."""


class Store:
    """Opens, and puts in order what a power cut left.

    Args:
        disk: a folder of its own.

    Raises:
        OSError: the disk does not tell the state.
    """

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.objects = Objects(disk)
        self._slots = Slots(disk)
        self.state, self._before = self._slots.load()

    def recover(self) -> None:
        """Remove what is half-made or left over.

        Raises:
            OSError: what is needed is as it was.
        """
        for name in self.disk.names(""):
            if name.endswith(durable.BESIDE) and name.removesuffix(durable.BESIDE) in KEPT_NAMES:
                self.disk.unlink(name)
        self.collect()

    def save(self, state: State) -> None:
        """Write a new state.

        Raises:
            OSError: it may be on the disk or not; here the old one goes on to count.
        """
        following = msgspec.structs.replace(state, sequence=self.state.sequence + 1)
        self._slots.save(following)
        self._before, self.state = self.state, following

    def folder(self, bundle: str, release: int) -> Path:
        """Where a staged release lies."""
        return self.disk.at(_folder(bundle, release))

    def is_whole(self, staged: Staged) -> bool:
        """Whether all files of a release are there and have their sizes; what is in them, a bundle's reader checks."""
        folder = _folder(staged.bundle, staged.release)
        return all(self.disk.size(f"{folder}/{part.file}") == part.size for part in staged.parts)

    def stage(self, staged: Staged) -> None:
        """Make the folder of a release out of objects that are here; the state does not know of it yet.

        Raises:
            OSError: half of it may be there.
        """
        folder = _folder(staged.bundle, staged.release)
        self._remove(folder)
        self.disk.make_folder(_RELEASES)
        self.disk.make_folder(f"{_RELEASES}/{staged.bundle}")
        self.disk.make_folder(folder)
        for part in staged.parts:
            name = TargetName(staged.bundle, staged.release, part.file).file
            self._second_name(part, f"{folder}/{name}")
        for synced in (folder, f"{_RELEASES}/{staged.bundle}", _RELEASES, ""):
            self.disk.sync_folder(synced)

    def collect(self) -> None:
        """Remove what neither this state nor the one before it needs.

        Raises:
            OSError: some of it is still there.
        """
        states = (self._before, self.state)
        kept = {
            (staged.bundle, staged.release)
            for state in states
            for staged in state.staged
            if (staged.bundle, staged.release) in set(state.needed())
        }
        for bundle in self.disk.names(_RELEASES):
            for release in self.disk.names(f"{_RELEASES}/{bundle}"):
                if (bundle, int(release) if release.isdecimal() else -1) not in kept:
                    self._remove(f"{_RELEASES}/{bundle}/{release}")
            if not self.disk.names(f"{_RELEASES}/{bundle}"):
                self.disk.remove_folder(f"{_RELEASES}/{bundle}")
        self.objects.collect({sha256 for state in states for sha256 in _wanted(state)})

    @property
    def holds_more(self) -> bool:
        """Whether the state before this one keeps files that this one does not need."""
        return bool(set(_wanted(self._before)) - set(_wanted(self.state)))

    def forget_partials(self) -> None:
        """Make room: remove all that was fetched and is not staged."""
        with contextlib.suppress(OSError):
            self.objects.collect({part.sha256 for state in (self._before, self.state) for part in _staged_parts(state)})

    def used(self) -> int:
        """Bytes of all objects; staged releases are second names of them."""
        names = self.disk.names(OBJECTS)
        return sum(self.disk.size(f"{OBJECTS}/{name}") or 0 for name in names)

    def _second_name(self, part: Part, path: str) -> None:
        """Link; where a file system has no links, copy."""
        try:
            self.disk.link(self.objects.path(part.content), path)
        except PermissionError:  # FAT and its like say so (link(2))
            with self.objects.open(part.content) as source, contextlib.closing(self.disk.create(path)) as target:
                while block := source.read(1 << 16):
                    target.write(block)
                target.sync()

    def _remove(self, folder: str) -> None:
        for name in self.disk.names(folder):
            self.disk.unlink(f"{folder}/{name}")
        self.disk.remove_folder(folder)


def without(state: State, kept: Iterable[tuple[str, int]]) -> State:
    """The state without staged releases that nothing of this points to."""
    wanted = set(kept)
    staged = tuple(item for item in state.staged if (item.bundle, item.release) in wanted)
    return msgspec.structs.replace(state, staged=staged)


def _folder(bundle: str, release: int) -> str:
    return f"{_RELEASES}/{bundle}/{release}"


def _staged_parts(state: State) -> Iterator[Part]:
    needed = set(state.needed())
    for staged in state.staged:
        if (staged.bundle, staged.release) in needed:
            yield from staged.parts


def _wanted(state: State) -> Iterator[str]:
    """Hashes of all files that a state needs."""
    yield from (part.sha256 for part in _staged_parts(state))
    if state.phase != IDLE and state.job is not None and state.job.plan is not None:
        for part in state.job.plan.parts:
            yield part.sha256
            if part.delta is not None:
                yield part.delta.sha256
