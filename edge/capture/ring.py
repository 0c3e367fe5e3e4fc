"""A ring of pictures in shared memory.

Rules:

- The memory has no name: it lives as long as a process holds its file descriptor and is gone with the last one, however
  that one ends. Nothing is left behind by ``kill -9``, and there is nothing to clean up at the next start.
- Names travel (:class:`SlotName`), pixels do not. Each slot carries the generation of its use; a reader that finds another one
  than it was told does not use the picture.
- Pixels are kept for :data:`MAX_AGE_S` at most: free slots are wiped when nobody writes over them.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import tempfile
from dataclasses import dataclass

import numpy as np

from edge.capture.port import Picture, Plane
from edge.capture.slots import SlotName
from edge.region import Size

MAX_AGE_S = 10.0
"""Longest life of a picture on the box, seconds."""

MAX_PIXELS = 7680 * 4320
"""Of a picture: 8K UHD. A source may claim anything, and a ring of what it claims would take the memory of all others."""

_FIRM: int = getattr(fcntl, "F_SEAL_SHRINK", 0)
"""Seal of memory whose end nobody takes away (fcntl(2)); 0 on systems without memfd."""

_HEADER = 64
"""Bytes before the planes of a slot: the generation, padded to a cache line."""

_PAGE = mmap.PAGESIZE

_BEING_WRITTEN = 0
"""Generation of no picture: they count from 1."""


@dataclass(frozen=True)
class RingLayout:
    """Where things are in a ring."""

    ring: str
    """Its name, unique on the box."""
    size: Size
    slots: int

    @property
    def luma_bytes(self) -> int:
        """Size of the Y plane."""
        return self.size.width * self.size.height

    @property
    def chroma(self) -> Size:
        """Size of the U and V planes."""
        return Size((self.size.width + 1) // 2, (self.size.height + 1) // 2)

    @property
    def slot_bytes(self) -> int:
        """Distance between slots, whole pages."""
        chroma = self.chroma
        used = _HEADER + self.luma_bytes + 2 * chroma.width * chroma.height
        return -(-used // _PAGE) * _PAGE

    @property
    def total_bytes(self) -> int:
        """Size of the whole ring."""
        return self.slot_bytes * self.slots


class Ring:
    """A mapped ring. The descriptor stays with the caller.

    Args:
        layout: where things are.
        fd: descriptor of the memory; it is not closed here.
        writable: whether this process may change pixels.
    """

    def __init__(self, layout: RingLayout, fd: int, *, writable: bool) -> None:
        self.layout = layout
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        self._map = mmap.mmap(fd, layout.total_bytes, access=access)
        self._bytes = np.frombuffer(self._map, np.uint8)

    def write(self, slot: SlotName, picture: Picture) -> None:
        """Copy a picture into a slot that this process has taken.

        Nobody takes it for the picture before or for this one while it is half of each.
        """
        y, u, v = self._planes(slot.index)
        self._generation(slot.index)[0] = _BEING_WRITTEN
        np.copyto(y, picture.y)
        np.copyto(u, picture.u)
        np.copyto(v, picture.v)
        self._generation(slot.index)[0] = slot.generation

    def read(self, slot: SlotName) -> tuple[Plane, Plane, Plane] | None:
        """Planes Y, U, V of a picture, as views; ``None`` when the slot holds another picture by now."""
        if self._generation(slot.index)[0] != slot.generation:
            return None
        return self._planes(slot.index)

    def newest(self) -> SlotName | None:
        """The picture that was written last; ``None`` when there is none."""
        generation, index = max((int(self._generation(index)[0]), index) for index in range(self.layout.slots))
        return None if generation == _BEING_WRITTEN else SlotName(self.layout.ring, index, generation)

    def wipe(self, index: int) -> None:
        """Overwrite a slot with nothing."""
        start = index * self.layout.slot_bytes
        self._bytes[start : start + self.layout.slot_bytes] = 0

    def close(self) -> None:
        """Unmap. Views handed out keep their part of the map alive until they are gone."""
        del self._bytes
        with contextlib.suppress(BufferError):  # a view is still held; the map goes with it
            self._map.close()

    def _generation(self, index: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        start = index * self.layout.slot_bytes
        return self._bytes[start : start + 8].view(np.uint64)

    def _planes(self, index: int) -> tuple[Plane, Plane, Plane]:
        layout = self.layout
        chroma = layout.chroma
        area = chroma.width * chroma.height
        at = index * layout.slot_bytes + _HEADER
        y = self._bytes[at : at + layout.luma_bytes].reshape(layout.size.height, layout.size.width)
        at += layout.luma_bytes
        u = self._bytes[at : at + area].reshape(chroma.height, chroma.width)
        v = self._bytes[at + area : at + 2 * area].reshape(chroma.height, chroma.width)
        return y, u, v


def make_memory(layout: RingLayout) -> int:
    """Make shared memory without a name, of a size that nobody changes. Returns its descriptor, which the caller closes.

    Raises:
        OSError: when there is not enough of it.
    """
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("lamplighter-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    else:  # pragma: no cover - systems without memfd: a file that is unlinked at once
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    try:
        os.ftruncate(fd, layout.total_bytes)
        if hasattr(os, "memfd_create"):
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _FIRM | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    except OSError:
        os.close(fd)
        raise
    return fd


def holds(fd: int, layout: RingLayout) -> bool:
    """Whether memory that somebody else made holds a ring, and does so as long as it is mapped: a reader dies where it ends."""
    try:
        firm = not hasattr(os, "memfd_create") or bool(fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _FIRM)
        return firm and os.fstat(fd).st_size >= layout.total_bytes
    except OSError:
        return False
