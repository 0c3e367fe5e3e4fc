"""Links that break and brokers that forget: nothing is lost, and what matters goes first (FAULTS.md, rows 30, 31, 35, 53)."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
from collections.abc import Iterator

import pytest

from protocol.codec import encode_body
from protocol.commands import Command
from simulator.faults.clocks import EPOCH
from simulator.faults.proxy import Proxy
from tests.edge.bodies import ALERT, COUNT, HEALTH
from tests.edge.uplink.town import BASE, BROKERS, Box, Town, open_town
from tests.fleet.site import until


@pytest.fixture(scope="module", params=BROKERS)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("town"), request.param) as made:
        yield made


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What gets no answer is repeated after a quarter of a second, not after ten."""
    monkeypatch.setattr("edge.uplink.session.FIRST_RETRY_S", 0.25)


def connected(box: Box) -> None:
    until(lambda: box.uplink.connected, f"{box.name} is connected")


def arrived(town: Town, box: Box, last: int) -> None:
    """Wait until every number arrived and was acknowledged."""
    until(lambda: town.manager.numbers(box.name) == [*range(1, last + 1)], f"{last} arrive")
    until(lambda: not box.pending, "all are acknowledged")


def test_what_is_said_arrives_is_acknowledged_and_let_go(town: Town) -> None:
    with town.box("plain") as box:
        connected(box)
        box.say(*[COUNT, ALERT, HEALTH] * 40)
        arrived(town, box, 120)
        status = box.uplink.status()
        assert (status.connected, status.connections, status.last_error) == (True, 1, "")
        assert status.bytes_out > 120 * 300
        assert status.bytes_in > 0
    assert box.outbox.uncommitted() == 0


def test_what_was_said_before_the_first_connection_goes_out_alerts_first(town: Town) -> None:
    with Proxy(town.port) as link:
        link.cut()
        with town.box("early", port=link.port) as box:
            alerts = box.say(*[COUNT, ALERT] * 20)[1::2]
            until(lambda: box.error, "no link")
            link.restore()
            arrived(town, box, 40)
        order = [seq for name, seq in town.manager.order if name == "early"]
        assert order[:20] == alerts


def test_a_broker_that_is_killed_and_comes_back_empty_costs_nothing(town: Town) -> None:
    """Row 30: three times, with traffic all the while; the broker remembers neither sessions nor messages."""
    with town.box("steady") as box:
        connected(box)
        last = 0
        for _ in range(3):
            last = box.say(*[COUNT, ALERT, COUNT] * 20)[-1]
            with town.hands:
                town.broker.kill()
                last = box.say(*[COUNT, ALERT, COUNT] * 20)[-1]
                until(lambda: not box.uplink.connected, "the loss is noticed")
                town.broker.start()
            connected(box)
        until(lambda: town.manager.listening, "the manager is back")
        arrived(town, box, last)
        assert box.uplink.status().connections >= 4


def test_a_manager_that_hears_nothing_for_a_while_gets_everything(town: Town) -> None:
    """Row 31: the broker takes it all and nobody accounts for it; a PUBACK lets nothing go."""
    manager = town.manager
    manager.acknowledging = False
    try:
        with town.box("unheard") as box:
            connected(box)
            last = box.say(*[COUNT, ALERT] * 15)[-1]
            until(lambda: all(manager.heard["unheard", box.outbox.boot, seq] >= 2 for seq in range(1, last + 1)), "repeated")
            assert box.pending == last, "the broker's word is not enough"
            manager.acknowledge()
            until(lambda: not box.pending, "let go")
    finally:
        manager.acknowledging = True


def test_a_link_that_is_cut_again_and_again_loses_nothing(town: Town) -> None:
    """Row 30: resets at any moment, in the middle of the handshake too. Seeded."""
    rng = random.Random("cuts")
    with Proxy(town.port) as link, town.box("cellular", port=link.port, longest_wait_s=0.05) as box:
        connected(box)  # else a busy machine comes to its first connection when all cuts are over
        last = 0
        for _ in range(25):
            last = box.say(*rng.choices((COUNT, ALERT, HEALTH), k=rng.randrange(1, 40)))[-1]
            link.delay(rng.choice((0.0, 0.0, 0.002)))
            threading.Event().wait(rng.random() * 0.08)  # not to wait for anything: a moment drawn at random
            rng.choice((link.reset, link.reset, link.cut))()
            link.restore()
        link.delay(0.0)
        arrived(town, box, last)
        doubled = sum(times > 1 for (name, _, _), times in town.manager.heard.items() if name == "cellular")
        assert box.uplink.status().connections > 1
        assert doubled <= last


def test_a_link_that_falls_silent_is_noticed(town: Town) -> None:
    """Row 53: no reset, no refusal, nothing: within one and a half keepalives it does not count as connected any more."""
    with Proxy(town.port) as link, town.box("tunnel", port=link.port, keepalive_s=1, connect_timeout_s=1.0) as box:
        connected(box)
        link.silence()
        last = box.say(ALERT, COUNT)[-1]
        until(lambda: not box.uplink.connected, "the silence is noticed")
        assert box.pending == last
        link.restore()
        connected(box)
        arrived(town, box, last)


def test_a_link_that_stalls_and_goes_on_costs_no_connection(town: Town) -> None:
    with Proxy(town.port) as link, town.box("stall", port=link.port, keepalive_s=30) as box:
        connected(box)
        box.say(ALERT)
        arrived(town, box, 1)
        link.silence()
        last = box.say(*[COUNT] * 10)[-1]
        link.resume()
        arrived(town, box, last)
        assert box.uplink.status().connections == 1


def test_a_restarted_box_sends_what_the_boot_before_left(town: Town) -> None:
    """Row 32 on the wire: two boots in one connection, each acknowledged for itself."""
    identity = town.identity("reborn")
    with Proxy(town.port) as link:
        link.cut()
        with town.box("reborn", identity, port=link.port, outbox="same") as before:
            before.say(ALERT, HEALTH, ALERT)
        link.restore()
        with town.box("reborn", identity, port=link.port, outbox="same") as box:
            assert box.outbox.boot != before.outbox.boot
            box.say(ALERT, COUNT)
            until(lambda: not box.pending, "both boots are acknowledged")
            known = sorted((boot, seq) for name, boot, seq in town.manager.heard if name == "reborn")
            assert known == sorted([(before.outbox.boot, n) for n in (1, 2, 3)] + [(box.outbox.boot, n) for n in (1, 2)])


def test_rubbish_from_the_broker_neither_ends_the_link_nor_empties_the_outbox(town: Town) -> None:
    """Row 34: what is not understood is counted."""
    manager = town.manager
    manager.acknowledging = False
    try:
        with town.box("patient") as box:
            connected(box)
            box.say(ALERT)
            until(lambda: manager.numbers("patient") == [1], "it arrives")
            rubbish = [b"", b"{", b"\xff" * 200, b'{"boot":"abcdefghijkl","seq":99}', b"[" * 2_000, encode_body(Command(EPOCH))]
            for channel, payload in itertools.product(("ack", "command/ping", "command/unknown"), rubbish):
                manager.publish(f"{BASE}/patient/{channel}", payload)
            manager.acknowledge()
            until(lambda: not box.pending, "the true acknowledgement counts")
            assert box.uplink.refused >= 10
            assert box.uplink.faults() == ()
            assert box.uplink.status().connections == 1
    finally:
        manager.acknowledging = True


def test_a_city_that_lost_its_broker_comes_back_spread_out(town: Town) -> None:
    """Row 35: twenty real boxes; every one returns, none knocks more than now and then, and each event is there once."""
    with Proxy(town.port) as link, contextlib.ExitStack() as stack:
        boxes = [stack.enter_context(town.box(f"lamp-{n}", port=link.port, longest_wait_s=1.0)) for n in range(20)]
        until(lambda: all(box.uplink.connected for box in boxes), "all are connected")
        before = link.connections
        link.cut()
        last = [box.say(ALERT, COUNT)[-1] for box in boxes]
        until(lambda: not any(box.uplink.connected for box in boxes), "all are cut off")
        link.restore()
        for box, number in zip(boxes, last, strict=True):
            arrived(town, box, number)
        assert link.connections - before <= 3 * len(boxes)
