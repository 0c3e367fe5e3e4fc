"""The image of a box that was powered off, and somebody who would make plates of it.

Whoever has the image has every file, the digests of the lists, and the pseudonyms that were not sent yet or that were recorded.
A key would have to be among its bytes: every window of 32 bytes is tried as one, and what files hold in base64 or hexadecimal,
against a plate that is known to be on the list and one that is known to have gone by. Then plates are enumerated under what was
found, under what needs no key, and under what everybody could guess.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from protocol.lists import ListError, cut, digest, read_file, read_whole
from protocol.plates import fold
from protocol.pseudonyms import pseudonym

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
GUESSED = (b"", bytes(32), b"city", b"stolen", b"list-1", b"travel-1", b"lamplighter plate 1\n", bytes(range(1, 33)))
_KEY_BYTES = 32


def series() -> Iterator[str]:
    """All 17.6 million plates from 1-AAA-000 on."""
    return (f"1{''.join(abc)}{n:03}" for abc in itertools.product(LETTERS, repeat=3) for n in range(1000))


class Image:
    """What lies on the disk.

    Args:
        folder: of the image.
        said: pseudonyms that were recorded.
    """

    def __init__(self, folder: Path, said: Iterable[str]) -> None:
        self.files = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        self.digests: set[bytes] = set()
        for data in self.files.values():
            if data.startswith(b'{"fleet"') and data.count(b"\n") > 1:
                try:
                    file = read_file(data)
                    self.digests.update(*(cut(part) for part in read_whole(file.header, file.body).values()))
                except ListError:  # a change, or a file that was not whole when the power went
                    continue
        self.pseudonyms = set(said)
        self.tried = 0
        """Candidates for a key so far."""

    def candidates(self) -> Iterator[bytes]:
        """Everything on it that could be a key."""
        seen = set[bytes]()
        for data in self.files.values():
            yield hashlib.sha256(data).digest()
            for size, decode in ((43, _from_base64), (64, _from_hex)):
                yield from filter(None, (decode(found) for found in re.findall(rb"(?=([A-Za-z0-9_+/-]{%d}))" % size, data)))
            for at in range(len(data) - _KEY_BYTES + 1):
                window = data[at : at + _KEY_BYTES]
                if window not in seen:
                    seen.add(window)
                    yield window

    def keys(self, listed: str, passed: str) -> set[bytes]:
        """Candidates that are a key: plates that are known prove it."""
        found = set()
        for key in self.candidates():
            self.tried += 1
            if self._opens(key, fold(listed), fold(passed)):
                found.add(key)
        return found

    def enumerate(self, plates: Iterable[str], keys: Iterable[bytes]) -> set[str]:
        """Plates, of some, that are found without a key or under any of some keys."""
        found, keys = set(), tuple(keys)
        for plate in plates:
            text = fold(plate)
            if hashlib.sha256(text.encode()).digest()[:16] in self.digests:
                found.add(plate)
            for key in keys:
                if digest(key, "." * len(text), text) in self.digests or pseudonym(key, text) in self.pseudonyms:
                    found.add(plate)
        return found

    def plates(self, plates: Iterable[str]) -> list[str]:
        """Plates that stand there in clear, however they are spelt."""
        everything = b"\0".join(self.files.values()).upper()
        return [
            plate
            for plate in plates
            for spelt in {plate, fold(plate), f"{plate[0]}-{plate[1:4]}-{plate[4:]}"}
            if spelt.encode() in everything
        ]

    def _opens(self, key: bytes, listed: str, passed: str) -> bool:
        wanted = b"lamplighter plate 1\n" + f"{'.' * len(listed)}\n{listed}".encode()
        if hmac.digest(key, wanted, "sha256")[:16] in self.digests:
            return True
        return hmac.digest(key, b"lamplighter pseudonym 1\n" + passed.encode(), "sha256")[:16].hex() in self.pseudonyms


def _from_base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text.replace(b"-", b"+").replace(b"_", b"/") + b"=", validate=True)
    except binascii.Error:
        return None


def _from_hex(text: bytes) -> bytes | None:
    try:
        return bytes.fromhex(text.decode())
    except ValueError:
        return None
