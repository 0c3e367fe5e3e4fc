"""The master key, under which the key store's files are sealed.

It comes from a file of its own that a password opens (scrypt, RFC 7914, and ChaCha20-Poly1305, RFC 8439), or, where a secret
store hands it to the service, from the environment. It is never in the store, so that a copy of the store says nothing.

Rules: a master key is never written over; a password has at least :data:`PASSWORD_LEAST` characters.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from fleet.identity.files import write_whole
from fleet.lists.errors import HitListError, NotLoadedError
from fleet.lists.secrets_given import given
from protocol.keys import SECRET_BYTES, unpacked

PASSWORD_LEAST = 16
"""Characters: four words. scrypt below costs a tenth of a second and 64 MiB a try."""
PASSWORD = "LAMPLIGHTER_KEYS_PASSWORD"  # noqa: S105 - the variable's name
MASTER = "LAMPLIGHTER_KEYS_MASTER"
FILE = "plates.master"
_DOMAIN = b"lamplighter master key 1\n"
_SALT_BYTES, _NONCE_BYTES = 16, 12
_COST, _BLOCK, _PARALLEL = 2**16, 8, 1
_REMEDY = (
    f"make it with `lamplighter lists keys init`, and start the manager with {PASSWORD} or {PASSWORD}_FILE, or give the key "
    f"itself in {MASTER}"
)


def make_master(folder: Path, password: str) -> Path:
    """Make a master key in a folder, opened by a password.

    Raises:
        HitListError: the password is short, there is one already, or it cannot be written.
    """
    path = folder / FILE
    if len(password) < PASSWORD_LEAST:
        msg = f"the password has {len(password)} characters; take {PASSWORD_LEAST} or more, four words for example"
        raise HitListError(msg)
    if path.exists():
        msg = f"{path}: is there already; what it seals would be lost with it, so it is never written over"
        raise HitListError(msg)
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    sealed = ChaCha20Poly1305(_stretched(password, salt)).encrypt(nonce, secrets.token_bytes(SECRET_BYTES), _DOMAIN)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, _DOMAIN + salt + nonce + sealed)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}; mend the folder"
        raise HitListError(msg) from error
    return path


def load_master(folder: Path, environment: Mapping[str, str] = os.environ) -> bytes:
    """The master key, 32 bytes.

    Raises:
        NotLoadedError: there is none, or what was given does not open it; the message says what to do.
    """
    direct = given(MASTER, environment)
    if direct is not None:
        return _direct(direct)
    path = folder / FILE
    password = given(PASSWORD, environment)
    if not path.exists() or password is None:
        what = f"{path} is not there" if not path.exists() else f"nobody gave the password of {path}"
        msg = f"the master key of the key store is not loaded: {what}; {_REMEDY}"
        raise NotLoadedError(msg)
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; mend the file's rights"
        raise NotLoadedError(msg) from error
    salt, rest = data.removeprefix(_DOMAIN)[:_SALT_BYTES], data.removeprefix(_DOMAIN)[_SALT_BYTES:]
    try:
        return ChaCha20Poly1305(_stretched(password, salt)).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _DOMAIN)
    except (InvalidTag, ValueError) as error:
        msg = f"{path}: the password is wrong, or the file is damaged; give the right one, or fetch the file from its backup"
        raise NotLoadedError(msg) from error


def _direct(text: str) -> bytes:
    try:
        key = unpacked(text.strip())
    except ValueError:
        key = b""
    if len(key) != SECRET_BYTES:
        msg = f"{MASTER} holds no {SECRET_BYTES} bytes in base64url; give 43 characters of it"
        raise NotLoadedError(msg)
    return key


def _stretched(password: str, salt: bytes) -> bytes:
    return Scrypt(salt, SECRET_BYTES, _COST, _BLOCK, _PARALLEL).derive(password.encode())
