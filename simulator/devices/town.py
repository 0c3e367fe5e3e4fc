"""All virtual boxes of a scenario, on their places in the town. Pure."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace

from simulator.devices.box import VirtualBox
from simulator.scenario.model import Scenario
from simulator.worlds.city import City, make_city
from simulator.worlds.crowds import ZoneCrowd
from simulator.worlds.sites import Site, make_sites

CITY_SEED = 1
"""The town is the same in every scenario, so that an operator knows it; the people differ."""

_SPREAD_M = 25.0


@dataclass(frozen=True)
class Town:
    """The town of a scenario and its virtual boxes."""

    city: City
    boxes: dict[str, VirtualBox]


def make_town(scenario: Scenario, start: dt.datetime) -> Town:
    """Put up the boxes of a scenario.

    Args:
        scenario: which, and how many.
        start: wall clock at its first second.
    """
    city = make_city(CITY_SEED)
    boxes = {}
    for site in _places(city, scenario.boxes):
        group = scenario.group(site.device)
        crowd = ZoneCrowd(scenario.seed, site.device, site.size, scenario.rhythm, group.occasions, group.dwell_s)
        boxes[site.device] = VirtualBox(site, group, crowd, scenario.seed, start, city.origin)
    return Town(city, boxes)


def _places(city: City, count: int) -> list[Site]:
    """The town's places, then copies of them nearby."""
    sites = make_sites(city)
    places = list(sites[:count])
    rng = random.Random("copies")
    for number in range(len(places), count):
        model = sites[number % len(sites)]
        at = (model.at[0] + rng.gauss(0, _SPREAD_M), model.at[1] + rng.gauss(0, _SPREAD_M))
        places.append(replace(model, device=f"copy-{number + 1:04d}", label=f"{model.label} ({number + 1})", at=at))
    return places
