"""What signs: a key's file, a key in an environment variable, or whatever securesystemslib has an address scheme for.

Addresses:

==============================  =======================================================================================
``PATH`` or ``file:PATH``       private key in PKCS#8, encrypted or not
``envvar:NAME``                 the same text in an environment variable, as a secret store hands it to a service
``hsm:...``, ``awskms:...``,    a token or a key service; the private half never comes here. The addresses are those of
``azurekms:...``, ``gcpkms:``,  the library's (``securesystemslib.signer``), whose packages for them are installed
``hv:...``, ...                 beside this one
==============================  =======================================================================================

Rules: the signer must belong to a key that is named in the root; a file shows by itself to which, for others the owner's name
is said. Nothing of an address but its scheme is repeated in a message, since an address may hold a secret.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, Key, Signer, SSlibKey

from ota.publisher.errors import KeyRefusedError
from ota.publisher.keys import Ask, load_private, read_private
from ota.publisher.signatures import identity, owner

_OWN = ("file", "envvar")


def open_signer(
    address: str, keys: Sequence[Key], ask: Ask, name: str = "", environment: Mapping[str, str] = os.environ
) -> Signer:
    """Open what signs for one of some keys.

    Args:
        address: as above.
        keys: of the role, from the root.
        ask: for a password or PIN.
        name: whose key it is; needed where the address does not show it.
        environment: variables.

    Raises:
        KeyRefusedError: when it cannot be opened or is none of the keys.
    """
    scheme, _, rest = address.partition(":")
    if not rest or Path(address).exists():
        return _local(read_private(Path(address), ask), keys, address)
    if scheme == "file":
        return _local(read_private(Path(rest), ask), keys, rest)
    if scheme == "envvar":
        if rest not in environment:
            msg = f"the environment variable {rest}, which should hold a private key, is not set; set it"
            raise KeyRefusedError(msg)
        return _local(load_private(environment[rest].encode(), f"${rest}", ask), keys, f"${rest}")
    if scheme not in SIGNER_FOR_URI_SCHEME:
        known = ", ".join((*_OWN, *sorted(SIGNER_FOR_URI_SCHEME)))
        msg = f"there is no file {address!r} and no kind of signer {scheme!r}; there are: {known}"
        raise KeyRefusedError(msg)
    return _remote(address, scheme, _named(keys, name, scheme), ask)


def _local(private: PrivateKeyTypes, keys: Sequence[Key], where: str) -> Signer:
    try:
        mine = SSlibKey.from_crypto(private.public_key())
    except ValueError as error:
        msg = f"{where}: is a key of a kind that boxes do not check; `lamplighter ota keygen NAME` makes one"
        raise KeyRefusedError(msg) from error
    for key in keys:
        if isinstance(key, SSlibKey) and identity(key) == identity(mine):
            return CryptoSigner(private, key)
    msg = f"{where}: is none of the keys that may sign this, which are of {_owners(keys)}; name another key, or see `status`"
    raise KeyRefusedError(msg)


def _named(keys: Sequence[Key], name: str, scheme: str) -> Key:
    found = [key for key in keys if owner(key) == name]
    if len(found) != 1:
        fault = f"{name!r} has no key that may sign this" if name else "it does not show itself"
        msg = f"whose key is the {scheme}: signer? {fault}; say --as with one of {_owners(keys)}"
        raise KeyRefusedError(msg)
    return found[0]


def _remote(address: str, scheme: str, key: Key, ask: Ask) -> Signer:
    try:
        return Signer.from_priv_key_uri(address, key, ask)
    except KeyRefusedError:
        raise
    except Exception as error:  # key services raise whatever their own libraries do
        kind = type(error).__name__
        msg = f"the {scheme}: signer of {owner(key)} cannot be opened ({kind}); see its address, package and connection"
        raise KeyRefusedError(msg) from error


def _owners(keys: Sequence[Key]) -> str:
    return ", ".join(sorted({owner(key) for key in keys})) or "nobody"
