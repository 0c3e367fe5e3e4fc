"""Scenario files and what becomes of them."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import cast

import msgspec
import pytest

from edge.observation import Observation
from protocol.events import EventType
from simulator.devices.box import VirtualBox
from simulator.devices.device import VirtualDevice
from simulator.devices.town import make_town
from simulator.play import Player
from simulator.scenario.model import Degrade, Kill, RestartBroker, Scenario
from simulator.scenario.read import ScenarioError, named_scenario, parse_scenario, read_scenario, scenario_names
from simulator.scenario.timeline import Timeline

START = dt.datetime(2026, 5, 2, 10, 0, tzinfo=dt.timezone.utc)


def observations(scenario: Scenario, seconds: int, step: int = 1) -> dict[str, list[Observation]]:
    town = make_town(scenario, START)
    said: dict[str, list[Observation]] = {name: [] for name in town.boxes}
    for second in range(step, seconds + 1, step):
        for name, box in town.boxes.items():
            said[name] += box.live(second)
    return said


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_that_comes_with_the_package_can_be_played(name: str) -> None:
    scenario = named_scenario(name)
    assert len(make_town(scenario, START).boxes) == scenario.boxes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = 'x'\nsede = 3", "sede"),
        ("name = 'x'\n[[faults]]\nkind = 'explode'\nat_s = 1", "explode"),
        ("name = 'x'\nboxes = -1", "boxes"),
        ("name = ", "not valid TOML"),
        ("name = 'x'\n[[faults]]\nkind = 'lose'\nat_s = 1\ndevice = '*'\nshare = 2.0", "share"),
    ],
)
def test_a_scenario_with_a_fault_is_refused_and_the_fault_is_named(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(text.encode(), "town.toml")


def test_a_scenario_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.toml: cannot be read: No such file"):
        read_scenario(tmp_path / "none.toml")
    with pytest.raises(ScenarioError, match=r"here are: .*demo"):
        named_scenario("nothing")


def test_the_same_seed_says_the_same_and_another_does_not() -> None:
    scenario = named_scenario("demo")
    assert observations(scenario, 60) == observations(scenario, 60)
    assert observations(scenario, 60) != observations(msgspec.structs.replace(scenario, seed=8), 60)


def test_how_fast_it_is_played_does_not_matter_but_for_health() -> None:
    def of(said: dict[str, list[Observation]]) -> dict[str, list[Observation]]:
        return {name: [o for o in items if o.type is not EventType.DEVICE_HEALTH] for name, items in said.items()}

    scenario = named_scenario("demo")
    assert of(observations(scenario, 60)) == of(observations(scenario, 60, step=20))


def test_an_alarm_of_the_demo_begins_is_updated_and_ends_within_the_first_minute() -> None:
    said = observations(named_scenario("demo"), 60)
    phases = [o.phase.value for o in said["fish-1"] if o.type is EventType.CROWD_ALERT and o.phase is not None]
    assert phases[0] == "new"
    assert "update" in phases
    assert "end" in phases
    assert Counter(phases)["new"] >= Counter(phases)["end"]


def test_faults_begin_and_end_in_order_and_repeat() -> None:
    timeline = Timeline([Degrade(at_s=5, for_s=2, repeats_s=10, device="a", code="x"), Kill(at_s=6, what="ingest")])
    assert timeline.due(4.9) == []
    turns = [(turn.at_s, type(turn.fault).__name__, turn.begins) for turn in timeline.due(17)]
    assert turns == [
        (5, "Degrade", True),
        (6, "Kill", True),
        (7, "Degrade", False),
        (15, "Degrade", True),
        (17, "Degrade", False),
    ]


class Recorder:
    """What the player asks of the manager."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def kill(self, name: str) -> None:
        self.asked.append(f"kill {name}")

    def kill_broker(self) -> None:
        self.asked.append("broker away")

    def start_broker(self) -> None:
        self.asked.append("broker back")


async def test_the_player_asks_the_manager_to_break_when_it_is_due() -> None:
    scenario = Scenario("x", boxes=0, faults=(Kill(at_s=0, what="ingest"), RestartBroker(at_s=0, for_s=1)))
    manager, until = Recorder(), asyncio.Event()
    player = Player(scenario, {}, manager)
    playing = asyncio.create_task(player.run(until))
    async with asyncio.timeout(10):
        while "broker back" not in manager.asked:  # noqa: ASYNC110 - the player tells no events
            await asyncio.sleep(0.01)
        until.set()
        await playing
    assert manager.asked == ["kill ingest", "broker away", "broker back"]
    assert await player.end(1.0) == []


class Quiet:
    """A virtual device without a link."""

    wants_restart = False

    def __init__(self, box: VirtualBox) -> None:
        self.box = box
        self.said: list[Observation] = []

    async def run(self) -> None:
        """Nowhere to connect to."""

    def live(self, second: int) -> int:
        self.said += self.box.live(second)
        return len(self.said)


async def test_boxes_speak_of_the_moment_at_which_they_are_played_however_long_the_manager_took_to_come_up() -> None:
    scenario = Scenario("x", boxes=3)
    long_ago = dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=1)
    quiet = {name: Quiet(box) for name, box in make_town(scenario, long_ago).boxes.items()}
    player, until = Player(scenario, cast("dict[str, VirtualDevice]", quiet), Recorder()), asyncio.Event()
    earliest = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    playing = asyncio.create_task(player.run(until))
    async with asyncio.timeout(30):
        while not any(device.said for device in quiet.values()):  # noqa: ASYNC110 - the player tells no events
            await asyncio.sleep(0.01)
        until.set()
        await playing
    assert all(observation.at.wall >= earliest for device in quiet.values() for observation in device.said)
