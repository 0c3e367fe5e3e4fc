"""User names and passwords of cameras, kept on the box and nowhere else.

Rules: one file for each, readable by its owner only, which is checked before it is read; a configuration names it, and the
process of the source reads it. Nothing here prints one, and no error repeats one.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import msgspec

from edge.errors import EdgeError
from edge.ownerfile import give, write_file
from protocol.basis import Struct

FOLDER = "credentials"
"""Within the state folder."""

_MAX_BYTES = 4096
_MOST = 127
"""Characters of both as an address carries them: FFmpeg's RTSP keeps no more (its ``auth`` is 128 bytes), and would cut it."""


class CredentialError(EdgeError):
    """A credential is not there, or cannot be used."""


@dataclass(frozen=True)
class Credential:
    """What a camera is told.

    Raises:
        CredentialError: no camera could be told this.
    """

    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.user or ":" in self.user:
            msg = "a user name has at least one character and no colon"
            raise CredentialError(msg)
        if not (self.user + self.password).isprintable():
            msg = "control characters are no part of a user name or password"
            raise CredentialError(msg)
        if len(self.userinfo) > _MOST:
            msg = f"user name and password take {len(self.userinfo)} characters in an address, {_MOST} are the most"
            raise CredentialError(msg)

    @property
    def userinfo(self) -> str:
        """As an address carries it (RFC 3986); goes into the library that asks the camera, and nowhere else."""
        return f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"


class _Kept(Struct, frozen=True):
    """The file."""

    user: str
    password: str


def read_credential(path: Path) -> Credential:
    """Read one.

    Raises:
        CredentialError: it is not there, others may read it, or it is none; with what to do.
    """
    write = f"write it with `lamplighter edge credential {path.name}`"
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                msg = f"credential {path.name!r}: others may read it, so change the password; chmod 600 {path}"
                raise CredentialError(msg)
            kept = msgspec.json.decode(file.read(_MAX_BYTES), type=_Kept)
    except FileNotFoundError:
        msg = f"this box has no credential {path.name!r}; {write}"
        raise CredentialError(msg) from None
    except OSError as error:
        msg = f"credential {path.name!r} cannot be read ({error.strerror}); {write}"
        raise CredentialError(msg) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        msg = f"credential {path.name!r} is damaged; {write}"  # why would quote it
        raise CredentialError(msg) from None
    return Credential(kept.user, kept.password)


def write_credential(path: Path, credential: Credential) -> None:
    """Keep one, for the user whom the state folder belongs to.

    Raises:
        CredentialError: it cannot be written.
    """
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            give(descriptor, folder.parent)
        finally:
            os.close(descriptor)
        write_file(path, msgspec.json.encode(_Kept(credential.user, credential.password)), like=folder.parent)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}"
        raise CredentialError(msg) from None


def kept_credentials(folder: Path) -> list[str]:
    """Names of those that are there.

    Raises:
        CredentialError: this user may not see them.
    """
    try:
        return sorted(path.name for path in folder.iterdir() if not path.suffix)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        msg = f"{folder}: cannot be read: {error.strerror}; ask as the user of the agent, or with sudo"
        raise CredentialError(msg) from None


def forget_credential(path: Path) -> None:
    """Remove one.

    Raises:
        CredentialError: it is not there, or cannot be removed.
    """
    try:
        path.unlink()
    except OSError as error:
        msg = f"credential {path.name!r} cannot be removed: {error.strerror}"
        raise CredentialError(msg) from None
