"""The balance finds what is missing and what is there twice: a check that cannot fail would be worth nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert

from fleet.store.database import migrate, open_engine, url_for
from fleet.store.tables import event, watermark
from simulator.accounting import Account, settle
from simulator.spectator import Spectator, summary_ms

HIGHEST = {("box", "aaaaaaaaaaaa"): 10, ("other", "bbbbbbbbbbbb"): 5}


def row(device: str, boot: str, seq: int, name: str = "") -> dict[str, object]:
    return {
        "device": device,
        "boot": boot,
        "seq": seq,
        "id": name or f"{device}-{seq}",
        "type": "crowd.count",
        "priority": 1,
        "time": 0,
        "received": 0,
        "schema": "1",
        "body": b"{}",
    }


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(url_for(tmp_path))
    migrate(made)
    with made.begin() as connection:
        rows = [row(device, boot, seq) for (device, boot), highest in HIGHEST.items() for seq in range(1, highest + 1)]
        connection.execute(insert(event), rows)
    yield made
    made.dispose()


def test_all_is_there(engine: Engine) -> None:
    assert settle(engine, HIGHEST) == Account(15, 15, 0, 0, 0, 0)


def test_a_missing_row_is_lost_unless_its_box_still_holds_it_or_reported_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(event).where(event.c.device == "box", event.c.seq.in_([3, 10])))
    assert settle(engine, HIGHEST).lost == 2
    held = [("box", "aaaaaaaaaaaa", 3), ("box", "aaaaaaaaaaaa", 10)]
    assert settle(engine, HIGHEST, held).lost == 0
    with engine.begin() as connection:
        values = {"device": "box", "boot": "aaaaaaaaaaaa", "settled": b"", "missing": 1, "changed": 0}
        connection.execute(insert(watermark), values)
    assert settle(engine, HIGHEST).lost == 1


def test_what_is_stored_and_not_yet_acknowledged_hides_nothing_that_is_lost(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(event).where(event.c.device == "box", event.c.seq == 3))
    assert settle(engine, HIGHEST, [("box", "aaaaaaaaaaaa", 9)]).lost == 1


def test_a_number_that_a_killed_box_forgot_makes_up_for_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(event).where(event.c.device == "box", event.c.seq == 3))
    assert settle(engine, {**HIGHEST, ("box", "aaaaaaaaaaaa"): 9}).lost == 1


def test_one_id_under_two_numbers_is_doubled(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(event), [row("box", "aaaaaaaaaaaa", 11, "box-3")])
    assert settle(engine, {**HIGHEST, ("box", "aaaaaaaaaaaa"): 11}).doubled == 1


def test_the_spectator_counts_what_is_shown_twice_and_knows_a_whole_incident() -> None:
    watching = Spectator("http://127.0.0.1:1", "token")

    def show(name: str, phase: str | None = None, incident: str | None = None, kind: str = "crowd.alert") -> None:
        nothing = "null"
        watching._take(
            f'{{"id":"{name}","device":"box","type":"{kind}","time":0,'
            f'"incident":{f"{chr(34)}{incident}{chr(34)}" if incident else nothing},'
            f'"phase":{f"{chr(34)}{phase}{chr(34)}" if phase else nothing}}}'
        )

    for name, phase in (("a", "new"), ("b", "update"), ("c", "end")):
        show(name, phase, "one")
    show("d", "new", "two")
    show("a", "new", "one")
    show("e", "new", "shots", "gunshot.detected")
    show("f", "new", "shots", "gunshot.incident")
    assert watching.doubled == 1
    assert watching.complete_incidents() == ["one"]
    assert watching.running_incidents() == 1


def test_latencies_are_summed_up_by_rank() -> None:
    assert summary_ms([float(i) for i in range(1, 101)]) == {"n": 100, "p50": 51.0, "p95": 96.0, "max": 100.0}
    assert summary_ms([]) == {"n": 0, "p50": None, "p95": None, "max": None}
