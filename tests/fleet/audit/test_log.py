"""The audit log (AI Act, articles 12, 19 and 26(6)): append-only, chained, in the transaction of what it records."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from fleet.audit import log
from fleet.audit.log import Verification, record, verify
from fleet.store.database import writing
from fleet.store.tables import audit, setting


def _write(engine: Engine, count: int = 5) -> None:
    for n in range(count):
        with writing(engine) as connection:
            record(connection, "olga", "verdict.confirm", f"incident-{n}", "seen")


def _without_triggers(connection: Connection) -> None:
    """What somebody does who has the database's own key."""
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER audit_no_{verb}"))
    else:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))


def test_an_empty_log_and_a_full_one_are_whole(either: Engine) -> None:
    assert verify(either) == Verification(0, None)
    _write(either)
    assert verify(either) == Verification(5, None)


@pytest.mark.parametrize(
    ("what", "statements", "broken_at"),
    [
        ("actor", ["UPDATE audit SET actor = 'else' WHERE row = 3"], 3),
        ("action", ["UPDATE audit SET action = 'verdict.dismiss' WHERE row = 3"], 3),
        ("subject", ["UPDATE audit SET subject = 'incident-9' WHERE row = 3"], 3),
        ("time", ["UPDATE audit SET at = at + 1 WHERE row = 3"], 3),
        ("digest", ["UPDATE audit SET digest = '0' WHERE row = 3"], 3),
        ("chain", ["UPDATE audit SET chain = '0' WHERE row = 3"], 3),
        ("moved between fields", ["UPDATE audit SET actor = 'olgav', action = 'erdict.confirm' WHERE row = 3"], 3),
        ("first", ["DELETE FROM audit WHERE row = 1"], 2),
        ("middle", ["DELETE FROM audit WHERE row = 3"], 4),
        ("last", ["DELETE FROM audit WHERE row = 5"], 5),
        ("all", ["DELETE FROM audit"], 1),
        (
            "reordered",
            [f"UPDATE audit SET row = {new} WHERE row = {old}" for old, new in ((3, 100), (4, 3), (100, 4))],
            3,
        ),
        ("inserted", ["INSERT INTO audit SELECT 6, at, actor, action, subject, digest, chain FROM audit WHERE row = 5"], 6),
    ],
)
def test_what_was_changed_behind_the_log_is_found(engine: Engine, what: str, statements: list[str], broken_at: int) -> None:
    """A changed byte breaks verification."""
    _write(engine)
    with writing(engine) as connection:
        _without_triggers(connection)
        for statement in statements:
            connection.execute(text(statement))
    found = verify(engine)
    assert found.broken_at == broken_at, what
    assert found.rows <= 5


def test_what_was_changed_is_found_in_postgresql_too(either: Engine) -> None:
    _write(either)
    with writing(either) as connection:
        _without_triggers(connection)
        connection.execute(text("UPDATE audit SET actor = 'else' WHERE row = 2"))
    assert verify(either) == Verification(1, 2)


def test_what_did_not_happen_is_not_in_the_log(either: Engine) -> None:
    """And what happened is: the same transaction carries both."""

    class InterruptedWorkError(Exception):
        pass

    def happen(name: str, *, fail: bool) -> None:
        with writing(either) as connection:
            connection.execute(insert(setting).values(name=name, value="1"))
            record(connection, "olga", "setting.add", name, "1")
            if fail:
                raise InterruptedWorkError

    with pytest.raises(InterruptedWorkError):
        happen("no", fail=True)
    happen("yes", fail=False)
    with either.connect() as connection:
        assert list(connection.scalars(select(audit.c.subject))) == ["yes"]
    assert verify(either) == Verification(1, None)


def test_the_log_holds_digests_and_never_content(engine: Engine) -> None:
    """Erasing a record never breaks the chain; equal contents have equal digests, under a salt of this store's own."""
    with writing(engine) as connection:
        for _ in range(2):
            record(connection, "olga", "verdict.dismiss", "incident", "a man with a red umbrella")
    with engine.connect() as connection:
        rows = list(connection.execute(select(audit)))
        digest = rows[0].digest
    assert "umbrella" not in str(rows)
    assert rows[1].digest == digest
    assert len(digest) == 64


def test_long_words_fit(either: Engine) -> None:
    with writing(either) as connection:
        record(connection, "a" * 300, "b" * 300, "c" * 300, "d" * 300)
    assert verify(either) == Verification(1, None)


def test_writers_at_once_make_one_chain(either: Engine) -> None:
    threads = [threading.Thread(target=_write, args=(either, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert verify(either) == Verification(40, None)


def test_a_long_log_is_read_in_parts(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It only grows: in one piece it would take the memory of whoever looks at its page."""
    monkeypatch.setattr(log, "_AT_ONCE", 3)
    _write(either, 10)
    assert verify(either) == Verification(10, None)
