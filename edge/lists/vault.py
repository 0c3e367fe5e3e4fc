"""Secrets in memory, and nowhere else: a page that is not swapped, not dumped, not inherited, and wiped.

Rules:

- A secret stands in one anonymous page of its own, locked (mlock), left out of core dumps and wiped in a forked child
  (madvise); :meth:`Vault.wipe` overwrites it. What the system refuses of it is in :attr:`Vault.lacks`, in words, not hidden.
- What opens a sealed bundle passes it through ordinary memory for a moment, which Python frees and does not wipe: that is why a
  process that holds keys makes no core dump at all (:func:`refuse_dumps`).
- A secret has no text: nothing here can be printed, logged or pickled with what it holds.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource

from protocol.keys import MOST_KEYS, SECRET_BYTES

_DONT_DUMP = 16
_WIPE_ON_FORK = 18
"""MADV_DONTDUMP and MADV_WIPEONFORK, linux/mman.h; Python names the first alone."""
_PR_SET_DUMPABLE = 4


class Vault:
    """Room for as many secrets as a bundle may hold, twice: the next come before the last are wiped."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, -(-2 * MOST_KEYS * SECRET_BYTES // mmap.PAGESIZE) * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE)
        self._view = memoryview(self._page)
        self._free = [SECRET_BYTES * place for place in range(2 * MOST_KEYS)]
        self.lacks = self._guard()

    def put(self, secret: bytes) -> int:
        """Keep a secret; returns its place.

        Raises:
            MemoryError: there is no room; whoever keeps secrets has wiped none.
        """
        if not self._free:
            msg = "no room for another key"
            raise MemoryError(msg)
        place = self._free.pop()
        self._view[place : place + SECRET_BYTES] = secret
        return place

    def secret(self, place: int) -> memoryview:
        """The secret, where it stands."""
        return self._view[place : place + SECRET_BYTES]

    def wipe(self, place: int) -> None:
        """Overwrite a secret."""
        self._view[place : place + SECRET_BYTES] = bytes(SECRET_BYTES)
        self._free.append(place)

    def close(self) -> None:
        """Overwrite everything; the page goes when nobody looks at it any more."""
        self._view[:] = bytes(len(self._view))

    def __repr__(self) -> str:
        return "Vault()"

    def __reduce__(self) -> str:
        msg = "secrets stay in the process that was given them"
        raise TypeError(msg)

    def _guard(self) -> tuple[str, ...]:
        """Lock the page and leave it out of dumps; returns what the system refused."""
        libc = ctypes.CDLL(None, use_errno=True)
        start, size = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(self._page))), ctypes.c_size_t(len(self._view))
        refused = []
        if libc.mlock(start, size):
            refused.append(f"keys may be swapped: {os.strerror(ctypes.get_errno())}; raise LimitMEMLOCK or use no swap")
        for advice, what in ((_DONT_DUMP, "dumped"), (_WIPE_ON_FORK, "inherited")):
            if libc.madvise(start, size, ctypes.c_int(advice)):
                refused.append(f"keys may be {what}: {os.strerror(ctypes.get_errno())}")
        return tuple(refused)


def refuse_dumps() -> tuple[str, ...]:
    """Have this process leave no core dump, and be looked into by nobody but root; returns what the system refused."""
    refused = []
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if resource.getrlimit(resource.RLIMIT_CORE)[0]:
        refused.append("core dumps cannot be limited")
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        refused.append(f"core dumps cannot be switched off: {os.strerror(ctypes.get_errno())}")
    return tuple(refused)
