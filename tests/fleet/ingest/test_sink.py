"""Storing: once each, everything accounted for, nothing acknowledged that is not in the store. On both databases."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

import msgspec
import pytest
from sqlalchemy import Connection, Engine, func, select, text, update

from fleet.control_room.tail import unjudged
from fleet.ingest import quarantine as ration
from fleet.ingest import rows
from fleet.ingest import sink as sink_module
from fleet.ingest.rows import load
from fleet.ingest.sink import Sink, Stored
from fleet.ingest.sort import Accepted, Sorted
from fleet.store.database import writing
from fleet.store.tables import device, event, quarantine, watermark
from protocol.acks import Ack
from protocol.basis import Estimate
from protocol.codec import Message
from protocol.events import CrowdAlert, EventType, Phase, TrackBox
from protocol.identifiers import uuid7
from protocol.limits import EVENT_BYTES, SCHEMA_MAJOR, SCHEMA_MINOR
from tests.fleet.events import BOOT, OTHER_BOOT, alert, count, evicted, known, message, with_attribute, with_payload
from tests.fleet.site import until


def _seqs(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(event.c.seq).order_by(event.c.seq)))


def _reasons(engine: Engine) -> list[tuple[str, str, int | None]]:
    with engine.connect() as connection:
        query = select(quarantine.c.reason, quarantine.c.device, quarantine.c.seq).order_by(quarantine.c.row)
        return [tuple(row) for row in connection.execute(query)]


def test_an_event_is_stored_as_received(either: Engine) -> None:
    known(either, "box-1")
    incident = uuid7(1)
    sent = alert(1, incident, Phase.NEW)
    result = Sink(either).store([sent])
    assert (result.stored, result.doubled, result.quarantined) == (1, 0, 0)
    assert result.acks == {("box-1", BOOT): Ack(BOOT, 1)}
    with either.connect() as connection:
        row = connection.execute(select(event)).one()
        heard = connection.scalar(select(device.c.last_word))
    assert (row.device, row.boot, row.seq, row.type, row.priority) == ("box-1", BOOT, 1, "crowd.alert", 2)
    assert (row.incident, row.phase, row.body, row.schema) == (incident, "new", sent.payload, f"{SCHEMA_MAJOR}.{SCHEMA_MINOR}")
    assert row.time == 1_772_366_400_000_000
    assert heard == row.received


def test_sent_again_it_is_stored_once(either: Engine) -> None:
    known(either, "box-1")
    sink = Sink(either)
    batch = [message(1), message(2), message(2)]
    assert (sink.store(batch).stored, sink.store(batch).doubled) == (2, 3)
    assert _seqs(either) == [1, 2]


def test_what_came_beyond_a_hole_is_stated_as_ranges(either: Engine) -> None:
    known(either, "box-1")
    sink = Sink(either)
    assert sink.store([message(1), message(4), message(5), message(7)]).acks["box-1", BOOT] == Ack(BOOT, 1, ((4, 5), (7, 7)))
    assert sink.store([message(2), message(3)]).acks["box-1", BOOT] == Ack(BOOT, 5, ((7, 7),))


def test_boots_are_counted_apart(either: Engine) -> None:
    known(either, "box-1", "box-2")
    result = Sink(either).store([message(1), message(1, boot=OTHER_BOOT), message(2, device="box-2")])
    assert result.stored == 3
    assert result.acks == {
        ("box-1", BOOT): Ack(BOOT, 1),
        ("box-1", OTHER_BOOT): Ack(OTHER_BOOT, 1),
        ("box-2", BOOT): Ack(BOOT, 0, ((2, 2),)),
    }


def test_a_report_of_eviction_fills_the_holes_of_its_boot(either: Engine) -> None:
    known(either, "box-1")
    sink = Sink(either)
    sink.store([message(1), message(4)])
    result = sink.store([evicted(1, (2, 3), (5, 9), boot=OTHER_BOOT)])
    assert result.acks["box-1", BOOT] == Ack(BOOT, 9)
    with either.connect() as connection:
        assert connection.scalar(select(watermark.c.missing).where(watermark.c.boot == BOOT)) == 7
    # Told twice, it is lost once.
    sink.store([evicted(2, (2, 3), boot=OTHER_BOOT)])
    with either.connect() as connection:
        assert connection.scalar(select(watermark.c.missing).where(watermark.c.boot == BOOT)) == 7


def _truncated(sent: Message) -> Message:
    return with_payload(sent, sent.payload[:-9])


def _large(sent: Message) -> Message:
    return with_payload(sent, sent.payload + b" " * EVENT_BYTES)


def _among_the_facts(sent: Message, field: bytes) -> Message:
    """LED 7: what was measured and what the software thinks of it stand apart."""
    return with_payload(sent, sent.payload.replace(b'"observed":{', b'"observed":{' + field))


BAD: list[tuple[str, Callable[[Message], Message], str]] = [
    ("truncated", _truncated, "malformed"),
    ("not JSON", lambda m: with_payload(m, b"\xff\xd8\xff\xe0 a picture"), "malformed"),
    ("oversized", _large, "too-large"),
    ("unknown field", lambda m: with_payload(m, m.payload[:-1] + b',"picture":"AAAA"}'), "malformed"),
    ("an assessment among the facts", lambda m: _among_the_facts(m, b'"probability":0.9,'), "malformed"),
    ("a score of a person", lambda m: _among_the_facts(m, b'"suspicion":0.9,'), "malformed"),
    ("a name with NUL", lambda m: with_payload(m, m.payload[:-1] + b',"a\\u0000b":1}'), "malformed"),
    ("deeply nested", lambda m: with_payload(m, b'{"observed":' + b"[" * 1200 + b"]" * 1200 + b"}"), "malformed"),
    ("another major version", lambda m: with_attribute(m, "schema", "2.0"), "malformed"),
    ("another sender", lambda m: with_attribute(m, "source", "/test/box-2"), "malformed"),
    ("another type", lambda m: with_attribute(m, "type", "crowd.flow"), "malformed"),
    (
        "a type not known",
        lambda m: with_attribute(Message(m.topic.replace("crowd.count", "x.y"), m.payload, m.properties), "type", "x.y"),
        "unknown-type",
    ),
    ("a time without zone", lambda m: with_attribute(m, "time", "2026-03-01T12:00:00"), "malformed"),
    ("a time before time", lambda m: with_attribute(m, "time", "0000-00-00T00:00:00Z"), "malformed"),
]


@pytest.mark.parametrize(("bad", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_message_is_quarantined_with_reason_and_sender_and_the_good_ones_pass(
    either: Engine, bad: Callable[[Message], Message], reason: str
) -> None:
    known(either, "box-1")
    result = Sink(either).store([message(1), bad(message(2)), message(3)])
    assert (result.stored, result.quarantined) == (2, 1)
    assert result.acks["box-1", BOOT] == Ack(BOOT, 3), "a bad message counts as accounted for"
    assert _reasons(either) == [(reason, "box-1", 2)]


def test_without_readable_numbers_it_is_quarantined_and_accounts_for_nothing(either: Engine) -> None:
    known(either, "box-1")
    result = Sink(either).store(
        [with_attribute(message(1), "seq", "one"), with_attribute(message(2), "boot", None), message(3)]
    )
    assert result.acks == {("box-1", BOOT): Ack(BOOT, 0, ((3, 3),))}
    assert _reasons(either) == [("malformed", "box-1", None), ("malformed", "box-1", None)]


def test_of_what_is_too_large_nothing_is_kept(either: Engine) -> None:
    known(either, "box-1")
    Sink(either).store([_large(message(1)), with_payload(message(2), b"x" * 3000)])
    with either.connect() as connection:
        assert list(connection.scalars(select(func.length(quarantine.c.data)).order_by(quarantine.c.row))) == [0, 2048]


def test_a_newer_schema_is_kept_raw_and_acknowledged(either: Engine) -> None:
    known(either, "box-1")
    newer = with_payload(with_attribute(message(1), "schema", "1.7"), b'{"a thing":"of tomorrow"}')
    sink = Sink(either)
    result = sink.store([newer])
    assert (result.stored, result.raw, result.quarantined) == (1, 1, 0)
    assert result.acks["box-1", BOOT] == Ack(BOOT, 1)
    with either.connect() as connection:
        row = connection.execute(select(event)).one()
    assert (row.schema, row.body, row.type) == ("1.7", newer.payload, "crowd.count")
    assert sink.store([newer]).raw == 0


@pytest.mark.parametrize("evaluation", [False, True])
def test_tracks_are_for_an_evaluating_manager_only(either: Engine, evaluation: bool) -> None:
    """The guard's second door: a box that was told wrong cannot make a production fleet keep boxes of people."""
    known(either, "box-1")
    sent = message(1, observed=count(tracks=(TrackBox(1, 2, 3, 4, 5),)))
    result = Sink(either, evaluation=evaluation).store([sent])
    assert result.acks["box-1", BOOT] == Ack(BOOT, 1)
    assert result.stored == int(evaluation)
    assert _reasons(either) == ([] if evaluation else [("evaluation-only", "box-1", 1)])


def test_strangers_are_quarantined_and_not_acknowledged(either: Engine) -> None:
    known(either, "box-1", "gone")
    with writing(either) as connection:
        connection.execute(update(device).where(device.c.name == "gone").values(withdrawn_at=5))
    result = Sink(either).store([message(1, device="stranger"), message(1, device="gone"), message(1)])
    assert (result.stored, list(result.acks)) == (1, [("box-1", BOOT)])
    assert _reasons(either) == [("unknown-device", "stranger", 1), ("unknown-device", "gone", 1)]


def test_numbers_beyond_counting_do_no_harm(either: Engine) -> None:
    known(either, "box-1")
    backwards = with_payload(evicted(1, (2, 3)), evicted(1, (2, 3)).payload.replace(b"[2,3]", b"[9,8],[5,6]"))
    result = Sink(either).store([backwards, message(2)])
    assert result.acks["box-1", BOOT] == Ack(BOOT, 2, ((5, 6),))
    for n, numbers in enumerate((b"[2,%d]" % (10**30), b"[-5,1]"), start=3):
        beyond = with_payload(evicted(n, (2, 3)), evicted(n, (2, 3)).payload.replace(b"[2,3]", numbers))
        result = Sink(either).store([beyond])
        assert (result.quarantined, result.acks["box-1", BOOT]) == (1, Ack(BOOT, 3, ((5, 6),)) if n == 3 else Ack(BOOT, 6))
    last = 2**53 - 1
    assert Sink(either).store([message(last)]).acks["box-1", BOOT].ranges[-1] == (last, last)


def test_what_the_store_refuses_is_found_and_set_aside(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    known(either, "box-1")
    real = rows.event_row

    def poisoned(item: Sorted, now: int) -> dict[str, object] | None:
        row = real(item, now)
        if row is not None and isinstance(item, Accepted) and item.event.seq == 3:
            row["received"] = 2**70
        return row

    monkeypatch.setattr("fleet.ingest.sink.event_row", poisoned)
    result = Sink(either).store([message(n) for n in range(1, 7)])
    assert (result.stored, result.quarantined) == (5, 1)
    assert result.acks["box-1", BOOT] == Ack(BOOT, 6)
    assert _reasons(either) == [("unstorable", "box-1", 3)]


def test_a_box_gone_wrong_leaves_few_rows_and_all_are_accounted_for(either: Engine) -> None:
    known(either, "box-1", "box-2")
    now = [0.0]
    sink = Sink(either, quarantine=ration.Quarantine(lambda: now[0]))
    bad = [_truncated(message(n)) for n in range(1, 501)]
    result = sink.store([*bad, _truncated(message(1, device="box-2"))])
    assert result.quarantined == 501
    assert result.acks["box-1", BOOT] == Ack(BOOT, 500)
    assert len(_reasons(either)) == ration.BURST + 1, "another sender's row is kept all the same"
    now[0] = 1 / ration.PER_S
    sink.store([_truncated(message(501))])
    with either.connect() as connection:
        detail = connection.scalar(select(quarantine.c.detail).order_by(quarantine.c.row.desc()).limit(1))
    assert detail is not None
    assert detail.endswith("(and 450 more before it, not kept)")


def test_the_quarantine_keeps_the_newest(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ration, "MOST_ROWS", 3)
    known(either, "box-1")
    Sink(either).store([_truncated(message(n)) for n in range(1, 8)])
    assert [seq for _, _, seq in _reasons(either)] == [5, 6, 7]


def test_endless_holes_are_bounded(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "_MOST_RANGES_KEPT", 4)
    known(either, "box-1")
    sink = Sink(either)
    sink.store([message(n) for n in range(2, 40, 2)])
    with either.connect() as connection:
        settled = load(connection.execute(select(watermark.c.settled)).scalar_one())
    assert settled.ranges == ((2, 2), (4, 4), (6, 6), (8, 8))
    # They are stored all the same; sent again when the holes are filled, they are acknowledged.
    assert len(_seqs(either)) == 19
    again = sink.store([message(n) for n in range(1, 40)])
    assert (again.doubled, again.acks["box-1", BOOT]) == (19, Ack(BOOT, 39))


def test_a_box_that_is_born_hears_of_its_latest_boots_only(either: Engine) -> None:
    known(either, "box-1")
    sink = Sink(either)
    boots = [f"{letter * 12}" for letter in "abcdefghijklmn"]
    for at, boot in enumerate(boots):
        sink.store([message(1, boot=boot)])
        with writing(either) as connection:
            connection.execute(update(watermark).where(watermark.c.boot == boot).values(changed=at))
    told = sink.acks("box-1")
    assert [ack.boot for ack in told] == boots[: -sink_module.BOOTS_GREETED - 1 : -1]
    assert sink.acks("nobody") == []


def test_the_acknowledgement_survives_a_restart(either: Engine) -> None:
    known(either, "box-1")
    Sink(either).store([message(1), message(3)])
    assert Sink(either).acks("box-1") == [Ack(BOOT, 1, ((3, 3),))]
    assert msgspec.json.encode(Sink(either).acks("box-1")[0])


def _waits(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_no_row_is_seen_before_those_below_it(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The live stream goes on from the last row it saw: row 8 seen before row 7 is there would hide row 7 for ever."""
    if either.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    known(either, "box-1", "box-2")
    inserted, go_on = threading.Event(), threading.Event()
    real = Sink._settle

    def pause(connection: Connection, items: Sequence[Sorted], now: int, result: Stored) -> None:
        if rows.sender_of(items[0]) == "box-1":
            inserted.set()
            assert go_on.wait(60)
        real(connection, items, now, result)

    monkeypatch.setattr(Sink, "_settle", staticmethod(pause))
    first = threading.Thread(target=lambda: Sink(either).store([message(1)]))
    second = threading.Thread(target=lambda: Sink(either).store([message(1, device="box-2")]))
    first.start()
    assert inserted.wait(60)
    second.start()
    until(lambda: _waits(either) or not second.is_alive(), "the second worker waits, or has stored")
    seen = _seqs(either)
    go_on.set()
    first.join(60)
    second.join(60)
    assert seen == [], "the second waits for the first"
    with either.connect() as connection:
        assert list(connection.scalars(select(event.c.device).order_by(event.c.row))) == ["box-1", "box-2"]


def test_workers_at_once_store_once_and_lose_no_number(either: Engine) -> None:
    """Each reads the watermark, adds to it and writes it back: two at once must not overwrite each other's."""
    known(either, "box-1")
    results: list[Stored] = []

    def work(seed: int) -> None:
        numbers = list(range(1, 61))
        random.Random(seed).shuffle(numbers)
        sink = Sink(either)
        results.extend(sink.store([message(n) for n in numbers[at : at + 7]]) for at in range(0, 60, 7))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert _seqs(either) == list(range(1, 61))
    assert (sum(r.stored for r in results), sum(r.doubled for r in results)) == (60, 120)
    assert Sink(either).acks("box-1") == [Ack(BOOT, 60)]


def test_what_waits_for_a_verdict_is_an_alert(either: Engine) -> None:
    """An alert without an incident is one of its own; a statistic that names one would wait for ever."""
    known(either, "box-1")
    lone = message(1, kind=EventType.CROWD_ALERT, observed=CrowdAlert("square", Estimate(12, 10, 14), 13, 10, 7, 4))
    incident = uuid7(8)
    Sink(either).store([lone, message(2, incident=uuid7(9), phase=Phase.NEW), alert(3, incident, Phase.NEW)])
    with either.connect() as connection:
        found = {row.incident for row in connection.execute(unjudged())}
    assert found == {dict(lone.properties)["id"], incident}
