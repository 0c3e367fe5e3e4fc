"""A person judges the manager's incident, once, and the verdict counts for each box that took part; on both databases."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import Engine

from fleet.accounts.accounts import Person, Role
from fleet.control_room.tail import unjudged
from fleet.fusion.gunshot.associate import HOLD_S
from fleet.fusion.gunshot.job import read_pulse
from fleet.fusion.gunshot.listing import Gunshots
from fleet.fusion.gunshot.precision import precision
from fleet.fusion.gunshot.trust import HALF_LIFE_S
from fleet.oversight.verdicts import Decision, VerdictError, Verdicts
from fleet.rollouts.quality import _Seen, _shots
from fleet.rollouts.statistics import wilson
from protocol.events import ModelRef
from tests.fleet.fusion.gunshot.boxes import hear
from tests.fleet.fusion.gunshot.city import MODEL, City, word

OLGA = Person("olga", Role.OPERATOR)


def _shots_at(city: City, *hearers: list[int]) -> list[str]:
    """A shot a minute, each heard by some of six boxes; ids of the incidents."""
    for boxes in hearers:
        city.run(60)
        heard = hear(20, 10, at_s=city.now / 1000)
        city.heard([heard[i] for i in boxes])
    return [row.id for row in city.incidents()]


def test_only_the_managers_incident_waits_for_a_verdict(either: Engine) -> None:
    city = City(either)
    (incident,) = _shots_at(city, [0, 1, 2, 3])
    with either.connect() as connection:
        assert [row.incident for row in connection.execute(unjudged())] == [incident]
    with pytest.raises(VerdictError, match="there is no alert"):
        Verdicts(either).give(OLGA, city.rows()[0].heard, Decision.CONFIRM)
    Verdicts(either).give(OLGA, incident, Decision.CONFIRM)
    with either.connect() as connection:
        assert connection.execute(unjudged()).all() == []


def test_a_verdict_counts_for_each_box_that_took_part(either: Engine) -> None:
    city = City(either)
    verdicts = Verdicts(either)
    first, second, third, _ = _shots_at(city, [0, 1, 2], [0, 1, 3], [0, 2, 3], [0, 4, 5])
    verdicts.give(OLGA, first, Decision.CONFIRM)
    verdicts.give(OLGA, second, Decision.DISMISS, "fireworks")
    verdicts.give(OLGA, third, Decision.DISMISS, "a door")
    verdicts.give(OLGA, third, Decision.CONFIRM, "no, it was not")
    with either.connect() as connection:
        found = {one.device: one.confirmed for one in precision(connection)}
    assert found == {"box-0": wilson(2, 3), "box-1": wilson(1, 2), "box-2": wilson(2, 2), "box-3": wilson(1, 2)}


def test_what_people_dismiss_weighs_also_after_a_restart(either: Engine) -> None:
    city = City(either)
    for incident in _shots_at(city, *[[0, 1, 2]] * 3):
        Verdicts(either).give(OLGA, incident, Decision.DISMISS, "fireworks")
    trusted = []
    for again in (False, True):
        if again:
            city.begin()
        city.run(3)
        assert city.job._joining is not None
        trusted.append(city.job._joining.association.trust.of("box-0"))
    assert trusted[0] == pytest.approx(trusted[1], abs=1e-3)
    assert trusted[0] == pytest.approx(2 / 5, abs=0.01)
    city.run(HALF_LIFE_S)
    city.begin()
    city.run(3)
    assert city.job._joining is not None
    assert city.job._joining.association.trust.of("box-0") > 0.45, "it is forgotten"


def test_a_box_that_always_shouts_weighs_less_and_is_named_also_after_a_restart(engine: Engine) -> None:
    city = City(engine)
    _shots_at(city, [0, 1, 2, 3, 4, 5], *[[0]] * 12)
    city.run(HOLD_S + 1)
    city.run(3)
    pulse = read_pulse(engine)
    assert pulse is not None
    assert pulse.shouting == ("box-0",)
    shouter, *others = Gunshots(engine).boxes(city.now)
    assert (shouter.device, shouter.shouts, shouter.heard) == ("box-0", True, 13)
    assert not any(one.shouts for one in others)
    city.begin()
    _shots_at(city, [0])
    assert city.incidents()[-1].probability < 0.3, "it says 0.9"


def test_a_models_precision_counts_the_incident_for_each_version_that_took_part(either: Engine) -> None:
    newer = msgspec.structs.replace(MODEL, version="2.0.0")
    other = ModelRef("person", "1.0.0", "0" * 64, "default")
    city = City(either)
    for models in ((MODEL, MODEL, MODEL), (MODEL, MODEL, newer), (newer, other, newer)):
        city.run(60)
        city.hear(*(word(one, model=model) for one, model in zip(hear(20, 10, at_s=city.now / 1000), models, strict=False)))
        city.run()
    city.run(60)
    city.hear(word(replace(hear(20, 10)[0], at_s=city.now / 1000), model=newer))  # nobody is told
    city.run()
    first, second, third, _ = (row.id for row in city.incidents())
    seen: dict[str, _Seen] = {}
    with either.connect() as connection:
        assert _shots(connection, "gunshot", seen) == 8
    assert {version: one.incidents for version, one in seen.items()} == {"1.0.0": {first, second}, "2.0.0": {second, third}}
