"""The time before which it cannot be, as far as a box's files prove it (row 60 of the faults).

A box without a battery clock begins in 1970, and no certificate is valid then. Three things say that it is later: when this
software was built, the metadata of releases that were verified, and the beginning of the certificate that the box was given.

Rules:

- The wall clock raises nothing: a clock that was wrong once would be wrong for ever.
- A clock that was put forward to the floor is no synchronised clock: events go on being marked.
- Files are read and none is made: who sets the clock is another user than who runs the agent.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from edge.identity.files import CERTIFICATE
from ota.device import kept
from ota.device.disk import RealDisk

BUILT = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)
"""Before this, nobody has run this version. Raised with each version."""

IDENTITY = "identity"
UPDATES = "updates"
"""Names in the state folder."""
_MOST_BYTES = 1 << 16


class Floor(NamedTuple):
    """A moment that has passed."""

    at: dt.datetime
    """With time zone."""
    why: str
    """What proves it."""


def floor_of(state: Path) -> Floor:
    """The latest moment that the files in a box's state folder prove; what is spoilt or missing proves nothing."""
    proofs = [Floor(BUILT, "this software was built"), _of_metadata(state / UPDATES), _of_certificate(state / IDENTITY)]
    return max((proof for proof in proofs if proof is not None), key=lambda proof: proof.at)


def _of_metadata(folder: Path) -> Floor | None:
    try:
        if not folder.is_dir():
            return None
        floor = kept.floor(RealDisk(folder))
        at = None if floor is None else dt.datetime.fromtimestamp(floor, dt.timezone.utc)
    except (OSError, ValueError, OverflowError):
        return None
    return None if at is None else Floor(at, "a release was signed")


def _of_certificate(folder: Path) -> Floor | None:
    try:
        with (folder / CERTIFICATE).open("rb") as file:
            certificate = x509.load_pem_x509_certificate(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return None
    return Floor(certificate.not_valid_before_utc, "this box's certificate began")
