"""A gate is reached by a number that was measured where it says, and by nothing else."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from models.factory.gates import Gate, GateResult, check_gates, describe, missed, verdict
from models.factory.recipe import names, read_recipe
from models.factory.statistics import Estimate
from protocol.manifest import Metric

PHOTOS = "photos"
RECORDS = Path(__file__).parents[3] / "docs" / "adr"


def measured(
    value: float, *, name: str = "reader.top1", on: str = PHOTOS, variant: str = "int8", condition: str = ""
) -> Estimate:
    return Estimate(Metric(name, value, value - 0.01, value + 0.01, 54, on), variant, condition, 54)


AT_LEAST = Gate("reader.top1", PHOTOS, at_least=0.98)
AT_MOST = Gate("reader.top1", PHOTOS, at_most=0.98, unit="ms")
FULL = Gate("reader.top1", PHOTOS, at_least=0.98, variant="fp32")
NIGHT = Gate("reader.top1", PHOTOS, at_least=0.8, condition="night")


@pytest.mark.parametrize(
    ("gate", "figures", "reached", "value", "reason"),
    [
        (AT_LEAST, [measured(0.98)], True, 0.98, ""),
        (AT_LEAST, [measured(0.979)], False, 0.979, "0.979 is below 0.98"),
        (AT_MOST, [measured(0.98)], True, 0.98, ""),
        (AT_MOST, [measured(0.99)], False, 0.99, "0.99 is above 0.98"),
        (AT_LEAST, [], False, None, "not measured"),
        (AT_LEAST, [measured(1, name="reader.top10")], False, None, "not measured"),
        (AT_LEAST, [measured(1, on="renders")], False, None, "measured on renders, not on photos"),
        (AT_LEAST, [measured(1, condition="day")], False, None, "not measured"),
        (AT_LEAST, [measured(math.nan)], False, None, "nan is not a number"),
        (AT_MOST, [measured(-math.inf)], False, None, "-inf is not a number"),
        (AT_LEAST, [measured(0.99, variant="fp32"), measured(0.9)], False, 0.9, "0.9 is below"),
        (AT_MOST, [measured(0.99, variant="fp32"), measured(0.9)], False, 0.99, "0.99 is above"),
        (AT_LEAST, [measured(0.99), measured(0.9)], False, None, "measured twice"),
        (AT_LEAST, [measured(0.99), measured(0.99)], True, 0.99, ""),
        (
            Gate("reader.top1", PHOTOS, at_least=0.98, variant="fp32"),
            [measured(0.9), measured(0.99, variant="fp32")],
            True,
            0.99,
            "",
        ),
        (FULL, [measured(1)], False, None, "not measured"),
        (
            Gate("reader.top1", PHOTOS, at_least=0.8, condition="night"),
            [measured(1), measured(0.7, condition="night")],
            False,
            0.7,
            "",
        ),
    ],
)
def test_the_table_of_gates(gate: Gate, figures: list[Estimate], reached: bool, value: float | None, reason: str) -> None:
    (found,) = check_gates([gate], figures)
    assert (found.reached, found.value) == (reached, value)
    assert reason in found.reason
    assert bool(found.reason) is not reached


@pytest.mark.parametrize(("least", "most"), [(None, None), (1, 2), (math.nan, None), (None, math.inf)])
def test_a_gate_that_cannot_be_missed_is_refused(least: float | None, most: float | None) -> None:
    with pytest.raises(ValueError, match="give at_least or at_most, one of them, a finite number"):
        Gate("reader.top1", PHOTOS, at_least=least, at_most=most)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('figure = "a"\non = "b"', "one of them"),
        ('figure = "a"\nat_least = 1', "missing required field `on`"),
        ('figure = "a"\non = "b"\nat_least = 1\natleast = 2', "unknown field `atleast`"),
        ('figure = ""\non = "b"\nat_least = 1', "length >= 1"),
    ],
)
def test_a_recipe_with_a_gate_that_is_none_is_not_read(text: str, message: str) -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 reads TOML; the factory does not run on 3.10")
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(tomllib.loads(text), Gate)


def test_every_gate_is_listed_in_its_order_and_the_missed_ones_say_why() -> None:
    gates = [AT_LEAST, Gate("reader.ms", "bench", at_most=1.5, unit="ms", variant="int8")]
    results = check_gates(gates, [measured(0.99)])
    assert [result.gate for result in results] == gates
    assert missed(results) == ["reader.ms (int8) at most 1.5 ms: not measured; measure it, or give the data that it needs"]
    assert describe(AT_LEAST) == "reader.top1 at least 0.98"


def test_results_go_through_json_and_come_back() -> None:
    results = check_gates([AT_LEAST, AT_MOST], [measured(0.985)])
    assert msgspec.json.decode(msgspec.json.encode(results), type=tuple[GateResult, ...]) == results


LOWERED = Gate("reader.top1", PHOTOS, at_least=0.9, goal=0.98, decision="0009-networks-are-written-from-weights.md")


@pytest.mark.parametrize(
    ("value", "reached", "words"),
    [
        (0.98, True, "reached"),
        (0.95, True, "goal 0.98 MISSED (ADR 9)"),
        (0.89, False, "MISSED, 0.89 is below 0.9"),
    ],
)
def test_a_lowered_gate_goes_on_saying_what_was_wanted(value: float, reached: bool, words: str) -> None:
    (result,) = check_gates([LOWERED], [measured(value)])
    assert result.reached is reached
    assert verdict(result) == words
    assert LOWERED.wanted == 0.98
    assert AT_LEAST.wanted == AT_LEAST.limit


@pytest.mark.parametrize(
    "wrong",
    [
        {"at_least": 0.9, "goal": 0.98},
        {"at_least": 0.9, "decision": "0001.md"},
        {"at_least": 0.9, "goal": 0.9, "decision": "0001.md"},
        {"at_least": 0.9, "goal": 0.8, "decision": "0001.md"},
        {"at_most": 0.9, "goal": 1.0, "decision": "0001.md"},
        {"at_most": 0.9, "goal": math.nan, "decision": "0001.md"},
    ],
)
def test_a_gate_is_not_lowered_in_passing(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="goal"):
        Gate("reader.top1", PHOTOS, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", names())
def test_every_lowering_in_a_recipe_has_its_record(name: str) -> None:
    for gate in read_recipe(name).gates:
        assert not gate.decision or (RECORDS / gate.decision).is_file(), f"{gate.figure}: {gate.decision}"
