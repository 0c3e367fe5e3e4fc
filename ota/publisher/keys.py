"""Key files: a private half that is encrypted with a password, and a public half that goes into the root.

Rules:

- ``NAME.pem`` is PKCS#8 in PEM, as OpenSSL and every other tool reads it; ``NAME.pub`` is the public half (SubjectPublicKeyInfo
  in PEM). The file's name is the owner's name; it is signed into the root and is how people are told who has signed.
- The password turns into a key by PBKDF2 with 2,048 rounds, which is all that the library offers for PKCS#8; what that does
  not slow down, the password's length has to. Whoever wants more wraps the file again with
  ``openssl pkcs8 -topk8 -scrypt``; it is read all the same.
- A private key that is not encrypted must be readable by its owner only.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from securesystemslib.signer import SSlibKey

from ota.publisher.disk import PRIVATE, PUBLIC, Disk
from ota.publisher.errors import KeyRefusedError
from ota.publisher.signatures import OWNER
from protocol.errors import InvalidNameError
from protocol.identifiers import check_name

PASSWORD_LEAST = 16
"""Characters of a password. At 2,048 rounds a graphics card tries some million passwords a second; a phrase of 16 characters
from a word list's four words holds for decades, 8 characters for a day."""
RSA_LEAST = 3072
"""Bits: as strong as Ed25519 within what is usual (NIST SP 800-57, part 1, table 2)."""
_LARGEST = 16_384
"""Bytes of a key's file; RSA with 8192 bits takes 7 kB."""

Ask: TypeAlias = Callable[[str], str]
"""Gives the secret of that name: of a file's password, of a token's PIN."""


def make_key(folder: Path, name: str, password: str | None, disk: Disk) -> SSlibKey:
    """Make a pair of Ed25519 keys, ``NAME.pem`` and ``NAME.pub``.

    Args:
        folder: where; made when it is missing.
        name: of the owner.
        password: nothing leaves the private half unencrypted.
        disk: to write with.

    Raises:
        KeyRefusedError: when the name is none, the password is short, or there is such a key already.
        OSError: when they cannot be written.
    """
    private, public = folder / f"{_name(name)}.pem", folder / f"{name}.pub"
    for path in (private, public):
        if path.exists():
            msg = f"{path}: is there already; a key is never written over, choose another name"
            raise KeyRefusedError(msg)
    if password is not None and len(password) < PASSWORD_LEAST:
        msg = f"the password has {len(password)} characters; take {PASSWORD_LEAST} or more, four words for example"
        raise KeyRefusedError(msg)
    key = ed25519.Ed25519PrivateKey.generate()
    lock = serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password.encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    disk.save(private, pem, PRIVATE)
    half = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    disk.save(public, half, PUBLIC)
    return read_public(public)


def read_public(path: Path) -> SSlibKey:
    """Read a public half, for the root.

    Raises:
        KeyRefusedError: when it is none, or of a kind that boxes do not check.
    """
    data = _read(path)
    if b"PRIVATE KEY" in data:
        msg = f"{path}: is a private key; name the public half, {path.with_suffix('.pub').name}, and keep this one to yourself"
        raise KeyRefusedError(msg)
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        msg = f"{path}: is no public key in PEM ({error}); `lamplighter ota keygen NAME` makes a pair"
        raise KeyRefusedError(msg) from error
    match key:
        case ed25519.Ed25519PublicKey() | ec.EllipticCurvePublicKey(curve=ec.SECP256R1() | ec.SECP384R1() | ec.SECP521R1()):
            pass
        case rsa.RSAPublicKey(key_size=size) if size >= RSA_LEAST:
            pass
        case _:
            msg = f"{path}: keys are Ed25519, ECDSA on a NIST curve, or RSA with {RSA_LEAST} bits or more; make another key"
            raise KeyRefusedError(msg)
    public = SSlibKey.from_crypto(key)
    public.unrecognized_fields[OWNER] = _name(path.stem)
    return public


def read_private(path: Path, ask: Ask) -> PrivateKeyTypes:
    """Read a private half.

    Raises:
        KeyRefusedError: when it is none, its password is wrong, or others can read it unencrypted.
    """
    data = _read(path)
    if b"ENCRYPTED PRIVATE KEY" not in data and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        msg = f"{path}: is not encrypted, and others can read it; chmod 600 {path}"
        raise KeyRefusedError(msg)
    return load_private(data, str(path), ask)


def load_private(pem: bytes, where: str, ask: Ask) -> PrivateKeyTypes:
    """Decode a private half.

    Args:
        pem: PKCS#8.
        where: it comes from, for messages.
        ask: for its password, when it is encrypted.

    Raises:
        KeyRefusedError: when it is none or its password is wrong.
    """
    password = ask(f"password of {where}").encode() if b"ENCRYPTED PRIVATE KEY" in pem else None
    try:
        return serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        fault = (
            "the password is wrong, or the file is damaged"
            if password is not None
            else f"is no private key in PKCS#8 ({error})"
        )
        msg = f"{where}: {fault}; try again, or fetch the key from its backup"
        raise KeyRefusedError(msg) from error


def _name(name: str) -> str:
    try:
        return check_name(name, "owner")
    except InvalidNameError as error:
        msg = f"{error}; a key's file is called by it"
        raise KeyRefusedError(msg) from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); name the key's file"
        raise KeyRefusedError(msg) from error
    if len(data) > _LARGEST:
        msg = f"{path}: more than {_LARGEST} bytes; not a key"
        raise KeyRefusedError(msg)
    return data
