"""Birth, death and farewell as the broker keeps them, on both brokers (FAULTS.md, rows 36 and 40)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from protocol.codec import encode_body
from protocol.config import Config
from protocol.state import State, Status
from protocol.twin import Desired, Reported
from simulator.faults.proxy import Proxy
from tests.edge.bodies import ALERT, COUNT
from tests.edge.uplink.town import BASE, BROKERS, Box, Town, open_town
from tests.fleet.site import until


@pytest.fixture(scope="module", params=BROKERS)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("town"), request.param) as made:
        yield made


def connected(box: Box) -> None:
    until(lambda: box.uplink.connected, f"{box.name} is connected")


def seen(town: Town, box: Box) -> State:
    """What a control room that is opened now sees of a box."""
    state = town.state(box.name)
    assert state is not None
    return state


def test_a_birth_certificate_is_kept_and_renewed_with_the_health(town: Town) -> None:
    with town.box("birth") as box:
        connected(box)
        assert town.wait_for(box.name, Status.ONLINE).boot == box.outbox.boot
        box.status = Status.DEGRADED
        box.uplink.publish_state()
        town.wait_for(box.name, Status.DEGRADED)


def test_a_farewell_is_what_stays_when_stop_returns(town: Town) -> None:
    """The last number goes with it: what the manager is missing of this boot, it knows from then on."""
    for turn in range(5):
        with town.box(f"leaves-{turn}") as box:
            connected(box)
            last = box.say(ALERT, COUNT, COUNT)[-1]
            box.uplink.stop()
            left = seen(town, box)
            assert (left.status, left.boot, left.last_seq) == (Status.OFFLINE, box.outbox.boot, last)
            assert left.at is not None
            assert town.manager.numbers(box.name) == [1, 2, 3], "what it held was sent first"
            assert not box.uplink.connected


def test_what_is_said_while_leaving_does_not_outlive_the_farewell(town: Town) -> None:
    """Health changes while the box goes down; the agent's other threads know nothing of the end."""
    for turn in range(4):
        with town.box(f"restless-{turn}") as box:
            connected(box)
            over = threading.Event()
            thread = threading.Thread(target=_chatter, args=(box, over), daemon=True)
            thread.start()
            box.uplink.stop(0)
            assert seen(town, box).status is Status.OFFLINE
            over.set()
            thread.join(10)
            assert seen(town, box).status is Status.OFFLINE


def _chatter(box: Box, over: threading.Event) -> None:
    while not over.wait(0.0005):
        box.uplink.publish_state()


def test_a_box_without_power_is_offline_by_its_will(town: Town) -> None:
    """Row 29's other half: nobody said farewell, so nobody knows the last number."""
    with Proxy(town.port) as link, town.box("dark", port=link.port) as box:
        connected(box)
        town.wait_for(box.name, Status.ONLINE)
        link.cut()
        dead = town.wait_for(box.name, Status.OFFLINE)
        assert (dead.boot, dead.last_seq, dead.at) == (box.outbox.boot, None, None)
        link.restore()
        town.wait_for(box.name, Status.ONLINE)


def test_the_twin_is_taken_and_what_runs_is_reported_at_each_connection(town: Town) -> None:
    manager = town.manager
    with Proxy(town.port) as link:
        manager.publish(f"{BASE}/twin/twin/desired", encode_body(Desired(3, Config())), retain=True)
        with town.box("twin", port=link.port) as box:
            until(lambda: [desired.version for desired in box.desired] == [3], "the retained twin arrives")
            box.uplink.publish_reported(Reported(3, Config()))
            until(lambda: manager.reported.count("twin") == 1, "it is reported")
            link.reset()
            until(lambda: manager.reported.count("twin") >= 2, "and again after a reconnection")
            assert {desired.version for desired in box.desired} == {3}


def test_stopping_takes_no_time_where_there_is_no_link(town: Town) -> None:
    with Proxy(town.port) as link:
        link.silence()
        with town.box("nowhere", port=link.port) as box:
            box.say(ALERT)
            began = time.monotonic()
            box.uplink.stop(0.5)
            assert time.monotonic() - began < 5.0
            assert box.pending == 1
