"""The demo's signed repository: the installed bundle under a new version, and after it one that sees hardly anybody.

Rules:

- The publisher is the real one, with two people who sign what boxes trust. Their keys lie in the demo's folder, and go with it;
  in earnest no machine holds both.
- The bad release is bad as it happens in earnest: a manifest that is right, variants that answer their golden vectors, and
  operating points that somebody has chosen wrongly. Only running it shows that.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from models.bundle.bundle import load_bundle, zoo
from ota.publisher.adding import Added, Wishes
from ota.publisher.disk import Disk
from ota.publisher.keys import make_key
from ota.publisher.publisher import Publisher
from ota.publisher.roles import DAYS, ROOT, SNAPSHOT, TARGETS, THRESHOLDS, TIMESTAMP
from ota.publisher.root import RoleKeys
from ota.publisher.settings import OnlineSigner, Settings
from ota.publisher.signing import opened
from ota.publisher.surroundings import nobody_asked
from protocol.codec import encode_body
from protocol.manifest import Manifest, OperatingPoint
from protocol.release import MANIFEST_FILE

BUNDLE = "person-vehicle-accurate"
"""What the demo's cameras run."""

GOOD, BAD = 1, 2
VERSIONS = {GOOD: "1.1.0", BAD: "1.2.0"}
"""As virtual boxes name a release that they run; above what is installed."""

BLIND = 0.95
"""Least score of the bad release: in ten pictures of the demo's square, spread over it, the surest person has 0.861."""

_PEOPLE: Mapping[str, tuple[str, ...]] = {
    ROOT: ("root-1", "root-2"),
    TARGETS: ("engineer-1", "engineer-2"),
    SNAPSHOT: ("online",),
    TIMESTAMP: ("online",),
}


class Releases:
    """Makes the repository, with a root that boxes may trust and no release yet.

    Args:
        folder: of the publisher: keys and workshop.
        public: of the repository, as the manager serves it.

    Raises:
        PublisherError: there is something in the folders already.
        OSError: they cannot be written.
    """

    def __init__(self, folder: Path, public: Path) -> None:
        self._folder, self._keys = folder, folder / "keys"
        disk = Disk()
        keys = {
            name: make_key(self._keys, name, None, disk) for name in sorted({n for names in _PEOPLE.values() for n in names})
        }
        roles = {role: RoleKeys(tuple(keys[name] for name in names), THRESHOLDS[role]) for role, names in _PEOPLE.items()}
        settings = Settings(str(public.resolve()), dict(DAYS), {"online": OnlineSigner(str(self._key("online").resolve()))})
        self._publisher = Publisher.create(folder / "workshop", settings, roles)
        self._sign(ROOT)
        self._sign(TARGETS)
        self._publisher.publish()
        self.root = self._publisher.trusted_root()
        """What boxes are made with."""

    def publish(self, release: int) -> Added:
        """Add a release, have two people sign it, and publish. Takes seconds: files are packed for the way.

        Args:
            release: :data:`GOOD` or :data:`BAD`, in this order.

        Raises:
            PublisherError: it cannot be released.
            OSError: a file cannot be written.
        """
        folder = write_bundle(self._folder / "bundles" / VERSIONS[release], release)
        added = self._publisher.add(folder, Wishes(number=release))
        shutil.rmtree(folder)  # it is in the repository now
        self._sign(TARGETS)
        self._publisher.publish()
        return added

    def _sign(self, role: str) -> None:
        for name in _PEOPLE[role]:
            self._publisher.sign(role, opened(self._publisher.carried(role), str(self._key(name)), nobody_asked))

    def _key(self, name: str) -> Path:
        return self._keys / f"{name}.pem"


def write_bundle(folder: Path, release: int) -> Path:
    """Write the bundle of a release, made from the one that is installed.

    Args:
        folder: where.
        release: :data:`GOOD` or :data:`BAD`.
    """
    installed = load_bundle(zoo() / BUNDLE)
    folder.mkdir(parents=True)
    for file in (*(variant.file for variant in installed.manifest.variants), installed.manifest.golden.file):
        shutil.copyfile(installed.folder / file, folder / file)
    (folder / MANIFEST_FILE).write_bytes(encode_body(changed(installed.manifest, release)))
    return folder


def changed(manifest: Manifest, release: int) -> Manifest:
    """A manifest as of a release. Pure."""
    points = manifest.operating_points
    if release == BAD:
        points = {name: blinded(point) for name, point in points.items()}
    return msgspec.structs.replace(manifest, version=VERSIONS[release], operating_points=points)


def blinded(point: OperatingPoint) -> OperatingPoint:
    """An operating point at which hardly anything is seen. Pure."""
    return msgspec.structs.replace(point, thresholds=dict.fromkeys(point.thresholds, BLIND))
