"""Whatever arrives, ingest goes on and accounts for it: properties over orders, repetitions, damage and noise."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from fleet.ingest.sink import Sink
from fleet.store.database import migrate, open_engine, url_for
from fleet.store.tables import event
from protocol.acks import SeqSet
from protocol.codec import Message, read_accounting
from protocol.identifiers import new_boot
from tests.fleet.events import FLEET, evicted, known, message, with_payload

_SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One store for all examples; each example has boots of its own."""
    engine = open_engine(url_for(tmp_path_factory.mktemp("fuzz")))
    migrate(engine)
    known(engine, "box-1")
    yield engine
    engine.dispose()


@_SETTINGS
@given(
    sent=st.lists(st.integers(1, 30), max_size=60),
    lost=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), max_size=3),
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=5),
)
def test_any_order_any_repetition_any_batches(
    store: Engine, sent: list[int], lost: list[tuple[int, int]], sizes: list[int]
) -> None:
    boot = new_boot()
    reported = {100 + n: (first, first + more) for n, (first, more) in enumerate(lost)}
    arrivals = [message(seq, boot=boot) for seq in sent]
    arrivals += [evicted(seq, ranges, boot=boot, lost_boot=boot) for seq, ranges in reported.items()]
    random.Random(len(arrivals)).shuffle(arrivals)
    sink = Sink(store)
    expected = SeqSet()
    stored = doubled = at = 0
    while at < len(arrivals):
        size = sizes[at % len(sizes)]
        batch, at = arrivals[at : at + size], at + size
        result = sink.store(batch)
        assert result.quarantined == 0
        stored, doubled = stored + result.stored, doubled + result.doubled
        for m in batch:
            accounting = read_accounting(m.properties)
            assert accounting is not None
            expected.add(accounting.seq)
            if accounting.seq in reported:
                expected.add(*reported[accounting.seq])
        assert result.acks["box-1", boot] == expected.to_ack(boot)
    with store.connect() as connection:
        kept = list(connection.scalars(select(event.c.seq).where(event.c.boot == boot)))
    assert sorted(kept) == sorted({*sent, *reported})
    assert (stored, doubled) == (len(kept), len(arrivals) - len(kept))


def _damaged(seq: int, how: str, at: int, noise: bytes) -> Message:
    good = message(seq)
    match how:
        case "cut":
            return with_payload(good, good.payload[:at])
        case "flip":
            where = at % len(good.payload)
            return with_payload(good, good.payload[:where] + noise[:1] + good.payload[where + 1 :])
        case "insert":
            return with_payload(good, good.payload[:at] + noise + good.payload[at:])
        case "noise":
            return with_payload(good, noise)
        case _:
            return good


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@_SETTINGS
@given(
    damage=st.lists(
        st.tuples(st.sampled_from(["cut", "flip", "insert", "noise", "whole"]), st.integers(0, 500), st.binary(max_size=200)),
        min_size=1,
        max_size=10,
    )
)
def test_damage_never_stops_the_others(store: Engine, damage: list[tuple[str, int, bytes]]) -> None:
    boot = new_boot()
    batch = []
    for n, (how, at, noise) in enumerate(damage):
        bad = _damaged(n + 1, how, at, noise)
        properties = tuple((k, boot if k == "boot" else v) for k, v in bad.properties)
        batch.append(Message(bad.topic, bad.payload, properties))
    result = Sink(store).store(batch)
    assert result.stored + result.doubled + result.quarantined == len(batch)
    assert result.acks["box-1", boot].seq == len(batch), "every one is accounted for"


@_SETTINGS
@given(
    topic=st.one_of(
        st.just(f"lamplighter/v1/{FLEET}/box-1/event/crowd.count"),
        _text.map(lambda text: f"lamplighter/v1/{FLEET}/box-1/event/{text}"),
        _text.map(lambda text: f"lamplighter/v1/{text}/event/crowd.count"),
        _text,
    ),
    payload=st.binary(max_size=5000),
    properties=st.lists(
        st.tuples(
            st.one_of(st.sampled_from(["boot", "seq", "schema", "type", "id", "source", "time", "specversion"]), _text),
            st.one_of(st.sampled_from(["abcdefghijkl", "1", "1.0", "1.9", "9" * 400, "crowd.count", f"/{FLEET}/box-1"]), _text),
        ),
        max_size=10,
    ),
)
def test_noise_is_accounted_for(store: Engine, topic: str, payload: bytes, properties: list[tuple[str, str]]) -> None:
    result = Sink(store).store([Message(topic, payload, tuple(properties))])
    assert result.stored + result.doubled + result.quarantined == 1
