"""Believing a repository: The Update Framework's client, with metadata that survive power cuts and a clock of our own.

The library (``tuf.ngclient``) verifies; what it lacks is done around it. It writes metadata without syncing them, so it works
in a scratch folder, and what it has verified is then written to the disk as one file, whole or not at all. It takes the
system's clock, so it is given the box's (:mod:`ota.device.moment`). It would start from cached metadata; it is started from the
root that came with the installation, always (row 14 of the faults).

Rules:

- What was verified is kept, also when a refresh fails further on (TUF specification 1.0.34, section 5.3.8 and on): a root that
  has been rotated stays rotated, a version that was seen is never gone below again.
- Metadata that have expired are good for nothing but to recognise older ones. They are reported (row 5).
- Everything is bounded: each file, their number, and all of them together (row 2).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tuf.api.exceptions import DownloadError, ExpiredMetadataError, RepositoryError, SlowRetrievalError
from tuf.api.metadata import Metadata, Root, Targets
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from ota.deltafile import Content
from ota.device import kept
from ota.device.catalogue import Target
from ota.device.disk import Disk
from ota.device.errors import ExpiredError, FetchError, SlowError, TrustError, UpdateError
from ota.device.kept import MOST_BYTES, Kept
from ota.device.moment import Moment, raised

_HISTORY = "root_history"
_SHA256_CHARACTERS = 64


class Trust:
    """Keeps what is believed.

    Args:
        disk: where it is kept, in a file of its own.
        root: metadata of the root that came with the installation.
        built: when the installation was built; with time zone.
        scratch: folder that is emptied at each refresh; a file system in memory is best.
    """

    def __init__(self, disk: Disk, root: bytes, built: dt.datetime, scratch: Path) -> None:
        self._disk, self._root, self._scratch = disk, root, scratch
        self._kept, self._loaded = Kept(0.0, {}), False
        self.floor = built
        """Before this it cannot be."""
        with contextlib.suppress(OSError):  # a disk that does not answer now holds up no start; a refresh asks again
            self._load()

    @property
    def files(self) -> dict[str, bytes]:
        """Metadata that are believed: roots as ``N.root.json``, others as ``ROLE.json``."""
        return dict(self._kept.files)

    def refresh(self, url: str, fetcher: FetcherInterface, time: Moment) -> Signed:
        """Fetch what is new, and verify it.

        Args:
            url: base URL of a mirror's metadata.
            fetcher: fetches them.
            time: against which expiries are held, for all of this refresh.

        Raises:
            ExpiredError: what came was right once.
            TrustError: what came is not believed.
            FetchError: it did not come.
            OSError: what was verified cannot be kept.
        """
        self._load()
        self._lay_out()
        try:
            updater = _guarded(self._updater, url, fetcher)
            _set_time(updater, time.now)
            _guarded(updater.refresh)
        finally:
            self.keep()
        signed = Signed(updater, self, self._scratch)
        self._raise_floor(signed)
        return signed

    def keep(self) -> None:
        """Write down what has been verified since.

        Raises:
            TrustError: it is more than is kept.
            OSError: it cannot be written.
        """
        files = dict(self._verified())
        if sum(map(len, files.values())) > MOST_BYTES:
            msg = f"the repository's metadata are over {MOST_BYTES} bytes; remove old releases from it"
            raise TrustError(msg)
        if files and files != self._kept.files:
            self._write(Kept(self._kept.floor, files))

    def _load(self) -> None:
        if not self._loaded:
            self._kept = kept.load(self._disk)
            self.floor = max(self.floor, dt.datetime.fromtimestamp(self._kept.floor, dt.timezone.utc))
            self._loaded = True

    def _updater(self, url: str, fetcher: FetcherInterface) -> Updater:
        return Updater(str(self._scratch), url, fetcher=fetcher, config=UpdaterConfig(), bootstrap=self._root)

    def _lay_out(self) -> None:
        """Put what is believed where the library looks for it."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        (self._scratch / _HISTORY).mkdir(parents=True)
        for name, data in self._kept.files.items():
            folder = self._scratch / _HISTORY if name.endswith(".root.json") else self._scratch
            (folder / name).write_bytes(data)

    def _verified(self) -> Iterator[tuple[str, bytes]]:
        """What the library has left there: it writes nothing before it has verified it."""
        for path in sorted((self._scratch / _HISTORY).glob("*.root.json")):
            yield path.name, path.read_bytes()
        for path in sorted(self._scratch.glob("*.json")):
            if not path.is_symlink():  # root.json, to the newest of the history
                yield path.name, path.read_bytes()

    def _raise_floor(self, signed: Signed) -> None:
        floor = raised(self.floor, signed.expires("timestamp"), signed.expires("root"), signed.expires("targets"))
        if floor > self.floor:
            self._write(Kept(floor.timestamp(), self._kept.files))
            self.floor = floor

    def _write(self, now: Kept) -> None:
        kept.write(self._disk, now)
        self._kept = now


class Signed:
    """A repository at the moment of a refresh; a :class:`ota.device.catalogue.Catalogue`.

    Args:
        updater: which has refreshed.
        trust: which keeps what else is verified.
        scratch: where the library has put it.

    Attributes:
        prefixed: whether files lie under names that their hash stands before.
    """

    def __init__(self, updater: Updater, trust: Trust, scratch: Path) -> None:
        self._updater, self._trust = updater, trust
        names = ("root", "timestamp", "targets")
        self._metadata: dict[str, Metadata[Any]] = {name: Metadata.from_file(str(scratch / f"{name}.json")) for name in names}
        root, targets = self._metadata["root"].signed, self._metadata["targets"].signed
        assert isinstance(root, Root)
        assert isinstance(targets, Targets)
        self.prefixed = bool(root.consistent_snapshot)
        self._paths = tuple(targets.targets)
        self._delegates = targets.delegations is not None

    def expires(self, role: str) -> dt.datetime:
        """Until when a top-level role's metadata are valid."""
        expires: dt.datetime = self._metadata[role].signed.expires
        return expires if expires.tzinfo else expires.replace(tzinfo=dt.timezone.utc)

    def paths(self) -> tuple[str, ...]:
        """Names of all targets that the top-level role has signed."""
        return self._paths

    def find(self, path: str) -> Target | None:
        """Look a target up.

        Raises:
            TrustError: what is signed of it cannot be used.
            FetchError: metadata that it needs did not come.
        """
        try:
            found = _guarded(self._updater.get_targetinfo, path)
        finally:
            if self._delegates:
                self._trust.keep()
        if found is None:
            return None
        sha256 = found.hashes.get("sha256", "")
        if len(sha256) != _SHA256_CHARACTERS or set(sha256) - set("0123456789abcdef"):
            msg = f"{path[:160]!r} is signed without a SHA-256; sign it again with this project's publisher"
            raise TrustError(msg)
        return Target(path, Content(found.length, sha256), found.custom)


def _set_time(updater: Updater, now: dt.datetime) -> None:
    """Have the library hold expiries against this time. It offers no other way; a test guards that this one works."""
    trusted = updater._trusted_set  # noqa: SLF001 - as its own conformance client does
    if not hasattr(trusted, "reference_time"):
        msg = "tuf has no reference time where it had one; install the version that this software was tested with"
        raise TrustError(msg)
    trusted.reference_time = now


def _guarded(call: Any, *arguments: Any) -> Any:
    """Call the library, and say what it says in our words."""
    try:
        return call(*arguments)
    except ExpiredMetadataError as error:
        msg = f"the repository is out of date ({error}); its publisher has to refresh it, or this mirror hides that he did"
        raise ExpiredError(msg) from error
    except SlowRetrievalError as error:
        raise SlowError(_words(error)) from error
    except DownloadError as error:
        raise FetchError(_words(error)) from error
    except RepositoryError as error:
        msg = f"metadata are not believed ({error}); another mirror may have better ones"
        raise TrustError(msg) from error


def _words(error: BaseException) -> str:
    """What the fetcher said, beneath what the library makes of it."""
    while error.__cause__ is not None and not isinstance(error, UpdateError):
        error = error.__cause__
    return f"metadata did not come ({str(error) or type(error).__name__}); it is tried again"
