"""Two people who make hit lists as everybody does: one drafts, another approves, over the manager's interface."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import httpx
import msgspec

from benchmarks.real_manager import RealManager
from fleet.accounts.accounts import Accounts, Role
from fleet.store.database import open_engine
from simulator.enrolment import sign_in

PURPOSE = "stolen-vehicles"
_DAYS = 20
_LIMIT_S, _LOOK_S = 120.0, 0.1


class People:
    """Makes their accounts.

    Args:
        manager: where.
    """

    def __init__(self, manager: RealManager) -> None:
        self._url, self._tokens = manager.config.url, []
        engine = open_engine(manager.config.store_url)
        for name in ("ann", "bob"):
            password = secrets.token_urlsafe(18)
            Accounts(engine).add(name, Role.OPERATOR, password)
            self._tokens.append({"Authorization": f"Bearer {sign_in(self._url, name, password)}"})
        engine.dispose()

    def publish(self, name: str, lines: Sequence[str], least: float = 0.5) -> int:
        """Draft a whole list and approve it; as :meth:`draft` and :meth:`approve`."""
        number = self.draft(name, lines, least)
        self.approve(number)
        return number

    def draft(self, name: str, lines: Sequence[str], least: float = 0.5, mode: Literal["whole", "change"] = "whole") -> int:
        """Draft.

        Args:
            name: of the list.
            lines: of its file: plates, or in a change what is added (``+``) and removed (``-``).
            least: probability from which a reading is a hit.
            mode: whether the lines are all of the list.

        Returns:
            The draft's number.

        Raises:
            RuntimeError: the manager refuses it.
        """
        ends = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=_DAYS)).isoformat()
        head = {"list": name, "purpose": PURPOSE, "basis": "bench", "expires": ends, "least": least, "mode": mode}
        body = msgspec.json.encode(head) + b"\n" + "\n".join(lines).encode() + b"\n"
        kind = {"Content-Type": "application/octet-stream"}
        return int(self._asked(lambda client: client.post("/drafts", content=body, headers=self._tokens[0] | kind))["number"])

    def approve(self, number: int) -> None:
        """Approve a draft, as the other person.

        Raises:
            RuntimeError: the manager refuses it.
        """
        reason = {"reason": ""}
        self._asked(lambda client: client.post(f"/drafts/{number}/approve", json=reason, headers=self._tokens[1]))

    def _asked(self, ask: Callable[[httpx.Client], httpx.Response]) -> Any:
        """An answer; the manager's process of lists takes a moment to load its keys."""
        deadline = time.monotonic() + _LIMIT_S
        with httpx.Client(base_url=f"{self._url}/api/v1/lists", timeout=_LIMIT_S, trust_env=False) as client:
            while not (answer := ask(client)).is_success:
                if time.monotonic() > deadline:
                    msg = f"the manager refuses the list: {answer.text[:300]}"
                    raise RuntimeError(msg)
                time.sleep(_LOOK_S)
        return answer.json()
