"""Hit lists in the invented town: one with boxes at every step, one that ends soon, one that is over, and a draft."""

from __future__ import annotations

import time

from fleet.accounts.accounts import Person, Role
from fleet.lists.pulse import Pulse, write_pulse
from protocol.codec import encode_body
from protocol.config import Anpr, Config, Source
from protocol.events import Reason
from protocol.twin import Desired
from tests.fleet.control_room.browser import PASSWORD, ControlRoom
from tests.fleet.control_room.town import now_ms
from tests.fleet.lists.box import PlateBox
from tests.fleet.lists.office import Office

ADA, BEN = Person("ada", Role.OPERATOR), Person("ben", Role.OPERATOR)
USES, KEYLESS, FETCHING, REFUSING, AWAY = "market-1", "market-2", "station-1", "station-2", "fish-1"
HOUR_MS = 3_600_000


class Listing:
    """Lists in a control room's store.

    Args:
        room: its web process must find the master key of the office in its environment.
    """

    def __init__(self, room: ControlRoom) -> None:
        self.room = room
        room.accounts.add(BEN.name, BEN.role, PASSWORD)
        self.office = Office(room.engine, room.folder)
        self.alive()

    def history(self) -> None:
        """The lists."""
        office = self.office
        office.ms = now_ms() - 30 * HOUR_MS
        self._publish("7-OLD-001\n", "school-run", 2)
        office.people.withdraw(BEN, "school-run", "the case is closed")
        self._publish("1-ABC-123,case 9\n2-XYZ-00?,case 10\n1-QQ*\n", "stolen", 40, basis="warrant 2026/81")
        for name in (USES, KEYLESS, FETCHING, REFUSING, AWAY):
            self._adopt(name)
        self._publish("8-LEZ-777\n8-LEZ-778\n", "wanted", 3, purpose="wanted-vehicles", basis="magistrate 2026/5")
        office.tick(60)
        office.birth(USES)
        office.birth(FETCHING)
        office.birth(REFUSING)
        office.tick(60)
        for name in (USES, FETCHING, REFUSING):
            office.deliver(name)
        office.tick(60)
        self._publish("1-ABC-123,case 9\n2-XYZ-00?,case 11\n1-QQ*\n3-NEW-001,case 12\n", "stolen", 40, basis="warrant 2026/81")
        office.deliver(USES)
        office.birth(KEYLESS)
        fault = (Reason("list-fetch", "list stolen", "lists.north.example does not answer"),)
        office.birth(REFUSING, reasons=fault)
        office.tick(5)
        office.ms = now_ms() - 600_000
        office.draft("+4-NEW-002,case 13\n-1-QQ*\n", ADA, "stolen", mode="change", expires=office.at(60))
        office.ms = now_ms()
        self.alive()

    def work(self) -> None:
        """Let the process of lists come to rest, now."""
        self.office.ms = now_ms()
        self.office.tick()
        self.alive()

    def alive(self, locked: str = "") -> None:
        """The process of lists says that it lives."""
        write_pulse(self.room.engine, Pulse(time.time_ns() // 1_000_000 + HOUR_MS, locked))

    def _publish(self, lines: str, name: str, days: float, **more: str) -> None:
        office = self.office
        office.tick()
        number = office.draft(lines, ADA, name, expires=office.at(days), **more).version.number
        office.later(120)
        office.tick()
        office.people.approve(BEN, number)
        office.tick(2)

    def _adopt(self, name: str) -> None:
        """One of the town's boxes, with a key of its own and a source that reads plates."""
        office = self.office
        box = office.boxes[name] = PlateBox("north", name, office.ca)
        anpr = Anpr(lists=("stolen", "wanted") if name in {USES, AWAY} else ("stolen",))
        payload = encode_body(Desired(1, Config((Source("cam", "street.mp4", anpr=anpr),))))
        office.put(name, public_key=box.key.public_key().public_bytes_raw(), desired=payload)
