"""Boxes that nobody confirms."""

from __future__ import annotations

from fleet.fusion.gunshot import trust as module
from fleet.fusion.gunshot.trust import HALF_LIFE_S, Judged, Record, Trust


def test_whoever_is_never_confirmed_is_trusted_less_and_named() -> None:
    trust = Trust()
    assert trust.of("a") == 1.0
    for second in range(20):
        trust.count("shouts", float(second), confirmed=False)
        trust.count("hears", float(second), confirmed=second % 4 > 0)
    assert trust.of("shouts") < 0.1
    assert trust.of("hears") > 0.7
    assert [one.node for one in trust.shouting()] == ["shouts"]


def test_a_box_that_was_repaired_is_believed_again() -> None:
    trust = Trust()
    for second in range(20):
        trust.count("box", float(second), confirmed=False)
    trust.count("box", 6 * HALF_LIFE_S, confirmed=True)
    assert trust.of("box") > 0.8
    assert not trust.shouting()


def test_a_few_bangs_that_only_one_box_heard_do_not_make_it_a_shouter() -> None:
    trust = Trust()
    for second in range(5):
        trust.count("box", float(second), confirmed=False)
    assert not trust.shouting()
    assert trust.of("box") > 0.25


def test_memory_is_bounded() -> None:
    trust = Trust()
    for number in range(module.MOST_NODES + 50):
        trust.count(f"box-{number}", float(number), confirmed=False)
    assert len(trust._records) == module.MOST_NODES
    assert trust.of("box-0") == 1.0, "forgotten"


def test_what_people_dismissed_weighs_as_what_neighbours_did_not_confirm() -> None:
    trust = Trust()
    trust.count("box", 0.0, confirmed=True)
    trust.judge({"box": Judged(1.0, 4.0), "other": Judged(0.0, 9.0)})
    assert trust.of("box") == (2 + 2) / (2 + 2 + 4)
    assert [(one.node, one.alone) for one in trust.shouting()] == [("other", 9.0)]
    trust.judge({})
    assert trust.of("other") == 1.0, "a verdict that was changed, or erased"


def test_what_was_counted_can_be_put_back() -> None:
    trust, again = Trust(), Trust()
    for second in range(9):
        trust.count("box", float(second), confirmed=second % 3 == 0)
    record = trust.record("box")
    assert record is not None
    again.restore("box", record)
    assert again.of("box") == trust.of("box") < 1
    assert trust.record("nobody") is None
    assert record == Record(record.confirmed, record.alone, 8.0)
