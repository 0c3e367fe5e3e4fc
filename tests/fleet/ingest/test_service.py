"""Ingest between a real broker and a real store: events in, acknowledgements out, and nobody stopped by what is wrong."""

from __future__ import annotations

import base64
import random
import time

import msgspec
from sqlalchemy import select, update

from fleet.ingest.service import ACK_S
from fleet.store.database import writing
from fleet.store.tables import device, quarantine
from protocol.acks import Ack
from protocol.codec import Message
from protocol.limits import EVENT_BYTES, PACKET_BYTES
from tests.fleet.events import BOOT, FLEET, message, with_attribute, with_payload
from tests.fleet.raw import Raw
from tests.fleet.running import Running
from tests.fleet.site import until


def _last_ack(client: Raw, name: str) -> Ack | None:
    said = client.said(f"lamplighter/v1/{FLEET}/{name}/ack")
    return msgspec.json.decode(said[-1], type=Ack) if said else None


def _listening(running: Running, name: str) -> Raw:
    client = running.raw(running.identity(name), name)
    assert client.listen(f"lamplighter/v1/{FLEET}/{name}/ack") == 1
    return client


def test_events_are_stored_once_in_order_and_acknowledged(running: Running) -> None:
    one, two = running.box("plain"), running.box("other")
    one.say(300)
    two.say(40)
    running.settled(one, 300)
    running.settled(two, 40)
    assert running.site.seqs("plain") == list(range(1, 301))
    assert running.site.seqs("other") == list(range(1, 41))
    assert one.outbox.status().pending == 0


def test_duplicates_and_disorder_change_nothing(running: Running) -> None:
    """Row 34: duplicate and reordered messages are idempotent."""
    client = _listening(running, "echo")
    sent = [message(seq, device="echo") for seq in range(1, 41)] * 3
    random.Random(4).shuffle(sent)
    before, began = running.ingest.doubled, time.monotonic()
    client.pour(sent)
    until(lambda: running.ingest.doubled - before == 80, "all repetitions were seen")
    until(lambda: _last_ack(client, "echo") == Ack(BOOT, 40), "all are acknowledged")
    assert sorted(running.site.seqs("echo")) == list(range(1, 41))
    said = len(client.said(f"lamplighter/v1/{FLEET}/echo/ack"))
    assert said <= 1 + (time.monotonic() - began) / ACK_S, "a metered link pays for each: they are gathered"


def test_the_acknowledgement_is_a_watermark_and_the_ranges_beyond(running: Running) -> None:
    client = _listening(running, "holes")
    for seq in (1, 4, 5, 2):
        client.send(message(seq, device="holes"))
    until(lambda: _last_ack(client, "holes") == Ack(BOOT, 2, ((4, 5),)), "the hole is left open")
    client.send(message(3, device="holes"))
    until(lambda: _last_ack(client, "holes") == Ack(BOOT, 5), "the hole is closed")


_PICTURE = base64.b64encode(random.Random(1).randbytes(3000))

_GOOD = message(1)
_BAD = {
    "rotten": (with_payload(_GOOD, b"\xff\x00{"), "malformed"),
    "cut": (with_payload(_GOOD, _GOOD.payload[:-20]), "malformed"),
    "picture-in-json": (with_payload(_GOOD, b'{"picture":"%s"}' % _PICTURE[:2000]), "malformed"),
    "picture-beside": (with_payload(_GOOD, _GOOD.payload[:-1] + b',"thumb":"%s"}' % _PICTURE[:900]), "malformed"),
    "picture-as-it-is": (with_payload(_GOOD, b"\xff\xd8\xff\xe0" + random.Random(2).randbytes(6000)), "too-large"),
    "sound": (with_payload(_GOOD, b"RIFF\x00\x10\x00\x00WAVEfmt " + bytes(2000)), "malformed"),
    "oversize": (with_payload(_GOOD, _GOOD.payload + b" " * EVENT_BYTES), "too-large"),
    "another-sender": (with_attribute(_GOOD, "source", f"/{FLEET}/plain"), "malformed"),
    "unknown-type": (with_attribute(_GOOD, "type", "crowd.portrait"), "unknown-type"),
    "no-boot": (with_attribute(_GOOD, "boot", None), "malformed"),
    "next-major": (with_attribute(_GOOD, "schema", "2.0"), "malformed"),
}


def _as(name: str, seq: int, bad: Message) -> Message:
    """A bad message of ``box-1`` as another box would send it."""
    topic = bad.topic.replace("box-1", name)
    properties = dict(bad.properties)
    if properties["source"].endswith("box-1"):
        properties["source"] = f"/{FLEET}/{name}"
    if properties["type"] == "crowd.portrait":
        topic = topic.replace("crowd.count", "crowd.portrait")
    return Message(topic, bad.payload, tuple({**properties, "seq": str(seq)}.items()))


def test_what_cannot_be_read_is_set_aside_and_stops_nobody(running: Running) -> None:
    """Rows 34 and 39: truncated, oversized, malformed, a picture, a sound: each is named, none is kept whole."""
    client = _listening(running, "bad")
    sent = {2 * n: (_as("bad", 2 * n, bad), reason) for n, (bad, reason) in enumerate(_BAD.values(), start=1)}
    last = 2 * len(_BAD) + 1
    client.pour([sent[seq][0] if seq in sent else message(seq, device="bad") for seq in range(1, last + 1)])
    unnumbered = 2 * (1 + list(_BAD).index("no-boot"))
    until(lambda: _last_ack(client, "bad") == Ack(BOOT, unnumbered - 1, ((unnumbered + 1, last),)), "all are accounted for")
    assert running.site.seqs("bad") == list(range(1, last + 1, 2)), "the good ones pass"
    expected = [(reason, None if seq == unnumbered else seq) for seq, (_, reason) in sent.items()]
    assert running.site.reasons("bad") == expected
    with running.site.engine.connect() as connection:
        kept = list(connection.execute(select(quarantine).where(quarantine.c.device == "bad").order_by(quarantine.c.row)))
    assert [row.topic for row in kept] == [bad.topic for bad, _ in sent.values()]
    assert all(row.detail for row in kept)
    assert max(len(row.data) for row in kept) <= 2048
    assert {row.data for row in kept if row.reason == "too-large"} == {b""}, "what may be a picture is not kept at all"


def test_a_packet_over_the_cap_is_refused_by_the_broker(running: Running) -> None:
    """Row 39: by size, before the manager reads it; the other boxes notice nothing."""
    good = running.box("beside")
    client = running.raw(running.identity("huge"), "huge")
    huge = with_payload(message(1, device="huge"), b"x" * (PACKET_BYTES + 2000))
    assert client.send(huge) is None
    until(client.closed.is_set, "the broker throws it out")
    good.say(5)
    running.settled(good, 5)
    assert running.site.seqs("huge") == []


def test_a_later_minor_version_is_kept_raw_and_acknowledged(running: Running) -> None:
    """Row 34: a mixed fleet never loses anything."""
    client = _listening(running, "newer")
    later = with_payload(with_attribute(message(1, device="newer"), "schema", "1.9"), b'{"from":"the future"}')
    client.send(later)
    until(lambda: _last_ack(client, "newer") == Ack(BOOT, 1), "it is acknowledged")
    found = running.site.services.events(name="newer")
    assert [(e.schema, e.body) for e in found] == [("1.9", later.payload)]


def test_a_withdrawn_box_is_not_stored(running: Running) -> None:
    """Row 37: a certificate that was withdrawn still opens the link until it is cut, and says nothing to the store."""
    client = _listening(running, "gone")
    client.send(message(1, device="gone"))
    until(lambda: running.site.seqs("gone") == [1], "the first is stored")
    with writing(running.site.engine) as connection:
        connection.execute(update(device).where(device.c.name == "gone").values(withdrawn_at=1))
    client.send(message(2, device="gone"))
    until(lambda: running.site.reasons("gone"), "the second is set aside")
    assert running.site.reasons("gone") == [("unknown-device", 2)]
    assert running.site.seqs("gone") == [1]
