"""The list authority: what signs hit lists, and its certificate.

Its key is its own, not the one for orders: whoever may move models must not be able to say which cars are looked for. It is a
file that a password opens, or it never comes here at all: a command of the place's own, for a token or a signing service, is
given what is to be signed on its standard input and answers with the 64 bytes of an Ed25519 signature.

Rules: the certificate is of the fleet's authority, for the name ``lists`` and signing only, and outlives the list that is
signed; what a signer answers is verified before it is used; without the key nothing is signed, and the message says what to do.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fleet.identity.authority import Authority
from fleet.identity.files import write_whole
from fleet.lists.errors import HitListError, NotLoadedError
from fleet.lists.secrets_given import given
from protocol.lists import Seal, signed_bytes

KEY, PUBLIC, CERTIFICATE = "lists.key", "lists.pub", "lists.crt"
PASSWORD = "LAMPLIGHTER_LISTS_PASSWORD"  # noqa: S105 - the variable's name
SIGNER = "LAMPLIGHTER_LISTS_SIGNER"
PASSWORD_LEAST = 16
"""Characters; PKCS#8 slows a guess down little."""
_SIGNER_S = 20.0
"""A token that waits for a touch would make nobody's list; a service across a network answers within this."""
_SIGNATURE_BYTES = 64
_REMEDY = (
    f"make it with `lamplighter lists authority init`, and start the manager with {PASSWORD} or {PASSWORD}_FILE, or name a "
    f"command that signs in {SIGNER}"
)

Sign = Callable[[bytes], bytes]


def make_authority(folder: Path, password: str) -> Ed25519PublicKey:
    """Make the key in a folder, opened by a password.

    Raises:
        HitListError: the password is short, there is a key already, or it cannot be written.
    """
    if len(password) < PASSWORD_LEAST:
        msg = f"the password has {len(password)} characters; take {PASSWORD_LEAST} or more, four words for example"
        raise HitListError(msg)
    _not_there(folder)
    fresh = Ed25519PrivateKey.generate()
    lock = serialization.BestAvailableEncryption(password.encode())
    pem = fresh.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    _write(folder / KEY, pem)
    _write(folder / PUBLIC, _public_pem(fresh.public_key()))
    return fresh.public_key()


def take_authority(folder: Path, public_file: Path) -> Ed25519PublicKey:
    """Take the public half of a key that lies elsewhere.

    Raises:
        HitListError: it is none, or there is a key already.
    """
    _not_there(folder)
    public = _read_public(public_file)
    _write(folder / PUBLIC, _public_pem(public))
    return public


class ListAuthority:
    """Signs headers of lists.

    Args:
        folder: keeps the public half and the certificate.
        authority: of the fleet, which certifies the key.
        environment: variables.

    Raises:
        NotLoadedError: there is no key here, or what was given does not open it.
    """

    def __init__(self, folder: Path, authority: Authority, environment: Mapping[str, str] = os.environ) -> None:
        self._certificate_path, self._authority = folder / CERTIFICATE, authority
        if not (folder / PUBLIC).exists():
            msg = f"the list authority's key is not loaded: {folder / PUBLIC} is not there; {_REMEDY}"
            raise NotLoadedError(msg)
        try:
            self._public = _read_public(folder / PUBLIC)
        except HitListError as error:
            raise NotLoadedError(str(error)) from error
        self._sign = self._signer(folder / KEY, environment)

    def seal(self, text: bytes, until: dt.datetime, now: dt.datetime) -> Seal:
        """Sign a header.

        Args:
            text: the header's JSON.
            until: end of the list, which the certificate outlives.
            now: beginning of a certificate, where one is made.

        Raises:
            NotLoadedError: the signer does not answer, or with something else than its signature.
            HitListError: the certificate cannot be written.
        """
        data = signed_bytes(text)
        signature = self._sign(data)
        try:
            self._public.verify(signature, data)
        except InvalidSignature as error:
            msg = f"what signs for lists answered with no signature of {PUBLIC}; name the right key or command"
            raise NotLoadedError(msg) from error
        certificate = self._certificate(until, now).public_bytes(serialization.Encoding.PEM).decode("ascii")
        return Seal(base64.urlsafe_b64encode(signature).rstrip(b"=").decode("ascii"), certificate)

    def _certificate(self, until: dt.datetime, now: dt.datetime) -> x509.Certificate:
        try:
            found = x509.load_pem_x509_certificate(self._certificate_path.read_bytes())
        except (FileNotFoundError, ValueError):
            found = None
        ours = found is not None and found.public_key() == self._public and self._authority.has_signed(found)
        if found is not None and ours and found.not_valid_before_utc <= now and found.not_valid_after_utc > until:
            return found
        made = self._authority.sign_lists(self._public, now)
        _write(self._certificate_path, made.public_bytes(serialization.Encoding.PEM))
        return made

    def _signer(self, path: Path, environment: Mapping[str, str]) -> Sign:
        command = environment.get(SIGNER, "")
        if command:
            return _command(command)
        password = given(PASSWORD, environment)
        if not path.exists() or password is None:
            what = f"{path} is not there" if not path.exists() else f"nobody gave the password of {path}"
            msg = f"the list authority's key is not loaded: {what}; {_REMEDY}"
            raise NotLoadedError(msg)
        try:
            loaded = serialization.load_pem_private_key(path.read_bytes(), password.encode())
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            msg = f"{path}: the password is wrong, or the file is damaged; give the right one, or fetch it from its backup"
            raise NotLoadedError(msg) from error
        if not isinstance(loaded, Ed25519PrivateKey) or loaded.public_key() != self._public:
            msg = f"{path}: is not the key of the {PUBLIC} beside it; fetch both from their backup"
            raise NotLoadedError(msg)
        return loaded.sign


def _command(text: str) -> Sign:
    try:
        words = shlex.split(text)
    except ValueError as error:
        msg = f"{SIGNER} is no command: {error}; write it as a shell would take it"
        raise NotLoadedError(msg) from error

    def sign(data: bytes) -> bytes:
        # What the command says goes to nobody: it may hold a secret.
        try:
            done = subprocess.run(words, input=data, capture_output=True, timeout=_SIGNER_S, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            kind = type(error).__name__
            msg = f"the command in {SIGNER} did not sign ({kind}); try it by hand: what is to be signed comes on standard input"
            raise NotLoadedError(msg) from error
        return done.stdout[: _SIGNATURE_BYTES + 1]

    return sign


def _not_there(folder: Path) -> None:
    for name in (KEY, PUBLIC):
        if (folder / name).exists():
            msg = (
                f"{folder / name}: is there already; to replace the authority move {KEY}, {PUBLIC} and {CERTIFICATE} away first"
            )
            raise HitListError(msg)


def _read_public(path: Path) -> Ed25519PublicKey:
    try:
        loaded = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        msg = f"{path}: is no public key in PEM; give the public half of an Ed25519 key"
        raise HitListError(msg) from error
    if not isinstance(loaded, Ed25519PublicKey):
        msg = f"{path}: is no Ed25519 key, and boxes check no other; make one of that kind"
        raise HitListError(msg)
    return loaded


def _public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, data)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}; mend the folder"
        raise HitListError(msg) from error
