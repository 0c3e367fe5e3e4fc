"""What comes in is untrusted: nothing that is not understood changes anything (FAULTS.md, row 34)."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from edge.outbox.outbox import Outbox
from edge.uplink.config import UplinkConfig
from edge.uplink.inbound import Answer, Inbound
from edge.uplink.session import Session
from protocol.acks import Ack, SeqSet
from protocol.codec import encode_body
from protocol.commands import Command, Reply
from protocol.config import Config, Refusal
from protocol.limits import PACKET_BYTES
from protocol.twin import Desired
from simulator.faults.clocks import EPOCH
from tests.edge.bodies import ALERT, COUNT
from tests.edge.outbox.reading import held, opened, put

CONFIG = UplinkConfig("town", "box-1", "127.0.0.1", 8883)
BASE = "lamplighter/v1/town/box-1"


class Box:
    """The receiving side of a box, and what it was told."""

    def __init__(self) -> None:
        self.outbox: Outbox = opened()
        put(self.outbox, COUNT, ALERT, COUNT)
        self.session = Session(self.outbox)
        self.session.connected()
        self.session.due(0.0)
        self.desired: list[Desired] = []
        self.commands: list[tuple[str, Command]] = []
        self.refusals: list[tuple[int, Refusal]] = []
        self.inbound = Inbound(
            CONFIG, self.session, self.desired.append, self._answer, lambda *refused: self.refusals.append(refused)
        )

    def _answer(self, name: str, command: Command) -> Reply:
        self.commands.append((name, command))
        return Reply(name, ok=True, message="here")

    def take(self, topic: str, payload: bytes, **properties: Any) -> Answer | None:
        return self.inbound.take(SimpleNamespace(topic=topic, payload=payload, properties=SimpleNamespace(**properties)))

    @property
    def untouched(self) -> bool:
        return held(self.outbox, self.outbox.boot) == [1, 2, 3] and not self.desired and not self.commands


def test_an_acknowledgement_empties_the_outbox() -> None:
    box = Box()
    assert box.take(f"{BASE}/ack", encode_body(Ack(box.outbox.boot, 2))) is None
    assert (held(box.outbox, box.outbox.boot), box.session.in_flight, box.inbound.refused) == ([3], 1, 0)


def test_a_twin_is_handed_on() -> None:
    box = Box()
    box.take(f"{BASE}/twin/desired", encode_body(Desired(4, Config())))
    assert [desired.version for desired in box.desired] == [4]


def test_a_twin_that_was_taken_away_is_no_error() -> None:
    """An empty retained message is how MQTT takes one away."""
    box = Box()
    box.take(f"{BASE}/twin/desired", b"")
    assert (box.untouched, box.inbound.refused) == (True, 0)


@pytest.mark.parametrize(
    ("config", "path", "words"),
    [
        ({"sources": [{"id": "a", "uri": "a.mp4", "zonez": []}]}, "sources[0].zonez", "did you mean 'zones'"),
        ({"sources": [{"id": "a", "uri": "a.mp4", "fps": -3}]}, "sources[0].fps", "-3"),
        ({"sources": [{"uri": "a.mp4"}]}, "sources[0]", "id"),
        ({"colour": "blue"}, "colour", "known here: sources, report"),
        ({"sources": [{"id": "a", "uri": ["rtsp://me:secret@camera/"]}]}, "sources[0].uri", "Expected `str`"),
    ],
)
def test_a_twin_that_does_not_decode_is_refused_by_version_and_path(config: dict[str, Any], path: str, words: str) -> None:
    """Row 55: a manager may be newer than the box."""
    box = Box()
    box.take(f"{BASE}/twin/desired", msgspec.json.encode({"version": 7, "config": config}))
    ((version, refusal),) = box.refusals
    assert (version, refusal.path, box.inbound.refused) == (7, path, 1)
    assert words in refusal.message
    assert "secret" not in refusal.message
    assert box.untouched


@pytest.mark.parametrize("payload", [b'{"config":{"colour":1}}', b'{"version":"7","config":{}}', b'{"version":0}', b"[7]"])
def test_a_twin_without_a_version_is_counted_only(payload: bytes) -> None:
    box = Box()
    box.take(f"{BASE}/twin/desired", payload)
    assert (box.refusals, box.inbound.refused, box.untouched) == ([], 1, True)


def test_a_command_is_answered_where_the_contract_says_with_its_correlation() -> None:
    box = Box()
    command = encode_body(Command(EPOCH))
    answer = box.take(f"{BASE}/command/ping", command, ResponseTopic=f"{BASE}/reply", CorrelationData=b"7")
    assert answer == (f"{BASE}/reply", encode_body(Reply("ping", ok=True, message="here")), b"7")
    assert box.take(f"{BASE}/command/ping", command) is None, "nobody wants to hear it"
    assert [name for name, _ in box.commands] == ["ping", "ping"]


@pytest.mark.parametrize("topic", ["lamplighter/v1/town/box-2/reply", "lamplighter/v1/town/box-1/state", "elsewhere", ""])
def test_no_command_makes_the_box_speak_elsewhere(topic: str) -> None:
    """Row 38, the other way round."""
    box = Box()
    assert box.take(f"{BASE}/command/ping", encode_body(Command(EPOCH)), ResponseTopic=topic) is None
    assert box.inbound.refused == 1


GOOD = encode_body(Ack("abcdefghijkl", 1))


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (f"{BASE}/ack", b""),
        (f"{BASE}/ack", b"{}"),
        (f"{BASE}/ack", b"[" * 10_000),
        (f"{BASE}/ack", b'{"boot": "abcdefghijkl", "seq": -1}'),
        (f"{BASE}/ack", b'{"boot": "abcdefghijkl", "seq": 1, "more": 1}'),
        (f"{BASE}/ack", b'{"boot": "abcdefghijkl", "seq": 1e3}'),
        (f"{BASE}/ack", b"\xff\xfe"),
        (f"{BASE}/ack", GOOD + b" " * PACKET_BYTES),
        (f"{BASE}/twin/desired", b'{"version": 1}'),
        (f"{BASE}/twin/desired", b"null"),
        (f"{BASE}/command/ping", b"now!"),
        (f"{BASE}/command/ping/again", GOOD),
        (f"{BASE}/state", GOOD),
        (f"{BASE}/event/crowd.count", GOOD),
        ("lamplighter/v1/town/box-2/ack", GOOD),
        ("lamplighter/v1/village/box-1/ack", GOOD),
        ("lamplighter/v2/town/box-1/ack", GOOD),
        ("ack", GOOD),
        ("", b""),
        ("\ud800", GOOD),
    ],
)
def test_what_is_not_understood_is_counted_and_changes_nothing(topic: str, payload: bytes) -> None:
    """Row 34: truncated, oversized, malformed, for somebody else."""
    box = Box()
    assert box.take(topic, payload) is None
    assert (box.untouched, box.inbound.refused) == (True, 1)


@pytest.mark.parametrize("ranges", [((5, 2),), ((0, 1),), ((3, 1), (1, 2))])
def test_ranges_that_are_none_are_counted_and_empty_nothing_else(ranges: tuple[tuple[int, int], ...]) -> None:
    box = Box()
    pairs = ",".join(f"[{first},{last}]" for first, last in ranges)
    box.take(f"{BASE}/ack", f'{{"boot":"{box.outbox.boot}","seq":0,"ranges":[{pairs}]}}'.encode())
    assert (box.untouched, box.inbound.refused) == (True, 1)
    box.take(f"{BASE}/ack", encode_body(Ack(box.outbox.boot, 3)))
    assert held(box.outbox, box.outbox.boot) == []


def test_rubbish_of_any_kind_never_ends_the_link() -> None:
    """Row 34: mutated messages of every channel, seeded; what is understood at all is what the contract allows."""
    box = Box()
    known = SeqSet(1)
    payloads = [
        encode_body(known.to_ack(box.outbox.boot)),
        encode_body(Desired(4, Config())),
        encode_body(Command(EPOCH)),
    ]
    for seed in range(4_000):
        rng = random.Random(f"inbound/{seed}")
        data = bytearray(rng.choice(payloads))
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            match rng.randrange(4):
                case 0:
                    data[at] = rng.randrange(256)
                case 1:
                    data[at:at] = rng.randbytes(3)
                case 2:
                    del data[at : at + rng.randrange(1, 9)]
                case _:
                    data[at:at] = data[rng.randrange(len(data)) :]
            data = data or bytearray(b"x")
        topic = f"{BASE}/{rng.choice(['ack', 'twin/desired', 'command/ping', 'state', 'ack/x', ''])}"
        box.take(topic, bytes(data), ResponseTopic=f"{BASE}/reply")
    assert box.inbound.refused > 3_000
    box.take(f"{BASE}/ack", encode_body(Ack(box.outbox.boot, 3)))
    assert held(box.outbox, box.outbox.boot) == []
