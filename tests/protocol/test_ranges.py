"""SeqSet and Ack against a plain set of integers."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.acks import MAX_RANGES, Ack, SeqSet
from protocol.codec import encode_body
from protocol.limits import PACKET_BYTES

BOOT = "abcdefghij23"
TOP = 40
"""Small, so that ranges meet, touch and overlap often."""

ranges = st.tuples(st.integers(1, TOP), st.integers(1, TOP)).map(lambda pair: (min(pair), max(pair)))
acks = st.builds(
    lambda seq, beyond: Ack(boot=BOOT, seq=seq, ranges=tuple(beyond)),
    st.integers(0, TOP),
    st.lists(ranges, max_size=6),
)
steps = st.lists(st.one_of(ranges, st.integers(1, TOP), acks), max_size=30)


def numbers(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


def check(held: SeqSet, model: set[int]) -> None:
    watermark = next(n for n in range(TOP + 2) if n + 1 not in model)
    assert held.watermark == watermark
    assert {n for n in range(-1, TOP + 2) if n in held} == model
    beyond: set[int] = set()
    previous = watermark
    for first, last in held.ranges:
        assert previous + 1 < first <= last, "ascending, and not touching one another or the watermark"
        beyond |= numbers(first, last)
        previous = last
    assert numbers(1, watermark) | beyond == model


@settings(max_examples=300)
@given(steps)
def test_adding_and_merging_is_what_a_plain_set_does(todo: list[tuple[int, int] | int | Ack]) -> None:
    held, model = SeqSet(), set[int]()
    for step in todo:
        before = set(model)
        match step:
            case Ack():
                model |= numbers(1, step.seq).union(*(numbers(*pair) for pair in step.ranges))
                news = held.merge(step)
            case int():
                model.add(step)
                news = held.add(step)
            case first, last:
                model |= numbers(first, last)
                news = held.add(first, last)
        assert news == (model != before)
        check(held, model)


@given(st.lists(ranges, max_size=12), st.integers(0, TOP + 5))
def test_what_is_missing_is_the_rest(added: list[tuple[int, int]], below: int) -> None:
    held = SeqSet(0, added)
    model = set[int]().union(*(numbers(*pair) for pair in added))
    missing = list(held.missing_below(below))
    found = [n for first, last in missing for n in range(first, last + 1)]
    assert found == sorted(numbers(1, below) - model)
    assert all(a[1] + 1 < b[0] for a, b in itertools.pairwise(missing)), "closed ranges as long as they can be"


@given(st.integers(0, TOP), st.lists(ranges, max_size=12))
def test_an_acknowledgement_carries_the_whole_set(watermark: int, added: list[tuple[int, int]]) -> None:
    held = SeqSet(watermark, added)
    ack = msgspec.json.decode(encode_body(held.to_ack(BOOT)), type=Ack)
    assert ack.boot == BOOT
    other = SeqSet()
    other.merge(ack)
    assert other == held
    assert not other.merge(ack), "a repeated acknowledgement is no news"


@given(st.lists(acks, max_size=8), st.randoms(use_true_random=False))
def test_acknowledgements_may_be_lost_repeated_and_reordered(sent: list[Ack], random: object) -> None:
    shuffled = [*sent, *sent]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    a, b = SeqSet(), SeqSet()
    for ack in sent:
        a.merge(ack)
    for ack in shuffled:
        b.merge(ack)
    assert a == b


def test_more_ranges_than_fit_are_acknowledged_in_turn() -> None:
    manager = SeqSet(0, [(n, n) for n in range(2, 2 * (MAX_RANGES + 10) + 1, 2)])
    assert len(manager.ranges) == MAX_RANGES + 10
    device = SeqSet()
    device.merge(manager.to_ack(BOOT))
    assert device.ranges == manager.ranges[:MAX_RANGES], "the lowest first"
    manager.add(1, 2 * MAX_RANGES)
    device.merge(manager.to_ack(BOOT))
    assert device == manager


def test_the_fullest_acknowledgement_fits_a_packet_and_decodes() -> None:
    top = 2**53 - 1
    held = SeqSet(0, [(top - 4 * n, top - 4 * n + 1) for n in range(1, MAX_RANGES + 1)])
    payload = encode_body(held.to_ack(BOOT))
    assert len(payload) < PACKET_BYTES / 4
    assert SeqSet(0, msgspec.json.decode(payload, type=Ack).ranges) == held


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 3), (-1, 2), (3, 2), (2, 0)])
def test_what_is_no_range_is_refused_and_changes_nothing(first: int, last: int) -> None:
    held = SeqSet(1, [(5, 6)])
    with pytest.raises(ValueError, match="is not a range of sequence numbers"):
        held.add(first, last)
    assert held == SeqSet(1, [(5, 6)])


REFUSED = (
    ('{"boot":"abcdefghij23","seq":-1}', "seq"),
    ('{"boot":"abcdefghij23","seq":9007199254740992}', "seq"),
    ('{"boot":"abcdefghij23","seq":1.5}', "seq"),
    ('{"boot":"ABCDEFGHIJ23","seq":1}', "boot"),
    ('{"boot":"abcdefghij23","seq":1,"ranges":[[0,4]]}', "ranges"),
    ('{"boot":"abcdefghij23","seq":1,"ranges":[[3,9007199254740992]]}', "ranges"),
    ('{"boot":"abcdefghij23","seq":1,"ranges":[[3]]}', "ranges"),
    ('{"boot":"abcdefghij23","seq":1,"ranges":[[3,4,5]]}', "ranges"),
    ('{"boot":"abcdefghij23","seq":1,"ranges":[' + ",".join(["[3,3]"] * (MAX_RANGES + 1)) + "]}", "ranges"),
    ('{"boot":"abcdefghij23","seq":1,"more":1}', "more"),
    ('{"boot":"abcdefghij23"}', "seq"),
)


@pytest.mark.parametrize(("text", "field"), REFUSED)
def test_a_malformed_acknowledgement_does_not_decode(text: str, field: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.json.decode(text, type=Ack)


def test_sets_compare_by_value_and_cannot_be_keys() -> None:
    assert SeqSet(3) == SeqSet(0, [(1, 3)])
    assert SeqSet(3) != SeqSet(4)
    assert SeqSet(3) != {1, 2, 3}
    assert repr(SeqSet(3, [(5, 6)])) == "SeqSet(3, [(5, 6)])"
    with pytest.raises(TypeError):
        hash(SeqSet())
