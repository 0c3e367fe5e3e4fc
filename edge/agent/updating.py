"""The agent's updates, from its box's file."""

from __future__ import annotations

from pathlib import Path

from edge.boxfile import BoxFile
from edge.runtime.planner import BundlePlanner
from edge.runtime.runtime import Runtime
from edge.timefloor import IDENTITY, UPDATES
from edge.updates.outside import Outside, Place
from edge.updates.sources import Sources, Ways
from edge.updates.updates import Updates

REPOSITORY_PATH = "/updates"
"""Where the manager serves the repository."""


def open_updates(  # noqa: PLR0913 - a box, and its ways outside
    file: BoxFile, folder: Path, agent: str, runtime: Runtime, planner: BundlePlanner, outside: Outside
) -> Updates:
    """Make them.

    Args:
        file: the box's.
        folder: of the box's state.
        agent: version of Lamplighter.
        runtime: runs models.
        planner: as the runtime has it.
        outside: what the agent does for them.

    Raises:
        OSError: the disk does not tell how things stand.
    """
    settings, box = file.updates, file.box
    address = file.manager.url
    ways = Ways(
        root=Path(settings.root),
        mirrors=settings.mirrors or ((f"{address.rstrip('/')}{REPOSITORY_PATH}",) if address else ()),
        ca=Path(settings.ca) if settings.ca else None,
        authority=folder / IDENTITY / "ca.crt",
        bytes_s=settings.bytes_s,
        quiet=settings.quiet(),
        folder=folder / UPDATES,
        agent=f"lamplighter/{agent}",
        wall=outside.wall,
        spend=outside.spend,
        wait_s=outside.wait_s,
    )
    place = Place(folder / UPDATES, box.fleet, box.device, agent)
    stick = Path(settings.stick) if settings.stick else None
    return Updates(place, Sources(ways), settings.criteria, runtime, planner, outside, stick)
