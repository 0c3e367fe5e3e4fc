"""Keys of plates on the manager's disk: a file each, sealed under the master key, outside the store.

Files and not rows, because a database keeps what was deleted: in free pages, in its log, in its archive. A file is overwritten
where it lies, forced to the disk and unlinked.

Rules: a file is sealed for its id, so that one cannot be put in another's place; the folder says under which master key it is,
so that a wrong one is noticed before anything is made with it; what a disk or a snapshot keeps of an overwritten file is sealed
still, and the page for the people who run this says what to do about backups.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from fleet.identity.files import write_whole
from fleet.lists.errors import KeyGoneError, NotLoadedError
from protocol.keys import SECRET_BYTES

_DOMAIN = b"lamplighter plate key 1\n"
_NONCE_BYTES = 12
_SUFFIX = ".key"
_CHECK = "master.check"
LOST = "lost"
"""A person's word that what should be in an empty folder will never come back."""


class KeyFiles:
    """The folder.

    Args:
        folder: made when it is missing.
        master: 32 bytes.
        expected: how many keys should be in it; a folder without any is then not the right one.

    Raises:
        NotLoadedError: the folder is of another master key, or cannot be used.
    """

    def __init__(self, folder: Path, master: bytes, expected: int = 0) -> None:
        self._folder, self._cipher = folder, ChaCha20Poly1305(master)
        check = folder / _CHECK
        if expected and not check.exists() and not (folder / LOST).exists():
            msg = f"{folder}: is empty, and {expected} keys should be in it: mount it, or restore it from its backup; if it is"
            msg += f" lost for good, put an empty file {LOST} into it, and boxes are given new keys"
            raise NotLoadedError(msg)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not check.exists():
                write_whole(check, self._sealed(_CHECK, bytes(SECRET_BYTES)))
            self._opened(_CHECK, check.read_bytes())
        except InvalidTag as error:
            msg = f"{folder}: was made under another master key; give that one, or fetch it from its backup"
            raise NotLoadedError(msg) from error
        except OSError as error:
            msg = f"{error.filename or folder}: the key store cannot be used: {error.strerror}; mend the folder"
            raise NotLoadedError(msg) from error

    def write(self, name: str, secret: bytes) -> None:
        """Keep a key.

        Raises:
            OSError: it cannot be written.
        """
        write_whole(self._path(name), self._sealed(name, secret))

    def read(self, name: str) -> bytes:
        """A key.

        Raises:
            KeyGoneError: it is not there, or cannot be opened.
        """
        path = self._path(name)
        try:
            return self._opened(name, path.read_bytes())
        except FileNotFoundError as error:
            msg = f"key {name} is not in the key store: it was destroyed, or the folder was lost; make another"
            raise KeyGoneError(msg) from error
        except (InvalidTag, OSError) as error:
            msg = f"{path}: cannot be opened: it is damaged, or another key's; fetch it from its backup, or make another key"
            raise KeyGoneError(msg) from error

    def erase(self, name: str) -> None:
        """Overwrite a key where it lies, and remove it; one that is not there is erased.

        Raises:
            OSError: it cannot be.
        """
        self._wipe(self._path(name))

    def sweep(self, before_ms: int) -> None:
        """Erase halves of files that a killed process left.

        Raises:
            OSError: they cannot be.
        """
        for path in self._folder.glob("*.new"):
            if path.stat().st_mtime_ns // 1_000_000 < before_ms:
                self._wipe(path)

    def _wipe(self, path: Path) -> None:
        try:
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError:
            return
        path.unlink()
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def names(self) -> dict[str, int]:
        """Of the keys that are here, with when each was written, ms."""
        return {
            path.name.removesuffix(_SUFFIX): path.stat().st_mtime_ns // 1_000_000 for path in self._folder.glob(f"*{_SUFFIX}")
        }

    def _sealed(self, name: str, secret: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _DOMAIN + nonce + self._cipher.encrypt(nonce, secret, _DOMAIN + name.encode())

    def _opened(self, name: str, data: bytes) -> bytes:
        rest = data.removeprefix(_DOMAIN)
        try:
            return self._cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _DOMAIN + name.encode())
        except ValueError as error:
            raise InvalidTag from error

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"
