"""The schema on both databases: migrations match the tables, the audit log refuses changes, writers wait."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, delete, func, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from fleet.store.database import alembic_config, migrate, open_engine, url_for, writing
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


@pytest.mark.parametrize("statement", [update(audit).values(actor="else"), delete(audit)], ids=["update", "delete"])
def test_the_audit_log_refuses_changes(either: Engine, statement: object) -> None:
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
