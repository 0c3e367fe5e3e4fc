"""A repository with its people, a web server in front of it, and readers: the reference client of TUF."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tuf.api.metadata import Metadata, TargetFile
from tuf.ngclient import Updater

from ota.publisher.adding import Added, Wishes
from ota.publisher.disk import Disk
from ota.publisher.going import Published
from ota.publisher.keys import make_key, read_public
from ota.publisher.public import PublicFolder
from ota.publisher.publisher import Publisher
from ota.publisher.roles import DAYS, ROLES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from ota.publisher.root import RoleKeys
from ota.publisher.settings import OnlineSigner, Settings
from ota.publisher.signing import opened
from ota.publisher.surroundings import Surroundings, nobody_asked
from tests.ota.publisher.bundles import make_bundle
from tests.ota.publisher.crashing import LazyDisk

ROOT_KEYS = ("root-1", "root-2", "root-3")
ENGINEERS = ("engineer-1", "engineer-2")
NO_DELTAS = Wishes(bases=())


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing about it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own word
        pass


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP on loopback; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Reader:
    """A box as far as metadata go; keeps what it trusts in a folder between refreshments."""

    folder: Path
    root: bytes
    seen: dict[str, int] = field(default_factory=dict)

    def refresh(self, url: str, now: dt.datetime | None = None) -> Updater:
        """Follow the repository, and see that no version falls."""
        (self.folder / "targets").mkdir(parents=True, exist_ok=True)
        client = Updater(
            str(self.folder), f"{url}/metadata/", str(self.folder / "targets"), f"{url}/targets/", bootstrap=self.root
        )
        if now is not None:
            client._trusted_set.reference_time = now
        client.refresh()
        for role in ROLES:
            document: Metadata = Metadata.from_file(str(self.folder / f"{role}.json"))  # type: ignore[type-arg]
            version = document.signed.version
            assert version >= self.seen.get(role, 0), role
            self.seen[role] = version
        return client

    def fetch_all(self, client: Updater) -> int:
        """Fetch every target that is signed; gives how many."""
        targets = client._trusted_set.targets.targets
        for target in targets.values():
            client.download_target(target)
        return len(targets)


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.timezone.utc)

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += dt.timedelta(**units)


class Site:
    """Everything in one folder: ``keys``, ``workshop``, ``public``, ``bundles``."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self.public = folder / "public"
        self.workshop = folder / "workshop"
        self.clock = Clock()
        self.disk = disk or LazyDisk()
        self.environment: dict[str, str] = {}

    @property
    def publisher(self) -> Publisher:
        """The workshop, opened anew, as every command does."""
        return Publisher(self.workshop, self.surroundings())

    def surroundings(self) -> Surroundings:
        return Surroundings(self.clock, nobody_asked, self.environment, self.disk)

    def key(self, name: str) -> Path:
        """The private half of somebody's key, made when it is asked for first."""
        path = self.folder / "keys" / f"{name}.pem"
        if not path.exists():
            make_key(path.parent, name, None, LazyDisk())
        return path

    def role(self, names: Sequence[str], threshold: int) -> RoleKeys:
        return RoleKeys(tuple(read_public(self.key(name).with_suffix(".pub")) for name in names), threshold)

    def signer(self, name: str) -> OnlineSigner:
        return OnlineSigner(str(self.key(name)))

    def create(self, *, roots: Sequence[str] = ROOT_KEYS, engineers: Sequence[str] = ENGINEERS) -> Publisher:
        roles = {
            ROOT: self.role(roots, 2),
            TARGETS: self.role(engineers, 2),
            SNAPSHOT: self.role(["online"], 1),
            TIMESTAMP: self.role(["online"], 1),
        }
        settings = Settings("../public", dict(DAYS), {"online": self.signer("online")})
        return Publisher.create(self.workshop, settings, roles, self.surroundings())

    def sign(self, role: str, *names: str) -> None:
        """Have somebody sign what is pending."""
        for name in names:
            signer = opened(self.publisher.carried(role), str(self.key(name)), nobody_asked)
            self.publisher.sign(role, signer)

    def bundle(self, version: str = "1.0.0", model: bytes | None = None, **more: object) -> Path:
        folder = self.folder / "bundles" / f"{len(list((self.folder / 'bundles').glob('*')))}"
        return make_bundle(folder, version, model, **more)  # type: ignore[arg-type]

    def add(self, version: str = "1.0.0", model: bytes | None = None, wishes: Wishes = NO_DELTAS, **more: object) -> Added:
        return self.publisher.add(self.bundle(version, model, **more), wishes)

    def release(self, version: str = "1.0.0", model: bytes | None = None) -> Published:
        """Add, sign and publish."""
        self.add(version, model, size=600)
        self.sign(TARGETS, *ENGINEERS)
        return self.publisher.publish()

    def content(self, target: TargetFile) -> bytes:
        return PublicFolder(self.public).content(target)

    def reader(self, name: str = "reader") -> Reader:
        return Reader(self.folder / name, self.publisher.trusted_root())


def published(folder: Path, disk: Disk | None = None) -> Site:
    """A repository with one release."""
    site = Site(folder, disk)
    site.create()
    site.sign(ROOT, "root-1", "root-2")
    site.release()
    return site
