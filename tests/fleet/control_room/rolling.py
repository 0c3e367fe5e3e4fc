"""Rollouts in the invented town: one that is over, one under way with its troubles, one that waits for a second person."""

from __future__ import annotations

import datetime as dt
import time

from fleet.oversight.verdicts import Decision, Verdicts
from fleet.rollouts.decisions import Decisions
from fleet.rollouts.job import Pulse, write_pulse
from fleet.rollouts.plan import Filter, Group, Plan
from fleet.rollouts.repository import FolderCatalogue
from protocol.events import EventType, ModelRef, Phase, UpdateStep
from simulator.updates.bundles import files_of
from simulator.updates.repository import Repository
from tests.fleet.control_room import town as town_module
from tests.fleet.control_room.browser import ControlRoom
from tests.fleet.control_room.town import now_ms
from tests.fleet.rollouts.city import ENG, SECOND, City
from tests.fleet.rollouts.fleet import BUNDLE
from tests.fleet.rollouts.test_quality import OLGA

CANARY = ("market-1", "market-2", "station-1")


class Rolling:
    """Rollouts in a control room's store.

    Args:
        room: whose boxes get keys; its manager serves the repository that is made here.
    """

    def __init__(self, room: ControlRoom) -> None:
        self.room = room
        self.repository = Repository(dt.datetime.now(dt.timezone.utc))
        for release, content in ((2, 0), (3, 1), (4, 2), (5, 1)):
            self.repository.add(files_of(BUNDLE, content), release)
        self.publish()
        self.city = City(room.engine, room.folder)
        self.city.catalogue = FolderCatalogue(room.folder / "updates")  # type: ignore[assignment]
        self.city.decisions = Decisions(room.engine, self.city.catalogue, self.city.now)
        for name in room.town.boxes:
            self.city.adopt(name)
        self.names = sorted(room.town.boxes)

    def publish(self) -> None:
        """What was added to the repository goes where the manager reads it."""
        self.repository.publish()
        self.repository.write_to(self.room.folder / "updates")

    def work(self, seconds: float = 0) -> None:
        """Let the scheduler come to rest, now."""
        self.city.ms = now_ms()
        self.city.run(seconds)
        self.alive()

    def alive(self) -> None:
        """The process that moves rollouts forward says that it lives."""
        write_pulse(self.room.engine, Pulse(time.time_ns() // 1_000_000 + 3_600_000))

    def history(self) -> None:
        """The three rollouts; afterwards the second one runs."""
        city = self.city
        city.ms = now_ms() - 3_600_000
        city.begin(release=3, where=Filter(devices=tuple(self.names[:20])), note="counts better at dusk")
        city.run()
        for part in range(0, 20, 5):
            city.succeed(*self.names[part : part + 5])
            city.run(120)
        canary = Group("canary", where=Filter(devices=CANARY), minimum=2, budget_percent=50, success_percent=50)
        half = Group("half", 50, minimum=5, budget_percent=40, success_percent=60)
        groups = (canary, half, Group("rest", soak_s=3600))
        city.ms = now_ms() - 1_500_000
        city.begin(*groups, release=4, note="new weights")
        city.run()
        city.succeed(*CANARY)
        city.run(60)
        half_names = sorted(city.stage(2, 1))
        for name in half_names[:3]:
            city.succeed(name)
            city.run(90)
        city.fail(half_names[3])
        city.report(half_names[4], UpdateStep.ACCEPTED)
        city.report(half_names[4], UpdateStep.FETCHED)
        city.report(half_names[5], UpdateStep.ACCEPTED)
        city.report(half_names[0], UpdateStep.SUCCEEDED, by=half_names[1])
        city.run(30)
        city.ms = now_ms() - 60_000
        city.catalogue.releases()
        city.decisions.plan(ENG, Plan(BUNDLE, 5, (Group("all"),), note="in case 4 is no good"))
        self.alive()

    def field(self) -> None:
        """What both versions say, and how it is judged."""
        town, rng = self.room.town, self.room.town.rng
        verdicts = Verdicts(self.room.engine)
        before = town_module.MODEL
        try:
            for version, alerts in (("1.1.0", 8), ("1.2.0", 6)):
                town_module.MODEL = ModelRef(BUNDLE, version, "5f1c" * 16, "default")
                for _ in range(60):
                    for name in self.names[:18]:
                        town.count(town.boxes[name])
                town.flush()
                box = town.boxes["fish-1"]
                incidents = []
                for _ in range(alerts):
                    incidents.append(town.alert(box, Phase.NEW))
                    town.alert(box, Phase.END)
                town.flush()
                for incident in incidents[:-1]:
                    right = rng.random() < (0.9 if version == "1.1.0" else 0.5)
                    decision = Decision.CONFIRM if right else Decision.DISMISS
                    verdicts.give(OLGA, incident, decision, "" if right else "nobody there")
        finally:
            town_module.MODEL = before


__all__ = ["BUNDLE", "ENG", "SECOND", "EventType", "Rolling"]
