"""What is disclosed of plates: to whom, for which purpose, why; and the log of it (LED 25).

Rules: nothing is answered without a role that may ask, a purpose of the policy and a reason; the log is written in the
transaction in which the answer is read, so that there is no answer without it; it holds numbers of events and no plate. What is
older than a month is shown with a prosecutor's written decision alone, where the purpose has that, and the decision's reference
is in the log (Police Function Act 25/7).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, insert

from fleet.accounts.accounts import Person, Right
from fleet.audit.log import record
from fleet.fusion.anpr.errors import ClosedError, DecisionError, NotAllowedError, PurposeError, ReasonError
from fleet.policy.policy import Policy, PolicyError, Purpose
from fleet.store.anpr import anpr_search

LEAST_REASON = 8
"""Characters: the number of a file has as many."""
MOST_REASON = 300
"""Of the reason and the reference of a decision together, as they are kept."""
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Asked:
    """Who asks, for which purpose, and why; ``decision`` is the reference of a prosecutor's, where there is one."""

    person: Person
    purpose: str
    reason: str
    decision: str = ""

    @property
    def why(self) -> str:
        """The reason as it is kept."""
        decision = self.decision.strip()
        return f"{self.reason.strip()}; decision {decision}" if decision else self.reason.strip()


def check(asked: Asked, policy: Policy) -> Purpose:
    """The purpose that is asked for.

    Raises:
        NotAllowedError: the role may not ask.
        PurposeError: there is no such purpose.
        ReasonError: the reason is missing, or none that somebody else could check.
    """
    check_role(asked.person)
    try:
        purpose = policy.purpose(asked.purpose)
    except PolicyError as error:
        raise PurposeError(str(error)) from None
    check_reason(asked.reason)
    if asked.decision.strip():
        check_reason(asked.why)
    return purpose


def reach(asked: Asked, purpose: Purpose, now: int, since: int | None = None) -> int:
    """From when on, ms, what is kept may be shown.

    Args:
        asked: who asks, with which decision.
        purpose: of the policy.
        now: ms.
        since: from when on it is asked for; ``None`` = as far as may be shown.

    Raises:
        DecisionError: it is asked for from before that; a :class:`ClosedError` where no decision would open it.
    """
    if purpose.decision and asked.decision.strip():
        return 0
    earliest = now - purpose.free_days * _DAY_MS
    if since is not None and since < earliest:
        msg = f"what is older than {purpose.free_days} days is not shown for {asked.purpose or 'a list without a purpose'}"
        if not purpose.decision:
            raise ClosedError(msg)
        msg += ": it needs a prosecutor's written decision; give its reference"
        raise DecisionError(msg)
    return earliest


def check_role(person: Person) -> None:
    """Refuse whoever may not ask.

    Raises:
        NotAllowedError: the role may not.
    """
    if not person.may(Right.SEARCH_PLATES):
        msg = f"the role {person.role.value} may not ask about plates; an operator may"
        raise NotAllowedError(msg)


def check_reason(reason: str) -> None:
    """Refuse whoever gives none.

    Raises:
        ReasonError: it is missing, too short or too long.
    """
    if not LEAST_REASON <= len(reason.strip()) <= MOST_REASON:
        msg = (
            f"say why, in {LEAST_REASON} to {MOST_REASON} characters: the number of the case, or what happened; it is recorded"
        )
        raise ReasonError(msg)


def disclosed(connection: Connection, asked: Asked, what: str, rows: Sequence[int], question: str) -> None:
    """Note what is shown, in the transaction that read it.

    Args:
        connection: a writing transaction.
        asked: who, for what, why.
        what: kind of question.
        rows: of the events whose content is shown.
        question: what was asked in full; only its salted digest is kept.
    """
    values = {
        "at": time.time_ns() // 1_000_000,
        "account": asked.person.name,
        "purpose": asked.purpose,
        "reason": asked.why,
        "what": what,
        "found": len(rows),
        "disclosed": msgspec.json.encode(list(rows)).decode(),
    }
    key = connection.execute(insert(anpr_search).values(**values)).inserted_primary_key
    number = 0 if key is None else key[0]
    content = msgspec.json.encode([question, values], order="sorted").decode()
    record(connection, asked.person.name, f"anpr.{what}", f"search {number} for {asked.purpose}", content)
