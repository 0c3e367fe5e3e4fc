"""Reads and hits kept: once each, with what they say, whoever is killed when."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, delete, select

from fleet.fusion.anpr import keeping
from fleet.fusion.anpr.keeping import Keeping, cursor
from fleet.store.anpr import anpr_hit, anpr_read
from fleet.store.database import writing
from fleet.store.tables import setting
from protocol.pseudonyms import pseudonym
from tests.fleet.events import message
from tests.fleet.fusion.anpr.events import KEY, KEY_ID, T0, counts, hit, newer, read, store


def test_a_read_and_a_hit_are_kept_with_all_they_say(either: Engine) -> None:
    store(either, read("1ABC234", "box-n", T0), hit("1XYZ088", "box-s", T0 + 5), received=T0 + 900)
    keeper = Keeping(either, lambda _c, name, version: f"{name}-{version}")
    assert keeper.take() == 2
    with either.connect() as connection:
        kept = connection.execute(select(anpr_read)).one()
        found = connection.execute(select(anpr_hit)).one()
    assert (kept.device, kept.source, kept.at, kept.since, kept.synchronised, kept.sigma_ms) == (
        "box-n",
        "cam",
        T0,
        T0,
        True,
        4.0,
    )
    assert (kept.purpose, kept.key, kept.pseudonym) == ("travel-times", KEY_ID, pseudonym(KEY, "1ABC234"))
    assert (kept.posterior, kept.lat, kept.kind, kept.colour, kept.colour_p) == (0.98, 50.90, "car", "red", 0.8)
    assert (found.list, found.version, found.purpose, found.plate, found.folded) == (
        "stolen", 118, "stolen-118", "1XYZ088", "1XYZ088",
    )  # fmt: skip
    assert (found.through, found.posterior, found.at) == ("alternate", 0.46, T0 + 5)
    assert keeper.take() == 0


def test_a_clock_that_is_not_set_says_nothing_of_how_old_a_read_is(engine: Engine) -> None:
    store(engine, read("1ABC234", "box-n", 1000, synchronised=False), read("1ABC235", "box-n", T0 + 999), received=T0)
    Keeping(engine).take()
    with engine.connect() as connection:
        assert connection.execute(select(anpr_read.c.since).order_by(anpr_read.c.event)).scalars().all() == [T0, T0]


def test_whoever_begins_again_at_the_beginning_doubles_nothing(either: Engine) -> None:
    store(either, *(read(f"1ABC{n}", "box-n", T0 + n) for n in range(100, 120)))
    Keeping(either).take()
    with writing(either) as connection:
        connection.execute(delete(setting).where(setting.c.name == "anpr-events"))  # as if killed before it was noted
    assert Keeping(either).take() == 20
    assert counts(either) == (20, 20, 0)


def test_a_batch_at_a_time_and_other_events_left_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "BATCH", 7)
    store(
        engine, message(1, device="box-n", boot="bcdefghijklm"), *(read(f"1ABC{n}", "box-n", T0 + n) for n in range(100, 110))
    )
    keeper = Keeping(engine)
    assert [keeper.take(), keeper.take(), keeper.take()] == [7, 3, 0]
    assert counts(engine) == (11, 10, 0)


def test_of_a_newer_contract_nothing_is_made_and_nothing_stops(engine: Engine) -> None:
    store(engine, newer(read("1ABC234", "box-n", T0)), read("1ABC235", "box-n", T0))
    assert Keeping(engine).take() == 2
    assert counts(engine) == (2, 1, 0)
    with engine.connect() as connection:
        assert cursor(connection) == 2
