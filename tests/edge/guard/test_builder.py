"""From observations to bodies: origin, and incidents with one id from their beginning to their end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edge.clock import Instant
from edge.guard.builder import EventBuilder, Origin
from edge.guard.guard import GuardError
from edge.observation import Observation
from protocol.events import ModelRef, Phase, Sensor, TrackBox, Where
from simulator.faults.clocks import EPOCH
from tests.edge.bodies import ALERT, COUNT, QUALITY, alert, count
from tests.edge.guard.contraband import BASE64, PICTURE, replaced

MODEL = ModelRef("people", "1.0.0", "0" * 64, "default")


def observation(phase: Phase | None, key: str | None = "zone/square", **more: Any) -> Observation:
    fields = {"observed": alert().observed, "source": "square", "frame": 7, "assessed": alert().assessed, **more}
    return Observation(ALERT, Instant(1.0, EPOCH), incident_key=key, phase=phase, **fields)


def test_an_incident_keeps_one_id_from_new_to_end() -> None:
    builder = EventBuilder(evaluation=False)
    phases = [Phase.NEW, Phase.UPDATE, Phase.UPDATE, Phase.END]
    bodies = [builder.build(observation(phase), QUALITY, Origin("cam-7", Where(1.0, 2.0), MODEL)) for phase in phases]
    assert len({body.incident for body in bodies}) == 1
    assert [body.phase for body in bodies] == phases
    assert bodies[0].sensor == Sensor("square", "cam-7", 7)
    assert (bodies[0].where, bodies[0].model, bodies[0].captured_at) == (Where(1.0, 2.0), MODEL, EPOCH)
    assert builder.open_incidents == 0
    assert builder.build(observation(Phase.NEW), QUALITY, Origin()).incident != bodies[0].incident


@pytest.mark.parametrize(
    ("before", "phase", "key"),
    [
        ((), Phase.UPDATE, "a"),
        ((), Phase.END, "a"),
        ((Phase.NEW,), Phase.NEW, "a"),
        ((Phase.NEW, Phase.END), Phase.END, "a"),
        ((), Phase.NEW, None),
        ((), None, "a"),
    ],
)
def test_a_life_out_of_order_is_refused_and_counted(before: tuple[Phase, ...], phase: Phase | None, key: str | None) -> None:
    builder = EventBuilder(evaluation=False)
    for earlier in before:
        builder.build(observation(earlier, "a"), QUALITY, Origin())
    with pytest.raises(GuardError, match=r"crowd\.alert"):
        builder.build(observation(phase, key), QUALITY, Origin())
    assert builder.refused == 1


def test_what_is_refused_has_not_happened() -> None:
    """A refused beginning opens no incident, a refused end closes none."""
    builder = EventBuilder(evaluation=False)
    spoilt_observation = observation(Phase.NEW, observed=msgspec.structs.replace(alert().observed, zone=BASE64))
    with pytest.raises(GuardError):
        builder.build(spoilt_observation, QUALITY, Origin())
    assert builder.open_incidents == 0
    incident = builder.build(observation(Phase.NEW), QUALITY, Origin()).incident
    with pytest.raises(GuardError, match=r"crowd\.alert\.sensor"):
        builder.build(observation(Phase.END, source=PICTURE), QUALITY, Origin())
    assert builder.build(observation(Phase.END), QUALITY, Origin()).incident == incident
    assert builder.refused == 2


def test_evaluation_can_be_switched_while_running() -> None:
    builder = EventBuilder(evaluation=True)
    boxes = (TrackBox(1, 0, 0, 10, 30),)
    seen = Observation(COUNT, Instant(1.0, EPOCH), replaced(count(), tracks=boxes).observed, "square")
    assert builder.build(seen, QUALITY, Origin()).observed.tracks == boxes
    builder.evaluation = False
    assert builder.build(seen, QUALITY, Origin()).observed.tracks == ()
