"""What boxes of simulated traffic say: the wire's own events, through the guard and the codec; in clear only what is listed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import Engine

from edge.guard.builder import EventBuilder, Origin
from fleet.fusion.anpr.clones import TELL_FROM
from fleet.fusion.anpr.keeping import Keeping
from fleet.fusion.anpr.suspects import Suspects
from fleet.policy.policy import read_policy
from fleet.store.database import migrate, open_engine, url_for
from protocol.codec import Message, decode_event, encode_event
from protocol.events import AnprHit, AnprRead, Clock, ClockSource, Event, EventType
from protocol.identifiers import uuid7
from protocol.pseudonyms import pseudonym
from simulator.worlds.readings import Purposes, Said, device, say
from simulator.worlds.registrations import text
from simulator.worlds.traffic import Plan, Traffic, make_traffic
from tests.fleet.events import FLEET
from tests.fleet.fusion.anpr.events import store

KEY = bytes(range(32))
START = dt.datetime(2026, 3, 2, tzinfo=dt.timezone.utc)
BOOT = "abcdefghijkl"


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return make_traffic(Plan(cars=120, clones=3, days=28, seed=21, side=14, cameras=40, poles=2))


def purposes(*plates: str) -> Purposes:
    return Purposes("travel-times", "travel-times-1", KEY, "stolen", frozenset(plates))


def wire(said: Said, seq: int, builder: EventBuilder) -> Message:
    clock = Clock(ClockSource.NTP if said.synchronised else ClockSource.FREE, said.synchronised, 0.0, 1000 * said.sigma_s)
    body = builder.build(said.observation, clock, Origin(where=said.where))
    at = said.observation.at.wall
    return encode_event(Event(FLEET, device(said.camera), uuid7(seq), said.observation.type, at, BOOT, seq, body))


def test_in_clear_only_what_is_on_the_list_also_through_an_alternate(traffic: Traffic) -> None:
    listed = text(int(traffic.true_plate[0]))
    own = [row for row in range(len(traffic)) if text(int(traffic.true_plate[row])) == listed]
    builder, throughs = EventBuilder(evaluation=False), set()
    for row in sorted({*own, *range(300)}):
        (said,) = say(traffic, purposes(listed), START, [row])
        message = wire(said, row + 1, builder)
        observed = decode_event(message.topic, message.payload, message.properties).body.observed
        if isinstance(observed, AnprHit):
            assert observed.plate == listed
            assert observed.plate in {alternate.plate for alternate in observed.alternates}
            probabilities = [alternate.probability for alternate in observed.alternates]
            assert probabilities == sorted(probabilities, reverse=True)
            assert sum(probabilities) <= 1.0001
            throughs.add(observed.through)
        else:
            assert isinstance(observed, AnprRead)
            read = text(int(traffic.plate[row]))
            assert read.encode() not in message.payload
            assert observed.pseudonym.value == pseudonym(KEY, read)
    assert "best" in throughs


def test_a_misread_of_a_listed_plate_is_a_hit_through_an_alternate(traffic: Traffic) -> None:
    unsure = [r for r in range(len(traffic)) if traffic.plate[r] != traffic.true_plate[r] and traffic.posterior[r] < 0.9]
    row = unsure[0]
    true = text(int(traffic.true_plate[row]))
    (said,) = say(traffic, purposes(true), START, [row])
    hit = said.observation.observed
    assert isinstance(hit, AnprHit)
    assert (hit.plate, said.observation.type) == (true, EventType.ANPR_HIT)
    assert hit.posterior == pytest.approx(0.8 * (1 - traffic.posterior[row]), abs=1e-3) or hit.through == "best"


def test_the_manager_finds_the_planted_clones_in_what_the_boxes_said(
    traffic: Traffic, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From the boxes' words on the wire to the alerts: nothing is handed over beside it."""
    engine: Engine = open_engine(url_for(tmp_path_factory.mktemp("city")))
    migrate(engine)
    builder = EventBuilder(evaluation=False)
    cars = np.isin(traffic.true_plate, list(traffic.cloned))
    rows = [*map(int, np.flatnonzero(cars)), *range(1500)]
    messages = [wire(said, n + 1, builder) for n, said in enumerate(say(traffic, purposes(), START, rows))]
    for first in range(0, len(messages), 500):
        store(engine, *messages[first : first + 500])
    keeper = Keeping(engine)
    while keeper.take():
        pass
    assert Suspects(engine, read_policy()).look(int(START.timestamp() * 1000)) >= 2, f"of three, from {TELL_FROM} on"
    engine.dispose()
