"""The demo's hit list as two people make it: one drafts it from a file, another approves it, each with a session of their own.

Rules: everything goes through the manager's API, in the words of `lamplighter lists draft` and `approve`; whoever approves
waits for a manager whose process of lists is not up yet, and for nothing else.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fleet.lists.errors import HitListError
from fleet.lists.typed import body_of, pieces, read_end
from fleet.manager import FirstAccount
from fleet.rollouts.client import Access, Client, ClientError, open_client
from simulator.lists.wanted import BASIS, COMMENT, DAYS, LIST, PURPOSE, WANTED

_LOOK_S = 0.5
_UP_S = 60.0
"""Within which the process of lists is up, on a machine that many want."""
_NOT_YET = 409


class ListStory:
    """Use :meth:`run` in a thread of its own.

    Args:
        url: of the manager.
        drafter: who drafts.
        approver: who approves.
        folder: for the file that is drafted from.
        say: takes messages for people; called from the thread.
    """

    def __init__(
        self, url: str, drafter: FirstAccount, approver: FirstAccount, folder: Path, say: Callable[[str], None]
    ) -> None:
        self._url, self._drafter, self._approver, self._folder, self._say = url, drafter, approver, folder, say
        self._until = threading.Event()
        self.fault = ""
        """Why there is no list; empty = there is one, or it is being made."""

    def end(self) -> None:
        """It need not go on; :meth:`run` returns soon."""
        self._until.set()

    def run(self) -> None:
        """Draft and approve."""
        try:
            with self._session(self._drafter) as drafter:
                number = self._draft(drafter)
            with self._session(self._approver) as approver:
                self._approve(approver, number)
        except (ClientError, HitListError, OSError) as error:
            if not self._until.is_set():
                self.fault = str(error)
                self._say(f"there is no hit list: {error}")

    def _session(self, person: FirstAccount) -> contextlib.AbstractContextManager[Client]:
        return open_client(Access(self._url, name=person.name, password=person.password))

    def _draft(self, client: Client) -> int:
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{LIST}.csv"
        path.write_text(f"plate,comment\n{WANTED},{COMMENT}\n", "utf-8")
        until = read_end(f"{DAYS}d", dt.datetime.now(dt.timezone.utc))
        wanted: dict[str, Any] = {"list": LIST, "purpose": PURPOSE, "basis": BASIS, "expires": until}
        with body_of(wanted, path, None, None) as body:
            return int(client.send("lists/drafts", *pieces(body))["number"])

    def _approve(self, client: Client, number: int) -> None:
        late_s = time.monotonic() + _UP_S
        while True:
            try:
                client.ask("POST", f"lists/drafts/{number}/approve", {"reason": BASIS})
            except ClientError as error:
                if error.status != _NOT_YET or time.monotonic() > late_s or self._until.wait(_LOOK_S):
                    raise
            else:
                return
