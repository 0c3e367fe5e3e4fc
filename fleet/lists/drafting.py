"""Taking a draft: its purpose, basis, end and threshold are judged before a line is read, its lines while they come.

Rules: memory is bounded by the most entries that a list may have, whatever is sent; a draft is there when all of it was good,
and nothing of it before; a change is made against the version that stands, and whoever approves it later is told when another
stands by then.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import Engine

from fleet.lists.contents import Contents, Writing
from fleet.lists.entries import Reader, Row, Unique, key_of
from fleet.lists.errors import DraftError, EntriesError
from fleet.lists.ledger import Version, active_of, add_draft
from fleet.lists.seals import seal_of
from fleet.policy.policy import Policy, PolicyError
from fleet.store.database import writing
from protocol.identifiers import Name

_DAY_MS = 86_400_000


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a list is to be. A field that is left out stays as it is in the version that stands."""

    list: Name
    purpose: Annotated[str, Meta(max_length=32)] = ""
    basis: Annotated[str, Meta(max_length=120)] = ""
    expires: Annotated[dt.datetime, Meta(tz=True)] | None = None
    least: Annotated[float, Meta(gt=0, le=1)] | None = None
    mode: Literal["whole", "change"] = "whole"


@dataclass(frozen=True)
class Terms:
    """What a list is, but its entries."""

    purpose: str
    basis: str
    expires: int
    least: float


DEFAULT_LEAST = 0.5
"""A reading that is more likely right than wrong; people who want fewer false ones raise it."""


def check_terms(wanted: Wanted, before: Version | None, policy: Policy, now: int) -> Terms:
    """What a list is to be, once it was judged. Pure.

    Raises:
        DraftError: the purpose is none or allows no lists, a basis or an end is missing, or the end is past or too far.
    """
    purpose = wanted.purpose or (before.purpose if before else "")
    basis = wanted.basis.strip() or (before.basis if before else "")
    least = wanted.least if wanted.least is not None else before.least if before else DEFAULT_LEAST
    if not purpose:
        msg = f"list {wanted.list} has no purpose yet; give one of: {', '.join(_listing(policy))}"
        raise DraftError(msg)
    if before and purpose != before.purpose:
        msg = f"list {wanted.list} is for {before.purpose}, and a list keeps its purpose: make another list for {purpose[:32]}"
        raise DraftError(msg)
    days = check_purpose(purpose, policy)
    if not basis:
        msg = f"list {wanted.list} needs the reference of its legal basis, for example a warrant's number"
        raise DraftError(msg)
    if not basis.isprintable():
        msg = "the reference of the legal basis has characters that cannot be printed; type it in one line"
        raise DraftError(msg)
    if wanted.expires is None and before is None:
        msg = f"list {wanted.list} needs an end, at most {days} days from now"
        raise DraftError(msg)
    expires = round(wanted.expires.timestamp() * 1000) if wanted.expires is not None else before.expires if before else 0
    check_end(expires, days, purpose, now)
    return Terms(purpose, basis, expires, least)


def check_purpose(purpose: str, policy: Policy) -> int:
    """See whether lists may be made for a purpose. Returns how many days ahead their end may lie.

    Raises:
        DraftError: they may not.
    """
    try:
        found = policy.purpose(purpose)
    except PolicyError as error:
        raise DraftError(str(error)) from None
    if not found.lists:
        msg = f"the fleet's policy allows no hit lists for {purpose}; those that do are: {', '.join(_listing(policy))}"
        raise DraftError(msg)
    return found.list_days


def check_end(expires: int, days: int, purpose: str, now: int) -> None:
    """Refuse an end that is past, or farther than the policy allows.

    Raises:
        DraftError: it is.
    """
    if expires <= now:
        msg = f"the end {_day(expires)} is past; give one that is to come, at most {days} days from now"
        raise DraftError(msg)
    if expires > now + days * _DAY_MS:
        msg = f"the end {_day(expires)} is more than {days} days ahead, which is the most for {purpose}; give an earlier one"
        raise DraftError(msg)


@dataclass
class Outcome:
    """A draft, and what was noticed on the way.

    Attributes:
        version: the draft.
        repeated: entries that stood more than once.
        repetitions: the first of them: the line, and the line where it stood before; 0 = on the list already.
    """

    version: Version
    repeated: int
    repetitions: list[tuple[int, int]]


@dataclass
class _Change:
    """Of the version that stands."""

    added: dict[str, Row] = field(default_factory=dict)
    removed: dict[str, Row] = field(default_factory=dict)


class Drafting:
    """One draft on its way. :meth:`feed` it, then :meth:`end` it; :meth:`leave` it whatever happened.

    Args:
        engine: the store.
        contents: where entries are kept.
        wanted: what the list is to be.
        person: who drafts.
        policy: of the fleet.
        now: clock, ms.

    Raises:
        DraftError: see :func:`check_terms`.
    """

    def __init__(  # noqa: PLR0913 - see above
        self, engine: Engine, contents: Contents, wanted: Wanted, person: str, policy: Policy, now: Callable[[], int]
    ) -> None:
        self._engine, self._contents, self._wanted, self._person, self._now = engine, contents, wanted, person, now
        with engine.connect() as connection:
            self._base = active_of(connection, wanted.list)
        if wanted.mode == "change" and self._base is None:
            msg = f"list {wanted.list} has no version that could be changed; draft it whole"
            raise DraftError(msg)
        self._terms = check_terms(wanted, self._base, policy, now())
        self._reader = Reader(signed=wanted.mode == "change")
        self._unique, self._change = Unique(), _Change()
        self._writing: Writing | None = None
        self._done = False
        self._words, self._other_words = hashlib.sha256(), False

    @property
    def repetitions(self) -> list[tuple[int, int]]:
        """The first lines that repeat another, with that one; known also where lines are no entries."""
        return self._unique.repetitions

    def feed(self, data: bytes) -> None:
        """Take a piece of the lines.

        Raises:
            EntriesError: there are too many of them.
        """
        for row in self._reader.feed(data):
            self._take(row)

    def end(self) -> Outcome:
        """Make the draft of what came.

        Raises:
            EntriesError: a line is no entry, or nothing is left, or nothing changes.
        """
        for row in self._reader.end():
            self._take(row)
        self._reader.check()
        added, removed = self._changed() if self._wanted.mode == "change" else self._compared()
        self._reader.check()
        if self._writing is None:
            msg = f"list {self._wanted.list} would have no entries; give at least one, or withdraw the list"
            raise EntriesError(msg)
        if not (added or removed or self._other_words or self._other_terms()):
            msg = f"nothing of list {self._wanted.list} would change; give other entries, another end, basis or threshold"
            msg += ", or, for other comments alone, the whole list"
            raise EntriesError(msg)
        version = self._add(added, removed)
        self._done = True
        return Outcome(version, self._unique.repeated, self._unique.repetitions)

    def leave(self) -> None:
        """Erase what was kept, unless there is a draft of it."""
        if not self._done and self._writing is not None:
            self._contents.erase(self._writing.content)
            self._writing = None

    def _take(self, row: Row) -> None:
        if row.sign:
            self._take_change(row)
        elif self._unique.take(row.key, row.line) and not self._reader.wrong:
            self._write(row.text, row.comment)

    def _take_change(self, row: Row) -> None:
        same, other = self._change.added, self._change.removed
        if row.sign == "-":
            same, other = other, same
        if row.key in other:
            self._reader.fail(row.line, f"is both added and removed, see line {other[row.key].line}")
        elif self._unique.take(row.key, row.line):
            same[row.key] = row

    def _write(self, text: str, comment: str) -> None:
        if self._writing is None:
            self._writing = self._contents.begin(self._terms.purpose, self._wanted.list, self._now())
        self._writing.add((text, comment))
        self._words.update(_words(text, comment))

    def _changed(self) -> tuple[int, int]:
        """Write the version that stands, without what goes and with what comes."""
        assert self._base is not None
        there, after = set(), Unique()
        for text, comment in self._contents.read(self._base.content, self._base.proof):
            key = key_of(text)
            if key in self._unique:
                there.add(key)
            if key not in self._change.removed:
                after.take(key, 0)
                self._write(text, comment)
        for key, row in self._change.removed.items():
            if key not in there:
                self._reader.fail(row.line, "is not on the list, so that it cannot be removed")
        fresh = [row for key, row in self._change.added.items() if key not in there]
        for key, row in self._change.added.items():
            if key in there:
                self._unique.repeated += 1
                self._unique.repetitions.append((row.line, 0))
        for row in fresh:
            after.take(row.key, row.line)
            self._write(row.text, row.comment)
        return len(fresh), len(self._change.removed)

    def _compared(self) -> tuple[int, int]:
        """How many entries come and go, against the version that stands."""
        if self._base is None:
            return len(self._unique), 0
        kept, words = 0, hashlib.sha256()
        for text, comment in self._contents.read(self._base.content, self._base.proof):
            kept += key_of(text) in self._unique
            words.update(_words(text, comment))
        self._other_words = words.digest() != self._words.digest()
        return len(self._unique) - kept, self._base.entries - kept

    def _other_terms(self) -> bool:
        before = self._base
        return before is None or self._terms != Terms(before.purpose, before.basis, before.expires, before.least)

    def _add(self, added: int, removed: int) -> Version:
        assert self._writing is not None
        proof, now = self._writing.end(), self._now()
        values: dict[str, Any] = {
            "list": self._wanted.list,
            "content": self._writing.content,
            "based_on": None if self._base is None else self._base.content,
            "proof": proof,
            "purpose": self._terms.purpose,
            "basis": self._terms.basis,
            "expires": self._terms.expires,
            "least": self._terms.least,
            "entries": self._writing.count,
            "added": added,
            "removed": removed,
            "drafted_by": self._person,
            "drafted_at": now,
        }
        values["seal"] = seal_of(self._contents, values)
        with writing(self._engine) as connection:
            return add_draft(connection, values)


def _listing(policy: Policy) -> list[str]:
    return sorted(name for name, purpose in policy.purposes.items() if purpose.lists)


def _words(text: str, comment: str) -> bytes:
    return f"{text}\n{comment}\n".encode()


def _day(at: int) -> str:
    try:
        return f"{dt.datetime.fromtimestamp(at / 1000, dt.timezone.utc):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "that was given"
