"""The schema on both databases: migrations match the tables, the audit log refuses changes, writers wait."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from fleet.store import database
from fleet.store.database import EVENT_ORDER, alembic_config, migrate, one_at_a_time, open_engine, url_for, writing
from fleet.store.tables import audit, event, metadata, setting


def test_migrations_make_exactly_the_tables(either: Engine) -> None:
    with either.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(either: Engine) -> None:
    with writing(either) as connection:
        connection.execute(insert(setting).values(name="kept", value="yes"))
    migrate(either)
    with either.connect() as connection:
        assert connection.scalar(select(setting.c.value)) == "yes"


def test_a_migration_can_be_taken_back(either: Engine) -> None:
    with writing(either) as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(either).get_table_names() == ["alembic_version"]
    migrate(either)


@pytest.mark.parametrize(
    "statement",
    [update(audit).values(actor="else"), delete(audit), text("TRUNCATE audit")],
    ids=["update", "delete", "truncate"],
)
def test_the_audit_log_refuses_changes(either: Engine, statement: object) -> None:
    if either.dialect.name == "sqlite" and str(statement).startswith("TRUNCATE"):
        pytest.skip("SQLite has no TRUNCATE")
    row = {"at": 1, "actor": "a", "action": "b", "subject": "c", "digest": "d", "chain": "e"}
    with writing(either) as connection:
        connection.execute(insert(audit).values(**row))
    with pytest.raises(DBAPIError, match="append-only"), writing(either) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    with either.connect() as connection:
        assert connection.scalar(select(audit.c.actor)) == "a"


def test_one_device_boot_and_number_is_one_event(either: Engine) -> None:
    row = {"device": "box", "boot": "a" * 12, "seq": 1, "id": "x", "type": "t", "priority": 0, "time": 0, "received": 0}
    row |= {"schema": "1.0", "body": b"{}"}
    with writing(either) as connection:
        connection.execute(insert(event).values(**row))
    with pytest.raises(IntegrityError), writing(either) as connection:
        connection.execute(insert(event).values(**row))


def test_rows_are_never_used_again(either: Engine) -> None:
    """The live stream resumes after a row number; a reused one would hide an event."""
    base = {"device": "box", "boot": "a" * 12, "id": "x", "type": "t", "priority": 0, "time": 0, "received": 0}
    base |= {"schema": "1.0", "body": b"{}"}
    with writing(either) as connection:
        connection.execute(insert(event), [base | {"seq": n} for n in (1, 2, 3)])
        last = connection.scalar(select(func.max(event.c.row)))
        connection.execute(delete(event))
        connection.execute(insert(event).values(**base, seq=4))
        assert connection.scalar(select(event.c.row)) > last


def test_writers_wait_for_one_another(either: Engine) -> None:
    with writing(either) as connection:
        connection.execute(insert(setting).values(name="n", value="0"))
    failures: list[Exception] = []

    def add() -> None:
        try:
            for _ in range(20):
                with writing(either) as connection:
                    query = select(setting.c.value).where(setting.c.name == "n").with_for_update()
                    now = int(connection.execute(query).scalar_one())
                    connection.execute(update(setting).where(setting.c.name == "n").values(value=str(now + 1)))
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with either.connect() as connection:
        assert connection.scalar(select(setting.c.value)) == "80"


def test_the_embedded_store_syncs_what_it_commits(tmp_path: Path) -> None:
    engine = open_engine(url_for(tmp_path))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


def test_whoever_holds_a_lock_for_ever_does_not_hold_ingest_for_ever(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error, which is tried again and said; else a worker that hangs would silence the whole fleet without a word."""
    monkeypatch.setattr(database, "_BUSY_MS", 100)
    impatient = open_engine(either.url.render_as_string(hide_password=False))
    with writing(either) as connection:
        one_at_a_time(connection, EVENT_ORDER)
        with pytest.raises(OperationalError), writing(impatient) as other:
            one_at_a_time(other, EVENT_ORDER)
    with writing(impatient) as other:
        one_at_a_time(other, EVENT_ORDER)
    impatient.dispose()


def test_whoever_vanishes_within_a_transaction_lets_go_of_its_locks(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """In SQLite the operating system sees to it; PostgreSQL waits two hours for a machine without power."""
    if either.dialect.name == "sqlite":
        pytest.skip("locks of files die with their process")
    monkeypatch.setattr(database, "_IDLE_MS", 50)
    vanishing = open_engine(either.url.render_as_string(hide_password=False))
    with vanishing.connect() as connection:
        one_at_a_time(connection, EVENT_ORDER)
        with writing(either) as other:
            one_at_a_time(other, EVENT_ORDER)
        with pytest.raises(DBAPIError):
            connection.execute(select(func.count()).select_from(event))
        connection.invalidate()
    vanishing.dispose()


def test_managers_that_start_at_once_make_one_schema(empty_engine: Engine) -> None:
    failures: list[Exception] = []
    start = threading.Barrier(3)

    def begin() -> None:
        start.wait()
        try:
            migrate(empty_engine)
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert "event" in inspect(empty_engine).get_table_names()


def test_what_was_to_be_stored_is_not_told_to_a_log(either: Engine) -> None:
    """Errors end in tracebacks, tracebacks in logs; parameters are passwords' digests and what boxes said."""
    with pytest.raises(DBAPIError) as caught, writing(either) as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "a-secret"})
    assert "a-secret" not in str(caught.value)
