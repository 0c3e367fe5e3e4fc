"""Opening the store and bringing it to this version's schema.

Rule: Alembic is loaded by who migrates; ingest and web never do, and it would take a tenth of their start.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, InterfaceError, InternalError, OperationalError, SQLAlchemyError

if TYPE_CHECKING:
    from alembic.config import Config

_BUSY_MS = 10_000
"""A writer waits this long for another, on either database; transactions take under 50 ms."""

LOCK_SPACE = 0x4C414D50
"""Of our locks among those of others in one PostgreSQL; 'LAMP'."""
EVENT_ORDER = 1
AUDIT_ORDER = 2
VERDICT_ORDER = 3
SCHEMA_ORDER = 4
ROLLOUT_ORDER = 5
ROLLOUT_LEADER = 6
LIST_ORDER = 7
LIST_LEADER = 8
FUSION_ORDER = 9
FUSION_LEADER = 10
GUNSHOT_ORDER = 11
GUNSHOT_LEADER = 12

_POSTGRES = {"connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A server that vanished without a word is noticed within half a minute."""
_IDLE_MS = 60_000
"""Whoever vanishes within a transaction holds its locks no longer than this."""


STORE_FAULTS = (OperationalError, InterfaceError, InternalError)
"""What the store is at fault for (locked, full, gone, read-only after a failover), never what it was given: try again later."""


class StoreError(Exception):
    """The store cannot be opened; the message says why and what to do."""


def url_for(folder: Path) -> str:
    """Address of the embedded store in a data folder."""
    return f"sqlite:///{folder / 'fleet.sqlite'}"


def open_engine(url: str) -> Engine:
    """Open the store at an SQLAlchemy address (``sqlite:///...`` or ``postgresql+psycopg://...``)."""
    # Parameters are hidden: what people and boxes sent, and digests of passwords, have no place in a log.
    match make_url(url).get_backend_name():
        case "sqlite":
            return _open_sqlite(url)
        case "postgresql":
            return _open_postgres(url)
        case _:
            return create_engine(url, pool_pre_ping=True, hide_parameters=True)


def _open_sqlite(url: str) -> Engine:
    arguments = {"check_same_thread": False, "timeout": _BUSY_MS / 1000}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy begins the transactions (see `begin` below), not the driver.
        connection.isolation_level = None
        # What is deleted is overwritten: a plate whose time is over must not stay in free pages.
        settings = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", f"busy_timeout={_BUSY_MS}")
        for pragma in settings:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _open_postgres(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=_POSTGRES)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {_BUSY_MS}")
            cursor.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_MS}")
        connection.commit()

    return engine


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: it takes its lock at the beginning, so that two writers wait instead of failing."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def one_at_a_time(connection: Connection, what: int) -> None:
    """Hold back other transactions that ask for the same thing, until this one ends.

    SQLite has one writer anyway. In PostgreSQL row numbers are drawn before the commit: without this a reader of the tail could
    see row 8, move on, and never see row 7 that was committed later; and two links of the audit chain could hang on one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK_SPACE, what)))


def migrate(engine: Engine) -> None:
    """Bring the schema to this version's, from whichever it is."""
    from alembic import command  # noqa: PLC0415 - see the module's rule

    with writing(engine) as connection:
        one_at_a_time(connection, SCHEMA_ORDER)
        command.upgrade(alembic_config(connection), "head")


def open_migrated(url: str) -> Engine:
    """Open the store and bring it to this version's schema.

    Raises:
        StoreError: the address is none, nobody answers there, or a later version made the store.
    """
    from alembic.util.exc import CommandError  # noqa: PLC0415 - see the module's rule

    try:
        engine = open_engine(url)
        migrate(engine)
    except (SQLAlchemyError, CommandError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        msg = f"{_without_password(url)}: the store cannot be opened: {reason}; check --data and --store"
        raise StoreError(msg) from error
    return engine


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string()
    except ArgumentError:
        return "--store"


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; everything is beside this file."""
    from alembic.config import Config  # noqa: PLC0415 - see the module's rule

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
