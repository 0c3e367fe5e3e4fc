"""Which of several processes does what one at a time must do: rollouts, hit lists, fusion.

Rules: PostgreSQL decides, by an advisory lock of a session that lasts as long as its connection, so that a leader which dies is
followed within seconds; the embedded store has one manager, which leads. Two leaders for a moment (a connection that died
unnoticed) do no harm: every step reads how things stand in the transaction that takes it.
"""

from __future__ import annotations

import contextlib

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from fleet.store.database import LOCK_SPACE, ROLLOUT_LEADER


class Leader:
    """Asks for the lead, and keeps it.

    Args:
        engine: the store.
        what: is led, as numbered in :mod:`fleet.store.database`.
    """

    def __init__(self, engine: Engine, what: int = ROLLOUT_LEADER) -> None:
        self._engine, self._what = engine, what
        self._held: Connection | None = None

    def leads(self) -> bool:
        """Whether this process leads now.

        Raises:
            sqlalchemy.exc.DBAPIError: the store does not answer; the lead is lost.
        """
        if self._engine.dialect.name != "postgresql":
            return True
        try:
            if self._held is not None:
                self._held.execute(select(1))  # an end of the connection is an end of the lock
                return True
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(select(func.pg_try_advisory_lock(LOCK_SPACE, self._what))).scalar():
                self._held = connection
            else:
                connection.close()
        except SQLAlchemyError:
            self.resign()
            raise
        return self._held is not None

    def resign(self) -> None:
        """Let another lead."""
        held, self._held = self._held, None
        if held is not None:
            with contextlib.suppress(SQLAlchemyError):  # the server may notice an ended connection later than the next one asks
                held.execute(select(func.pg_advisory_unlock(LOCK_SPACE, self._what)))
            with contextlib.suppress(SQLAlchemyError):
                held.invalidate()  # a pooled connection would keep the lock
                held.close()
