"""From one version of the schema to the next, with rows in it. On both databases."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Engine, inspect, text

from fleet.store.database import alembic_config, migrate, writing


def _to(engine: Engine, revision: str, *, down: bool = False) -> None:
    with writing(engine) as connection:
        (command.downgrade if down else command.upgrade)(alembic_config(connection), revision)


def test_version_2_knows_when_two_boxes_shared_a_name(empty_engine: Engine) -> None:
    """Row 36: boxes known before are kept, and have shared nothing."""
    _to(empty_engine, "0001")
    with writing(empty_engine) as connection:
        connection.execute(text("INSERT INTO device (name, label, changed) VALUES ('box-1', 'Market', 3)"))
    migrate(empty_engine)
    with writing(empty_engine) as connection:
        assert connection.execute(text("SELECT name, label, changed, conflict_at FROM device")).one() == (
            "box-1",
            "Market",
            3,
            None,
        )
        connection.execute(text("UPDATE device SET conflict_at = 5"))
    _to(empty_engine, "0001", down=True)
    assert "conflict_at" not in {column["name"] for column in inspect(empty_engine).get_columns("device")}
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT name, label, changed FROM device")).one() == ("box-1", "Market", 3)


def test_version_3_knows_where_a_box_stands_and_what_it_was_ordered(empty_engine: Engine) -> None:
    """Boxes known before are kept: without a site, always powered, never ordered anything."""
    _to(empty_engine, "0002")
    with writing(empty_engine) as connection:
        values = {"name": "box-1", "label": "Market", "changed": 3, "state": b"{}"}
        statement = "INSERT INTO device (name, label, changed, state) VALUES (:name, :label, :changed, :state)"
        connection.execute(text(statement), values)
    migrate(empty_engine)
    with empty_engine.connect() as connection:
        found = connection.execute(text("SELECT name, changed, site, tags, powered, orders, birth FROM device")).one()
    assert found == ("box-1", 3, "", "[]", None, 0, b"{}")
    assert {"rollout", "rollout_box", "rollout_report", "rollout_note"} <= set(inspect(empty_engine).get_table_names())
    _to(empty_engine, "0002", down=True)
    assert "rollout" not in inspect(empty_engine).get_table_names()
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT name, label, changed FROM device")).one() == ("box-1", "Market", 3)


def test_version_4_knows_lists_and_keys_and_leaves_the_rest(empty_engine: Engine) -> None:
    """Going back takes what is sealed with it; nothing else."""
    _to(empty_engine, "0003")
    with writing(empty_engine) as connection:
        connection.execute(text("INSERT INTO device (name, label, changed) VALUES ('box-1', 'Market', 3)"))
    migrate(empty_engine)
    made = {"list_version", "list_part", "plate_key", "key_handout", "list_box"}
    assert made <= set(inspect(empty_engine).get_table_names())
    _to(empty_engine, "0003", down=True)
    assert not made & set(inspect(empty_engine).get_table_names())
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT name, label, changed FROM device")).one() == ("box-1", "Market", 3)


def test_version_5_keeps_reads_and_hits_beside_the_events_that_there_were(empty_engine: Engine) -> None:
    _to(empty_engine, "0003")
    columns = "device, boot, seq, id, type, priority, time, received, schema, body"
    with writing(empty_engine) as connection:
        values = {"body": b"{}"}
        connection.execute(
            text(f"INSERT INTO event ({columns}) VALUES ('box-1', 'abcdefghijkl', 1, 'x', 'anpr.read', 0, 1, 1, '1.0', :body)"),
            values,
        )
    migrate(empty_engine)
    tables = {"anpr_read", "anpr_hit", "anpr_clone", "anpr_search"}
    assert tables <= set(inspect(empty_engine).get_table_names())
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 1
        assert connection.execute(text("SELECT count(*) FROM anpr_read")).scalar_one() == 0
    _to(empty_engine, "0003", down=True)
    assert not tables & set(inspect(empty_engine).get_table_names())


def test_version_6_seals_drafts_and_keeps_those_that_have_no_seal(empty_engine: Engine) -> None:
    """None of them is signed any more; their history stays."""
    _to(empty_engine, "0005")
    names = ("list", "state", "content", "proof", "purpose", "basis", "drafted_by", "words")
    numbers = ("expires", "least", "entries", "added", "removed", "drafted_at")
    values: dict[str, object] = {**dict.fromkeys(names, "x"), **dict.fromkeys(numbers, 1)}
    statement = f"INSERT INTO list_version ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})"
    with writing(empty_engine) as connection:
        connection.execute(text(statement), values)
    migrate(empty_engine)
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT number, list, seal FROM list_version")).one() == (1, "x", None)
    _to(empty_engine, "0005", down=True)
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT number, list FROM list_version")).one() == (1, "x")
    assert "seal" not in {column["name"] for column in inspect(empty_engine).get_columns("list_version")}


def test_version_7_knows_shots_beside_the_events_that_there_were(empty_engine: Engine) -> None:
    """Shots that were stored before are joined as if they came now; going back forgets what was made of them."""
    _to(empty_engine, "0006")
    tables = {"gunshot_heard", "gunshot_incident", "gunshot_box"}
    assert not tables & set(inspect(empty_engine).get_table_names())
    values = {
        "device": "box-1", "boot": "b", "seq": 1, "id": "i", "type": "gunshot.detected", "priority": 2, "time": 1,
        "received": 1, "schema": "1.3", "body": b"{}",
    }  # fmt: skip
    statement = f"INSERT INTO event ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})"
    with writing(empty_engine) as connection:
        connection.execute(text(statement), values)
    migrate(empty_engine)
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 1
        assert connection.execute(text("SELECT count(*) FROM gunshot_heard")).scalar_one() == 0
    _to(empty_engine, "0006", down=True)
    assert not tables & set(inspect(empty_engine).get_table_names())
    with empty_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 1
