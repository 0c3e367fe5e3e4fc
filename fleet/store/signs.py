"""Signs of life that processes of the manager leave for one another: a row of the store each, replaced every other second."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fleet.store.database import writing
from fleet.store.tables import setting

_T = TypeVar("_T", bound=msgspec.Struct)


def write_sign(engine: Engine, name: str, sign: msgspec.Struct) -> None:
    """Replace a process's sign of life."""
    value = msgspec.json.encode(sign).decode()
    make = pg_insert if engine.dialect.name == "postgresql" else sqlite_insert
    statement = make(setting).values(name=name, value=value)
    with writing(engine) as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def read_sign(engine: Engine, name: str, kind: type[_T]) -> _T | None:
    """The last one; ``None`` when the process never ran."""
    with engine.connect() as connection:
        value = connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
    return None if value is None else msgspec.json.decode(value, type=kind)
