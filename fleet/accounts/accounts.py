"""Accounts: argon2id passwords, roles, sessions.

Rules: an unknown name costs as much time as a wrong password; five failures within a minute close a name for that minute; what
strangers can make the manager compute, remember and log is bounded; a session is a random token of which only the digest is
stored.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import argon2
from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet.audit.log import record
from fleet.store.database import writing
from fleet.store.tables import account, session

SESSION_S = 12 * 3600
"""One shift."""
MIN_PASSWORD = 12
_FAILURES = 5
_WINDOW_S = 60.0
_CHECKED_AT_ONCE = 2
"""Passwords: each takes 64 MiB while it is checked."""
_AT_THE_DOOR = 16
"""Checked or waiting for it; more are refused at once, so that a flood of them holds up nothing else."""
_REFUSALS_NOTED = 30
"""Rows of the audit log within the window; the next row says how many were not noted."""


class Role(str, enum.Enum):
    """What a person may do; each includes nothing of the others."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    ENGINEER = "engineer"
    ADMIN = "admin"


class Right(str, enum.Enum):
    """Something that needs a role."""

    SEE = "see"
    JUDGE = "judge"
    COMMAND = "command"
    CONFIGURE = "configure"
    ENROL = "enrol"
    READ_AUDIT = "read-audit"
    MANAGE_ACCOUNTS = "manage-accounts"
    ROLL_OUT = "roll-out"
    APPROVE_ROLLOUT = "approve-rollout"
    HALT_ROLLOUT = "halt-rollout"
    DRAFT_LIST = "draft-list"
    APPROVE_LIST = "approve-list"
    WITHDRAW_LIST = "withdraw-list"
    SEE_ENTRIES = "see-entries"
    ROTATE_KEYS = "rotate-keys"
    SEARCH_PLATES = "search-plates"
    HOLD_ALERTS = "hold-alerts"


_OF_LISTS = frozenset({Right.DRAFT_LIST, Right.APPROVE_LIST, Right.WITHDRAW_LIST, Right.SEE_ENTRIES})
"""Whoever has one of them keeps hit lists, and is shown their pages."""

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.OPERATOR: frozenset(
        {Right.SEE, Right.JUDGE, Right.READ_AUDIT, Right.HALT_ROLLOUT, Right.SEARCH_PLATES, Right.HOLD_ALERTS}
    )
    | _OF_LISTS,
    Role.TECHNICIAN: frozenset({Right.SEE, Right.COMMAND, Right.CONFIGURE, Right.ENROL, Right.HALT_ROLLOUT}),
    Role.ENGINEER: frozenset({Right.SEE, Right.COMMAND, Right.ROLL_OUT, Right.APPROVE_ROLLOUT, Right.HALT_ROLLOUT}),
    Role.ADMIN: frozenset(Right)
    - {Right.JUDGE, Right.SEARCH_PLATES, Right.HOLD_ALERTS, Right.DRAFT_LIST, Right.APPROVE_LIST, Right.SEE_ENTRIES},
}
"""Only an operator judges, asks about plates, says who is looked for, and how sure an alert of shots has to be: whoever runs
the system does not decide about what it says. Whoever sees that a new model goes wrong may halt its rollout; to go on, or to
begin another, is the engineers'. A hit list, which does harm while it stands, is also taken back by whoever runs the system."""


class AccountError(Exception):
    """An account that cannot be made or used; the message says why."""


@dataclass(frozen=True)
class Person:
    """Who is logged in."""

    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Whether the role includes the right."""
        return right in RIGHTS[self.role]

    @property
    def keeps_lists(self) -> bool:
        """Whether the pages of hit lists are this person's."""
        return not _OF_LISTS.isdisjoint(RIGHTS[self.role])


class Accounts:
    """Accounts in the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hasher = argon2.PasswordHasher()
        self._decoy = _no_password(self._hasher)
        self._failures: dict[str, deque[float]] = {}
        self._door = threading.Semaphore(_AT_THE_DOOR)
        self._checking = threading.Semaphore(_CHECKED_AT_ONCE)
        self._noted: deque[float] = deque()
        self._not_noted = 0
        self._lock = threading.Lock()

    def add(self, name: str, role: Role, password: str, by: str = "system") -> None:
        """Make an account.

        Raises:
            AccountError: the name is taken or not valid, or the password is too short.
        """
        if not _is_name(name):
            msg = f"account name {name[:64]!r}: use 1 to 64 printable characters"
            raise AccountError(msg)
        _check_password(password)
        now = time.time_ns() // 1_000_000
        hashed = self._hasher.hash(password)  # takes longer than a transaction may
        try:
            with writing(self._engine) as connection:
                connection.execute(
                    insert(account).values(name=name, role=role.value, password=hashed, active=True, made_at=now)
                )
                record(connection, by, "account.add", name, role.value)
        except IntegrityError as error:
            msg = f"there is an account {name!r} already"
            raise AccountError(msg) from error

    def set_password(self, name: str, password: str, by: str) -> None:
        """Give an account another password; its sessions end.

        Raises:
            AccountError: there is no such account, or the password is too short.
        """
        _check_password(password)
        hashed = self._hasher.hash(password)
        with writing(self._engine) as connection:
            _change(connection, name, password=hashed)
            connection.execute(delete(session).where(session.c.account == name))
            record(connection, by, "account.password", name, "")

    def close(self, name: str, by: str) -> None:
        """End an account and its sessions; its name stays in what it decided.

        Raises:
            AccountError: there is no such account.
        """
        with writing(self._engine) as connection:
            _change(connection, name, active=False)
            connection.execute(delete(session).where(session.c.account == name))
            record(connection, by, "account.close", name, "")

    def count(self) -> int:
        """How many there are."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(account)).scalar_one())

    def log_in(self, name: str, password: str) -> tuple[Person, str] | None:
        """Check a password and begin a session. Returns the person and the token; ``None`` when refused."""
        if self._closed(name) or not self._door.acquire(blocking=False):
            return None
        try:
            with self._checking:
                # Asked again: those who were checked meanwhile count.
                return None if self._closed(name) else self._check(name, password)
        finally:
            self._door.release()

    def _check(self, name: str, password: str) -> tuple[Person, str] | None:
        found = self._find(name) if _is_name(name) else None
        stored = found.password if found is not None and found.active else self._decoy
        try:
            self._hasher.verify(stored, password[:1024])
        except argon2.exceptions.VerificationError:
            found = None
        if found is None or not found.active:
            self._fail(name)
            self._note_refused(name)
            return None
        token = secrets.token_urlsafe(32)
        now = time.time_ns() // 1_000_000
        with writing(self._engine) as connection:
            connection.execute(delete(session).where(session.c.expires_at < now))
            values = {"digest": _digest(token), "account": name, "expires_at": now + SESSION_S * 1000}
            connection.execute(insert(session).values(**values))
            record(connection, name, "login", name, "")
        return Person(name, Role(found.role)), token

    def person(self, token: str) -> Person | None:
        """Whose session a token is."""
        query = (
            select(account.c.name, account.c.role)
            .join(session, session.c.account == account.c.name)
            .where(session.c.digest == _digest(token), session.c.expires_at > time.time_ns() // 1_000_000, account.c.active)
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).first()
        return None if found is None else Person(found.name, Role(found.role))

    def log_out(self, token: str) -> None:
        """End a session."""
        with writing(self._engine) as connection:
            connection.execute(delete(session).where(session.c.digest == _digest(token)))

    def _find(self, name: str) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(select(account).where(account.c.name == name)).first()

    def _note_refused(self, name: str) -> None:
        """What was typed is kept as a salted digest only: people type their password into the wrong field."""
        now = time.monotonic()
        with self._lock:
            while self._noted and now - self._noted[0] > _WINDOW_S:
                self._noted.popleft()
            if len(self._noted) >= _REFUSALS_NOTED:
                self._not_noted += 1
                return
            self._noted.append(now)
            before, self._not_noted = self._not_noted, 0
        subject = f"and {before} more before it" if before else ""
        with writing(self._engine) as connection:
            record(connection, "system", "login.refused", subject, name.encode("utf-8", "backslashreplace").decode())

    def _closed(self, name: str) -> bool:
        now = time.monotonic()
        with self._lock:
            failures = self._failures.get(name)
            while failures and now - failures[0] > _WINDOW_S:
                failures.popleft()
            return bool(failures) and len(failures or ()) >= _FAILURES

    def _fail(self, name: str) -> None:
        with self._lock:
            if len(self._failures) > 10_000:  # noqa: PLR2004 - bound on what strangers can make us remember
                self._failures.clear()
            self._failures.setdefault(name[:64], deque(maxlen=_FAILURES)).append(time.monotonic())


def _check_password(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        msg = f"the password has {len(password)} characters; at least {MIN_PASSWORD} are needed"
        raise AccountError(msg)


def _change(connection: Connection, name: str, **values: object) -> None:
    if not connection.execute(update(account).where(account.c.name == name).values(**values)).rowcount:
        msg = f"there is no account {name[:64]!r}"
        raise AccountError(msg)


def _is_name(text: str) -> bool:
    """Whether an account may be called so; whatever else is typed is not even looked for."""
    return 1 <= len(text) <= 64 and text.isprintable() and text == text.strip()  # noqa: PLR2004 - column width


def _no_password(hasher: argon2.PasswordHasher) -> str:
    """A stored password that none fits, as costly to check as any; hashing one for it would cost every start 0.2 s."""
    salt, digest = (base64.b64encode(secrets.token_bytes(n)).rstrip(b"=").decode() for n in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
