"""The policy file: the purposes for which plates may be listed or stood for, and how long plates and shots are kept.

Rule: a purpose that is not in the file does not exist; a time that the law limits cannot be set beyond it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.identifiers import Name
from protocol.pseudonyms import MOST_DAYS

DEFAULT = Path(__file__).with_name("policy.toml")
_MOST_BYTES = 1 << 16


class PolicyError(Exception):
    """A policy that cannot be used, or a purpose that it does not have; the message says which and what to do."""


class Purpose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What plates are dealt with for.

    Attributes:
        label: for people.
        reference: where the law says so, for people.
        lists: whether hit lists may be made for it.
        pseudonyms: whether plates on no list may leave boxes as pseudonyms for it.
        list_days: how far ahead the end of a hit list may lie; who needs it longer drafts it again, and a second person looks.
        hit_days: how long hits are kept; at most a year (Police Function Act 25/6).
        read_days: how long pseudonyms are kept.
        period_days: for how long one key makes them.
        free_days: for how long what is kept may be asked for with a purpose and a reason alone; at most a month (Police
            Function Act 25/7).
        decision: whether it may be asked for after that with a prosecutor's written decision; else nobody may.
        unconfirmed_hours: how long an alert that the manager makes of them waits for somebody to confirm it; at most three days
            (LED 2016/680, articles 4 and 5).
    """

    label: Annotated[str, Meta(min_length=1, max_length=80)]
    reference: Annotated[str, Meta(min_length=1, max_length=160)]
    lists: bool = False
    pseudonyms: bool = False
    list_days: Annotated[int, Meta(ge=1, le=366)] = 92
    hit_days: Annotated[int, Meta(ge=1, le=365)] = 30
    read_days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = MOST_DAYS
    period_days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = MOST_DAYS
    free_days: Annotated[int, Meta(ge=1, le=30)] = 30
    decision: bool = False
    unconfirmed_hours: Annotated[int, Meta(ge=1, le=72)] = 72


class GunshotTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long shots are kept.

    What boxes say of shots names nobody, but a box that somebody wears says where that person was, and so does a shot that
    turns out to be a crime: it is not kept for ever.

    Attributes:
        heard_days: what boxes heard and nobody judged, told or not: long enough for an enquiry that begins late, and for people
            to look at what was not told.
        judged_days: incidents that somebody confirmed or dismissed, with all that boxes heard of them: the precision of boxes
            and of models is measured by them, over the seasons, and both kinds have to be kept alike or it would be wrong.
    """

    heard_days: Annotated[int, Meta(ge=1, le=365)] = 30
    judged_days: Annotated[int, Meta(ge=1, le=1096)] = 365


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    purposes: Annotated[dict[Name, Purpose], Meta(max_length=32)]
    gunshots: GunshotTimes = GunshotTimes()

    def purpose(self, name: str) -> Purpose:
        """One of them.

        Raises:
            PolicyError: it is not in the file.
        """
        found = self.purposes.get(name)
        if found is None:
            msg = f"purpose {name[:40]!r} is not in the fleet's policy; there are: {', '.join(sorted(self.purposes))}"
            raise PolicyError(msg)
        return found


def read_policy(path: Path = DEFAULT) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: it cannot be read, or says what a policy cannot.
    """
    try:
        with path.open("rb") as file:
            return msgspec.toml.decode(file.read(_MOST_BYTES), type=Policy)
    except (OSError, msgspec.DecodeError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        msg = f"{path}: the policy cannot be used: {reason}; mend the file"
        raise PolicyError(msg) from None
