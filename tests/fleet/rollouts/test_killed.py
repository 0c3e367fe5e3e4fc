"""Whoever moves rollouts forward is killed at any statement, again and again: what was begun is ended, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.event import listen, remove

from fleet.audit.log import verify
from fleet.rollouts import issue
from fleet.rollouts.plan import Filter, Group
from fleet.rollouts.states import RolloutState
from fleet.store.tables import outgoing, rollout_box
from protocol.events import UpdateStep
from tests.fleet.rollouts.city import City
from tests.fleet.rollouts.fleet import BUNDLE

CANARY = Group("canary", where=Filter(devices=("box-000", "box-001")), minimum=1, budget_percent=100, success_percent=50)
REST = Group("rest", budget_percent=100, success_percent=1)


class KilledError(BaseException):
    """As SIGKILL: nothing of the process runs after it, and the store takes back what was not committed."""


@contextmanager
def killed_at(engine: Engine, number: int) -> Iterator[list[str]]:
    """Kill before a statement, or, after the last one, before the commit."""
    left, hit = [number], list[str]()

    def statement(_conn: Any, _cursor: Any, text: str, *_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            hit.append(text[:60])
            raise KilledError

    def commit(_conn: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            hit.append("COMMIT")
            raise KilledError

    listen(engine, "before_cursor_execute", statement)
    listen(engine, "commit", commit)
    try:
        yield hit
    finally:
        remove(engine, "before_cursor_execute", statement)
        remove(engine, "commit", commit)


def stumble(city: City, hits: set[str]) -> int:
    """Come to rest, killed a little later each time; then another process goes on."""
    kills = 0
    for number in range(1, 400):
        with killed_at(city.engine, number) as hit:
            try:
                if not city.scheduler.tick():
                    return kills
            except KilledError:
                kills += 1
                hits.update(hit)
                city.scheduler = city.new_scheduler()
    msg = "it never comes to rest"
    raise AssertionError(msg)


def check(city: City, number: int = 1) -> None:
    """What boxes see is what the rows say: one order each, and its nonce."""
    for name, state in city.states(number).items():
        order, row = city.order(name), city.box(name, number)
        assert (order is not None) == row.stands, (name, state)
        if order is not None:
            assert (order.bundle, order.nonce) == (BUNDLE, row.nonce), name
        assert (row.nonce is None) == (state == "waiting"), (name, state)


def test_killed_at_every_kind_of_statement_it_ends_as_if_it_had_lived(engine: Engine, tmp_path: Path) -> None:
    city, hits, kills = City(engine, tmp_path, 6), set[str](), 0
    city.begin(CANARY, REST)
    for said in ((), ("box-000", "box-001"), tuple(sorted(city.keys))[2:4]):
        city.succeed(*said)
        city.flush()
        for _ in range(2):
            kills += stumble(city, hits)
            check(city)
        city.later(6)
        kills += stumble(city, hits)
    city.report("box-004", UpdateStep.ACCEPTED)
    city.flush()
    for _ in range(2):
        kills += stumble(city, hits)
    city.later(2 * 3600)
    for _ in range(2):
        kills += stumble(city, hits)
    assert (city.states()["box-004"], city.box("box-004").reason) == ("failed", "timeout")
    assert sorted(city.states().values()).count("succeeded") == 4
    assert city.flags() == ["counted"] * (4 * 4 + 1), "each report once"
    with city.engine.connect() as connection:
        twins = connection.execute(select(func.count()).select_from(outgoing)).scalar_one()
        nonces = list(connection.scalars(select(rollout_box.c.nonce)))
    assert twins == len(nonces) == len(set(nonces)) == 6, "no box was ordered twice"
    assert verify(city.engine).broken_at is None
    assert kills > 60
    kinds = {
        "INSERT INTO outgoing",
        "UPDATE device SET",
        "UPDATE rollout_box SET",
        "INSERT INTO audit",
        "INSERT INTO rollout_report",
    }
    kinds |= {"INSERT INTO rollout_box", "UPDATE rollout SET", "COMMIT", "INSERT INTO rollout_note"}
    assert {kind for kind in kinds if any(hit.startswith(kind) for hit in hits)} == kinds, hits


def test_killed_while_orders_are_taken_back_none_is_left(city: City) -> None:
    hits = set[str]()
    city.begin(Group("all", budget_percent=5))
    city.run()
    city.fail("box-000")
    city.flush()
    kills = sum(stumble(city, hits) for _ in range(12))
    assert city.read(1).state is RolloutState.STOPPED
    assert city.ordered() == set()
    assert kills > 3


def test_a_transaction_holds_few_boxes(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of boxes are not one transaction of seconds."""
    monkeypatch.setattr(issue, "BATCH", 5)
    held, most = [0], [0]

    def statement(_conn: Any, _cursor: Any, text: str, *_: Any) -> None:
        held[0] += text.startswith("INSERT INTO outgoing")

    def commit(_conn: Any) -> None:
        most[0], held[0] = max(most[0], held[0]), 0

    listen(city.engine, "before_cursor_execute", statement)
    listen(city.engine, "commit", commit)
    city.begin()
    city.run()
    assert city.ordered() == city.keys.keys()
    assert most[0] == 5
