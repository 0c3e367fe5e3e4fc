"""From what a microphone's process says to events."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest
from msgspec import structs

from edge.agent.ears import MOST_OPEN, Ears
from edge.agent.health import HealthBoard
from edge.agent.position import Position
from edge.capture.sound.messages import Heard
from edge.clock import Instant, SystemClock
from edge.guard.builder import EventBuilder, Origin
from edge.observation import Observation
from edge.runtime.hearing import HeardHere
from protocol.config import Microphone
from protocol.events import Clock, ClockSource, ModelRef, Phase, Where
from protocol.examples.gunshot import SHOTS
from simulator.faults.clocks import EPOCH

REF = ModelRef("gunshot", "1.0.0", "0" * 64, "default")
HERE = Where(52.5, 13.4, heading=90.0)
QUALITY = Clock(ClockSource.NTP, synchronised=True, offset_ms=0.4, sigma_ms=2.0)


@dataclass
class Microphones:
    """Stands for the microphones in use."""

    openings: dict[str, int] = field(default_factory=lambda: {"roof": 1})


@dataclass
class Mouth:
    """Says through the real builder and its guard, and writes down what was said."""

    builder: EventBuilder = field(default_factory=lambda: EventBuilder(evaluation=False))
    places: dict[str, tuple[str, Where | None]] = field(default_factory=dict)
    said: list[tuple[str | None, str, Phase | None, dt.datetime]] = field(default_factory=list)

    def place(self, sensor: str, reference: str, where: Where | None) -> None:
        self.places[sensor] = reference, where

    def say(self, observation: Observation) -> None:
        body = self.builder.build(observation, QUALITY, Origin(model=observation.model))
        assert body.sensor is not None
        self.said.append((body.incident, body.sensor.id, body.phase, body.captured_at))

    def phases(self) -> list[Phase | None]:
        return [phase for _, _, phase, _ in self.said]


@pytest.fixture
def microphones() -> Microphones:
    return Microphones()


@pytest.fixture
def mouth() -> Mouth:
    return Mouth()


@pytest.fixture
def ears(microphones: Microphones, mouth: Mouth) -> Ears:
    return Ears(microphones, mouth, Position(None, SystemClock(), HealthBoard()))  # type: ignore[arg-type]


def here(phase: Phase, key: str = "1", opening: int = 1, second: float = 0.25) -> HeardHere:
    at = Instant(100 + second, EPOCH + dt.timedelta(seconds=second))
    return HeardHere("roof", opening, REF, Heard(at, key, phase, SHOTS))


def test_an_incident_has_the_life_that_the_analytics_give_it(ears: Ears, mouth: Mouth) -> None:
    for phase in Phase:
        ears.take(here(phase))
    assert mouth.phases() == [Phase.NEW, Phase.UPDATE, Phase.END]
    assert {(incident, name, at) for incident, name, _, at in mouth.said} == {
        (mouth.said[0][0], "roof", EPOCH + dt.timedelta(seconds=0.25))
    }
    ears.close()
    assert len(mouth.said) == 3, "it has ended already"


def test_keys_are_those_of_one_opening(ears: Ears, mouth: Mouth, microphones: Microphones) -> None:
    ears.take(here(Phase.NEW))
    microphones.openings = {"roof": 2}
    ears.take(here(Phase.NEW, opening=2))
    ears.look()
    assert mouth.phases() == [Phase.NEW, Phase.NEW, Phase.END]
    assert mouth.said[0][0] == mouth.said[2][0] != mouth.said[1][0]


def test_what_is_open_ends_with_its_microphone(ears: Ears, mouth: Mouth, microphones: Microphones) -> None:
    ears.take(here(Phase.NEW))
    ears.look()
    assert mouth.phases() == [Phase.NEW]
    microphones.openings = {}
    ears.look()
    assert mouth.phases() == [Phase.NEW, Phase.END]
    ears.look()
    assert mouth.builder.open_incidents == 0


def test_a_process_that_opens_ever_more_takes_no_memory(ears: Ears, mouth: Mouth) -> None:
    for i in range(3 * MOST_OPEN):
        ears.take(here(Phase.NEW, key=str(i)))
    assert mouth.builder.open_incidents == MOST_OPEN


def test_it_knows_where_they_are(ears: Ears, mouth: Mouth) -> None:
    one = Microphone("roof", "a.wav", where=HERE, reference="north")
    ears.configure([one, structs.replace(one, id="mast", where=None)])
    assert mouth.places == {"roof": ("north", HERE), "mast": ("north", None)}
