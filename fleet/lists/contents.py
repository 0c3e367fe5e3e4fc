"""Entries of hit lists in the store: sealed in parts, each content under a key of its own in the key store.

They are needed to show who an entry is and to make the next version. What the store holds of them says nothing without the key,
and when the content is over the key is destroyed with it, so that a copy of the store that lies somewhere says nothing either.

Rules: a content is written once; its proof is HMAC-SHA256 over all of it under its key, and whatever is signed is held against
the proof that was drafted and approved; parts are sealed for their place, so that none can be left out or put elsewhere. A
transaction writes a few parts, for ingest writes the same store.
"""

from __future__ import annotations

import hmac
import secrets
import zlib
from collections.abc import Iterator
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlalchemy import Engine, delete, insert, select

from fleet.lists.errors import StateError
from fleet.lists.keystore import KeyStore
from fleet.store.database import writing
from fleet.store.tables import list_part

PART = 4000
"""Entries of a part: about 50 kB, a few milliseconds of a transaction."""
_NONCE_BYTES = 12
_LEVEL = 1
_SEAL = b"lamplighter list draft 1\n"
"""No content begins so: its first byte is that of a list in JSON."""
_MOST_PART = 4 << 20
"""Bytes of a part, opened."""

Said = tuple[str, str]
"""An entry as typed, and what people say of it."""
_decoder = msgspec.json.Decoder(list[tuple[str, str]])


def key_name(content: str) -> str:
    """Id of the key that seals a content."""
    return f"entries-{content}"


class Writing:
    """A content that is being written. Use :meth:`Contents.begin`."""

    def __init__(self, engine: Engine, content: str, key: bytes, now: int) -> None:
        self.content, self.count = content, 0
        self._engine, self._now, self._key = engine, now, key
        self._cipher, self._mac = ChaCha20Poly1305(key), hmac.new(key, digestmod=sha256)
        self._held: list[Said] = []
        self._part = 0

    def add(self, entry: Said) -> None:
        """Add an entry."""
        self._held.append(entry)
        if len(self._held) >= PART:
            self._flush()

    def end(self) -> str:
        """Write what is left. Returns the proof."""
        self._flush()
        return self._mac.hexdigest()

    def _flush(self) -> None:
        if not self._held:
            return
        text = msgspec.json.encode(self._held)
        self._mac.update(text)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        data = nonce + self._cipher.encrypt(nonce, zlib.compress(text, _LEVEL), _place(self.content, self._part))
        values = {"content": self.content, "part": self._part, "made_at": self._now, "data": data}
        with writing(self._engine) as connection:
            connection.execute(insert(list_part).values(**values))
        self.count += len(self._held)
        self._part += 1
        self._held = []


class Contents:
    """Entries in the store.

    Args:
        engine: the store.
        keys: what seals them.
    """

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        self._engine, self._keys = engine, keys

    def begin(self, purpose: str, name: str, now: int) -> Writing:
        """Begin a content of a list.

        Raises:
            OSError: its key cannot be written.
        """
        content = secrets.token_hex(16)
        self._keys.make(key_name(content), "entries", purpose, now, None, name)
        return Writing(self._engine, content, self._keys.secret(key_name(content)), now)

    def read(self, content: str, proof: str) -> Iterator[Said]:
        """Entries of a content, in their order; a part at a time in memory.

        Raises:
            KeyGoneError: their key was destroyed.
            StateError: they are not what was drafted; found at the end, so that nothing may be done with them before it.
        """
        key = self._keys.secret(key_name(content))
        cipher, mac = ChaCha20Poly1305(key), hmac.new(key, digestmod=sha256)
        part = 0
        while (data := self._data(content, part)) is not None:
            try:
                opened = cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _place(content, part))
            except (InvalidTag, ValueError) as error:
                msg = "entries of this list cannot be opened: they were changed in the store; restore it from its backup"
                raise StateError(msg) from error
            text = zlib.decompressobj().decompress(opened, _MOST_PART)
            mac.update(text)
            yield from _decoder.decode(text)
            part += 1
        if not hmac.compare_digest(mac.hexdigest(), proof):
            msg = "the entries of this list are not those that were drafted: some are missing in the store; restore its backup"
            raise StateError(msg)

    def seal(self, content: str, data: bytes) -> str:
        """HMAC-SHA256 of what is said of a content, under its key.

        Raises:
            KeyGoneError: the key was destroyed.
        """
        return hmac.new(self._keys.secret(key_name(content)), _SEAL + data, sha256).hexdigest()

    def erase(self, content: str) -> None:
        """Erase a content: its key first, so that what the store may keep of it says nothing.

        Raises:
            OSError: the key cannot be erased.
        """
        self._keys.destroy(key_name(content))
        with writing(self._engine) as connection:
            connection.execute(delete(list_part).where(list_part.c.content == content))

    def holds(self, content: str) -> bool:
        """Whether a content can still be opened."""
        return self._keys.holds(key_name(content))

    def _data(self, content: str, part: int) -> bytes | None:
        query = select(list_part.c.data).where(list_part.c.content == content, list_part.c.part == part)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()


def _place(content: str, part: int) -> bytes:
    return f"lamplighter list part 1\n{content} {part}".encode()
