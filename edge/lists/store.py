"""The files of hit lists on the box's disk: as they came, by their hash, with the highest version of each. Nothing else.

Rules:

- A file is complete from the moment when all of it was synced, read back and hashed (:mod:`ota.device.objects`).
- What lies here is not believed for lying here: it is read as if it had just come.
- What is not wanted is removed, complete or not; the names of lists that were used stay (:mod:`edge.lists.floors`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from edge.lists.believe import Believer, Used
from edge.lists.floors import Floors
from edge.lists.table import Table
from ota.deltafile import Content
from ota.device.disk import Disk
from ota.device.objects import FOLDER, Objects
from protocol.lists import MOST_BYTES, ListError, ListFile, read_file
from protocol.twin import ListOrder


class RottenError(ListError):
    """A file on the disk that is no longer what it was."""


_WHOLE = re.compile(r"[0-9a-f]{64}\Z")


class ListStore:
    """All of them; for one thread.

    Args:
        disk: a folder of their own.

    Raises:
        OSError: the disk does not tell how things stand.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.objects = Objects(disk)
        self._floors = Floors(disk)

    def read(self, content: Content) -> ListFile:
        """Read a file that is here.

        Raises:
            ListError: it is no list's.
            OSError: it cannot be read.
        """
        with self.objects.open(content) as file:
            return read_file(file.read(content.size + 1))

    def parts(self, believer: Believer, used: Used) -> Mapping[str, bytes]:
        """Digests by mask of a list in use, from its file.

        Raises:
            ListError: the file has rotted.
            OSError: it cannot be read.
        """
        size = self._disk.size(f"{FOLDER}/{used.digest}") or 0
        return believer.whole(self.read(Content(size, used.digest)), used.header.list)

    def take(self, believer: Believer, order: ListOrder) -> Used:
        """Use a list whose file is here, as it was ordered.

        Raises:
            RottenError: its file has to be fetched again.
            ListError: it is not to be used.
            OSError: it cannot be read, or its version not be written down.
        """
        content = Content(order.size, order.digest)
        if not self.objects.is_sound(content):
            self.remove(order.digest)
            msg = f"list {order.list} {order.version}: its file on the disk has rotted; it is fetched again"
            raise RottenError(msg)
        file = self.read(content)
        parts = believer.whole(file, order.list)
        if file.header.version != order.version:
            msg = f"list {order.list}: version {order.version} was ordered, and {file.header.version} came; it is not used"
            raise ListError(msg)
        self._floors.check(file)
        self._floors.raise_(file)
        return Used(file.header, order.digest, Table(parts))

    def recover(self, believer: Believer, names: set[str]) -> dict[str, Used]:
        """What of the files can be used until what was ordered is here: the highest version of each list, if it was in use.

        Args:
            believer: whom the box believes.
            names: of the lists that are wanted.

        Raises:
            OSError: the disk does not tell.
        """
        found: dict[str, Used] = {}
        for digest in self._disk.names(FOLDER):
            size = self._disk.size(f"{FOLDER}/{digest}") if _WHOLE.match(digest) else None
            if size is None or not 0 < size <= MOST_BYTES:
                continue
            content = Content(size, digest)
            try:
                if not self.objects.is_sound(content):
                    continue
                file = self.read(content)
                name = file.header.list
                if name not in names:
                    continue
                parts = believer.whole(file, name)
                self._floors.check(file)
                self._floors.raise_(file)
            except ListError:
                continue
            if name not in found or file.header.version > found[name].header.version:
                found[name] = Used(file.header, digest, Table(parts))
        return found

    def remove(self, digest: str) -> None:
        """Remove a file."""
        self._disk.unlink(f"{FOLDER}/{digest}")

    def collect(self, wanted: set[str]) -> None:
        """Remove all files, complete or not, whose hash is not wanted."""
        self.objects.collect(wanted)
        self._disk.sync_folder(FOLDER if FOLDER in self._disk.names("") else "")
