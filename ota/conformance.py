"""A client that an external conformance suite of The Update Framework drives: ``python -m ota.conformance ...``.

::

    --metadata-dir D init ROOT
    --metadata-dir D --metadata-url U refresh
    --metadata-dir D --metadata-url U --target-name N --target-dir T --target-base-url B download

Exit status 0: done. 1: refused, or it did not come; why stands on standard error.

Rules: everything is done by the box's own code (:mod:`ota.device.trust`, :mod:`ota.device.fetch`). What this adds is what a
suite looks at: metadata that are believed stand in ``D`` under their plain names, and a fetched file in ``T`` under its quoted
name, where an earlier content of the same name is replaced. Time is the system's, which a suite may fake.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root

from ota.deltafile import Content
from ota.device.disk import RealDisk
from ota.device.durable import load, write
from ota.device.errors import TrustError, UpdateError
from ota.device.fetch import Fetch
from ota.device.http import HttpTransport
from ota.device.limits import Bucket
from ota.device.mirror import Mirror, file_name
from ota.device.mirrors import MetadataFetcher
from ota.device.moment import moment
from ota.device.objects import Objects
from ota.device.transport import Pace
from ota.device.trust import Trust

_ROOT = "first-root"
_ROOT_BYTES = 1 << 20
_STATE = ".lamplighter"
"""Folder within the metadata's, for what the box keeps in its own way."""
_EARLY = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
"""This client was never built: its clock is the suite's."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; returns the exit status."""
    given = _parser().parse_args(arguments)
    folder = Path(given.metadata_dir)
    try:
        match given.command:
            case "init":
                _init(folder, Path(given.root))
            case "refresh":
                _Client(folder, given.metadata_url).refresh()
            case _:
                client = _Client(folder, given.metadata_url)
                client.download(given.target_name, given.target_base_url, Path(given.target_dir))
    except (UpdateError, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


class _Client:
    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url
        self._disk = RealDisk(folder / _STATE)
        root = load(self._disk, _ROOT, _ROOT_BYTES)
        if root is None:
            msg = f"{folder}: there is no root to begin from; run init first"
            raise TrustError(msg)
        self._transport = HttpTransport(agent="lamplighter-conformance")
        self._trust = Trust(self._disk, root, _EARLY, folder / _STATE / "scratch")

    def refresh(self) -> None:
        """Refresh metadata, and lay out what is believed."""
        self._lookup(None)

    def download(self, name: str, base: str, folder: Path) -> None:
        """Refresh, look a file up, and fetch it unless it is there."""
        found = self._lookup(name)
        if found is None:
            msg = f"{name}: no such target is signed"
            raise TrustError(msg)
        file, content = found
        objects = Objects(self._disk)
        if not objects.is_sound(content):
            fetch = Fetch(
                self._transport, Pace(), Bucket(None, time.monotonic, time.sleep), lambda: 0.0, lambda: True, time.monotonic
            )
            fetch.get(file, content, [Mirror(self._url, base)], objects, lambda _size: None)
        target = RealDisk(folder).at("").joinpath(quote(name, ""))
        beside = target.with_name(f"{content.sha256}.new")
        with objects.open(content) as source:
            beside.write_bytes(source.read())
        beside.replace(target)

    def _lookup(self, name: str | None) -> tuple[str, Content] | None:
        fetcher = MetadataFetcher(self._transport, Pace(), time.monotonic)
        try:
            signed = self._trust.refresh(self._url, fetcher, moment(dt.datetime.now(dt.timezone.utc), _EARLY))
            target = None if name is None else signed.find(name)
            if name is None or target is None:
                return None
            return file_name(name, target.content.sha256, prefixed=signed.prefixed), target.content
        finally:
            fetcher.close()
            self._transport.close()
            self._lay_out()

    def _lay_out(self) -> None:
        """Put what is believed where the suite looks."""
        files = self._trust.files
        roots = {int(name.split(".")[0]): data for name, data in files.items() if name.endswith(".root.json")}
        plain = {name: data for name, data in files.items() if not name.endswith(".root.json")}
        if roots:
            plain["root.json"] = roots[max(roots)]
        for path in self._folder.glob("*.json"):
            if path.name not in plain:
                path.unlink()
        for name, data in plain.items():
            (self._folder / name).write_bytes(data)


def _init(folder: Path, root: Path) -> None:
    """Begin from a root, if it is one."""
    data = root.read_bytes()
    try:
        signed = Metadata[Root].from_bytes(data)
        signed.verify_delegate(Root.type, signed)
    except (RepositoryError, ValueError) as error:
        msg = f"{root}: not a root that is signed as it says itself ({error})"
        raise TrustError(msg) from error
    write(RealDisk(folder / _STATE), _ROOT, data)
    (folder / "root.json").write_bytes(data)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ota.conformance", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--metadata-dir", required=True)
    parser.add_argument("--metadata-url", default="")
    parser.add_argument("--target-name", default="")
    parser.add_argument("--target-dir", default="")
    parser.add_argument("--target-base-url", default="")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("root")
    commands.add_parser("refresh")
    commands.add_parser("download")
    return parser


if __name__ == "__main__":
    sys.exit(main())
