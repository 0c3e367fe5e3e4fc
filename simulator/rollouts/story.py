"""Two rollouts as people make them: an engineer plans, a second person approves and starts, and both look how it goes.

Rules: everything goes through the manager's API, with a session of each person's own; nothing is decided twice, so that a
person at the page may halt what goes on here; who looks is patient with a manager that is away for a moment.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from fleet.manager import FirstAccount
from fleet.rollouts.client import Access, Client, ClientError, open_client
from fleet.rollouts.show import OVER
from ota.publisher.errors import PublisherError
from simulator.rollouts.outcome import Told, read_told
from simulator.rollouts.plans import Roster, plan
from simulator.rollouts.releases import BAD, GOOD, Releases

_LOOK_S = 1.0
_ALL_UP_S = 45.0
"""After this long it is begun with the boxes that have said what they are."""


class Story:
    """Use :meth:`run` in a thread of its own.

    Args:
        url: of the manager.
        engineer: who plans.
        second: who approves and starts.
        who: takes part.
        say: takes messages for people; called from the thread.
    """

    def __init__(self, url: str, engineer: FirstAccount, second: FirstAccount, who: Roster, say: Callable[[str], None]) -> None:
        self._url, self._engineer, self._second, self._who, self._say = url, engineer, second, who, say
        self._until = threading.Event()
        self._shown: dict[int, Told] = {}
        self.fault = ""
        """Why it could not go on; empty = it could."""

    def end(self) -> None:
        """It need not go on; :meth:`run` returns soon."""
        self._until.set()

    def told(self) -> tuple[Told, ...]:
        """What each rollout came to so far."""
        return tuple(self._shown[number] for number in sorted(self._shown))

    def line(self) -> str:
        """What goes on, in a few words; empty before anything does."""
        return "; ".join(one.line() for one in self.told()[-1:])

    def run(self, releases: Releases) -> None:
        """Publish and roll out: first the good release, then the bad one."""
        try:
            releases.publish(GOOD)
            with self._session(self._engineer) as engineer, self._session(self._second) as second:
                self._wait_for_boxes(engineer)
                number = self._begin(engineer, second, GOOD)
                if number is not None:
                    releases.publish(BAD)  # while the first one goes on
                if number is None or self._follow(engineer, number) != "completed":
                    return
                number = self._begin(engineer, second, BAD)
                if number is not None:
                    self._follow(engineer, number)
        except (ClientError, PublisherError, OSError) as error:
            if not self._until.is_set():
                self.fault = str(error)
                self._say(f"the rollouts end here: {error}")

    def _session(self, person: FirstAccount) -> contextlib.AbstractContextManager[Client]:
        return open_client(Access(self._url, name=person.name, password=person.password))

    def _wait_for_boxes(self, client: Client) -> None:
        wanted = plan(GOOD, self._who)
        for _ in range(round(_ALL_UP_S / _LOOK_S)):
            with contextlib.suppress(ClientError):  # a group that no box fits yet
                seen = client.ask("POST", "rollouts/preview", wanted)
                if sum(group["boxes"] for group in seen["groups"]) == len(self._who.names):
                    return
            if self._until.wait(_LOOK_S):
                return

    def _begin(self, engineer: Client, second: Client, release: int) -> int | None:
        if self._until.is_set():
            return None
        number = int(engineer.ask("POST", "rollouts", plan(release, self._who))["number"])
        second.ask("POST", f"rollouts/{number}/approve", {"reason": "canary first, and the brake is on"})
        second.ask("POST", f"rollouts/{number}/start", {})
        return number

    def _follow(self, client: Client, number: int) -> str:
        """Look until it is over; returns its state."""
        state = ""
        while not self._until.is_set():
            with contextlib.suppress(ClientError):
                found: dict[str, Any] = client.ask("GET", f"rollouts/{number}")
                told = self._shown[number] = read_told(found)
                state = told.state
                if state in OVER:
                    self._say(told.line())
                    break
            self._until.wait(_LOOK_S)
        return state
