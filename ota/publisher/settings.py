"""What a workshop remembers: how it was set up, and what it has committed to.

Rules: neither holds a secret; a signer is named by its address, a password by the environment variable that has it. What was
committed is the truth of the publisher, and the public folder is made to agree with it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ota.publisher.roles import DAYS, MOST_DAYS, ROLES, TIMESTAMP
from protocol.identifiers import Name, Ordinal
from protocol.release import MOST_TIMESTAMP_DAYS

FORMAT = 1
_Days = Annotated[int, Meta(ge=1, le=MOST_DAYS)]


class OnlineSigner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What signs for an online key."""

    address: Annotated[str, Meta(min_length=1, max_length=1000, description="File or address of the signer")]
    password: Annotated[str, Meta(max_length=200, description="Environment variable with its password")] = ""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``workshop.json``."""

    public: Annotated[str, Meta(min_length=1, description="The public folder")]
    days: Annotated[dict[str, _Days], Meta(description="How long a signature holds, by role")] = msgspec.field(
        default_factory=DAYS.copy
    )
    signers: Annotated[dict[Name, OnlineSigner], Meta(max_length=64, description="Of online keys, by owner")] = {}
    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)] = FORMAT

    def __post_init__(self) -> None:
        """Refuse settings that leave a role out."""
        if set(self.days) != set(ROLES):
            msg = f"days of {', '.join(sorted(self.days))} are not those of {', '.join(sorted(ROLES))}"
            raise ValueError(msg)
        if self.days[TIMESTAMP] > MOST_TIMESTAMP_DAYS:
            msg = f"a timestamp of {self.days[TIMESTAMP]} days misleads boxes about the time; at most {MOST_TIMESTAMP_DAYS}"
            raise ValueError(msg)


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``state.json``: versions that were committed to, and numbers that are never given again."""

    root: Ordinal
    targets: Ordinal
    snapshot: Ordinal
    timestamp: Ordinal
    timestamp_first: Annotated[bool, Meta(description="Whether the timestamp was published before the root")] = False
    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)] = FORMAT


class Burnt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``burnt.json``: what somebody has signed and nobody published. It is never signed again as something else."""

    targets: Annotated[int, Meta(ge=0, le=2**53 - 1, description="Highest such version of targets")] = 0
    releases: Annotated[dict[Name, Ordinal], Meta(description="Highest number of such a release, by bundle")] = {}
    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)] = FORMAT
