"""The process of shots is killed at any statement: no incident has two ids, nothing is told twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine

from fleet.fusion.gunshot.associate import HOLD_S
from fleet.fusion.gunshot.told import EllipseOnMap
from protocol.events import Phase
from simulator.worlds.gunshots import EPOCH_S, Network, Plan
from tests.fleet.fusion.gunshot.boxes import SIX, hear
from tests.fleet.fusion.gunshot.city import City, incident_of, word
from tests.fleet.rollouts.test_killed import KilledError, killed_at

FIVE = ((-300.0, -250.0), (280.0, -310.0), (320.0, 240.0), (-260.0, 330.0), (90.0, -120.0))


def _evening(city: City) -> Iterator[None]:
    """Two shots; one box says more of the first, one comes late; everything closes. Step by step."""
    first = hear(20.0, 10.0, FIVE, noise=np.random.default_rng(4))
    second = [replace(d, at_s=d.at_s + 90) for d in hear(-100.0, 60.0, FIVE, noise=np.random.default_rng(5))]
    city.hear(*(word(d, incident_of(f"one-{d.node}")) for d in first[:4]))
    yield
    city.now += 2000
    more = replace(first[1], onsets_s=(0.0, 0.2))
    city.hear(word(more, incident_of(f"one-{more.node}"), Phase.END))
    yield
    city.now += 90_000
    city.hear(*(word(d, incident_of(f"two-{d.node}")) for d in second))
    yield
    city.now += 60_000
    city.hear(word(first[4], incident_of(f"one-{first[4].node}")))
    yield
    city.now += 1000
    yield
    city.now += round(1000 * HOLD_S) + 120_000
    yield


def _whole(city: City) -> list[tuple[str, str]]:
    for _ in _evening(city):
        city.run()
    return city.phases()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, migrated_file: object) -> list[str]:
    """Phases of both incidents where nobody is killed."""
    from shutil import copyfile

    from fleet.store.database import open_engine, url_for

    folder = tmp_path_factory.mktemp("whole")
    copyfile(str(migrated_file), folder / "fleet.sqlite")
    engine = open_engine(url_for(folder))
    phases = [phases for _, phases in _whole(City(engine))]
    engine.dispose()
    return phases


def test_of_an_evening_two_incidents_are_told(expected: list[str]) -> None:
    assert [(phases[0], phases[-1]) for phases in expected] == [("n", "e"), ("n", "e")]
    assert all(set(phases[1:-1]) <= {"u"} for phases in expected)


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_line_it_tells_the_same(either: Engine, expected: list[str], seed: int) -> None:
    rng, kills = np.random.default_rng(seed), 0
    city = City(either)
    for _ in _evening(city):
        for _ in range(3):  # killed now and then, and another goes on
            try:
                with killed_at(either, int(rng.integers(1, 40))):
                    city.run()
                break
            except KilledError:
                kills += 1
                city.begin()
        else:
            city.run()
    assert kills > 3
    assert [phases for _, phases in city.phases()] == expected
    assert len({row.incident for row in city.rows()}) == 2
    assert {row.closed is not None for row in city.incidents()} == {True}
    assert len(city.incidents()) == 2, "ids that nobody was told of are not left behind"


def test_whoever_follows_knows_what_is_open_and_what_was_told(engine: Engine) -> None:
    city = City(engine)
    heard = hear(20.0, 10.0, FIVE)
    city.heard(heard[:4])
    city.run(1)
    before = city.told()
    city.begin()
    city.run(1)
    assert city.told() == before, "by the same nobody is told again"
    city.now += 240_000
    city.begin()
    city.heard([heard[4]])
    (incident, phases), *others = city.phases()
    assert others == []
    assert city.told()[-1].incident == before[0].incident == incident
    first, last = before[-1].observed.region, city.told()[-1].observed.region
    assert isinstance(first, EllipseOnMap)
    assert isinstance(last, EllipseOnMap)
    assert len(city.told()[-1].observed.boxes) == 5
    assert phases.endswith("u")


def test_clocks_that_were_learned_are_known_after_a_restart(engine: Engine) -> None:
    network = Network(Plan(clock_s=0.01, steady=0.95, hearers=(7, 9), late=0.0), np.random.default_rng(31))
    city = City(engine)
    for hour in range(4):
        city.now = round(1000 * (EPOCH_S + 3600 * hour)) + 2000
        city.heard(network.shot(EPOCH_S + 3600.0 * hour).heard)
        city.run(HOLD_S + 1)
    names = [f"box-{i:03}" for i in (7, 11, 12, 13, 17)]
    assert city.job._joining is not None
    before = [city.job._joining.association.biases.of(name) for name in names]
    assert sum(bias is not None for bias in before) > 3
    city.begin()
    for _ in range(6):
        city.run(1)
    assert city.job._joining is not None
    for one, other in zip(before, (city.job._joining.association.biases.of(name) for name in names), strict=True):
        assert one == pytest.approx(other, abs=4e-3)


def test_what_came_while_nobody_joined_is_joined_whole_before_it_closes(engine: Engine) -> None:
    city = City(engine)
    city.hear(*map(word, hear(20.0, 10.0, (*FIVE, *SIX))))  # more than a batch
    city.run(3 * HOLD_S)
    assert [len(body.observed.boxes) for body in city.told() if body.phase is Phase.END] == [11]


def test_of_two_processes_the_one_that_was_overtaken_begins_from_the_store(either: Engine) -> None:
    city = City(either)
    heard = hear(20.0, 10.0, FIVE)
    city.heard(heard[:3])
    slow = city.job
    city.begin()
    city.heard([heard[3]])
    quick, city.job = city.job, slow
    city.heard([heard[4]])
    city.job = quick
    city.run(HOLD_S + 61)
    city.job = slow
    city.run(1)
    (_, phases), *others = city.phases()
    assert others == []
    assert phases.count("e") == 1
    assert len(city.told()[-1].observed.boxes) == 5


def test_an_incident_that_was_part_of_another_ends_and_says_of_which(engine: Engine) -> None:
    """A box finds the first shot of a volley later than the others, and takes it for another until it says more."""
    city = City(engine, raising=lambda incident, _standard: incident.boxes >= 1)
    heard = hear(20.0, 10.0, FIVE)
    late = replace(heard[2], at_s=heard[2].at_s + 3.0)
    city.hear(word(heard[0]), word(heard[1]), word(late, incident_of("late")))
    city.run()
    assert [phases for _, phases in city.phases()] == ["n", "n"]
    city.now += 1000
    city.hear(word(replace(heard[2], onsets_s=(0.0, 3.0)), incident_of("late"), Phase.END))
    city.run()
    stays, ended = sorted(city.phases(), key=lambda one: "e" in one[1])
    last = next(one for one in city.told() if one.phase is Phase.END)
    assert (last.incident, last.observed.became) == (ended[0], stays[0])
    assert "became-part" in {cue.name for cue in last.assessed.cues}
    assert "u" in stays[1]
    assert [(row.became, row.closed is not None) for row in city.incidents() if row.id == ended[0]] == [(stays[0], True)]
    assert {row.incident for row in city.rows()} == {stays[0]}
    city.begin()
    city.run(1)
    assert len(city.job._joining) == 1  # type: ignore[arg-type]
