"""JPEG pictures within a stream of bytes (ITU-T T.81), found by their own markers.

What stands between pictures of a multipart stream (boundaries, headers, lengths) is read past and not believed: cameras spell
boundaries otherwise than they announce them and state wrong lengths, and a picture says itself where it ends. Within the data
of a picture no marker occurs but restarts, so that one that breaks off is left when the next begins.

Rules: a picture has at most :data:`MOST_BYTES`, what stands between two at most :data:`MOST_BETWEEN`. Pure.
"""

from __future__ import annotations

MOST_BYTES = 16 << 20
"""Of a picture: 8K at two bits a pixel."""

MOST_BETWEEN = 64 << 10
"""Boundary and headers are a few hundred bytes."""

_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"
_MARKER, _DATA = 0xFF, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""


class JpegError(ValueError):
    """These are no pictures; says why."""


class JpegStream:
    """Takes bytes as they come, gives whole pictures."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._inside = False
        """Whether the bytes begin with a picture."""
        self._segment = 0
        """Where its next segment begins, while its data have not begun."""
        self._looked = 0
        """Up to where its data were looked at; 0 = they have not begun."""
        self._between = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take what came.

        Returns:
            Pictures that are whole now, in order.

        Raises:
            JpegError: what comes is no picture and has no end.
        """
        self._bytes += data
        found: list[bytes] = []
        while self._begin() and (end := self._end()) is not None:
            if end > 0:
                found.append(bytes(self._bytes[:end]))
            self._leave(abs(end))
        if self._inside and len(self._bytes) > MOST_BYTES:
            msg = f"a picture of more than {MOST_BYTES >> 20} MB"
            raise JpegError(msg)
        return found

    def _begin(self) -> bool:
        """Go to the beginning of a picture. Returns whether there is one."""
        if self._inside:
            return True
        at = self._bytes.find(_BEGIN)
        passed = at if at >= 0 else max(0, len(self._bytes) - len(_BEGIN) + 1)
        self._between += passed
        del self._bytes[:passed]
        if self._between > MOST_BETWEEN:
            msg = f"{MOST_BETWEEN >> 10} KB without a picture"
            raise JpegError(msg)
        if at >= 0:
            self._inside, self._between, self._segment, self._looked = True, 0, 2, 0
        return self._inside

    def _end(self) -> int | None:
        """Where the picture ends, below zero where it breaks off there; ``None`` where that has not come."""
        if not self._looked and (broken := self._reach_data()):
            return -broken
        if not self._looked:
            return None
        data = self._bytes
        again = data.find(_BEGIN, self._looked)
        end = data.find(_END, self._looked, again if again >= 0 else len(data))
        if end < 0 <= again:
            return -again
        self._looked = max(self._looked, len(data) - len(_BEGIN) + 1)
        return end + len(_END) if end >= 0 else None

    def _reach_data(self) -> int:
        """Go over tables and comments, which may hold anything, small pictures too, to where its data begin.

        Returns:
            How much is to be passed over, where this is no picture; else 0.
        """
        data = self._bytes
        while (at := self._segment) + 4 <= len(data):
            marker = data[at + 1]
            if data[at] != _MARKER or marker == _END[1]:  # it broke off before; the next may have begun within
                return len(_END)
            if marker == _MARKER:  # a fill byte
                self._segment = at + 1
            elif marker in _ALONE:
                self._segment = at + 2
            else:
                self._segment = at + 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
                if marker == _DATA:
                    self._looked = self._segment
                    break
        return 0

    def _leave(self, end: int) -> None:
        self._inside = False
        del self._bytes[:end]
