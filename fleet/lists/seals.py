"""The seal of a draft: all that its row says and a person decides on, under the key that seals its entries.

Whoever can write in the store could show a person one thing and have another one signed, or say that it was approved. The key
of the entries is not in the store: HMAC-SHA256 under it is made with the draft, made anew with the name of whoever approves it,
and held against the row before entries are shown to decide on it, before the approval counts, and before anything is signed.

Rule: what goes into a header, or is said of a draft while it is decided on, is in :data:`SEALED`, its entries and comments by
their proof.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from fleet.lists.contents import Contents
from fleet.lists.errors import StateError
from fleet.lists.ledger import Version

SEALED = (
    "list", "content", "based_on", "proof", "purpose", "basis", "expires", "least", "entries", "added", "removed",
    "drafted_by", "drafted_at", "approved_by", "approved_at",
)  # fmt: skip


def seal_of(contents: Contents, values: Mapping[str, Any]) -> str:
    """The seal of a row.

    Args:
        contents: has the key.
        values: of the row's columns; who approved it and when are missing in a draft.

    Raises:
        KeyGoneError: its entries were erased.
    """
    return contents.seal(values["content"], msgspec.json.encode([values.get(name) for name in SEALED]))


def values_of(found: Version) -> dict[str, Any]:
    """What is sealed of a row, by column."""
    return {name: getattr(found, name) for name in SEALED}


def check_seal(contents: Contents, found: Version, *, approved: bool) -> None:
    """See that a row says what was drafted or approved.

    Args:
        contents: has the key.
        found: the row.
        approved: whether a second person must have approved it.

    Raises:
        StateError: it does not.
        KeyGoneError: its entries were erased.
    """
    seal = seal_of(contents, values_of(found))
    if approved == (found.approved_by is not None) and hmac.compare_digest(seal, found.seal or ""):
        return
    what = "approved" if approved else "drafted"
    msg = (
        f"draft {found.number} of list {found.list} is not what was {what}: its row was changed in the store, so that it is not"
    )
    msg += " signed; find out who can write there, take it back and draft it anew"
    raise StateError(msg)
