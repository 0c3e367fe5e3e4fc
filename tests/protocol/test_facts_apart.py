"""Law Enforcement Directive, article 7: facts apart from assessments, by the schema."""

from __future__ import annotations

import msgspec
import pytest

from protocol.events import OBSERVED, Assessed, EventBody, EventType

_JUDGING = ("probab", "score", "risk", "suspic", "threat", "intent", "danger", "confidence")


@pytest.mark.parametrize("kind", list(EventType))
def test_what_was_measured_holds_no_opinion(kind: EventType) -> None:
    facts = {field.name for field in msgspec.structs.fields(OBSERVED[kind])}
    assert facts.isdisjoint(field.name for field in msgspec.structs.fields(Assessed))
    assert not [name for name in facts if any(word in name for word in _JUDGING)]


def test_an_event_has_a_place_for_each_and_no_third() -> None:
    fields = {field.name for field in msgspec.structs.fields(EventBody)}
    assert {"observed", "assessed"} <= fields
    assert fields == {
        "captured_at", "clock", "observed", "where", "sensor", "model", "incident", "phase", "assessed",
    }  # fmt: skip
