"""An ordinary day in the invented town.

As a program it keeps the town alive: ``python -m tests.fleet.control_room.day --data DIR --seconds 60``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fleet.store.database import migrate, open_engine, url_for
from protocol.events import DeviceHealth, EventType, Phase, Reason
from protocol.state import Status
from tests.fleet.control_room.events import FREE
from tests.fleet.control_room.town import Town, now_ms, write_plan


def ordinary_day(town: Town) -> dict[str, str]:
    """Troubles and alarms as on any day; returns incidents by what is to be seen of them."""
    boxes = town.boxes
    names = list(boxes)
    market, station, fish = boxes["market-1"], boxes["station-2"], boxes["fish-2"]
    frozen, hot = boxes[names[16]], boxes[names[20]]
    frozen.status, frozen.reasons = Status.DEGRADED, (Reason("source-frozen", "source cam", "no new picture for 40 s"),)
    hot.status = Status.DEGRADED
    hot.reasons = (
        Reason("too-hot", "board", "79 °C: half rate"),
        Reason("clock-unsynchronised", "clock", "no time server answers"),
    )
    hot.clock = FREE
    town.wake()
    town.past()
    town.say(frozen, EventType.DEVICE_HEALTH, DeviceHealth("degraded", frozen.reasons))
    now = now_ms()
    incidents = {
        "old": town.alert(station, Phase.NEW, now - 900_000),
        "": town.alert(station, Phase.END, now - 720_000),
        "ended": town.alert(fish, Phase.NEW, now - 400_000),
    }
    for after in (370_000, 340_000, 310_000):
        town.alert(fish, Phase.UPDATE, now - after)
    town.alert(fish, Phase.END, now - 250_000)
    incidents["running"] = town.alert(market, Phase.NEW, now - 95_000)
    town.alert(market, Phase.UPDATE, now - 30_000)
    town.flush()
    del incidents[""]
    return incidents


def main() -> None:
    """Keep a town alive in a data folder whose manager runs."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=int, default=0, help="further events per second")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    engine = open_engine(url_for(options.data))
    migrate(engine)
    town = Town(engine)
    town.register()
    ordinary_day(town)
    boxes = list(town.boxes.values())
    boxes[8].silent = True
    town.will(boxes[24])
    boxes[24].silent = True
    town.flush()
    write_plan(options.data / "plan.json")
    for tick in range(int(4 * options.seconds)):
        started = time.monotonic()
        for _ in range(options.rate // 4):
            town.count(town.rng.choice(boxes))
        town.step(tick)
        time.sleep(max(0.0, 0.25 - (time.monotonic() - started)))


if __name__ == "__main__":
    main()
