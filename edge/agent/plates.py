"""Number plates in the agent: nothing, until a source reads them.

What a box holds for it (:mod:`edge.agent.holding`) is imported and opened when a source is configured that reads plates, or
where lists were left on the disk that have to go: it would cost a box that only counts people 25 ms of its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.agent.condition import Condition
from edge.agent.health import HealthBoard
from edge.agent.status import PlatesStatus
from edge.boxfile import BoxFile
from edge.clock import Clock
from protocol.config import Config, Source
from protocol.keys import KeyOffer, KeysError, SealedKeys
from protocol.twin import ListOrder

if TYPE_CHECKING:
    from edge.agent.holding import Holding
    from edge.lists.matching import Matching

LISTS = "lists"
"""Folder in the state folder."""


@dataclass(frozen=True)
class Host:
    """The agent, as plates need it.

    Attributes:
        file: the box's.
        boot: this start of the agent.
        clock: time.
        condition: knows how good the clock is, and counts the bytes that come over the line.
        board: where to put what stands against it.
        wake: makes the agent's loop look; any thread.
    """

    file: BoxFile
    boot: str
    clock: Clock
    condition: Condition
    board: HealthBoard
    wake: Callable[[], None]

    @property
    def state(self) -> Path:
        """Folder of the box's state."""
        return Path(self.file.box.state)


class Plates:
    """For the agent's loop, but for :meth:`take`, which is for any thread."""

    def __init__(self, host: Host) -> None:
        self._host, self._folder = host, host.state / LISTS
        self._holding: Holding | None = None

    def known(self, source: Source) -> Matching | None:
        """What the analytics of a source are given: hit lists and pseudonyms."""
        return None if source.anpr is None else self._opened().matching

    def configure(self, config: Config, orders: tuple[ListOrder, ...]) -> None:
        """Work by a configuration and the lists that go with it."""
        if self._holding is not None or any(source.anpr for source in config.sources) or self._folder.exists():
            self._opened().configure(config, orders)

    def look(self) -> None:
        """Forget what has ended, and say what is lacking; once a second."""
        if self._holding is not None:
            self._holding.look()

    def take(self, sealed: SealedKeys) -> str:
        """Take keys that the manager has sent; returns what to answer.

        Raises:
            KeysError: they are not taken.
        """
        if self._holding is None or not self._holding.reads:
            msg = "nothing on this box reads plates, so it holds no keys"
            raise KeysError(msg)
        return self._holding.take(sealed)

    def stop(self) -> None:
        """End, and forget every key."""
        if self._holding is not None:
            self._holding.stop()

    # what the box says of it

    @property
    def told(self) -> tuple[object, ...]:
        """What the manager has to be told anew when it changes."""
        return () if self._holding is None else self._holding.told

    def lock(self) -> KeyOffer | None:
        """The lock that the box offers; none where nothing reads plates."""
        return None if self._holding is None else self._holding.lock()

    @property
    def keys(self) -> tuple[str, ...]:
        """Ids of the keys that are held."""
        return () if self._holding is None else self._holding.keys

    @property
    def versions(self) -> dict[str, int]:
        """Of the lists that are used."""
        return {} if self._holding is None else self._holding.versions

    def status(self) -> PlatesStatus | None:
        """What `lamplighter watch` shows."""
        return None if self._holding is None else self._holding.status()

    def _opened(self) -> Holding:
        if self._holding is None:
            from edge.agent.holding import Holding  # noqa: PLC0415 - see the module

            self._holding = Holding(self._host)
        return self._holding
