"""Commands of the manager, answered. Pure but for what is handed in; runs on the link's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocol.commands import Command, CommandName, Reply
from protocol.keys import KeysError, SealedKeys

_MOST_CHARACTERS = 200


@dataclass(frozen=True)
class Commands:
    """What an agent can be asked.

    Attributes:
        version: of the agent.
        uptime_s: since its start.
        report: sends telemetry and what runs; returns whether there is a link to send them by.
        sources: names of those that are configured.
        restart: opens one anew, soon.
        take_keys: takes keys of plates, or raises KeysError; returns what to answer.
    """

    version: str
    uptime_s: Callable[[], float]
    report: Callable[[], bool]
    sources: Callable[[], list[str]]
    restart: Callable[[str], None]
    take_keys: Callable[[SealedKeys], str]

    def answer(self, name: str, command: Command) -> Reply:
        """Answer one."""
        if name == CommandName.PING.value:
            return Reply(name, ok=True, message=f"up {self.uptime_s():.0f} s")
        if name == CommandName.REPORT.value and self.report():
            return Reply(name, ok=True, message="sent")
        if name == CommandName.RESTART_SOURCE.value:
            return self._restart(name, command.subject)
        if name == CommandName.KEYS.value:
            return self._keys(name, command.keys)
        return Reply(name, ok=False, message=f"this agent ({self.version}) does not know {name!r}"[:_MOST_CHARACTERS])

    def _keys(self, name: str, sealed: SealedKeys | None) -> Reply:
        if sealed is None:
            return Reply(name, ok=False, message="no keys came with the command")
        try:
            return Reply(name, ok=True, message=self.take_keys(sealed)[:_MOST_CHARACTERS])
        except KeysError as error:
            return Reply(name, ok=False, message=str(error)[:_MOST_CHARACTERS])

    def _restart(self, name: str, source: str | None) -> Reply:
        known = self.sources()
        if source is None or source not in known:
            message = f"no source {source!r} here; there are: {', '.join(known)}"
            return Reply(name, ok=False, message=message[:_MOST_CHARACTERS])
        self.restart(source)
        return Reply(name, ok=True, message=f"{source} is opened anew")
