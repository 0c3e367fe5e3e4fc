"""A list in memory: the digests as they lie in the file, looked up by halving. Pure.

Rules: nothing is copied out of the body, so that a list takes 16 bytes an entry; numpy's strings of 16 bytes are compared as
unsigned bytes, as the file is sorted, and equality is looked at in the bytes themselves, since a string's last zeros do not
count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from protocol.lists import DIGEST_BYTES

_TYPE = np.dtype(f"S{DIGEST_BYTES}")


class Table:
    """Looks digests up.

    Args:
        parts: by mask, the digests one after the other, rising; see :func:`protocol.lists.read_whole`.
    """

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self._parts = {mask: (data, np.frombuffer(data, _TYPE)) for mask, data in parts.items() if data}

    @property
    def masks(self) -> tuple[str, ...]:
        """Under which there are entries."""
        return tuple(self._parts)

    def has(self, mask: str, digests: Sequence[bytes]) -> list[bool]:
        """Whether each digest is among those of a mask.

        Args:
            mask: one of :attr:`masks`.
            digests: 16 bytes each, in any order.
        """
        data, table = self._parts[mask]
        places = table.searchsorted(np.array(digests, _TYPE)).tolist()
        return [
            data[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] == wanted
            for place, wanted in zip(places, digests, strict=True)
        ]


def rises(data: bytes) -> bool:
    """Whether digests are in order, each once."""
    halves: npt.NDArray[np.uint64] = np.frombuffer(data, ">u8").astype(np.uint64).reshape(-1, 2)
    high, low = halves[:, 0], halves[:, 1]
    return bool(((high[1:] > high[:-1]) | ((high[1:] == high[:-1]) & (low[1:] > low[:-1]))).all())
