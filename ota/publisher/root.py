"""Making roots: the first one, and those in which keys come and go.

Rules: a role never has fewer distinct keys than have to sign; no key is online and offline at once, so that a machine that is
broken into signs nothing that boxes run; two keys of a role never have one owner's name, or nobody could tell who has signed.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from securesystemslib.signer import Key, SSlibKey
from tuf.api.metadata import Root

from ota.publisher.errors import KeyRefusedError
from ota.publisher.roles import OFFLINE, ONLINE, ROLES
from ota.publisher.signatures import distinct, identity, keys_of, owner


@dataclass(frozen=True)
class RoleKeys:
    """Who signs for a role."""

    keys: tuple[SSlibKey, ...]
    threshold: int


def first_root(roles: Mapping[str, RoleKeys], expires: dt.datetime) -> Root:
    """Make the root that everything begins with.

    Raises:
        KeyRefusedError: when it breaks a rule above.
    """
    root = Root(1, expires=expires)
    for role in ROLES:
        for key in roles[role].keys:
            _put(root, role, key)
        root.roles[role].threshold = roles[role].threshold
    check_root(root)
    return root


def rotated(base: Root, role: str, add: Sequence[SSlibKey], remove: Sequence[str], threshold: int | None) -> Root:
    """Change the keys of a role.

    Args:
        base: the root to begin from; it stays as it is.
        role: whose keys.
        add: keys that come.
        remove: owners whose keys go.
        threshold: how many have to sign; as before when nothing is said.

    Raises:
        KeyRefusedError: when an owner is not of the role, nothing would change, or a rule above is broken.
    """
    root = copy.deepcopy(base)
    for name in remove:
        found = [key for key in keys_of(root, role) if owner(key) == name]
        if not found:
            owners = ", ".join(sorted(owner(key) for key in keys_of(root, role)))
            msg = f"{name!r} has no key of {role}; its keys are of {owners}"
            raise KeyRefusedError(msg)
        for key in found:
            root.revoke_key(key.keyid, role)
    for key in add:
        if key.keyid in root.roles[role].keyids:
            msg = f"the key of {owner(key)} is in {role} already; name another one"
            raise KeyRefusedError(msg)
        _put(root, role, key)
    if threshold is not None:
        root.roles[role].threshold = threshold
    if root == base:
        msg = f"nothing of {role} would change; say --add, --remove or --threshold, or use `lamplighter ota renew root`"
        raise KeyRefusedError(msg)
    check_root(root)
    return root


def check_root(root: Root) -> None:
    """Refuse a root that breaks a rule.

    Raises:
        KeyRefusedError: saying which, and of whom.
    """
    for role in ROLES:
        keys = keys_of(root, role)
        for key in keys:
            _check_kind(key)
        same = distinct(keys)
        if len(same) != len(keys):
            msg = f"{role} has one key twice, of {_owners(keys)}; a key counts once, so give each owner one of their own"
            raise KeyRefusedError(msg)
        if len({owner(key) for key in keys}) != len(keys):
            msg = f"{role} has two keys of one owner among {_owners(keys)}; call their files differently"
            raise KeyRefusedError(msg)
        needed = root.roles[role].threshold
        if len(same) < needed:
            msg = f"{role} has {len(same)} keys, and {needed} have to sign; name more keys, or a lower threshold"
            raise KeyRefusedError(msg)
    offline, online = (distinct(key for role in roles for key in keys_of(root, role)) for roles in (OFFLINE, ONLINE))
    both = sorted(owner(offline[name]) for name in offline.keys() & online.keys())
    if both:
        msg = f"the key of {', '.join(both)} would be online and offline at once; make another for snapshot and timestamp"
        raise KeyRefusedError(msg)


def spare(root: Root, role: str) -> int:
    """How many keys of a role may be lost before it cannot sign any more."""
    return len(distinct(keys_of(root, role))) - root.roles[role].threshold


def _check_kind(key: Key) -> None:
    if identity(key) is None:
        msg = f"the key of {owner(key)} is of a kind that boxes do not check; `lamplighter ota keygen NAME` makes one"
        raise KeyRefusedError(msg)


def _put(root: Root, role: str, key: Key) -> None:
    known = root.keys.get(key.keyid)
    if known is not None and owner(known) != owner(key):
        msg = f"the keys of {owner(known)} and {owner(key)} are one; give each owner one of their own"
        raise KeyRefusedError(msg)
    root.add_key(key, role)


def _owners(keys: Sequence[Key]) -> str:
    return ", ".join(sorted(owner(key) for key in keys)) or "nobody"
