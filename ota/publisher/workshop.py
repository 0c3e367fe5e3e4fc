"""The workshop: the publisher's own folder, beside the public one.

::

    workshop.json        how it was set up
    state.json           what was committed to: the truth
    burnt.json           what was signed and never published
    metadata/            every root; the last versions of all others, timestamps under their number
    pending/root.json    what waits for signatures; these files are carried
    pending/targets.json
    pending/content/     files of releases that are not published yet, by their hash
    lock

Rules: whoever changes anything holds the lock. No private key and no password lies here. Everything that is read is bounded,
and refused with the file's name when it is not what was written.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import msgspec
from tuf.api.metadata import Root, Targets

from ota.publisher.carried import Carried, pack, read_carried
from ota.publisher.disk import Disk, files_below
from ota.publisher.document import Document, read_root, read_snapshot, read_targets, read_timestamp
from ota.publisher.errors import MetadataError, PendingError, SignatureError, WorkshopError
from ota.publisher.live import Live, check_set
from ota.publisher.lock import locked
from ota.publisher.roles import LARGEST, ROOT, TARGETS
from ota.publisher.settings import Burnt, Settings, State
from ota.publisher.signatures import AnyDocument

_LARGEST = max(LARGEST.values())
_S = TypeVar("_S", Settings, State, Burnt)
_D = TypeVar("_D")


class Workshop:
    """The folder, by what is in it."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self._disk = disk
        self._metadata = folder / "metadata"
        self._pending = folder / "pending"
        self.content = self._pending / "content"

    def locked(self) -> AbstractContextManager[None]:
        """Keep others out while something is changed; see :func:`ota.publisher.lock.locked`."""
        return locked(self.folder)

    def settings(self) -> Settings:
        """How it was set up.

        Raises:
            WorkshopError: when there is no workshop, or its settings cannot be read.
        """
        found = self._struct("workshop.json", Settings)
        if found is None:
            msg = f"{self.folder}: there is no workshop; make one with `lamplighter ota init`, or name it with --workshop"
            raise WorkshopError(msg)
        return found

    def public(self, settings: Settings) -> Path:
        """Where the public folder is; a path that is not absolute counts from the workshop, which need not be there yet."""
        return Path(os.path.normpath(self.folder / settings.public))

    def save_settings(self, settings: Settings) -> None:
        """Keep the settings."""
        self._save("workshop.json", settings)

    def burnt(self) -> Burnt:
        """What is never signed again.

        Raises:
            WorkshopError: when it cannot be read.
        """
        return self._struct("burnt.json", Burnt) or Burnt()

    def save_burnt(self, burnt: Burnt) -> None:
        """Keep what is never signed again."""
        self._save("burnt.json", burnt)

    def state(self) -> State | None:
        """What was committed to; nothing before the first time.

        Raises:
            WorkshopError: when it cannot be read.
        """
        return self._struct("state.json", State)

    def live(self) -> Live | None:
        """What is in force; nothing before the first time.

        Raises:
            WorkshopError: when it is not as it was written.
        """
        state = self.state()
        if state is None:
            return None
        try:
            live = Live(
                tuple(self._document(f"{n}.root.json", read_root) for n in range(1, state.root + 1)),
                self._document(f"{state.targets}.targets.json", read_targets),
                self._document(f"{state.snapshot}.snapshot.json", read_snapshot),
                self._document(f"{state.timestamp}.timestamp.json", read_timestamp),
            )
            check_set(live)
        except (MetadataError, SignatureError) as error:
            msg = f"{self.folder}: what was committed to is damaged: {error}; restore the workshop from a backup"
            raise WorkshopError(msg) from error
        return live

    def commit(self, live: Live, *, timestamp_first: bool) -> None:
        """Commit to a set: until the last step nothing has changed, after it everything has."""
        documents: list[AnyDocument] = [*live.roots, *live.under_root]
        for document in documents:
            path = self._metadata / f"{document.version}.{document.role}.json"
            if not path.exists() or path.read_bytes() != document.data:
                self._disk.save(path, document.data)
        versions = (live.root.version, live.targets.version, live.snapshot.version, live.timestamp.version)
        self._save("state.json", State(*versions, timestamp_first=timestamp_first))

    def earlier(self, role: str) -> dict[int, bytes]:
        """Versions of a role that are still here, by number.

        Raises:
            OSError: when they cannot be read.
        """
        found = {}
        for path in self._metadata.glob(f"*.{role}.json"):
            number = path.name.split(".")[0]
            if number.isdigit():
                found[int(number)] = path.read_bytes()
        return found

    def forget(self, role: str, version: int) -> None:
        """Remove an old version."""
        self._disk.remove(self._metadata / f"{version}.{role}.json", self.folder)

    def pending_root(self) -> Document[Root] | None:
        """The root that waits for signatures.

        Raises:
            MetadataError: when it cannot be read.
        """
        found = self._carried(ROOT)
        return read_root(found.pending.data, "pending root") if found else None

    def pending_targets(self) -> Document[Targets] | None:
        """The targets that wait for signatures.

        Raises:
            MetadataError: when they cannot be read.
        """
        found = self._carried(TARGETS)
        return read_targets(found.pending.data, "pending targets") if found else None

    def save_pending(self, root: Document[Root] | None, targets: Document[Targets] | None, live: Live | None) -> None:
        """Keep what waits for signatures, each with what it takes to judge it."""
        roots, before = (live.roots, live.targets) if live else ((), None)
        made = {
            ROOT: Carried(root, roots) if root else None,
            TARGETS: Carried(targets, (*roots, root) if root else roots, before, root is not None) if targets else None,
        }
        for role, carried in made.items():
            path = self.pending_path(role)
            if carried is None:
                if path.exists():
                    self._disk.remove(path, self.folder)
            elif not path.exists() or path.read_bytes() != pack(carried):
                self._disk.save(path, pack(carried))

    def pending_path(self, role: str) -> Path:
        """Where the pending file of a role lies."""
        return self._pending / f"{role}.json"

    def carried(self, role: str) -> Carried:
        """The pending file of a role.

        Raises:
            PendingError: when nothing is pending.
        """
        found = self._carried(role)
        if found is None:
            msg = f"nothing of {role} is pending in {self.folder}; `lamplighter ota status` shows what is"
            raise PendingError(msg)
        return found

    def keep_content(self, data: bytes, digest: str) -> None:
        """Keep a file until it is published."""
        path = self.content / digest
        if self.staged(digest) is None:
            self._disk.save(path, data)

    def staged(self, digest: str) -> bytes | None:
        """Read a file that waits to be published; nothing where it does not wait here, or was damaged.

        Raises:
            OSError: when it cannot be read.
        """
        path = self.content / digest
        data = path.read_bytes() if path.is_file() else b""
        return data if hashlib.sha256(data).hexdigest() == digest else None

    def sweep(self, needed: set[str]) -> None:
        """Remove what a kill left half written, and files that nothing pending needs any more."""
        for path in [*files_below(self._pending), *files_below(self._metadata)]:
            if path.name.startswith(".") or (path.parent == self.content and path.name not in needed):
                self._disk.remove(path, self.folder)

    def _carried(self, role: str) -> Carried | None:
        path = self.pending_path(role)
        if not path.exists():
            return None
        found = read_carried(path)
        if found.role != role:
            msg = f"{path}: is of {found.role}; copy the right file here, or `lamplighter ota discard {role}`"
            raise PendingError(msg)
        return found

    def _document(self, name: str, read: Callable[[bytes, str], _D]) -> _D:
        path = self._metadata / name
        try:
            with path.open("rb") as file:
                return read(file.read(_LARGEST + 1), str(path))
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror})"
            raise MetadataError(msg) from error

    def _struct(self, name: str, kind: type[_S]) -> _S | None:
        path = self.folder / name
        try:
            with path.open("rb") as file:
                return msgspec.json.decode(file.read(_LARGEST), type=kind)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            msg = f"{path}: cannot be used ({error}); restore it from a backup"
            raise WorkshopError(msg) from error

    def _save(self, name: str, value: Settings | State | Burnt) -> None:
        self._disk.save(self.folder / name, msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")
