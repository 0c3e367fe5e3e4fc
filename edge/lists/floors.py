"""The highest version of each list that was in use: none below it is ever used again, also after a power cut.

Rules: what was in use is written and synced before it is used; a version has one header, so that one with the same number that
says something else is not the next. What cannot be read is told and nothing is forgotten: a list is used only where its version
could be written down. Names stay when a list goes, so that it cannot come back older; of these the box keeps a bounded number.
"""

from __future__ import annotations

import hashlib

import msgspec

from ota.device import durable
from ota.device.disk import Disk
from protocol.identifiers import Name, Ordinal
from protocol.lists import ListError, ListFile
from protocol.manifest import Sha256

_FILE = "versions"
_MOST_NAMES = 256
_MOST_BYTES = 1 << 16


class _Floor(msgspec.Struct, frozen=True, array_like=True):
    version: Ordinal
    header: Sha256


class Floors:
    """All of them.

    Args:
        disk: where they lie.

    Raises:
        OSError: the disk does not tell.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        data = durable.load(disk, _FILE, _MOST_BYTES)
        self._floors: dict[str, _Floor] = {}
        if data is not None:
            self._floors = msgspec.json.decode(data, type=dict[Name, _Floor])

    def check(self, file: ListFile) -> None:
        """See that a version does not fall.

        Raises:
            ListError: it does.
        """
        header, floor = file.header, self._floors.get(file.header.list)
        if floor is None or header.version > floor.version:
            return
        if header.version < floor.version:
            msg = f"list {header.list} {header.version} came, and {floor.version} was in use; a list never goes back"
            raise ListError(msg)
        if hashlib.sha256(file.text).hexdigest() != floor.header:
            msg = (
                f"list {header.list} {header.version} came, which says something else than the {header.version} that was in use"
            )
            raise ListError(msg)

    def raise_(self, file: ListFile) -> None:
        """Write down that a version is in use.

        Raises:
            OSError: it cannot be written; then it must not be used.
        """
        name, found = file.header.list, _Floor(file.header.version, hashlib.sha256(file.text).hexdigest())
        if self._floors.get(name) == found:
            return
        others = {other: floor for other, floor in self._floors.items() if other != name}
        floors = dict([*others.items(), (name, found)][-_MOST_NAMES:])
        durable.write(self._disk, _FILE, msgspec.json.encode(floors))
        self._floors = floors
