"""When faults begin and end. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.scenario.model import AnyFault


@dataclass(frozen=True)
class Turn:
    """A fault begins or ends."""

    at_s: float
    fault: AnyFault
    begins: bool


class Timeline:
    """The faults of a scenario in the order of their turns; what repeats goes on for ever."""

    def __init__(self, faults: Iterable[AnyFault]) -> None:
        self._heap: list[tuple[float, int, Turn]] = []
        self._count = 0
        for fault in faults:
            self._push(Turn(fault.at_s, fault, begins=True))

    def due(self, t: float) -> list[Turn]:
        """Turns up to and with a second of the scenario, in order."""
        found = []
        while self._heap and self._heap[0][0] <= t:
            turn = heapq.heappop(self._heap)[2]
            found.append(turn)
            if turn.begins:
                self._follow(turn)
        return found

    def _follow(self, turn: Turn) -> None:
        fault = turn.fault
        if fault.for_s is not None:
            self._push(Turn(turn.at_s + fault.for_s, fault, begins=False))
        if fault.repeats_s is not None:
            self._push(Turn(turn.at_s + fault.repeats_s, fault, begins=True))

    def _push(self, turn: Turn) -> None:
        self._count += 1
        heapq.heappush(self._heap, (turn.at_s, self._count, turn))
