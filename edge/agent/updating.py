"""The agent's updates, from its box's file."""

from __future__ import annotations

from pathlib import Path

from edge.agent.health import HealthBoard
from edge.boxfile import BoxFile
from edge.runtime.planner import BundlePlanner
from edge.runtime.runtime import Runtime
from edge.timefloor import IDENTITY, UPDATES
from edge.updates.outside import SUBJECT, Outside, Place
from edge.updates.sources import Sources, Ways
from edge.updates.updates import Updates
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS

REPOSITORY_PATH = "/updates"
"""Where the manager serves the repository."""


def open_updates(  # noqa: PLR0913 - a box, and its ways outside
    file: BoxFile, folder: Path, agent: str, runtime: Runtime, planner: BundlePlanner, outside: Outside, board: HealthBoard
) -> Updates | None:
    """Make and start them; none, and a reason on the board, where the disk does not tell how things stand.

    Args:
        file: the box's.
        folder: of the box's state.
        agent: version of Lamplighter.
        runtime: runs models.
        planner: as the runtime has it.
        outside: what the agent does for them.
        board: health of the box.
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
    try:
        updates = Updates(place, Sources(ways), settings.criteria, runtime, planner, outside, stick)
        updates.start()
    except OSError as error:
        detail = f"models run as they came, none is updated: {error.strerror or error}: {place.folder}"
        board.raise_(Reason("update-disk", SUBJECT, detail[:TEXT_CHARACTERS]))
        return None
    return updates
