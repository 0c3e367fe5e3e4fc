"""The state on the disk: two files that are written in turn, each whole or not at all.

Rules:

- The newest that fits its seal counts. The other is the one before it: were a card to lose or spoil what it said it had
  written, the box falls back by one write and not to nothing.
- What either of them points to is kept (:mod:`ota.device.store`).
"""

from __future__ import annotations

import errno

import msgspec

from ota.device import durable
from ota.device.disk import Disk
from ota.device.state import State

_NAMES = ("state-0", "state-1")
_MOST_BYTES = 1 << 20
"""Sixteen bundles with three staged releases each of thirty files come to 300 kB."""


class Slots:
    """Reads and writes the state.

    Args:
        disk: where it lies.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def load(self) -> tuple[State, State]:
        """The newest state and the one before it; where there is none, the beginning of everything.

        Raises:
            OSError: when the disk does not say which is the newest.
        """
        found, fault = [], None
        for name in _NAMES:
            try:
                content = durable.load(self._disk, name, _MOST_BYTES)
            except OSError as error:
                fault = error
            else:
                state = None if content is None else _decode(content)
                found += [] if state is None else [state]
        if not found and fault is not None:
            raise fault
        found = sorted(found, key=lambda state: state.sequence)[-2:] or [State()]
        return found[-1], found[0]

    def save(self, state: State) -> None:
        """Write a state; its sequence is one above the newest.

        Raises:
            OSError: nothing has changed, or the new state is there: :meth:`load` tells.
        """
        content = msgspec.json.encode(state)
        if len(content) > _MOST_BYTES:
            raise OSError(errno.EFBIG, f"the state of updates has {len(content)} bytes, at most {_MOST_BYTES} are kept")
        durable.write(self._disk, _NAMES[state.sequence % 2], content)


def _decode(content: bytes) -> State | None:
    try:
        return msgspec.json.decode(content, type=State)
    except (msgspec.DecodeError, RecursionError):
        return None
