"""The control room: the pages on which a person sees the city and decides.

- :mod:`~fleet.control_room.board` and what it holds are pure: what the pages show.
- :mod:`~fleet.control_room.tail` looks at the store, once per process; :mod:`~fleet.control_room.hub` tells every open page
  what changed, encoded once.
- :mod:`~fleet.control_room.pages` serves it: NiceGUI carries the pages, Vue, Leaflet and ECharts, all from its own wheel.
- ``web/`` is what runs in the browser: plain ES modules, no build.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from fleet.services import Services


def mount(app: FastAPI, services: Services, *, plan: Path | None = None) -> None:
    """Put the control room on the manager's application, at its root.

    Once per process: NiceGUI serves one application.

    Args:
        app: with the API already on it.
        services: the manager's.
        plan: GeoJSON FeatureCollection of the city in WGS 84; property ``kind`` is one of building, street, square, water,
            green; a street drawn as a line has ``width`` in metres; ``name`` is written on the map.

    Raises:
        PlanError: the plan cannot be read, with what is wrong and the remedy.
        RuntimeError: called twice in one process.
    """
    from fleet.control_room.pages import mount_room  # noqa: PLC0415 - NiceGUI takes a second to load

    mount_room(app, services, plan)
