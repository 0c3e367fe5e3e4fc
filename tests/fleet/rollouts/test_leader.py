"""Of several processes one moves rollouts forward, and another follows when it is gone."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from sqlalchemy import Engine, text

from fleet.rollouts.job import Job, read_pulse
from fleet.rollouts.leader import Leader
from fleet.store.database import open_engine
from tests.fleet.rollouts.city import City
from tests.fleet.site import until


def test_one_leads_and_another_follows_when_it_resigns(either: Engine) -> None:
    other_engine = open_engine(either.url.render_as_string(hide_password=False))
    first, second = Leader(either), Leader(other_engine)
    assert first.leads()
    assert first.leads()
    embedded = either.dialect.name == "sqlite"
    assert second.leads() == embedded, "the embedded store has one manager"
    first.resign()
    assert second.leads()
    assert first.leads() == embedded
    second.resign()
    other_engine.dispose()


def test_whose_connection_ends_does_not_lead_any_more(either: Engine) -> None:
    if either.dialect.name == "sqlite":
        return
    other_engine = open_engine(either.url.render_as_string(hide_password=False))
    first, second = Leader(either), Leader(other_engine)
    assert first.leads()
    with other_engine.connect() as connection:
        kill = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
        connection.execute(text(kill))
        connection.commit()
    until(second.leads, "the other leads")
    try:
        assert not first.leads()
    except Exception:  # noqa: BLE001 - it finds its connection gone first
        assert not first.leads()
    second.resign()
    other_engine.dispose()


def test_the_job_works_says_that_it_lives_and_ends_when_told(city: City) -> None:
    city.begin()
    until_told = threading.Event()
    city.ms = time.time_ns() // 1_000_000
    thread = threading.Thread(target=Job(city.engine, city.new_scheduler()).run, args=[until_told])
    thread.start()
    try:
        until(lambda: city.ordered() == city.keys.keys(), "all have their orders")
        pulse = until(lambda: read_pulse(city.engine), "it says that it lives")
        assert abs(pulse.at - time.time_ns() // 1_000_000) < 60_000
        assert pulse.fault == ""
    finally:
        until_told.set()
        thread.join(30)
    assert not thread.is_alive()


def test_a_store_at_fault_is_waited_for(city: City, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'nothing' / 'here.sqlite'}")
    until_told = threading.Event()
    job = Job(engine, city.new_scheduler())
    job._scheduler = _Failing(engine)  # type: ignore[assignment]
    thread = threading.Thread(target=job.run, args=[until_told])
    thread.start()
    until(lambda: job._fault.startswith("rollouts wait: unable to open"), "it says so")
    until_told.set()
    thread.join(30)
    assert not thread.is_alive()
    engine.dispose()


class _Failing:
    faults = ()

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tick(self) -> bool:
        self._engine.connect()
        return False
